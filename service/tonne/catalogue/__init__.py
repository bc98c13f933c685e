"""What turns an activity into kilograms: units, editions of factors, accounts, resolutions.

Pure computation: the same arguments give the same answer, on any machine, for ever.

Takes from: `ledger`, which reads editions from the store and asks for resolutions.
Hands to: `ledger` (resolutions and row statuses), `reports` (valuation).
Never: SQL, object storage, the kernel, gRPC, a float.
"""
