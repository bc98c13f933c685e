"""The manifest: what the ledger consists of, in one SQL database."""
