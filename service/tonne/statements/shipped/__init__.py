"""Data of statements that ships with Tonne: rules of targets, templates."""
