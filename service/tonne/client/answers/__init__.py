"""What calls take and answer, as plain values: records, and answers as classes."""
