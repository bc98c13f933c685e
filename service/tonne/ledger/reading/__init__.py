"""What is known: balances, records, and the evidence for a number."""
