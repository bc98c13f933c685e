"""What lies on disk: frames of records and postings, their schemas, sums of them."""
