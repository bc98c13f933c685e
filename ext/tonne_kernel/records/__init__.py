"""A record: as it came, its check, its row in the columns of a batch; and the rows message.

Takes from: `memory`, and `values` for texts, quantities and statuses.
Hands to: `columnar`, `session` and `posting`: checked `BatchColumns`.
Never: Arrow, periods, rules.
"""
