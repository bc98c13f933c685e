"""An explanation: the lines of a number, their factors, the records posted again."""
