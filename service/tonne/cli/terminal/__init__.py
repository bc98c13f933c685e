"""What a person sees: tables, trees, progress."""
