"""Services of what changed, and why."""
