"""The client's calls about what changed."""
