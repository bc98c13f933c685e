"""Several questions at once: a page waits for the longest of them, not for all in turn."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = 3
"""Questions of one page at once: as many reports as a server takes of one caller by default."""


@contextmanager
def together() -> Iterator[ThreadPoolExecutor]:
    """Give what takes questions (`submit`); all are answered, or have failed, at the end.

    A question that gives an iterator is asked as that is read: read it within the question.
    """
    with ThreadPoolExecutor(AT_ONCE, "ask") as pool:
        yield pool
