"""Allocation: a meter's total, what of it is whose by a dated key, and what is nobody's.

The three add up exactly, in every month and unit: parts are differences of sums that are cut, so
nothing is rounded away. A key is what a question gives, what the book keeps, or
what other records say of the recipients; nothing is posted.
"""
