"""Texts of others: secrets masked, control sequences made visible, JSON read, words made."""
