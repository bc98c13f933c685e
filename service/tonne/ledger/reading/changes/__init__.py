"""Other sights of a book than as it is posted: under another version of its method."""
