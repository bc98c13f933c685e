"""The files: frames of records and postings, their schemas, sums of them."""
