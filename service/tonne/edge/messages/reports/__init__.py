"""What is asked of indicators and meters, and what is answered: messages and dataclasses."""
