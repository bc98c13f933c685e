"""Protobuf messages to and from what the rooms below know."""
