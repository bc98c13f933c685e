"""Parts of a book as a request takes them: rollups, and the types of facilities."""
