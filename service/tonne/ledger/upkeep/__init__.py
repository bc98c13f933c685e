"""What keeps the ledger well: merges, published tables, checks, rebuilt files."""
