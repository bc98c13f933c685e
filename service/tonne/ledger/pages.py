"""Pages and their opaque tokens."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from tonne.errors import FieldInvalid, PageTokenInvalid
from tonne.store.rows import Condition, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tonne.ledger.as_of import AsOf
    from tonne.ledger.filters import Fields
    from tonne.store.manifest.moments import Point
    from tonne.store.rows import Found

T = TypeVar("T")

PAGE_SIZE_DEFAULT = 100
"""Items of a page whose request leaves its size open."""

PAGE_SIZE_MAX = 1000
"""Most items of a page."""

TOKEN_CHARS_MAX: Final = 4_096
"""Longest page token: an id of 256 bytes, all of them escaped, takes half of it."""

_SIGNATURE_BYTES: Final = 16
_POSITION_MAX: Final = (1 << 63) - 1
_SHOWN_CHARS: Final = 64


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and where to go on; `next_page_token` is empty on the last page."""

    items: tuple[T, ...]
    next_page_token: str = ""
    point: Point | None = None
    """The moment as of which they are, where one was asked for."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request says of the page that it wants.

    Parameters
    ----------
    filter_by, order_by : str
        As `tonne.ledger.filters` reads them.
    page_size : int
        Most items; 0 means `PAGE_SIZE_DEFAULT`.
    page_token : str
        Of the page before; it is good for the same filter and order alone.
    as_of : AsOf, optional
        The moment; None: now. The token carries what it came to, whatever happens between pages.
    """

    filter_by: str = ""
    order_by: str = ""
    page_size: int = 0
    page_token: str = ""
    as_of: AsOf | None = None

    def bound(self, query: tuple[str, ...]) -> tuple[str, ...]:
        """Name a call and its arguments with the filter and the order, for its tokens."""
        if self.as_of is not None:
            query = (*query, "as_of", self.as_of.text)
        if not (self.filter_by or self.order_by):
            return query
        return (*query, "filter", self.filter_by, "order", self.order_by)


FIRST_PAGE: Final = Ask()
"""The first page of all, in the listing's own order."""


def page_limit(
    page_size: int, *, default: int = PAGE_SIZE_DEFAULT, largest: int = PAGE_SIZE_MAX
) -> int:
    """Say how many items a request for `page_size` of them gets.

    Raises
    ------
    FieldInvalid
        It is negative (AIP-158).
    """
    if page_size < 0:
        raise FieldInvalid(
            f"page_size: expected the most items of a page, or 0 for {default}; got {page_size}",
            metadata={"field": "page_size"},
        )
    return min(page_size, largest) or default


class PageTokens:
    """Writes and reads page tokens, signed with a key that all servers of a ledger share.

    A token says where a listing goes on, and nobody can make one: what stands in it was given
    out by a server of this ledger, for this call with these arguments.

    Parameters
    ----------
    key : callable
        Gives the key, once it is needed.
    """

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def write(
        self,
        query: tuple[str, ...],
        position: int | str,
        part: int = 0,
        commit: int | None = None,
    ) -> str:
        """Write where a query goes on: after `position`, and `part` rows into what follows it.

        Parameters
        ----------
        query : tuple of str
            Name of the call and its arguments: the token is good for these alone.
        position : int or str
            Last key that was given out.
        part : int
            Rows given out of the file behind `position`.
        commit : int, optional
            The number of the moment as of which the listing is.
        """
        place = [position, part] if commit is None else [position, part, commit]
        text = json.dumps(place, separators=(",", ":")).encode()
        signed = text + self._sign(query, text)
        return base64.urlsafe_b64encode(signed).decode().rstrip("=")

    def read(self, token: str, query: tuple[str, ...], start: int | str) -> tuple[int | str, int]:
        """Read a token of the same query, giving `(position, part)`.

        An empty token is the first page: `(start, 0)`. Raises `PageTokenInvalid` where the
        token is none, or of another call, other arguments or another ledger.
        """
        if not token:
            return start, 0
        place = self._open(token, query)
        if place is None or not _is_place(place, start):
            raise PageTokenInvalid(
                "page_token: expected the token of an earlier page of the same call with the "
                f"same arguments; got {token[:_SHOWN_CHARS]!r}: leave it empty to begin again",
                metadata={"pageToken": token[:_SHOWN_CHARS]},
            )
        return place[0], place[1]

    def commit(self, token: str, query: tuple[str, ...]) -> int | None:
        """Read the moment that a token carries; None of an empty one, or one of no moment."""
        place = self._open(token, query) if token else None
        return place[2] if place is not None and len(place) > 2 else None  # noqa: PLR2004  see write

    def page(
        self,
        query: tuple[str, ...],
        rows: Sequence[T],
        limit: int,
        key: Callable[[T], int | str],
    ) -> Page[T]:
        """Make a page of rows that were asked for with one more than fits."""
        items = tuple(rows[:limit])
        return Page(items, self.write(query, key(items[-1])) if len(rows) > limit else "")

    def find(
        self,
        query: tuple[str, ...],
        fields: Fields,
        ask: Ask,
        find: Callable[[Window], Found[T]],
        *,
        start: int | str = "",
        book: str = "",
        point: Point | None = None,
    ) -> Page[T]:
        """Make a page of what is found for a filter and an order.

        Parameters
        ----------
        query : tuple of str
            Name of the call and its other arguments.
        fields : Fields
            What the listing is filtered and ordered by.
        ask : Ask
        find : callable
            Finds what a window shows.
        start : int or str
            A key of the kind that the listing has.
        book : str
            Whose resources the names in the filter are.
        point : Point, optional
            Only what was made by then.

        Raises
        ------
        FieldInvalid, PageTokenInvalid
        """
        query = ask.bound(query)
        conditions = fields.conditions(ask.filter_by, book)
        is_descending = fields.is_descending(ask.order_by)
        after, _ = self.read(ask.page_token, query, start)
        limit = page_limit(ask.page_size)
        if point is not None:
            conditions = (*conditions, Condition("create_time", "<=", point.time))
        found = find(Window(after if ask.page_token else None, limit, is_descending, conditions))
        number = None if point is None else point.number
        token = "" if found.last is None else self.write(query, found.last, commit=number)
        return Page(tuple(found.items), token, point)

    def _open(self, token: str, query: tuple[str, ...]) -> list[Any] | None:
        """Give what a token holds; None unless it was signed for this query."""
        if len(token) > TOKEN_CHARS_MAX:
            return None
        try:
            signed = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        text, signature = signed[:-_SIGNATURE_BYTES], signed[-_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(query, text)):
            return None
        place: list[Any] = json.loads(text)
        return place

    def _sign(self, query: tuple[str, ...], text: bytes) -> bytes:
        named = json.dumps(query).encode() + b"\n" + text
        return hmac.digest(self._key(), named, "sha256")[:_SIGNATURE_BYTES]


def _is_place(place: list[Any], start: int | str) -> bool:
    """Whether a position and a part are of the kind and the size that a store takes."""
    position, part, *_ = place
    if type(position) is not type(start) or type(part) is not int:
        return False
    if not 0 <= part <= _POSITION_MAX:
        return False
    if isinstance(position, int):
        return 0 <= position <= _POSITION_MAX
    return "\x00" not in position and _is_text(position)


def _is_text(text: str) -> bool:
    """Whether a text can be written as UTF-8: lone surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
