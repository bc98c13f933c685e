"""The pages: each asks the API, and lays the answers out in blocks."""
