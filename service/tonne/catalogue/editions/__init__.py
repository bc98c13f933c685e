"""Published factors: one edition a publisher and year."""
