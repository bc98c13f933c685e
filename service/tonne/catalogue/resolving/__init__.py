"""From a key to its factors: candidates, conversions, entries, values."""
