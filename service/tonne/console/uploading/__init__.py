"""Files that people send: taken apart, kept for an hour, handed to the command that imports."""
