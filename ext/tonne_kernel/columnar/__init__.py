"""From the columns of an Arrow stream to the columns of a batch, a chunk at a time.

Takes from: `arrow` for the stream, `records` for the check and the columns.
Hands to: `session`, which owns the batch.
Never: Python objects inside a chunk.
"""
