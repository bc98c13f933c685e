"""Texts that may be shown: secrets masked, control sequences made visible."""
