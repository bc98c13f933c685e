"""Keys of records: 64-bit hashes of their ids, sorted, merged and compared.

Takes from: `arrow` for columns of texts, `values` for the size of an id.
Hands to: Python, through the facade: the key file of a segment, merges of key files, the keys that
two of them share.
Never: decides that two records are the same: equal keys are candidates, whose records are compared.
"""
