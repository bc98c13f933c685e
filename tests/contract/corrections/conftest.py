"""What appends to a book of its own, as the tests of imports do."""

from tests.contract.imports.conftest import append, appended_book, run

__all__ = ["append", "appended_book", "run"]
