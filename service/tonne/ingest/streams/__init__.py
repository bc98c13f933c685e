"""Append streams: one session each, what they are told, how they go."""
