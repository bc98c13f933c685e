"""What follows from what is stated of suppliers: coverage, engagement, what scope 3 rests on.

Takes from: the ledger (statements; a snapshot, as an inventory does), `reports.statements` (sums
of months, numbers as texts), `reports.inventory`.
Hands to: edge.
Never: takes a supplier's word for more than its evidence says.
"""
