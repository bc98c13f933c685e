"""What an enterprise states beside its records: suppliers, targets, measures, claims, products.

A statement is a dated entry with versions: a later one follows, none is ever changed. It is no
posting, and no number of an inventory has any part of it.

Takes from: catalogue (accounts, GWP sets), errors.
Hands to: ledger (which keeps statements), reports (which compute from them), edge and the SDK.
Never: touches an amount with a float; guesses what a statement leaves open.
"""
