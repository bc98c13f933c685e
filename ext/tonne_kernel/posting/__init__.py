"""Batches to postings: periods, rules, exact sums, the segment and the quarantine.

Takes from: `session` for batches, `arrow` for tables and columns.
Hands to: Python, through the facade: `Posted`, and sums of groups.
Never: bytes of a message, but those of a record in quarantine.
"""
