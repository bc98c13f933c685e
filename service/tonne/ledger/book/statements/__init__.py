"""Statements of books: checked against what is in force, kept, read as of a time.

Takes from: `tonne.statements` (what they say), the store (which keeps them).
Hands to: edge, reports.
Never: posts anything; changes a version that was stated.
"""
