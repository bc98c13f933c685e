"""Reading: balances, records, and the evidence for a number."""
