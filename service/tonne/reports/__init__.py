"""Answers about a book, computed from its postings: the inventory. Read-only.

Takes from: `edge` (a request in plain data), `ledger` (postings, resolutions, facilities, exact
sums), `catalogue` (valuation).
Hands to: `edge` (rows of exact decimal texts).
Never: writes; SQL, object storage, the kernel, gRPC; a float, or a rounding before the last.
"""
