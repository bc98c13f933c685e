"""Admission: memory, rates of books, silent streams, slots."""
