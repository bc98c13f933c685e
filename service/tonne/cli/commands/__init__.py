"""Commands of a client: each calls a server."""
