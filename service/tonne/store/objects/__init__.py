"""The objects: immutable files in a directory or a bucket."""
