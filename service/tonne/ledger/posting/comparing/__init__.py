"""Comparing: what came beside what is kept, field by field, and digests of both."""
