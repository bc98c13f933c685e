"""The demo: a made-up operator's year, what it states, and what follows from both."""
