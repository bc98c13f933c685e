"""Mending: records that wait leave suspense where others stand for them."""
