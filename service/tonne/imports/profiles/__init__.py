"""Profiles: what a file's columns mean, and the records that they become."""
