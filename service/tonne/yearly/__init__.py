"""The report of a year: where an enterprise stands, as one file.

All of it is asked of the API, and it shows nothing else. The same tables go into every form: a
page with charts, a workbook, CSV and JSON. Each number keeps its exact value and the selection
that explains it.

Takes from: `client` what the API answers, `disclosure` the tables of standards, `text` how texts
are made harmless.
Hands to: `cli` the report, and its forms as bytes.
Never: computes an emission, reads a ledger past the API, or loads anything from elsewhere.
"""
