"""What is wrong with the rows of an edition, told by line and field, many at once."""

from __future__ import annotations

from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.errors import FieldInvalid

PROBLEMS_MAX = 20
"""Most problems that one error tells."""

_SHOWN_CHARACTERS_MAX = 60


def shown(text: str) -> str:
    """Quote a text from the file, cut to what fits into a message."""
    if len(text) <= _SHOWN_CHARACTERS_MAX:
        return repr(text)
    return f"{text[:_SHOWN_CHARACTERS_MAX]!r}... ({len(text)} characters)"


class Problems:
    """Collects what is wrong, to tell it at once."""

    def __init__(self) -> None:
        self._items: list[tuple[int, str, str]] = []
        self._count = 0

    def add(self, line: int, field: str, text: str) -> None:
        """Tell what is wrong with a field of a line."""
        self._count += 1
        if len(self._items) < PROBLEMS_MAX:
            self._items.append((line, field, text))

    def raise_if_any(self) -> None:
        """Raise `FieldInvalid` with all of them."""
        if not self._count:
            return
        told = [f"line {line}, {field}: {text}" for line, field, text in self._items]
        if self._count > len(told):
            told.append(f"and {self._count - len(told)} more")
        if any(field == "account" for _, field, _ in self._items):
            told.append(f"the accounts are {', '.join(ACCOUNTS)}")
        line, field, _ = self._items[0]
        raise FieldInvalid(
            "the edition was not imported. " + "; ".join(told),
            metadata={"line": str(line), "field": field, "problemsCount": str(self._count)},
        )
