"""Writing: the files of a commit, side by side."""
