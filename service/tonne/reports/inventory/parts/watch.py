"""What sees the postings of a request beside who sums them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl


class Watch(Protocol):
    """What sees the postings of a request as they come, and keeps of them what it needs."""

    def begin(self) -> None:
        """Begin anew: what was seen is seen again."""

    def add(self, postings: pl.DataFrame) -> None:
        """See postings of the request, their texts as categories."""

    def takes(self, sites: pl.DataFrame) -> bool:
        """Whether the sites of a rollup say all that is seen of its postings."""

    def add_sites(self, sites: pl.DataFrame) -> None:
        """See sites of a rollup, their texts as categories, instead of its postings."""
