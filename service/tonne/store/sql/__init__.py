"""The database of the manifest: PostgreSQL or SQLite, its guarantees, its tables."""
