"""Commands about months that are closed, and about what was changed of a book."""
