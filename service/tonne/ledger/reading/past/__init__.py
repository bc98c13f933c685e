"""The past: a book as of an earlier moment, its rules and its postings, as they were then."""
