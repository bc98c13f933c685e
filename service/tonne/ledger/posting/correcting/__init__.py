"""Correcting: records are reversed, once, under what they were posted as."""
