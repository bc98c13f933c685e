"""The Arrow formats: an IPC stream read, the C data interface both ways.

Takes from: `memory` for bytes, `values` for numbers and statuses.
Hands to: `columnar` (columns of a stream), `posting` and `session` (tables, chunks).
Never: what a column means: it knows no record.
"""
