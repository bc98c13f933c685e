"""Postings whose share changes within their slice, cut there.

A date that was registered before the records were posted cut their months then. One that came
later did not, and neither did any in the postings of the first ledgers: there the records are
split again, exactly as they would have been. What is not theirs to say (which of two resolutions
of the same days a record was posted under) is split by time, and that is told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl

from tonne.ledger.book.periods import cuts_of
from tonne.ledger.files.frames import Schema, polars_errors
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.ledger.reading.moment import Question
from tonne.model import LAST_DAY, first_day_of
from tonne.quantities import quantity_decimal
from tonne.reports.inventory.boundary import MIXED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.files.repost import Cut
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.inventory.boundary import Boundary

SHARE_BY_TIME = "SHARE_BY_TIME"
"""Reason of the notice that a posting was split by time where a share changes."""

SHARE_BY_TIME_TEXT = (
    "the share of a facility changes within the days of some postings, which were made before the "
    "book knew the date and rest on several factors at once: they were split by time, not record "
    "by record"
)

_KEY_SCHEMA: Schema = {
    **dict.fromkeys(("facility", "activity", "unit", "region"), pl.String),
    "period": pl.Int32,
}

Key = tuple[str, str, str, str, int]
"""Facility, activity, unit, region, period."""

Row = dict[str, Any]
"""A posting, by its columns."""

Values = tuple[int, int, int]
"""Millionths, records with a part there, records that begin there."""

Span = tuple[int, int, int]
"""First day, last day, number of the portion."""

Part = tuple[Row, Span, Values]
"""A posting, days of it and what is of them."""


def cut_by_time(boundary: Boundary, mixed: pl.DataFrame) -> pl.DataFrame:
    """Cut mixed postings in proportion to days; parts add up to the whole."""
    rows = _rows(mixed)
    return _frame([part for row in rows for part in _by_time(boundary, row)], mixed)


def cut_by_records(
    snapshot: Snapshot, boundary: Boundary, mixed: pl.DataFrame, hold: Hold | None
) -> tuple[pl.DataFrame, int]:
    """Cut mixed postings as their records are.

    Parameters
    ----------
    snapshot : Snapshot
        The book.
    boundary : Boundary
        Says where shares change.
    mixed : polars.DataFrame
        Postings marked `MIXED`, each key once.
    hold : Hold or None
        Grows with the segment that is read.

    Returns
    -------
    tuple of polars.DataFrame and int
        The same columns, no row `MIXED`; how many records are in postings that only time splits.
    """
    wanted: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in _rows(mixed):
        wanted[_key(row)].append(row)
    spans = {key: _spans_of(boundary, rows) for key, rows in wanted.items()}
    periods = [key[-1] for key in wanted]
    keys = pl.DataFrame(list(wanted), schema=_KEY_SCHEMA, orient="row")
    question = Question(keys, min(periods), max(periods))
    postings = _postings_of(snapshot, boundary, question)
    days = {
        first_day_of(key[-1]) + place - 1
        for key, found in spans.items()
        for first, last, _ in found
        for place in (first, last + 1)
        if last < LAST_DAY or place == first
    }
    cuts = cuts_of(days, snapshot.book.time_zone)
    records = _records_of(snapshot, question, cuts, postings, hold)
    parts: list[Part] = []
    by_time_count = 0
    for key, rows in wanted.items():
        others = [row for row in postings.get(key, ()) if row["portion"] != MIXED]
        # What records say is of the month, wherever each of them counts.
        is_late = any(row.get("late") for row in postings.get(key, ()))
        exact = None
        if not is_late:
            exact = _exactly(rows, spans[key], others, records.get(key, {}))
        if exact is None:
            by_time_count += sum(row["record_count"] for row in rows)
            exact = [part for row in rows for part in _by_time(boundary, row)]
        parts += exact
    return _frame(parts, mixed), by_time_count


def _spans_of(boundary: Boundary, rows: Sequence[Row]) -> list[Span]:
    """Cut all days of a key's postings: at shares, and at slices where resolutions differ."""
    first, last = min(row["first_day"] for row in rows), max(row["last_day"] for row in rows)
    found = boundary.spans(rows[0]["facility"], (rows[0]["period"], first, last))
    if len({row["resolution"] for row in rows}) == 1:
        return found
    begins = {row["first_day"] for row in rows}
    begins |= {row["last_day"] + 1 for row in rows if row["last_day"] < LAST_DAY}
    spans = []
    for begin, end, portion in found:
        inside = [begin, *sorted(day for day in begins if begin < day <= end), end + 1]
        spans += [(day, stop - 1, portion) for day, stop in pairwise(inside)]
    return spans


def _exactly(
    rows: Sequence[Row],
    spans: Sequence[Span],
    others: Sequence[Row],
    records: Mapping[int, Values],
) -> list[Part] | None:
    """Give each span what the records add there; None where they cannot say whose it is.

    Other postings of the key, of commits that knew the date, are taken off first.
    """
    found: list[Part] = []
    left = Counter[str]()
    for row in rows:
        left[row["resolution"]] += _values(row)[0]
    for span in spans:
        first, last, _ = span
        taken = [row for row in others if row["first_day"] <= last and row["last_day"] >= first]
        if any(row["first_day"] < first or row["last_day"] > last for row in taken):
            return None
        amounts = [(day, values) for day, values in records.items() if first <= day <= last]
        amounts += [(row["first_day"], _negative(_values(row))) for row in taken]
        values = _added(first, amounts)
        owners = {
            row["resolution"]: row
            for row in reversed(rows)
            if row["first_day"] <= first and last <= row["last_day"]
        }
        if len(owners) != 1:
            if any(values) or owners:
                return None
            continue
        ((resolution, row),) = owners.items()
        left[resolution] -= values[0]
        found.append((row, span, values))
    return None if any(left.values()) else found


def _added(first: int, amounts: Iterable[tuple[int, Values]]) -> Values:
    """Add what slices within a span hold; a record counts where the span or it begins."""
    quantity = count = starts = 0
    for day, (atto, records, begun) in amounts:
        quantity += atto
        count += records if day == first else begun
        starts += begun
    return quantity, count, starts


def _negative(values: Values) -> Values:
    quantity, count, starts = values
    return -quantity, -count, -starts


def _by_time(boundary: Boundary, row: Row) -> Iterator[Part]:
    """Cut a posting by days: what is due up to each cut, toward zero, less what came before."""
    spans = boundary.spans(row["facility"], (row["period"], row["first_day"], row["last_day"]))
    month = first_day_of(row["period"])
    end = min(row["last_day"], first_day_of(row["period"] + 1) - month)
    quantity, count, starts = _values(row)
    whole = end - row["first_day"] + 1
    counted = 0
    for span in spans:
        served = min(span[1], end) - row["first_day"] + 1
        due = abs(quantity) * served // whole * (1 if quantity > 0 else -1)
        yield row, span, (due - counted, count, starts if span is spans[0] else 0)
        counted = due


def _postings_of(
    snapshot: Snapshot, boundary: Boundary, question: Question
) -> Mapping[Key, Sequence[Row]]:
    """Read all postings of a question's keys, in any region."""
    frame = snapshot.evidence.postings(snapshot, question)
    found: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in _rows(boundary.mark(frame)):
        found[_key(row)].append(row)
    return found


def _records_of(
    snapshot: Snapshot,
    question: Question,
    cuts: Sequence[Cut],
    postings: Mapping[Key, Sequence[Row]],
    hold: Hold | None,
) -> Mapping[Key, Mapping[int, Values]]:
    """Post the records of a question again: by key, and by the first day of a slice.

    Records without a region of their own were posted under their facility's of then: they are
    left out where their month has postings in several.
    """
    again = snapshot.evidence.again(snapshot, question, hold, cuts)
    regions: defaultdict[tuple[Any, ...], set[str]] = defaultdict(set)
    for facility, activity, unit, region, period in postings:
        regions[facility, activity, unit, period].add(region)
    found: defaultdict[Key, defaultdict[int, Values]] = defaultdict(lambda: defaultdict(_nothing))
    with polars_errors("the records of postings"):
        rows = _rows(again.sums)
    for row in rows:
        known = regions[row["facility"], row["activity"], row["unit"], row["period"]]
        region = next(iter(known)) if len(known) == 1 else row["region"]
        days = found[row["facility"], row["activity"], row["unit"], region, row["period"]]
        pairs = zip(days[row["first_day"]], _values(row), strict=True)
        quantity, count, starts = (one + other for one, other in pairs)
        days[row["first_day"]] = (quantity, count, starts)
    return found


def _nothing() -> Values:
    return 0, 0, 0


def _rows(frame: pl.DataFrame) -> list[Row]:
    """Rows as dictionaries, texts as texts, quantities times 10^18."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.Categorical]
    plain = frame.with_columns(
        pl.col(texts).cast(pl.String), pl.col("quantity").to_physical()
    ).with_columns(pl.col("region").fill_null(""))
    return plain.rows(named=True)


def _key(row: Row) -> Key:
    return row["facility"], row["activity"], row["unit"], row["region"], row["period"]


def _values(row: Row) -> Values:
    return row["quantity"], row["record_count"], row["record_start_count"]


def _frame(parts: Sequence[Part], like: pl.DataFrame) -> pl.DataFrame:
    """Lay out parts as the postings that they are of."""
    rows = [
        {
            **row,
            "first_day": first,
            "last_day": last,
            "portion": portion,
            "quantity": quantity_decimal(quantity),
            "record_count": count,
            "record_start_count": starts,
        }
        for row, (first, last, portion), (quantity, count, starts) in parts
        if quantity or count or starts
    ]
    plain = {
        name: pl.String if kind == pl.Categorical else kind for name, kind in like.schema.items()
    }
    frame = pl.DataFrame(rows, schema={**plain, "quantity": QUANTITY_TYPE}, orient="row")
    return frame.cast(like.schema)
