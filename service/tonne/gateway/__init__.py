"""JSON over HTTP: the same calls, by the paths that stand in the protocol.

Takes from: HTTP clients (a path, a query, a body in JSON).
Hands to: a server of Tonne over gRPC, with the caller's own credentials.
Never: decides who may what, keeps anything, adds to what the protocol says.
"""
