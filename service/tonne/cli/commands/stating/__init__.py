"""Commands about what is stated beside the records, and what follows from it."""
