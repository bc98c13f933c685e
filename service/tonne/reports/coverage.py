"""What records cover, and what they do not: days without a record, times with several.

A reading that is missing looks like savings, and one that came twice like consumption. Nothing of
that shows in a sum. So the times of the records themselves are laid side by side, for each
facility and activity: records that meet are one run, what lies between two runs is a gap.

Memory follows the runs, not the records: a year of quarter-hours without a hole is one run.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from tonne.ledger.book.periods import month_boundaries_us
from tonne.ledger.budget import PART_BYTES
from tonne.ledger.files.frames import polars_errors
from tonne.model import PERIOD_COUNT_MAX
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot

GAP_US_MAX_UNTOLD = 60 * 10**6
"""A gap of up to a minute is none: it is an end that was written as 23:59 or 23:59:59."""

RUN_BYTES = 600
"""Memory of a run, an overlap or a record that waits, while they are sorted. Measured."""

PENDING_ROWS = 1 << 16
"""Records that wait, at least, before they are laid to the others."""

SUBJECT = ("facility", "activity")

_RUN = {"subject": pl.Int64, "start": pl.Int64, "end": pl.Int64}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CoverageRequest:
    """What is asked for.

    Parameters
    ----------
    first_period, last_period : int or None
        Months, both inclusive; None: from the first record of each, to the last of all.
    facilities, activities : tuple of str
        Only these; none means all.
    """

    first_period: int | None = None
    last_period: int | None = None
    facilities: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without a record, and the days of the book's time zone that lie wholly in it."""

    start: dt.datetime
    end: dt.datetime
    first_day: dt.date | None = None
    last_day: dt.date | None = None


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """A facility and an activity, in the time that was looked at.

    `gaps` and `overlaps` are in the order of time; an overlap is a pair of its beginning and end.
    """

    facility: str
    activity: str
    start: dt.datetime
    end: dt.datetime
    record_count: int
    gaps: tuple[Gap, ...]
    overlaps: tuple[tuple[dt.datetime, dt.datetime], ...]


def book_coverage(
    snapshot: Snapshot, request: CoverageRequest, hold: Hold | None = None
) -> Iterator[CoverageRow]:
    """Lay out what the records of a book cover, sorted by facility and activity.

    `hold` grows with the runs.

    Raises
    ------
    SelectionMustFit, ReadsExhausted
        The records leave too many gaps to keep all in memory.
    """
    boundaries = month_boundaries_us(snapshot.book.time_zone)
    first, last = request.first_period, request.last_period
    begin_us = None if first is None else boundaries[first]
    end_us = None if last is None else boundaries[min(last, PERIOD_COUNT_MAX - 1) + 1]
    runs = Runs(begin_us, end_us, hold)
    named = functools.cache(lambda text: snapshot.texts.named(snapshot.texts.activity_of(text)))
    is_asked = pl.lit(value=True)
    asked = [named(each) for each in request.activities]
    for column, values in zip(SUBJECT, (request.facilities, asked), strict=True):
        if values:
            is_asked &= pl.col(column).is_in(list(values))
    for part in snapshot.evidence.spans(snapshot, hold):
        check_wanted()
        with polars_errors(f"records of book {snapshot.book.id}"):
            texts = part["activity"].unique().to_list()
            meant = {text: named(text) for text in texts if named(text) != text}
            # Mostly all mean themselves: to replace none costs as much as to replace all.
            read = part.with_columns(pl.col("activity").replace(meant)) if meant else part
            runs.add(read.filter(is_asked))
    with polars_errors(f"records of book {snapshot.book.id}"):
        yield from _rows(runs, snapshot.register, ZoneInfo(snapshot.book.time_zone))


class Runs:
    """Runs of records that meet or overlap, of any number of facilities and activities.

    Parameters
    ----------
    begin_us, end_us : int or None
        Only what lies between is kept, in microseconds since 1970.
    hold : Hold or None
        Grows with the runs.

    Attributes
    ----------
    runs, overlaps : polars.DataFrame
        subject, start, end (Int64): each disjoint, sorted. Complete after `settle`.
    subjects : polars.DataFrame
        `SUBJECT`, its number as subject, record_count of those between, first and last of all:
        also of a facility and activity that has no record between.
    """

    def __init__(self, begin_us: int | None, end_us: int | None, hold: Hold | None) -> None:
        self.begin_us, self.end_us = begin_us, end_us
        self._hold = hold
        self._pending: list[pl.DataFrame] = []
        self._pending_rows = 0
        self.runs = pl.DataFrame(schema=_RUN)
        self.overlaps = pl.DataFrame(schema=_RUN)
        self.subjects = pl.DataFrame(
            schema={
                **dict.fromkeys(SUBJECT, pl.String),
                **dict.fromkeys(("subject", "record_count", "first", "last"), pl.Int64),
            }
        )

    def add(self, records: pl.DataFrame) -> None:
        """Take records: `SUBJECT`, start, end (Int64)."""
        start, end = pl.col("start"), pl.col("end")
        is_between = pl.lit(value=True)
        if self.begin_us is not None:
            is_between &= end > self.begin_us
        if self.end_us is not None:
            is_between &= start < self.end_us
        # Once by the texts: from here on a subject is a number, and its records stand together.
        is_told = pl.col("is_between")
        between = (start.filter(is_told), end.filter(is_told))
        marked = records.with_columns(is_between.alias("is_between"))
        grouped = marked.group_by(SUBJECT).agg(
            is_told.sum().cast(pl.Int64).alias("record_count"),
            start.min().alias("first"),
            end.max().alias("last"),
            # To filter lists takes time, and mostly there is nothing to leave out.
            *((start, end) if marked["is_between"].all() else between),
        )
        counts = grouped.select(
            *SUBJECT, pl.lit(None, pl.Int64).alias("subject"), "record_count", "first", "last"
        )
        self._count_subjects(counts)
        numbers = self.subjects.select(*SUBJECT, "subject")
        told = grouped.filter(pl.col("record_count") > 0).join(numbers, on=SUBJECT, how="left")
        chains = _chained(told.select(_RUN.keys()).explode("start", "end"))
        self._pending.append(chains)
        self._pending_rows += chains.height
        self._count()
        if self._pending_rows > max(PENDING_ROWS, self.runs.height):
            self.settle()

    def _count_subjects(self, counted: pl.DataFrame) -> None:
        """Add counts of subjects; those that are new get the next numbers."""
        merged = (
            pl.concat([self.subjects, counted])
            .group_by(SUBJECT, maintain_order=True)
            .agg(
                pl.col("subject").first(),
                pl.col("record_count").sum(),
                pl.col("first").min(),
                pl.col("last").max(),
            )
        )
        # The known ones came first, and keep their numbers.
        self.subjects = merged.with_columns(pl.int_range(pl.len()).alias("subject"))

    def settle(self) -> None:
        """Lay what waits to the runs."""
        laid = pl.concat([self.runs, *self._pending]).sort(_RUN.keys())
        self._pending, self._pending_rows = [], 0
        laid = laid.with_columns(_BEFORE.alias("before"))
        found = laid.filter(pl.col("start") < pl.col("before")).select(
            "subject", "start", pl.min_horizontal("end", "before").alias("end")
        )
        self.runs = _joined(laid)
        if not found.is_empty():
            laid = pl.concat([self.overlaps, found]).sort(_RUN.keys())
            self.overlaps = _joined(laid.with_columns(_BEFORE.alias("before")))
        self._count()

    def _count(self) -> None:
        if self._hold is not None:
            rows = self.runs.height + self.overlaps.height + self.subjects.height
            self._hold.grow_to(PART_BYTES + (rows + self._pending_rows) * RUN_BYTES)


def _chained(records: pl.DataFrame) -> pl.DataFrame:
    """Join records of a subject that follow each other, each where the one before it ends.

    `records` are in their order, subject by subject: a day of quarter-hours is one chain, and what
    is sorted then is few. As many records lie over each moment as before, so runs and overlaps are
    the same.
    """
    subject, start, end = pl.col("subject"), pl.col("start"), pl.col("end")
    goes_on = ((subject == subject.shift(1)) & (start == end.shift(1))).fill_null(value=False)
    marked = records.with_columns(is_first=~goes_on)
    is_first = pl.col("is_first")
    is_last = is_first.shift(-1).fill_null(value=True)
    return marked.select(subject.filter(is_first), start.filter(is_first), end.filter(is_last))


_BEFORE = pl.col("end").cum_max().shift(1).over("subject")
"""The end of the longest of those of a subject that began before; the frame is sorted."""


def _joined(laid: pl.DataFrame) -> pl.DataFrame:
    """Join what meets or overlaps; `laid` is sorted, and has `_BEFORE`."""
    begins = (pl.col("start") > pl.col("before")).fill_null(value=True)
    return (
        laid.with_columns(begins.cum_sum().alias("run"))
        .group_by("run", maintain_order=True)
        .agg(pl.col("subject", "start").first(), pl.col("end").max())
        .drop("run")
    )


def _rows(runs: Runs, register: pl.DataFrame, zone: ZoneInfo) -> Iterator[CoverageRow]:
    """Make the rows, one after the other."""
    runs.settle()
    windows = _windows(runs, register, zone)
    gaps = _by_subject(_gaps(runs.runs, windows))
    overlaps = _by_subject(_clipped(runs.overlaps, windows))
    gap, overlap = next(gaps, _NOTHING), next(overlaps, _NOTHING)
    names = (*SUBJECT, "subject", "record_count", "begin", "stop")
    for facility, activity, subject, count, begin, stop in windows.select(names).iter_rows():
        own_gaps: tuple[Gap, ...] = ()
        own_overlaps: tuple[tuple[dt.datetime, dt.datetime], ...] = ()
        if gap[0] == subject:
            own_gaps = tuple(_gap(start, end, zone) for start, end in gap[1])
            gap = next(gaps, _NOTHING)
        if overlap[0] == subject:
            own_overlaps = tuple((_time(start), _time(end)) for start, end in overlap[1])
            overlap = next(overlaps, _NOTHING)
        yield CoverageRow(
            facility, activity, _time(begin), _time(stop), count, own_gaps, own_overlaps
        )


_Spans = tuple[int, list[tuple[int, int]]]
_NOTHING: _Spans = (-1, [])


def _by_subject(spans: pl.DataFrame) -> Iterator[_Spans]:
    for subject, rows in groupby(spans.select(_RUN.keys()).iter_rows(), itemgetter(0)):
        yield subject, [row[1:] for row in rows]


def _windows(runs: Runs, register: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Give each subject the time that is looked at; those without any are left out."""
    subjects = runs.subjects
    last = subjects["last"].max() if runs.end_us is None else runs.end_us
    first = pl.col("first") if runs.begin_us is None else pl.lit(runs.begin_us)
    facilities = register.select(
        pl.col("facility").cast(pl.String),
        *(
            pl.col(name).map_elements(
                lambda day: _midnight_us(dt.date.fromisoformat(day), zone) if day else None,
                return_dtype=pl.Int64,
            )
            for name in ("valid_from", "valid_to")
        ),
    )
    return (
        subjects.join(facilities, on="facility", how="left")
        .with_columns(
            pl.max_horizontal(first, "valid_from").alias("begin"),
            pl.min_horizontal(pl.lit(last, pl.Int64), "valid_to").alias("stop"),
        )
        .filter(pl.col("begin") < pl.col("stop"))
        .sort(SUBJECT)
        .with_row_index("order")
    )


def _clipped(spans: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Cut what lies beyond the windows off."""
    return (
        spans.join(windows.select("order", "subject", "begin", "stop"), on="subject")
        .with_columns(
            pl.max_horizontal("start", "begin").alias("start"),
            pl.min_horizontal("end", "stop").alias("end"),
        )
        .filter(pl.col("start") < pl.col("end"))
        .select("order", *_RUN)
        .sort("order", "start", "end")
    )


def _gaps(runs: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Give what lies between the runs, and between them and the ends of the windows."""
    edges = [
        windows.select("order", "subject", pl.col(name).alias("start"), pl.col(name).alias("end"))
        for name in ("begin", "stop")
    ]
    laid = pl.concat([*edges, _clipped(runs, windows)]).sort("order", "start", "end")
    return laid.with_columns(
        pl.col("end").shift(1).over("subject").alias("start"), pl.col("start").alias("end")
    ).filter(pl.col("end") - pl.col("start") > GAP_US_MAX_UNTOLD)


def _gap(start_us: int, end_us: int, zone: ZoneInfo) -> Gap:
    start, end = _time(start_us), _time(end_us)
    first = start.astimezone(zone).date()
    if start_us > _midnight_us(first, zone):
        first += _DAY
    last = end.astimezone(zone).date() - _DAY
    return Gap(start, end, first, last) if first <= last else Gap(start, end)


def _midnight_us(day: dt.date, zone: ZoneInfo) -> int:
    """Give when a day begins; where the clocks pass over its midnight, that is when they do."""
    midnight = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    return (midnight - _EPOCH) // dt.timedelta(microseconds=1)


def _time(time_us: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=time_us)
