"""Sums of the sides of ratios by place and month: the postings of a question, read once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from tonne.ledger.files.postings import by_month
from tonne.ledger.files.sums import sum_by
from tonne.reports.hours.weighing import NOTHING, amount_of
from tonne.reports.indicators.worth import Key, Side, Weigher
from tonne.reports.inventory.gathering import Gathering
from tonne.reports.inventory.parts.meanings import Meanings
from tonne.reports.inventory.record_counts import count_whole
from tonne.reports.inventory.selection import Selector
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.hours.weighing import Weighted
    from tonne.reports.indicators.worth import Scaled, Terms, Worths
    from tonne.reports.inventory.parts.watch import Watch
    from tonne.reports.inventory.request import InventoryRequest
    from tonne.reports.inventory.selection import Selection

CHECK_ROWS = 1_024
"""Rows after which it is asked whether somebody still waits for them."""

VALUE_BYTES = 2_000
"""Memory of a place and month of the answer, with all its indicators."""

_TOLD = ("period", "facility", "facility_type", "effective_region")
"""Columns that tell parts of a book and its months apart, as far as they are there."""

_KEY = ("resolution", "portion", "activity", "unit", "facility_type")


class Window(NamedTuple):
    """The months of a value, both inclusive."""

    first: int
    last: int


class Sums:
    """Sums of the sides by place and month, and which sides have records there."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[str, int], defaultdict[Side, int | Fraction]]
        self._sums = defaultdict(lambda: defaultdict(int))
        self._present: defaultdict[tuple[str, int, int], set[int]] = defaultdict(set)
        self._periods: set[int] = set()

    def add(
        self,
        place: str,
        period: int,
        quantity_atto: int,
        weighted: Weighted,
        parts: Iterable[Scaled],
    ) -> None:
        """Add a sum of postings, or what hours make of it."""
        self._periods.add(period)
        sums = self._sums[place, period]
        for part in parts:
            amount_atto = quantity_atto if part.hours is None else amount_of(weighted, part.hours)
            sums[part.side] += amount_atto * part.number
            if part.is_required:
                self._present[place, part.side.indicator, part.side.side].add(period)

    @property
    def periods(self) -> list[int]:
        """Months that have something; sorted."""
        return sorted(self._periods)

    @property
    def places(self) -> list[str]:
        """Parts of the book that have something; sorted."""
        return sorted({place for place, _ in self._sums})

    def months(self, place: str, indicator: int, side: int, window: Window) -> set[int]:
        """Months of a window in which a side has records that it must have."""
        found = self._present.get((place, indicator, side), set())
        return {period for period in found if window.first <= period <= window.last}

    def total(self, place: str, window: Window) -> dict[Side, int | Fraction]:
        """Add up the months of a window: of those that have something, however wide it is."""
        found: defaultdict[Side, int | Fraction] = defaultdict(int)
        for period in self._periods:
            if not window.first <= period <= window.last:
                continue
            for side, number in self._sums.get((place, period), {}).items():
                found[side] += number
        return found


@dataclass(frozen=True, slots=True)
class Question:
    """What is summed.

    Parameters
    ----------
    selection : InventoryRequest
        Postings, with a grouping that has the period and what `place` needs.
    sides : sequence of pairs of terms
        Both sides of each ratio.
    place : polars.Expr
        What tells the parts of the book apart.
    coal_set : str
        Set of coal equivalents.
    of_whole : bool
        Whether facilities count whole, whoever owns them.
    """

    selection: InventoryRequest
    sides: Sequence[tuple[Terms, Terms]]
    place: pl.Expr
    coal_set: str
    of_whole: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """Sums, what they are over, how texts were read, and how many records wait."""

    sums: Sums
    worths: Worths
    meanings: Meanings
    suspended_count: int


def gather(
    snapshot: Snapshot,
    question: Question,
    *,
    hold: Hold | None = None,
    watch: Watch | None = None,
) -> Gathered:
    """Go through a book once, and sum what its postings are worth.

    `hold` grows with what is told apart; `watch` sees the postings. Errors are those of
    `inventory.book.book_inventory`.
    """
    selection = question.selection
    meanings = Meanings(snapshot.resolutions, snapshot.texts)
    entities = () if question.of_whole else snapshot.entities
    selector = Selector(snapshot.register, selection, entities, meanings)
    gathering = Gathering(snapshot, selector, hold, watch=watch)
    chosen = gathering.select()
    sums = _sum(chosen, question.place, meanings)
    weigher = Weigher(question.sides, selection.gwp_set, question.coal_set)
    units = {each: snapshot.texts.unit_of(each) for each in sums["unit"].unique()}
    keys = {
        Key(*row): Key(*row)._replace(unit=units[row[3]])
        for row in sums.select(_KEY).unique().iter_rows()
    }
    worths = weigher.weigh(set(keys.values()), gathering.resolutions, chosen.portions)
    added = _added(sums, keys, worths, hold)
    _add_hours(added, chosen, question.place, worths)
    return Gathered(
        added,
        worths,
        meanings,
        count_whole(chosen.suspended, selection.first_period),
    )


def _sum(chosen: Selection, place: pl.Expr, meanings: Meanings) -> pl.DataFrame:
    """Sum the postings by what values need. Texts are read of sums, of which there are few."""
    posted = by_month(chosen.posted)
    has = posted.columns
    named = posted.with_columns(
        place=place,
        portion=pl.col("portion") if "portion" in has else pl.lit(0, pl.Int32),
        facility_type=pl.col("facility_type") if "facility_type" in has else pl.lit(""),
    )
    sums = sum_by(named, ["place", "period", *_KEY])
    texts = pl.col("activity", "unit", "facility_type", "resolution").cast(pl.String)
    read = meanings.read(
        sums.with_columns(texts.fill_null("")), "activity", pl.col("activity"), "activity_read"
    )
    return read.drop("activity").rename({"activity_read": "activity"})


def _added(sums: pl.DataFrame, keys: Mapping[Key, Key], worths: Worths, hold: Hold | None) -> Sums:
    """Add what the postings are worth by place and month."""
    if hold is not None:
        count = sums.select("place", "period").unique().height
        hold.grow_to(hold.size_bytes + count * VALUE_BYTES)
    added = Sums()
    rows = sums.select("place", "period", *_KEY, pl.col("quantity").to_physical()).iter_rows()
    for number, (place, period, *key, quantity_atto) in enumerate(rows):
        if not number % CHECK_ROWS:
            check_wanted()
        parts = [each for each in worths.parts.get(keys[Key(*key)], ()) if each.hours is None]
        if parts:
            added.add(place, period, quantity_atto, NOTHING, parts)
    return added


def _add_hours(added: Sums, chosen: Selection, place: pl.Expr, worths: Worths) -> None:
    """Add what hours make of the postings on which they decide.

    They are weighted by resolution: two texts of one activity have the hours of both together.
    """
    timed = chosen.hours.timed
    if timed.is_empty():
        return
    parts: dict[tuple[str, int, str], list[Scaled]] = {}
    for key, found in worths.parts.items():
        hourly = [each for each in found if each.hours is not None]
        if hourly:
            parts.setdefault((key.resolution, key.portion, key.facility_type), hourly)
    names = [each for each in _TOLD if each in timed.columns]
    texts = [pl.col(each) if each == "period" else pl.col(each).cast(pl.String) for each in names]
    weighted = chosen.hours.sums(names, texts, chosen.bucket)
    named = [dict(zip([*names, *chosen.bucket], key, strict=True)) for key in weighted]
    frame = pl.DataFrame(named, infer_schema_length=None).with_columns(
        place=place, period=pl.col("period").cast(pl.Int32)
    )
    periods, places = frame["period"].to_list(), frame["place"].to_list()
    for number, (row, each) in enumerate(zip(named, weighted.values(), strict=True)):
        kind = (row["resolution"], row.get("portion", 0), row.get("facility_type") or "")
        if kind in parts:
            added.add(places[number] or "", periods[number], 0, each, parts[kind])
