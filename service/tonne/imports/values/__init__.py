"""Texts of people as values: numbers, dates, local times."""
