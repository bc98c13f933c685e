"""The postings of a request, gathered from a book part by part.

Memory follows the answer: what the request does not tell apart is summed as it comes, and what it
does tell apart is counted against the memory that calls may hold before it grows.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.budget import PART_BYTES
from tonne.ledger.files.files import Wanted
from tonne.ledger.files.frames import Schema, polars_errors
from tonne.ledger.files.postings import POSTINGS_SCHEMA, by_month, drop_zeros
from tonne.ledger.files.sums import RunningSums
from tonne.ledger.reading.snapshot import Reading
from tonne.reports.hours.times import Times
from tonne.reports.hours.weighing import parts_by_id
from tonne.reports.inventory.parts.late import Late
from tonne.reports.inventory.parts.rolled import usable_rollups
from tonne.reports.inventory.selection import READ, Selection, Selector, selection_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tonne.catalogue.editions.hours import HoursPart
    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.hours.weighing import Hours
    from tonne.reports.inventory.parts.rolled import RolledPostings
    from tonne.reports.inventory.parts.watch import Watch

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

LINE_KEYS = ("facility", "activity", "unit", "region", "late", "period", "first_day", "last_day")
"""What tells the balances of one resolution apart."""

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
    watch : Watch or None
        Sees the same postings, before they are summed.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        selector: Selector,
        hold: Hold | None,
        *,
        by_facility: bool = False,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch
        self._snapshot = snapshot
        self._selector = selector
        self._hold = hold
        self._wanted = Wanted(
            selector.request.first_period,
            selector.request.last_period,
            tuple(selector.request.facilities),
        )
        group_by = selector.request.group_by
        self._is_unfolded = by_facility
        self._by_facility = by_facility or "facility" in group_by
        self._by_month = by_facility or "period" in group_by
        # Categories of this request alone, which are gone with it.
        self._types = selector.types()
        self._kind = pl.Categorical(pl.Categories.random("report"))
        self._rows = 0
        self._cut = pl.DataFrame()
        self._hourly = pl.DataFrame()
        self._known: dict[str, Resolution] = {}
        self._parts: dict[str, list[HoursPart]] = {}
        self.resolutions: Mapping[str, Resolution] = {}

    def select(self) -> Selection:
        """Go through the book and give the selection.

        Raises
        ------
        SelectionMustFit, ReadsExhausted
            The request tells too much apart.
        """
        gathered = _Gathered(self)

        def begin() -> Iterator[Reading]:
            nonlocal gathered
            gathered = _Gathered(self)
            if self._watch is not None:
                self._watch.begin()
            yield from self._readings(gathered)

        self._snapshot.fold(begin)
        self._rows = gathered.taken_rows
        mixed = drop_zeros(gathered.mixed.frame())
        hourly = [drop_zeros(gathered.hourly.frame()).with_columns(is_cut=pl.lit(value=False))]
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
            cut = self._cut.select(list(self.schema(is_plain=False)))
            hourly.append(self.by_hours(cut).with_columns(is_cut=pl.lit(value=True)))
        self._hourly = pl.concat(hourly)
        # What was taken back whole is no row, whether or not a merge has dropped it already.
        chosen = drop_zeros(gathered.sums.frame()).with_columns(
            pl.col("resolution").cast(pl.String)
        )
        ids = [name for name in chosen["resolution"].unique().to_list() if name]
        self.resolutions = self._resolutions_of(ids)
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
            hours=self._times(),
            late=tuple(gathered.late.notices(self._resolutions_of)),
        )

    def _readings(self, gathered: _Gathered) -> Iterator[Reading]:
        """Say what is read: rollups first, and the files that these do not stand for."""
        files = self._snapshot.files
        rolled = (
            []
            if self._by_facility
            else usable_rollups(self._snapshot, self._selector, self._wanted, self._watch)
        )
        # Of so few postings facilities are told apart, whatever there is beside them.
        if max((each.sum_count for each in rolled), default=0) <= DETAIL_KEPT_ROWS:
            yield Reading(files, gathered.add, self._wanted)
            return
        gathered.be_plain()
        self.count(sum(each.taken.height for each in rolled))
        done = set()
        for each in rolled:
            done |= {file.id for file in each.run.postings}
            if self._watch is not None and each.sites is not None:
                texts = pl.col("facility", "activity", "resolution").cast(self._kind)
                self._watch.add_sites(each.sites.with_columns(texts))
            if apart := gathered.add_rolled(each):
                yield Reading(each.run.postings, gathered.add_apart, apart)
        yield Reading([file for file in files if file.id not in done], gathered.add, self._wanted)

    def coded_rollup(self, taken: pl.DataFrame) -> pl.DataFrame:
        """Give what was taken of a rollup its texts as categories."""
        return taken.with_columns(pl.col(name).cast(pl.String).cast(self._kind) for name in _TEXTS)

    def times_again(self) -> Hours | None:
        """Find when the records were once more, from the files alone."""
        return self._times(anew=True)

    def by_hours(self, taken: pl.DataFrame) -> pl.DataFrame:
        """Take the postings on which hours decide."""
        ids = taken["resolution"].unique().cast(pl.String).drop_nulls().to_list()
        hourly = [id_ for id_ in self._resolutions_of(filter(None, ids)) if id_ in self._parts]
        return taken.filter(pl.col("resolution").cast(pl.String).is_in(hourly))

    def _resolutions_of(self, ids: Iterable[str]) -> Mapping[str, Resolution]:
        """Read resolutions, each once, and note on which of them hours decide."""
        wanted = list(ids)
        new = [id_ for id_ in wanted if id_ not in self._known]
        if new:
            found = self._snapshot.resolutions(new)
            self._known |= found
            self._parts |= parts_by_id(found.items())
        return {id_: self._known[id_] for id_ in wanted}

    def _times(self, *, anew: bool = False) -> Hours | None:
        """Find when the records of postings were on which hours decide."""
        rows = self._hourly
        if rows.is_empty():
            return None
        with self._hold.more(rows.height * CUT_ROW_BYTES) if self._hold else nullcontext():
            times = Times(self._snapshot, self._parts, self._hold, anew=anew)
            columns = (*self._told(), *self._selector.bucket)
            return times.of(rows, columns, self._selector.happened(rows))

    def _told(self) -> list[str]:
        """Columns that the answer tells apart."""
        if self._is_unfolded:
            return list(LINE_KEYS)
        group_by = self._selector.request.group_by
        return [READ.get(name, name) for name in group_by if name not in {"account", "scope"}]

    def coded(self, part: pl.DataFrame) -> pl.DataFrame:
        """Take what the request is about of a part, its texts as categories."""
        with polars_errors(f"postings of book {self._snapshot.book.id}"):
            texts = [pl.col(name).cast(pl.String).cast(self._kind) for name in _TEXTS]
            taken = self._selector.take(part, with_type=False).with_columns(texts)
            if self._types is None or "facility_type" in taken.columns:
                return taken
            return taken.with_columns(self._types.of(taken["facility"]))

    def settled(self, part: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Part what the request is about: postings of one share, and those that are to be cut."""
        coded = self.coded(part)
        if self._watch is not None:
            self._watch.add(coded)
        return self._selector.apart(coded)

    def schema(self, *, is_plain: bool) -> Schema:
        """Columns of the sums."""
        request, boundary = self._selector.request, self._selector.bucket[1:]
        schema: Schema = {**POSTINGS_SCHEMA, **dict.fromkeys(_TEXTS, self._kind)}
        del schema["status"]
        if is_plain:
            del schema["last_day"], schema["late"]
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
    def selector(self) -> Selector:
        """What takes the postings of the request."""
        return self._selector

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

                def begin(share: int = share) -> Iterator[Reading]:
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
                    yield Reading(self._snapshot.files, add, self._wanted)

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
        self.hourly = RunningSums(gathering.schema(is_plain=False), PENDING_ROWS)
        self.late = Late(gathering.selector)

    def add(self, part: pl.DataFrame) -> None:
        self.late.add(part)
        taken, mixed = self._gathering.settled(part)
        if not mixed.is_empty():
            self.mixed.add(mixed)
        hourly = self._gathering.by_hours(taken)
        if not hourly.is_empty():
            self.hourly.add(hourly)
        self.add_up(taken)

    def be_plain(self) -> None:
        """Leave out what the request does not tell apart, from the first posting on."""
        self.is_plain = True
        self.sums = RunningSums(self._gathering.schema(is_plain=True), PENDING_ROWS)

    def add_rolled(self, rolled: RolledPostings) -> Wanted | None:
        """Add a rollup; gives what is to be read of its postings, where facilities decide."""
        self.late.add_rows(rolled.late)
        taken = self._gathering.coded_rollup(rolled.taken)
        hourly = self._gathering.by_hours(taken)
        plain = taken.join(hourly.select("resolution").unique(), on="resolution", how="anti")
        posting_count = int(plain["posting_count"].sum())
        self.add_up(plain)
        self.taken_rows += posting_count - plain.height
        periods = pl.concat([hourly["period"], rolled.mixed["period"]])
        if periods.is_empty():
            return None
        return Wanted(int(str(periods.min())), int(str(periods.max())))

    def add_apart(self, part: pl.DataFrame) -> None:
        """Add of postings that a rollup stands for what it leaves open."""
        taken, mixed = self._gathering.settled(part)
        hourly = self._gathering.by_hours(taken)
        if not mixed.is_empty():
            self.mixed.add(mixed)
        if not hourly.is_empty():
            self.hourly.add(hourly)
            self.add_up(hourly)

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
        held_rows = (each.held_rows for each in (self.sums, self.mixed, self.hourly))
        gathering.count(sum(held_rows))
