"""Closing: months are checked, closed, sealed and reopened; the log of what was changed."""
