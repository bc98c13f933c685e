"""An operator who errs, callers who mean harm, and honest producers between them.

`world` is one ledger with its servers; `honest` sends records and watches the numbers;
`hostile` is a process that abuses the servers; `acts` are the mistakes, one function each.
"""
