"""Commands that take records back, correct them, and list what was."""
