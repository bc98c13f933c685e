"""The answers of calls, as plain classes."""
