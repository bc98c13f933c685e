"""Periods and the log of changes: calls and what they answer."""
