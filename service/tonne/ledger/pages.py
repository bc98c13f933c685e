"""Pages and their opaque tokens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Generic, TypeVar

from tonne.errors import PageTokenInvalid

T = TypeVar("T")

PAGE_SIZE_DEFAULT = 100
"""Items of a page whose request leaves its size open."""

PAGE_SIZE_MAX = 1000
"""Most items of a page."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and where to go on; `next_page_token` is empty on the last page."""

    items: tuple[T, ...]
    next_page_token: str = ""


def page_limit(page_size: int) -> int:
    """Say how many items a request for `page_size` of them gets."""
    return min(page_size, PAGE_SIZE_MAX) if page_size > 0 else PAGE_SIZE_DEFAULT


def write_token(query: tuple[str, ...], position: int | str, part: int = 0) -> str:
    """Write where a query goes on: after `position`, and `part` rows into what follows it.

    Parameters
    ----------
    query : tuple of str
        Name of the call and its arguments: the token is good for these alone.
    position : int or str
        Last key that was given out.
    part : int
        Rows given out of the file behind `position`.
    """
    text = json.dumps([_digest(query), position, part], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_token(token: str, query: tuple[str, ...], start: int | str) -> tuple[int | str, int]:
    """Read a token of the same query, giving `(position, part)`.

    An empty token is the first page: `(start, 0)`. Raises `PageTokenInvalid` where the token
    is none, or of another call or other arguments.
    """
    if not token:
        return start, 0
    try:
        padded = token + "=" * (-len(token) % 4)
        digest, position, part = json.loads(base64.b64decode(padded, b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        digest, position, part = "", start, 0
    good = (
        digest == _digest(query)
        and type(position) is type(start)
        and type(part) is int
        and part >= 0
    )
    if not good:
        raise PageTokenInvalid(
            "a page token goes with the call and the arguments that gave it out; got "
            f"{token!r}: leave it empty to begin again",
            metadata={"pageToken": token},
        )
    return position, part


def _digest(query: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(query).encode()).hexdigest()[:16]
