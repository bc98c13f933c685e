"""Calls over gRPC: credentials, retries, frames and resources as messages."""
