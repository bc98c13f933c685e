"""The versions, each made from the one before."""
