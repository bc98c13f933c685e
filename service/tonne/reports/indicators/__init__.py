"""Indicators: ratios of sums over the postings of a book, by versioned definitions.

A definition says what is divided by what, and who says so; a value is the exact ratio, or a
refusal with its reason. Never a mean of ratios, and nothing that is not posted.
"""
