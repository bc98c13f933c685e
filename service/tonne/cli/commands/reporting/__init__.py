"""Commands that look over the records of a book."""
