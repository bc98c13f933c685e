"""Restatements: what rests on something, what is noted of it, and whether a base year is restated.

`resting` sums what rests on a factor, an edition, a version or a facility; `notes` makes the note
of a restatement from a bridge; `base_years` compares a base year with its policy.
"""
