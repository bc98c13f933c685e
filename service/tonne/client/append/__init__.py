"""A channel to append to: batches, their delivery, their acknowledgements."""
