"""A profile from the file itself: what it shows, what is taken for granted, what must be asked."""
