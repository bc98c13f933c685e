"""One handler a method of the API."""
