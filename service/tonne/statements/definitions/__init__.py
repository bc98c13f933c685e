"""What a book states of how numbers are made: its own indicators, keys of allocation."""
