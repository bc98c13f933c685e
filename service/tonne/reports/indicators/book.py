"""Indicators of a book at one moment: all of a question, from one reading of its postings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.model import PERIOD_COUNT_MAX
from tonne.reports.indicators.energy import check_coal_set
from tonne.reports.indicators.gaps import Kind, Sites
from tonne.reports.indicators.sums import Question, Window, gather
from tonne.reports.indicators.values import Valuation, Value
from tonne.reports.inventory.parts.rolled import types_left_out
from tonne.reports.inventory.selection import READ

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.indicators.definition import Definition
    from tonne.reports.indicators.gaps import SiteGaps
    from tonne.reports.indicators.request import IndicatorRequest
    from tonne.reports.indicators.worth import Side, Worths
    from tonne.reports.inventory.parts.meanings import Meanings
    from tonne.reports.inventory.request import InventoryRequest

YEAR_MONTHS = 12

SITES_NOT_COMPARED = "SITES_NOT_COMPARED"
"""Reason of the notice that months are told and not the sites that lack them."""


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
    definitions, told = _comparable(request, snapshot)
    selection = _asked(request, definitions, snapshot)
    place = _place(request.by, snapshot.register)
    sites = _sites(definitions, place, hold)
    coal_set = check_coal_set(request.coal_set)
    sides = [(each.numerator, each.denominator) for each in definitions]
    gathered = gather(
        snapshot, Question(selection, sides, place, coal_set), hold=hold, watch=sites
    )
    added, worths = gathered.sums, gathered.worths
    windows = _windows(request, added.periods, snapshot.settings.reporting_year_start)
    valuation = Valuation(
        definitions,
        added,
        worths.denominators,
        _gaps(sites, definitions, worths, windows, gathered.meanings),
    )
    return IndicatorAnswer(
        valuation.values(added.places, windows),
        (*_notices(worths, definitions), *told),
        gathered.suspended_count,
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
    by = ["period"]
    if request.by == "facility_type" or any(
        term.facility_types for each in definitions for term in each.terms
    ):
        by.append("facility_type")
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


def _comparable(
    request: IndicatorRequest, snapshot: Snapshot
) -> tuple[tuple[Definition, ...], tuple[IndicatorNotice, ...]]:
    """Give the definitions, and tell those whose sites are too many to be compared unasked.

    A value does not depend on it; what it lacks is told by months alone then, not by sites.
    """
    definitions = request.definitions()
    selection = request.selection
    is_apart = request.by not in {"", "facility_type"} or selection.facilities or selection.regions
    if request.indicators or is_apart or not any(each.by_site for each in definitions):
        return definitions, ()
    many = types_left_out(snapshot)
    left = [each for each in definitions if each.by_site and many & _types_of(each, many)]
    if not left:
        return definitions, ()
    types = sorted(set().union(*(many & _types_of(each, many) for each in left)))
    notice = IndicatorNotice(
        SITES_NOT_COMPARED,
        f"sites of {', '.join(types)} are too many to be compared where no indicator is named: a "
        "month that some of them lack is not told; name the indicator, and it is",
        tuple(sorted(each.id for each in left)),
    )
    kept = tuple(replace(each, by_site=False) if each in left else each for each in definitions)
    return kept, (notice,)


def _types_of(definition: Definition, every: set[str]) -> set[str]:
    """Give the types of sites that an indicator is about; all where it names none."""
    named = [set(term.facility_types) for term in definition.terms]
    return set().union(*named) if all(named) else every


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
        return [
            Window(each - YEAR_MONTHS + 1, each)
            for each in _ends_of_years(asked.first_period, asked.last_period, periods)
        ]
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


def _ends_of_years(first: int, last: int, periods: Sequence[int]) -> range:
    """Give the last months of rolling years: each that is asked for, wherever the range begins.

    Where the range is open, from the first month that has twelve behind it, to the last with a
    record. A year without any record has no value, so none is looked at.
    """
    begun = max(first, periods[0]) if first else periods[0] + YEAR_MONTHS - 1
    is_open = last == PERIOD_COUNT_MAX - 1
    ended = periods[-1] if is_open else min(last, periods[-1] + YEAR_MONTHS - 1)
    return range(max(begun, YEAR_MONTHS - 1), ended + 1)


def _gaps(
    sites: Sites | None,
    definitions: Sequence[Definition],
    worths: Worths,
    windows: Sequence[Window],
    meanings: Meanings,
) -> dict[tuple[int, str, tuple[int, int]], SiteGaps]:
    """Find months of sites that one side alone has."""
    if sites is None:
        return {}
    # What a posting adds to depends neither on its unit nor on how much of it counts.
    sides: defaultdict[Kind, set[Side]] = defaultdict(set)
    for key, parts in worths.parts.items():
        kind = Kind(key.resolution, key.activity, key.facility_type)
        sides[kind] |= {each.side for each in parts if each.is_required}
    of_sites = {
        kind: sides[meant] for kind, meant in sites.kinds(meanings).items() if meant in sides
    }
    by_site = [number for number, each in enumerate(definitions) if each.by_site]
    return sites.gaps(of_sites, by_site, windows)


def _notices(worths: Worths, definitions: Sequence[Definition]) -> tuple[IndicatorNotice, ...]:
    """Gather what is told of the indicators."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for indicator, notice in worths.notices:
        found[notice.reason, notice.message].add(definitions[indicator].id)
    return tuple(
        IndicatorNotice(reason, message, tuple(sorted(ids)))
        for (reason, message), ids in sorted(found.items())
    )
