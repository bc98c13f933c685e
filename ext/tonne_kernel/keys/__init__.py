"""Keys of records: 64-bit hashes of their ids, sorted, merged and compared.

Takes from: `arrow` for columns of texts, `values` for the size of an id.
Hands to: Python, through the facade: the keys of a segment, merges of keys, what two share.
Never: decides that two records are the same: equal keys are candidates, which are compared.
"""
