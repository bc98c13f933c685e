"""The ledger: books, rules, the durable path of records, balances, and what was kept.

`Ledger` holds the use cases. `Journal.write` makes batches durable: rules for new keys, the
kernel's posting, Parquet files, one manifest commit. `Balances` sums what was posted. `Publisher`
repeats in Delta tables which segments there are.

Takes from: ingest (decoded batches with their positions), edge and reports (use cases),
catalogue (factors, resolutions), the kernel (postings, exact sums).
Hands to: store (files, one commit), ingest (an outcome for each batch), reports (postings).
Never: touches a record one by one on the write path, sums decimals other than in the kernel,
edits what was committed.
"""
