"""Records by their id or their place: few segments are read, whatever the size of the book."""
