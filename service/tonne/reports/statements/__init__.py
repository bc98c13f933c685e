"""What follows from statements: progress, effects, claims, totals of products.

Takes from: the ledger (statements; a snapshot, as an inventory does), `reports.inventory`.
Hands to: edge.
Never: posts, or adds what is avoided or offset to an emission; guesses a figure that is missing.
"""
