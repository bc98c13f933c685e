"""Disclosure tables: what a standard asks for, line by line, and where it stands in a book.

A table is a versioned template that ships with the package (`shipped/*.toml`). Each of its lines
is a sum over accounts, a gas of them, or a side of an indicator, as the API gives these.

Takes from: `catalogue` the chart of accounts, and `errors`.
Hands to: `yearly` the templates, and their lines filled with figures.
Never: asks a server, shows a line that it is not certain of, or takes what has no record for zero.
"""
