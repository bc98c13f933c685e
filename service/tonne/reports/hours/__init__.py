"""Factors by the hour: when the records of postings were, and what of them each hour weighs."""
