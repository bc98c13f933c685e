"""The postings of a request, gathered from a book part by part.

Memory follows the answer: what the request does not tell apart is summed as it comes, and what it
does tell apart is counted against the memory that calls may hold before it grows.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.budget import PART_BYTES
from tonne.ledger.files.frames import Schema, polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA, by_month, drop_zeros
from tonne.ledger.files.sums import RunningSums
from tonne.reports.inventory.selection import READ, Selection, Selector, selection_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.balances import Add
    from tonne.ledger.reading.snapshot import Snapshot

SUM_ROW_BYTES = 800
"""Memory of a posting that is gathered, while it is summed with others. Measured."""

CUT_ROW_BYTES = 6_000
"""Memory of a posting that is cut at a date, besides the segment that is read."""

DETAIL_KEPT_ROWS = 1 << 15
"""Sums up to which facilities and months are told apart although nobody asks: counts may need
them."""

PENDING_ROWS = 1 << 15
"""Postings that wait, at least, before they are added up with the others."""

DETAIL_ROWS = 1 << 17
"""Postings with their facilities that are looked at together where counts need them."""

_HASH_SEED = 0x6661

_TEXTS = ("facility", "activity", "unit", "region", "resolution")


class Gathering:
    """Gathers the postings of one request from one book.

    Parameters
    ----------
    snapshot : Snapshot
    selector : Selector
        Takes the postings of the request.
    hold : Hold or None
        Grows with what is gathered, where it is counted.
    by_facility : bool
        Whether facilities are told apart, whatever the request groups by.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        selector: Selector,
        hold: Hold | None,
        *,
        by_facility: bool = False,
    ) -> None:
        self._snapshot = snapshot
        self._selector = selector
        self._hold = hold
        group_by = selector.request.group_by
        self._by_facility = by_facility or "facility" in group_by
        self._by_month = by_facility or "period" in group_by
        # Categories of this request alone, which are gone with it.
        self._kind = pl.Categorical(pl.Categories.random("report"))
        self._rows = 0
        self._cut = pl.DataFrame()
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

        self._snapshot.fold(begin)
        self._rows = gathered.taken_rows
        mixed = drop_zeros(gathered.mixed.frame())
        by_time_count = 0
        if not mixed.is_empty():
            if self._hold is not None:
                self._hold.grow_to(self._hold.size_bytes + mixed.height * CUT_ROW_BYTES)
            mixed = mixed.with_columns(pl.col("resolution").cast(pl.String))
            self._cut, by_time_count = self._selector.cut_by_records(
                self._snapshot, mixed, self._hold
            )
            self._cut = self._cut.with_columns(pl.col("resolution").cast(self._kind))
            gathered.add_up(self._cut)
        # What was taken back whole is no row, whether or not a merge has dropped it already.
        chosen = drop_zeros(gathered.sums.frame()).with_columns(
            pl.col("resolution").cast(pl.String)
        )
        ids = [name for name in chosen["resolution"].unique().to_list() if name]
        self.resolutions = self._snapshot.resolutions(ids)
        detail = self._detail if gathered.is_plain else self._kept(chosen)
        tells_months = self._by_month or not gathered.is_plain
        return selection_of(
            self._selector,
            chosen,
            self.resolutions,
            detail,
            tells_months=tells_months,
            has_slices=gathered.has_slices,
            by_time_count=by_time_count,
        )

    def coded(self, part: pl.DataFrame) -> pl.DataFrame:
        """Take what the request is about of a part, its texts as categories."""
        with polars_errors(f"postings of book {self._snapshot.book.id}"):
            texts = [pl.col(name).cast(pl.String).cast(self._kind) for name in _TEXTS]
            return self._selector.take(part).with_columns(texts)

    def settled(self, part: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Part what the request is about: postings of one share, and those that are to be cut."""
        return self._selector.apart(self.coded(part))

    def schema(self, *, is_plain: bool) -> Schema:
        """Columns of the sums."""
        request, boundary = self._selector.request, self._selector.bucket[1:]
        schema: Schema = {**POSTINGS_SCHEMA, **dict.fromkeys(_TEXTS, self._kind)}
        del schema["status"]
        if is_plain:
            del schema["last_day"]
            if not self._by_facility:
                del schema["facility"]
        extra = {
            **{name: (column, pl.String) for name, column in READ.items()},
            "facility_type": ("facility_type", pl.String),
        }
        named = dict(extra[name] for name in request.group_by if name in extra)
        portions: Schema = dict.fromkeys(boundary, pl.Int32)
        return {**portions, **named, **schema}

    def plain(self, coded: pl.DataFrame) -> pl.DataFrame:
        """Leave out what the request does not tell apart; counts tell the first month alone."""
        coded = by_month(coded)
        first = self._selector.request.first_period
        if not self._by_month:
            later = pl.when(pl.col("period") == first).then(first).otherwise(first + 1)
            coded = coded.with_columns(later.cast(pl.Int32).alias("period"))
        return coded

    @property
    def tells_all(self) -> bool:
        """Whether the request tells facilities and months apart."""
        return self._by_facility and self._by_month

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
        schema = self.schema(is_plain=False)
        coded_cases = cases.with_columns(pl.col("resolution").cast(self._kind))
        with self._hold.more(DETAIL_ROWS * SUM_ROW_BYTES) if self._hold else nullcontext():
            for share in range(shares):
                sums = RunningSums(schema, PENDING_ROWS)

                def begin(share: int = share) -> Add:
                    nonlocal sums
                    sums = RunningSums(schema, PENDING_ROWS)

                    def add(part: pl.DataFrame) -> None:
                        mine = pl.col("facility").hash(_HASH_SEED) % shares == share
                        taken, _ = self.settled(part.filter(mine))
                        sums.add(
                            taken.join(coded_cases, on=cases.columns, how="semi", nulls_equal=True)
                        )

                    if not self._cut.is_empty():
                        named = pl.col("facility").cast(pl.String)
                        mine = self._cut.filter(named.hash(_HASH_SEED) % shares == share)
                        sums.add(
                            mine.join(coded_cases, on=cases.columns, how="semi", nulls_equal=True)
                        )
                    return add

                self._snapshot.fold(begin)
                chosen = drop_zeros(sums.frame())
                yield chosen.with_columns(pl.col("resolution").cast(pl.String))


class _Gathered:
    """Sums of what came so far; plain ones once they are too many to keep all apart unasked."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self.is_plain = False
        self.has_slices = False
        self.taken_rows = 0
        self.sums = RunningSums(gathering.schema(is_plain=False), PENDING_ROWS)
        self.mixed = RunningSums(gathering.schema(is_plain=False), PENDING_ROWS)

    def add(self, part: pl.DataFrame) -> None:
        taken, mixed = self._gathering.settled(part)
        if not mixed.is_empty():
            self.mixed.add(mixed)
        self.add_up(taken)

    def add_up(self, taken: pl.DataFrame) -> None:
        """Add postings of one share each."""
        gathering = self._gathering
        self.has_slices = self.has_slices or bool((taken["first_day"] > 1).any())
        self.taken_rows += taken.height
        self.sums.add(gathering.plain(taken) if self.is_plain else taken)
        if (
            not (self.is_plain or gathering.tells_all)
            and self.sums.held_rows > DETAIL_KEPT_ROWS
            and self.sums.frame().height > DETAIL_KEPT_ROWS
        ):
            apart = self.sums.frame()
            self.is_plain = True
            self.sums = RunningSums(gathering.schema(is_plain=True), PENDING_ROWS)
            self.sums.add(gathering.plain(apart))
            self.sums.frame()
        gathering.count(self.sums.held_rows + self.mixed.held_rows)
