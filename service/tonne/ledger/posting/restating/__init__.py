"""Restating: what is posted is posted again under the rules in force, and why is kept."""
