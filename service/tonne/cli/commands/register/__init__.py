"""Commands of a book's register: facilities and entities."""
