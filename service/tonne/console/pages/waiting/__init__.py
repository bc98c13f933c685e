"""Pages of what waits for somebody, each with what works it off."""
