"""What one value of a record is: decimal, text, code, status; and what bounds it.

Takes from: `memory`.
Hands to: every room above: numbers checked and rounded, texts interned, statuses.
Never: framing, columns of a batch, Python objects but the errors.
"""
