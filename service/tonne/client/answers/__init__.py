"""What calls answer, as plain classes."""
