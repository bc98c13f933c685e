"""As of: a moment of a book as a caller names it, by the number of a commit or by a time."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.manifest.moments import Point

_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_FRACTION: Final = re.compile(r"(\.\d{6})\d+")


@dataclass(frozen=True, slots=True)
class AsOf:
    """A moment that is asked for: the number of a commit, or a time; one of the two.

    `text` is as the caller gave it.
    """

    text: str
    number: int | None = None
    time: dt.datetime | None = None


def read_as_of(text: str) -> AsOf | None:
    """Read a moment; None of an empty text, which means now.

    A time finer than a microsecond is cut: commits have no finer times.

    Raises
    ------
    FieldInvalid
        It is neither the number of a commit nor a time with its offset from UTC.
    """
    if not text:
        return None
    if _NUMBER.fullmatch(text):
        return AsOf(text, number=int(text))
    if _TIME.fullmatch(text):
        try:
            time = dt.datetime.fromisoformat(_FRACTION.sub(r"\1", text.upper()))
            return AsOf(text, time=time.astimezone(dt.UTC))
        except (ValueError, OverflowError):
            pass  # the 31st of a month that has 30, the year 0
    raise FieldInvalid(
        "as_of: expected the number of a commit, like 1234, or a time with its offset from UTC, "
        f"like 2026-03-31T23:59:59Z; got {text[:64]!r}",
        metadata={"field": "as_of", "value": text[:64]},
    )


def find_point(manifest: Manifest, book: str, as_of: AsOf | None) -> Point:
    """Find the moment of a book that is asked for; the last one where none is.

    Raises
    ------
    BookUnknown
    FieldInvalid
        The book was not there yet, has no such commit yet, or the time is yet to come.
    """
    if as_of is None:
        return manifest.find_point(book)
    return manifest.find_point(book, number=as_of.number, time=as_of.time)
