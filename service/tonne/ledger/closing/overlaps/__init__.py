"""Overlaps: records of one facility and activity that lie over each other, found and decided."""
