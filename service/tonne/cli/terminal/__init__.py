"""Output for people: tables, trees, progress."""
