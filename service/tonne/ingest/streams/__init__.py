"""Append streams: sessions, positions, replies, their end."""
