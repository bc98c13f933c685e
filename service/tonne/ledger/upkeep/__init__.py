"""Upkeep: merges, published tables, checks, rebuilt files."""
