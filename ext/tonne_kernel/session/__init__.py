"""What Python holds of a stream: its dictionaries, its limits, the batches it decoded.

Takes from: `records` and `columnar` for decoding, `arrow` for the export of keys.
Hands to: `posting`: batches and their session.
Never: the rules of a posting, or another session's lock.
"""
