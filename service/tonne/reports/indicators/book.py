"""Indicators of a book at one moment: all of a question, from one reading of its postings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.files.postings import by_month
from tonne.ledger.files.sums import sum_by
from tonne.model import PERIOD_COUNT_MAX
from tonne.reports.indicators.energy import check_coal_set
from tonne.reports.indicators.gaps import Sites
from tonne.reports.indicators.values import Sums, Valuation, Value, Window
from tonne.reports.indicators.worth import Key, Weigher
from tonne.reports.inventory.gathering import Gathering
from tonne.reports.inventory.record_counts import count_whole
from tonne.reports.inventory.selection import READ, Meanings, Selector
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.indicators.definition import Definition
    from tonne.reports.indicators.gaps import SiteGaps
    from tonne.reports.indicators.request import IndicatorRequest
    from tonne.reports.indicators.worth import Side, Worths
    from tonne.reports.inventory.request import InventoryRequest
    from tonne.reports.inventory.selection import Selection

YEAR_MONTHS = 12

CHECK_ROWS = 1_024
"""Rows after which it is asked whether somebody still waits for them."""

VALUE_BYTES = 2_000
"""Memory of a place and month of the answer, with all its indicators."""

_KEY = ("resolution", "portion", "activity", "unit", "facility_type")


@dataclass(frozen=True, slots=True)
class IndicatorNotice:
    """A remark on how the values of some indicators came about."""

    reason: str
    message: str
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndicatorAnswer:
    """Values by place, months and indicator, as they are asked for, and how they came about.

    `values` is read once. `suspended_count` and `quarantined_count` are as an inventory has them.
    """

    values: Iterator[Value]
    notices: tuple[IndicatorNotice, ...]
    suspended_count: int
    quarantined_count: int
    gwp_set: str
    consolidation: str
    coal_set: str


def book_indicators(
    snapshot: Snapshot, request: IndicatorRequest, hold: Hold | None = None
) -> IndicatorAnswer:
    """Compute indicators of a book.

    `hold` grows with what is told apart. Errors are those of `inventory.book.book_inventory`.
    """
    definitions = request.definitions()
    selection = _asked(request, definitions, snapshot)
    meanings = Meanings(snapshot.resolutions, snapshot.texts)
    selector = Selector(snapshot.register, selection, snapshot.entities, meanings)
    place = _place(request.by, snapshot.register)
    sites = _sites(definitions, place, hold)
    gathering = Gathering(snapshot, selector, hold, watch=sites)
    chosen = gathering.select()
    sums = _sum(chosen, place)
    weigher = Weigher(definitions, selection.gwp_set, coal_set := check_coal_set(request.coal_set))
    units = {each: snapshot.texts.unit_of(each) for each in sums["unit"].unique()}
    keys = {
        Key(*row): Key(*row)._replace(unit=units[row[3]])
        for row in sums.select(_KEY).unique().iter_rows()
    }
    worths = weigher.weigh(set(keys.values()), gathering.resolutions, chosen.portions)
    added = _added(sums, keys, worths, hold)
    windows = _windows(request, added.periods, snapshot.settings.reporting_year_start)
    valuation = Valuation(
        definitions,
        added,
        worths.denominators,
        _gaps(sites, definitions, worths, windows, units),
    )
    return IndicatorAnswer(
        valuation.values(added.places, windows),
        _notices(worths, definitions),
        count_whole(chosen.suspended, selection.first_period),
        snapshot.quarantined_count,
        selection.gwp_set,
        selection.consolidation,
        coal_set,
    )


def _asked(
    request: IndicatorRequest, definitions: Sequence[Definition], snapshot: Snapshot
) -> InventoryRequest:
    """Give the selection of postings that all indicators are about."""
    accounts = {a for each in definitions for term in each.terms for a in term.accounts}
    by = ["period", "activity", "facility_type"]
    if request.by == "region":
        by.append("region")
    elif request.by in {"facility", "entity"}:
        by.append("facility")
    selection = request.selection.under(snapshot.settings)
    first = selection.first_period
    if request.span == "rolling_year":
        first = max(first - (YEAR_MONTHS - 1), 0)
    return replace(
        selection, first_period=first, group_by=tuple(by), accounts=tuple(sorted(accounts))
    )


def _place(by: str, register: pl.DataFrame) -> pl.Expr:
    """Give what tells the parts of the book apart."""
    if not by:
        return pl.lit("")
    if by == "entity":
        owned = register.filter(pl.col("entity") != "").select("facility", "entity")
        entities = dict(owned.iter_rows())
        named = pl.col("facility").cast(pl.String)
        return named.replace_strict(entities, default="", return_dtype=pl.String)
    return pl.col(READ.get(by, by)).cast(pl.String).fill_null("")


def _sites(definitions: Sequence[Definition], place: pl.Expr, hold: Hold | None) -> Sites | None:
    """Give what watches sites, where some indicator needs them told apart."""
    by_site = [each for each in definitions if each.by_site]
    if not by_site:
        return None
    types = [term.facility_types for each in by_site for term in each.terms]
    wanted = {name for names in types for name in names} if all(types) else set()
    return Sites(wanted, place, hold)


def _sum(chosen: Selection, place: pl.Expr) -> pl.DataFrame:
    """Sum the postings by what values need."""
    posted = by_month(chosen.posted)
    portion = pl.col("portion") if "portion" in posted.columns else pl.lit(0, pl.Int32)
    texts = pl.col("unit", "facility_type").cast(pl.String).fill_null("")
    named = posted.with_columns(
        texts,
        place=place,
        portion=portion,
        activity=pl.col(READ["activity"]).cast(pl.String),
        resolution=pl.col("resolution").cast(pl.String),
    )
    return sum_by(named, ["place", "period", *_KEY])


def _added(sums: pl.DataFrame, keys: Mapping[Key, Key], worths: Worths, hold: Hold | None) -> Sums:
    """Add what the postings are worth by place and month."""
    if hold is not None:
        parts = sums.select("place", "period").unique().height
        hold.grow_to(hold.size_bytes + parts * VALUE_BYTES)
    added = Sums()
    rows = sums.select("place", "period", *_KEY, pl.col("quantity").to_physical()).iter_rows()
    for number, (place, period, *key, quantity_atto) in enumerate(rows):
        if not number % CHECK_ROWS:
            check_wanted()
        added_parts = worths.parts.get(keys[Key(*key)])
        if added_parts:
            added.add(place, period, quantity_atto, added_parts)
    return added


def _windows(request: IndicatorRequest, periods: Sequence[int], year_start: int) -> list[Window]:
    """Give the months of the values: as asked, and no more than there are."""
    asked = request.selection
    if not periods:
        return []
    first = max(asked.first_period, periods[0])
    last = min(asked.last_period, periods[-1])
    if request.span == "month":
        return [Window(each, each) for each in periods if first <= each <= last]
    if request.span == "rolling_year":
        start = max(asked.first_period, periods[0] + YEAR_MONTHS - 1)
        return [Window(each - YEAR_MONTHS + 1, each) for each in range(start, last + 1)]
    if request.span == "year":
        begun = first - (first - (year_start - 1)) % YEAR_MONTHS
        return [
            Window(max(each, first), min(each + YEAR_MONTHS - 1, last))
            for each in range(begun, last + 1, YEAR_MONTHS)
        ]
    # The months that were asked for, where both ends were: what lacks a record is told.
    whole_first = asked.first_period if asked.first_period > 0 else first
    whole_last = asked.last_period if asked.last_period < PERIOD_COUNT_MAX - 1 else last
    return [Window(whole_first, whole_last)]


def _gaps(
    sites: Sites | None,
    definitions: Sequence[Definition],
    worths: Worths,
    windows: Sequence[Window],
    units: Mapping[str, str],
) -> dict[tuple[int, str, tuple[int, int]], SiteGaps]:
    """Find months of sites that one side alone has."""
    if sites is None:
        return {}
    # What a posting adds to does not depend on how much of it counts.
    sides: defaultdict[Key, set[Side]] = defaultdict(set)
    for key, parts in worths.parts.items():
        sides[key._replace(portion=0)] |= {side for side, _, is_required in parts if is_required}
    by_written = {
        key: sides[meant]
        for key in sites.kinds()
        if (meant := key._replace(unit=units.get(key.unit, key.unit))) in sides
    }
    by_site = [number for number, each in enumerate(definitions) if each.by_site]
    return sites.gaps(by_written, by_site, windows)


def _notices(worths: Worths, definitions: Sequence[Definition]) -> tuple[IndicatorNotice, ...]:
    """Gather what is told of the indicators."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for indicator, notice in worths.notices:
        found[notice.reason, notice.message].add(definitions[indicator].id)
    return tuple(
        IndicatorNotice(reason, message, tuple(sorted(ids)))
        for (reason, message), ids in sorted(found.items())
    )
