"""Answers about what a book is steered by: indicators, and their values unfolded."""
