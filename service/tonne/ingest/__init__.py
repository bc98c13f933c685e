"""Batches in, by stream or call: admitted, decoded, committed, compared, acknowledged in order.

`ChannelSession` is one Append stream, from its first message to its end. `Committer` gathers
what all streams of a book have ready and has the journal write it. `Ingest` holds the streams
of a process: their limits, their drain.

Takes from: edge (messages as bytes, a wire to answer on).
Hands to: the kernel (bytes to decode), ledger (decoded batches with their positions), edge
(replies as dataclasses).
Never: sees grpc or protobuf, touches a record, drops what it took, acknowledges what is not
durable, holds more than its limits.
"""
