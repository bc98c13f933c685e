"""What the parts of the ledger share: the manifest, the clock, texts and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tonne.errors import FieldInvalid
from tonne.ledger.pages import PageTokens
from tonne.model import check_id

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from tonne.ledger.book.book_state import BookStates
    from tonne.model import Book
    from tonne.store.manifest.manifest import Manifest

T = TypeVar("T")

FAULTS_TOLD_MAX = 20
"""Most rows of an import that one error names."""

_TEXT_CHARACTERS_MAX = 1000


class LedgerPart:
    """One subject of the ledger's use cases. Safe to call from several threads; calls block."""

    def __init__(
        self, manifest: Manifest, states: BookStates, clock: Callable[[], dt.datetime]
    ) -> None:
        self._manifest = manifest
        self._states = states
        self._clock = clock
        self._tokens = PageTokens(manifest.page_token_key)

    def get_book(self, book: str) -> Book:
        """Read a book. Raises NameInvalid, BookUnknown."""
        return self._manifest.get_book(check_id("book", book))


def check_rows(field: str, rows: Sequence[T], check: Callable[[T, str], T]) -> list[T]:
    """Check the rows of an import, each by its index; gives them as they were checked.

    All or nothing: half a register is harder to mend than none. So that it is mended in one go,
    the error names all bad rows, up to `FAULTS_TOLD_MAX`.

    Raises
    ------
    FieldInvalid
    """
    checked, faults = [], []
    for index, row in enumerate(rows):
        try:
            checked.append(check(row, f"{field}[{index}]"))
        except FieldInvalid as fault:
            faults.append(fault)
    if not faults:
        return checked
    told = "; ".join(fault.message for fault in faults[:FAULTS_TOLD_MAX])
    more = len(faults) - FAULTS_TOLD_MAX
    rest = f"; and {more} more" if more > 0 else ""
    raise FieldInvalid(
        f"{told}{rest}; nothing was imported, because {len(faults)} of {len(rows)} rows are "
        "wrong: correct them and import again",
        metadata={**faults[0].metadata, "count": str(len(faults))},
    )


def check_text(field: str, text: str, *, is_required: bool = False) -> str:
    """Return a text that fits, else raise `FieldInvalid`."""
    if len(text) > _TEXT_CHARACTERS_MAX or "\x00" in text:
        raise FieldInvalid(
            f"{field}: expected at most {_TEXT_CHARACTERS_MAX} characters, none of them NUL",
            metadata={"field": field},
        )
    if is_required and not text.strip():
        raise FieldInvalid(f"{field}: expected a text; got none", metadata={"field": field})
    return text
