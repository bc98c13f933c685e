"""Answers about a book, computed from its postings. Read-only.

`inventory` sums and values a `selection` of postings; `estimate` does so for postings that nobody
keeps; `explain` unfolds a number line by line, and `replay` recomputes it from the records;
`indicators` divide sums by sums.

Takes from: `edge` (a request in plain data), `ledger` (postings, evidence, resolutions, the
register, exact sums), `catalogue` (valuation).
Hands to: `edge` (rows of exact decimal texts).
Never: writes; SQL, object storage, the kernel, gRPC; a float, or a rounding before the last.
"""
