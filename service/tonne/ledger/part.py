"""What the parts of the ledger share: the manifest, the clock, texts and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tonne.errors import FieldInvalid
from tonne.ledger.pages import Page, write_token

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from tonne.ledger.book_state import BookStates
    from tonne.store.manifest import Manifest

T = TypeVar("T")

_TEXT_CHARACTERS_MAX = 1000


class Part:
    """One subject of the ledger's use cases."""

    def __init__(
        self, manifest: Manifest, states: BookStates, clock: Callable[[], dt.datetime]
    ) -> None:
        self._manifest = manifest
        self._states = states
        self._clock = clock


def make_page(
    query: tuple[str, ...], rows: Sequence[T], limit: int, key: Callable[[T], int | str]
) -> Page[T]:
    """Make a page of rows that were asked for with one more than fits."""
    items = tuple(rows[:limit])
    return Page(items, write_token(query, key(items[-1])) if len(rows) > limit else "")


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
