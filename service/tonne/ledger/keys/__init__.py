"""Keys: the sorted hashes of record ids, file by file, in runs of a bounded number."""
