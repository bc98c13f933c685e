"""The replay of a number: its records posted again, its resolutions read back, multiplied anew.

Records say what was done, not how it was resolved: that is the resolution's to say, and it is
kept under the hash of its content. So quantities and counts are compared balance by balance, and
the total is made of the records' quantities wherever a balance has one resolution. Where it has
two (an edition came between two commits), or where records without a region of their own were
posted under two regions, the split is the postings'; its sum is compared all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.resolving.valuation import decimal_text
from tonne.ledger.book.periods import cuts_of
from tonne.ledger.files.postings import by_month
from tonne.ledger.files.sums import COUNTS, sum_by
from tonne.ledger.reading.evidence import RECORD_KEYS
from tonne.model import LAST_DAY, first_day_of, month_of_period
from tonne.quantities import ATTO_PER_ONE, atto_of, quantity_text
from tonne.reports.explanation.lines import unequal_amounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.evidence import Replayed
    from tonne.ledger.reading.moment import Question
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.explanation.lines import Lines
    from tonne.reports.hours.weighing import Hours
    from tonne.reports.inventory.boundary import Portion
    from tonne.reports.inventory.inventory import InventoryRow

DIFFERENCES_MAX = 100
"""Differences that are told one by one."""

_KEY = (*RECORD_KEYS, "period")
_KEY_AND_REGION = (*_KEY, "region")
_SUMS = ("quantity", *COUNTS)

_Worths = Mapping[tuple[str, str], Fraction]
"""What a unit is worth, by account and unit; see `_KG_CO2E`."""

_BySlice = defaultdict[tuple[int, int], list[tuple[_Worths, int]]]
"""Worths and quantities times 10^18, by the first and last day of their slice."""


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """What a replay found.

    Parameters
    ----------
    record_count, segment_count : int
        Records that were posted again, segments that were read.
    kg_co2e : Fraction
        The total recomputed.
    differences : tuple of str
        What does not agree, and where; empty where everything does.
    """

    record_count: int
    segment_count: int
    kg_co2e: Fraction
    differences: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether everything agreed."""
        return not self.differences


def replay_selection(
    snapshot: Snapshot,
    question: Question,
    lines: Lines,
    total: InventoryRow,
    hours: Hours | None = None,
    *,
    hold: Hold | None = None,
) -> ReplayOutcome:
    """Recompute the total of a selection from the segments, and compare all that it rests on.

    `hours`: the times of the records, read anew, where hours decide on some postings.
    """
    found = {key[-3:] for key, _, _, _ in lines.balances()}
    days = {
        first_day_of(period) + day - 1
        for period, first, last in found
        for day in (first, last + 1)
        if day <= LAST_DAY
    }
    cuts = cuts_of(days, snapshot.book.time_zone)
    replayed = snapshot.evidence.replay(snapshot, question, hold, cuts)
    balances = snapshot.evidence.balances(snapshot, question).select(*_KEY_AND_REGION, *_SUMS)
    differences = [*replayed.differences, *_compare(balances, question, replayed)]
    resolutions, broken = snapshot.evidence.resolutions(
        snapshot.book.id, {resolution for _, resolution, _, _ in lines.balances()}
    )
    differences += broken
    kg_co2e, amounts = _multiply(lines, resolutions, balances, replayed)
    differences += [
        f"computed again, {text} of the inventory"
        for text in unequal_amounts(lines.request, amounts, total)
    ]
    if hours is not None:
        kg_co2e += lines.by_hours(hours, resolutions) / ATTO_PER_ONE
    if decimal_text(kg_co2e) != total.kg_co2e:
        differences.append(
            f"the total: {decimal_text(kg_co2e)} kg CO2e computed again, but the inventory says "
            f"{total.kg_co2e}"
        )
    if len(differences) > DIFFERENCES_MAX:
        rest_count = len(differences) - DIFFERENCES_MAX
        differences[DIFFERENCES_MAX:] = [f"... and {rest_count} more"]
    return ReplayOutcome(
        replayed.record_count, replayed.segment_count, kg_co2e, tuple(differences)
    )


def _compare(balances: pl.DataFrame, question: Question, replayed: Replayed) -> Iterator[str]:
    """Compare quantities and counts, key by key, and by region where the records give one."""
    segments = by_month(replayed.sums).join(
        question.keys.select(_KEY).unique(), on=_KEY, how="semi"
    )
    yield from _unequal(balances, segments, _KEY)
    # Where every record of a key names its region, the regions must agree, too.
    open_keys = segments.filter(pl.col("region") == "").select(_KEY).unique()
    yield from _unequal(
        balances.join(open_keys, on=_KEY, how="anti"),
        segments.join(open_keys, on=_KEY, how="anti"),
        _KEY_AND_REGION,
    )


def _unequal(
    balances: pl.DataFrame, segments: pl.DataFrame, keys: tuple[str, ...]
) -> Iterator[str]:
    ours, theirs = (
        sum_by(frame.select(*keys, *_SUMS), keys).select(*keys, *_SUMS)
        for frame in (balances, segments)
    )
    both = ours.join(theirs, on=list(keys), how="full", coalesce=True, suffix="_replayed")
    for row in both.sort(list(keys)).iter_rows(named=True):
        pairs = [(row[name], row[f"{name}_replayed"]) for name in _SUMS]
        if any(ours != theirs for ours, theirs in pairs):
            where = ", ".join(
                month_of_period(row[name]) if name == "period" else row[name] or "no region"
                for name in keys
            )
            found = [
                "nothing"
                if quantity is None
                else f"{quantity_text(atto_of(quantity))} {row['unit']} of {count} records "
                f"({starts} begin there)"
                for quantity, count, starts in zip(*pairs, strict=True)
            ]
            yield f"{where}: the balances have {found[0]}, but the segments {found[1]}"


_KG_CO2E = ("", "kg CO2e")
"""Key of the mass, beside the accounts and units of amounts."""


def _multiply(
    lines: Lines,
    resolutions: Mapping[str, Resolution],
    balances: pl.DataFrame,
    replayed: Replayed,
) -> tuple[Fraction, Mapping[tuple[str, str], Fraction]]:
    """Value the replayed quantities under the resolutions that the balances name.

    Gives kg CO2e, and the amounts by account and unit.
    """
    again = _quantities_again(balances, replayed)
    whole = _atto(balances, _KEY_AND_REGION)
    parts: defaultdict[tuple[object, ...], _BySlice] = defaultdict(lambda: defaultdict(list))
    worths: dict[tuple[str, Portion], _Worths] = {}
    for each, id_, portion, atto in lines.balances():
        facility, activity, unit, region, _, period, first, last = each
        if id_ not in resolutions:
            continue
        if (id_, portion) not in worths:
            worths[id_, portion] = _worths(lines, resolutions[id_], portion)
        key: tuple[object, ...] = (facility, activity, unit, period, region)
        parts[key][first, last].append((worths[id_, portion], atto))
    totals: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for key, by_slice in parts.items():
        attos = (atto for found in by_slice.values() for _, atto in found)
        spans = sorted(by_slice)
        is_apart = all(one[1] < other[0] for one, other in pairwise(spans))
        is_known = key in again and is_apart and sum(attos) == whole[key]
        for span, found in by_slice.items():
            (worth, _), *others = found
            if is_known and all(other == worth for other, _ in others):
                atto = sum(atto for day, atto in again[key].items() if span[0] <= day <= span[1])
                counted = [(worth, atto)]
            else:
                counted = found
            for of_unit, atto in counted:
                for name, value in of_unit.items():
                    totals[name] += value * atto
    kg_co2e = totals.pop(_KG_CO2E, Fraction(0)) / ATTO_PER_ONE
    return kg_co2e, {name: total / ATTO_PER_ONE for name, total in totals.items()}


def _worths(lines: Lines, resolution: Resolution, portion: Portion) -> _Worths:
    """Value one unit of a record's quantity: its mass, and its amounts."""
    found: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    found[_KG_CO2E] = lines.worth(resolution, portion)
    for name, value in lines.amount(resolution, portion):
        found[name] += value
    return dict(found)


def _quantities_again(
    balances: pl.DataFrame, replayed: Replayed
) -> dict[tuple[object, ...], dict[int, int]]:
    """Quantities, times 10^18, as far as the records alone tell the region.

    By key and region, then by the first days of slices.
    """
    sums = replayed.sums
    open_keys = sums.filter(pl.col("region") == "").select(_KEY).unique()
    stated = sums.join(open_keys, on=_KEY, how="anti")
    alone = balances.filter(pl.len().over(_KEY) == 1).join(open_keys, on=_KEY, how="semi")
    regions = alone.select(*_KEY, region_of_all="region")
    placed = sums.join(regions, on=_KEY, how="inner").with_columns(region="region_of_all")
    found: defaultdict[tuple[object, ...], dict[int, int]] = defaultdict(dict)
    for row, atto in {
        **_atto(stated, (*_KEY_AND_REGION, "first_day")),
        **_atto(placed, (*_KEY_AND_REGION, "first_day")),
    }.items():
        found[row[:-1]][int(str(row[-1]))] = atto
    return found


def _atto(frame: pl.DataFrame, keys: tuple[str, ...]) -> dict[tuple[object, ...], int]:
    sums = sum_by(frame, keys).select(*keys, pl.col("quantity").to_physical())
    return {row[:-1]: row[-1] for row in sums.iter_rows()}
