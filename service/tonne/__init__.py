"""Tonne: a carbon ledger that you can stream into."""
