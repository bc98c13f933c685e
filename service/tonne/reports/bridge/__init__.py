"""Bridges between two answers of a book: a walk from one to the other, one input at a step.

`answers` computes what an answer has, `walk` takes the steps, `parts` writes what they make.
"""
