"""Writing: commits of records, clearings of what waited, estimates that are not kept."""
