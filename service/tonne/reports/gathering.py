"""The postings of a request, gathered from a book part by part.

Memory follows the answer: what the request does not tell apart is summed as it comes, and what it
does tell apart is counted against the memory that calls may hold before it grows.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol

import polars as pl

from tonne.ledger.budget import PART_BYTES
from tonne.ledger.frames import polars_errors
from tonne.ledger.postings import POSTINGS_SCHEMA
from tonne.ledger.sums import RunningSums
from tonne.reports.selection import Selection, Selector, selection_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tonne.catalogue.resolution import Resolution
    from tonne.ledger.balances import Add
    from tonne.ledger.budget import Hold
    from tonne.store.rows import FileRow

SUM_ROW_BYTES = 400
"""Memory of a posting that is gathered: it, what waits to be added, and the sums of both."""

FACILITIES_KEPT_ROWS = 1 << 16
"""Sums up to which facilities are told apart although nobody asks: counts may need them."""

DETAIL_ROWS = 1 << 18
"""Postings with their facilities that are looked at together where counts need them."""

_HASH_SEED = 0x6661

_TEXTS = ("facility", "activity", "unit", "region")


class PostingsOfBooks(Protocol):
    """What gathering takes from the ledger."""

    def fold(self, book: str, begin: Callable[[], Add]) -> list[FileRow]:
        """Go through the postings of one moment, part by part."""

    def resolutions(self, book: str, ids: Iterable[str]) -> Mapping[str, Resolution]:
        """Read resolutions by their ids."""


class Gathering:
    """Gathers the postings of one request from one book.

    Parameters
    ----------
    books : PostingsOfBooks
    book : str
    selector : Selector
        Takes the postings of the request.
    hold : Hold or None
        Grows with what is gathered, where it is counted.
    by_facility : bool
        Whether facilities are told apart, whatever the request groups by.
    """

    def __init__(
        self,
        books: PostingsOfBooks,
        book: str,
        selector: Selector,
        hold: Hold | None,
        *,
        by_facility: bool = False,
    ) -> None:
        self._books = books
        self._book = book
        self._selector = selector
        self._hold = hold
        self._by_facility = by_facility or "facility" in selector.request.group_by
        # Categories of this request alone, which are gone with it.
        self._kind = pl.Categorical(pl.Categories.random("report"))
        self._rows = 0
        self.files: list[FileRow] = []
        self.resolutions: Mapping[str, Resolution] = {}

    def select(self) -> Selection:
        """Go through the book and give the selection.

        Raises
        ------
        SelectionMustFit, ReadsExhausted
            The request tells too much apart.
        """
        gathered = _Gathered(self)

        def begin() -> Add:
            nonlocal gathered
            gathered = _Gathered(self)
            return gathered.add

        self.files = self._books.fold(self._book, begin)
        self._rows = gathered.taken_rows
        chosen = gathered.sums.frame()
        ids = [name for name in chosen["resolution"].unique().to_list() if name]
        self.resolutions = self._books.resolutions(self._book, ids)
        detail = self._kept(chosen) if "facility" in chosen.columns else self._detail
        return selection_of(self._selector, chosen, self.resolutions, detail)

    def coded(self, part: pl.DataFrame) -> pl.DataFrame:
        """Take what the request is about of a part, its texts as categories."""
        with polars_errors(f"postings of book {self._book}"):
            texts = [pl.col(name).cast(pl.String).cast(self._kind) for name in _TEXTS]
            return self._selector.take(part).with_columns(texts)

    def schema(self, *, by_facility: bool) -> dict[str, pl.DataType]:
        """Columns of the sums."""
        request, boundary = self._selector.request, self._selector.bucket[1:]
        schema = dict(POSTINGS_SCHEMA) | dict.fromkeys(_TEXTS, self._kind)
        del schema["status"]
        if not by_facility:
            del schema["facility"]
        extra = {"region": ("place", pl.String), "facility_type": ("facility_type", pl.String)}
        named = dict(extra[name] for name in request.group_by if name in extra)
        return {**dict.fromkeys(boundary, pl.Int32), **named, **schema}

    @property
    def by_facility(self) -> bool:
        """Whether facilities are told apart to the end."""
        return self._by_facility

    def count(self, rows: int) -> None:
        """Hold the memory of so many sums. Raises SelectionMustFit, ReadsExhausted."""
        if self._hold is not None:
            self._hold.grow_to(PART_BYTES + rows * SUM_ROW_BYTES)

    def _kept(self, chosen: pl.DataFrame) -> Callable[[pl.DataFrame], Iterator[pl.DataFrame]]:
        def detail(cases: pl.DataFrame) -> Iterator[pl.DataFrame]:
            yield chosen.join(cases, on=cases.columns, how="semi", nulls_equal=True)

        return detail

    def _detail(self, cases: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Go through the book again for cases whose counts need facilities, a share at a time."""
        shares = -(-self._rows // DETAIL_ROWS)
        schema = self.schema(by_facility=True)
        with self._hold.more(DETAIL_ROWS * SUM_ROW_BYTES) if self._hold else nullcontext():
            for share in range(shares):
                sums = RunningSums(schema)

                def begin(share: int = share) -> Add:
                    nonlocal sums
                    sums = RunningSums(schema)

                    def add(part: pl.DataFrame) -> None:
                        mine = pl.col("facility").hash(_HASH_SEED) % shares == share
                        taken = self.coded(part.filter(mine))
                        sums.add(
                            taken.join(cases, on=cases.columns, how="semi", nulls_equal=True)
                        )

                    return add

                self._books.fold(self._book, begin)
                yield sums.frame()


class _Gathered:
    """Sums of what came so far; without facilities once they are too many to keep unasked."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._by_facility = True
        self.taken_rows = 0
        self.sums = RunningSums(gathering.schema(by_facility=True))

    def add(self, part: pl.DataFrame) -> None:
        taken = self._gathering.coded(part)
        self.taken_rows += taken.height
        self.sums.add(taken)
        if (
            self._by_facility
            and not self._gathering.by_facility
            and self.sums.held_rows > FACILITIES_KEPT_ROWS
        ):
            self._by_facility = False
            with_facilities = self.sums.frame()
            self.sums = RunningSums(self._gathering.schema(by_facility=False))
            self.sums.add(with_facilities)
            self.sums.frame()
        self._gathering.count(self.sums.held_rows)
