"""Periods and the log of changes: the services."""
