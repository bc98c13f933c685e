"""Actions: each shows what it changes, asks why, and makes the very call of its command."""
