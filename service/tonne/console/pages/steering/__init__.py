"""Pages of what the book is steered by."""
