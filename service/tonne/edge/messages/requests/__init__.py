"""Requests that are read from their bytes: what the kernel takes is never parsed here."""
