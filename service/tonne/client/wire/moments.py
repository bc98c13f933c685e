"""Moments of a book: as a caller names them, and as answers tell them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

AsOf = str | int | dt.datetime
"""The number of a commit, or a time with its offset from UTC; empty: now."""


@dataclass(frozen=True, slots=True)
class BookMoment:
    """The commit as of which an answer is, and its time. The number gives the same for ever."""

    commit: int
    time: dt.datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """A number at which balances are a set of files: kind is start, day, close or seal."""

    commit: int
    kind: str
    time: dt.datetime


def moment_text(as_of: AsOf) -> str:
    """Write a moment as the API has it. Raises `FieldInvalid` of a time without an offset."""
    if isinstance(as_of, dt.datetime):
        if as_of.tzinfo is None:
            raise FieldInvalid(
                f"as_of: expected a time with its offset from UTC; got {as_of.isoformat()}",
                metadata={"field": "as_of", "value": as_of.isoformat()},
            )
        return as_of.astimezone(dt.UTC).isoformat()
    return str(as_of)


def read_moment(message: Any) -> BookMoment | None:
    """Read as of which commit an answer is; None where it does not say."""
    if not message.HasField("as_of_time"):
        return None
    return BookMoment(message.commit, message.as_of_time.ToDatetime(dt.UTC))


def telling_last(
    messages: Iterable[Any], on_moment: Callable[[BookMoment], None] | None
) -> Iterator[Any]:
    """Give the messages of an answer, and tell what the last one says of its moment."""
    for message in messages:
        moment = read_moment(message)
        if moment is not None and on_moment is not None:
            on_moment(moment)
        yield message


def telling(pages: Iterable[Any], on_moment: Callable[[BookMoment], None] | None) -> Iterator[Any]:
    """Give pages, and tell of the first as of which moment all are."""
    is_first = True
    for page in pages:
        moment = read_moment(page)
        if is_first and moment is not None and on_moment is not None:
            on_moment(moment)
        is_first = False
        yield page
