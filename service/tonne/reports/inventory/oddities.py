"""What is told of a selection: how its numbers came about, and quantities that look wrong.

No meter counts less than nothing. A register that rolled over, a correction that lies in another
month than what it corrects, an export among purchases: the sum of the year hides it, and so do
the sums of many facilities.
Facilities and months are looked at apart where the request groups by them, and also where it does
not and the book has few enough sums to keep them apart (`gathering.DETAIL_KEPT_ROWS`).

A gas bill states cubic metres and the kWh that they hold: two records of one delivery count twice.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.resolving.valuation import decimal_text, ratio_text
from tonne.catalogue.words import taxonomy, units
from tonne.ledger.files.lookalikes import lookalikes
from tonne.ledger.files.postings import by_month
from tonne.ledger.files.sums import sum_by
from tonne.model import month_of_period
from tonne.quantities import ATTO_PER_ONE
from tonne.reports.hours.weighing import (
    HOURS_BY_SHARE,
    HOURS_BY_SHARE_TEXT,
    HOURS_FLAT,
    HOURS_FLAT_TEXT,
)
from tonne.reports.inventory.cutting import SHARE_BY_TIME, SHARE_BY_TIME_TEXT
from tonne.reports.inventory.record_counts import count_records, count_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tonne.catalogue.resolving.resolution import Notice
    from tonne.reports.inventory.footprint import Bucket
    from tonne.reports.inventory.selection import Selection

NEGATIVE_QUANTITY = "NEGATIVE_QUANTITY"
"""Reason of the notice that quantities of a month add up to less than nothing."""

UNIT_OVERLAP = "UNIT_OVERLAP"
"""Reason of the notice that a facility has one fuel by volume or mass and by heat."""

NAMED_MAX = 10
"""Groups that are named; the others are counted."""

FACILITY_LOOKALIKE = "FACILITY_LOOKALIKE"
"""Reason of the notice that facilities differ by case, width, spaces or signs alone."""

ALIKE_NAMED_MAX = 10
"""Groups of such facilities that are named."""


def resolution_notices(
    chosen: Selection, first_period: int, touched: Mapping[Bucket, Fraction]
) -> Iterator[tuple[str, str, int, str]]:
    """Tell what was not the plain way.

    Parameters
    ----------
    chosen : Selection
    first_period : int
        First month of the request.
    touched : Mapping[Bucket, Fraction]
        kg CO2e of the total by bucket.

    Yields
    ------
    tuple of str, str, int and str
        Reason, message, the number of records that it touches, and the kg CO2e of the total that
        are of these records, as an exact decimal.
    """
    found = chosen.weights.notices
    distinct: set[Notice] = set().union(*found.values())
    if not distinct:
        return
    # Notices of the same buckets have the same records.
    buckets_of: defaultdict[Notice, list[Bucket]] = defaultdict(list)
    for bucket, notices in found.items():
        for notice in notices:
            buckets_of[notice].append(bucket)
    numbers: dict[tuple[Bucket, ...], int] = {}
    for buckets in buckets_of.values():
        numbers.setdefault(tuple(buckets), len(numbers))
    labels = chosen.labels(
        (bucket, number) for buckets, number in numbers.items() for bucket in buckets
    )
    counted = count_records(
        chosen.posted, labels, (), first_period, chosen.detail, has_slices=chosen.has_slices
    )
    records = dict(counted.select("label", "records").iter_rows())
    for notice in sorted(distinct, key=lambda each: (each.reason, each.message)):
        those = tuple(buckets_of[notice])
        kg = sum((touched.get(each, Fraction(0)) for each in those), Fraction(0))
        text = ratio_text(kg.numerator, kg.denominator)
        yield notice.reason, notice.message, records[numbers[those]], text


def odd_notices(chosen: Selection, first_period: int) -> Iterator[tuple[str, str, int]]:
    """Tell all that looks wrong in a selection from a month on.

    Yields
    ------
    tuple of str, str and int
        Reason, message, and the number of records with a part in it.
    """
    for message, record_count in negative_notices(chosen):
        yield NEGATIVE_QUANTITY, message, record_count
    for message, record_count in overlap_notices(chosen):
        yield UNIT_OVERLAP, message, record_count
    if chosen.by_time_count:
        yield SHARE_BY_TIME, SHARE_BY_TIME_TEXT, chosen.by_time_count
    if chosen.hours.flat_count:
        yield HOURS_FLAT, HOURS_FLAT_TEXT, chosen.hours.flat_count
    if chosen.hours.by_share_count:
        yield HOURS_BY_SHARE, HOURS_BY_SHARE_TEXT, chosen.hours.by_share_count
    for message, record_count in _alike(chosen, first_period):
        yield FACILITY_LOOKALIKE, message, record_count


def _alike(chosen: Selection, first_period: int) -> Iterator[tuple[str, int]]:
    """Tell facilities that look alike, as far as the selection tells facilities apart."""
    if "facility" not in chosen.posted.columns:
        return
    for names in lookalikes(chosen.posted.get_column("facility"))[:ALIKE_NAMED_MAX]:
        mine = chosen.posted.filter(pl.col("facility").cast(pl.String).is_in(names))
        listed = ", ".join(map(repr, names))
        message = (
            f"facilities {listed} look alike and are counted apart: where they are one, send "
            "further records under one id"
        )
        yield message, count_whole(mine, first_period)


def negative_notices(chosen: Selection) -> Iterator[tuple[str, int]]:
    """Tell facilities, activities and months whose quantities add up to less than nothing.

    Yields
    ------
    tuple of str and int
        A message, and the number of records with a part in it.
    """
    labels = chosen.labels((bucket, 0) for bucket in chosen.weights.total).drop("label")
    posted = by_month(chosen.posted.join(labels, on=chosen.bucket, how="semi"))
    if posted.filter(pl.col("quantity") < 0).is_empty():
        return
    told = ("facility", "activity", *(("period",) if chosen.tells_months else ()))
    keys = [name for name in told if name in posted.columns]
    units_of = _units_of_negative(posted, keys)
    found: list[tuple[tuple[str, ...], str, int]] = []
    for group, by_unit in units_of.items():
        dimensions: defaultdict[str, list[str]] = defaultdict(list)
        for unit in sorted(by_unit):
            known = units.find(unit)
            dimensions[known.dimension if known else unit].append(unit)
        for names in dimensions.values():
            base = _ratio(names[0])
            total = sum((_ratio(name) * by_unit[name][0] for name in names), Fraction(0)) / base
            if total < 0:
                count = sum(by_unit[name][1] for name in names)
                found.append((group, f"{decimal_text(total / ATTO_PER_ONE)} {names[0]}", count))
    found.sort()
    for group, amount, count in found[:NAMED_MAX]:
        export = (
            ""
            if taxonomy.EXPORT in group
            else f"; what was fed into the grid is {taxonomy.EXPORT}"
        )
        message = (
            f"{', '.join(group)}: the quantities add up to {amount}, which is negative: look for "
            "a register that rolled over or was swapped, or for a correction of another month"
        )
        yield message + export, count
    if rest := found[NAMED_MAX:]:
        message = (
            f"and {len(rest)} more with a negative sum of quantities: ask for one facility, "
            "activity or month at a time"
        )
        yield message, sum(count for _, _, count in rest)


def overlap_notices(chosen: Selection) -> Iterator[tuple[str, int]]:
    """Tell facilities and months that have one fuel in two kinds of units.

    Yields
    ------
    tuple of str and int
        A message, and the number of records with a part in it. Nothing where facilities are
        not looked at apart.
    """
    keys = ["facility", "activity", *(("period",) if chosen.tells_months else ())]
    if not {*keys, "unit"} <= set(chosen.posted.columns):
        return
    activities = chosen.posted["activity"].unique().cast(pl.String)
    fuels = [each for each in activities if each and _is_fuel(each)]
    if not fuels:
        return
    labels = chosen.labels((bucket, 0) for bucket in chosen.weights.total).drop("label")
    burnt = chosen.posted.filter(pl.col("activity").cast(pl.String).is_in(fuels))
    whole = by_month(burnt.join(labels, on=chosen.bucket, how="semi"))
    sums = sum_by(whole, [*keys, "unit"])
    several = sums.filter(pl.len().over(keys) > 1, pl.col("quantity") > 0)
    found: defaultdict[tuple[str, ...], dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in several.with_columns(pl.col("quantity").to_physical()).iter_rows(named=True):
        named = [month_of_period(row[key]) if key == "period" else row[key] for key in keys]
        found[tuple(map(str, named))][str(row["unit"])] = row["quantity"], row["record_count"]
    told = []
    for group, by_unit in sorted(found.items()):
        if len({_kind(unit) for unit in by_unit}) > 1:
            amounts = " and ".join(
                f"{decimal_text(Fraction(atto, ATTO_PER_ONE))} {unit}"
                for unit, (atto, _) in sorted(by_unit.items())
            )
            message = (
                f"{', '.join(group)}: {amounts} are all counted; where one bill states both, "
                "send one of them"
            )
            told.append((message, sum(count for _, count in by_unit.values())))
    yield from told[:NAMED_MAX]
    if rest := told[NAMED_MAX:]:
        message = f"and {len(rest)} more with one fuel in two kinds of units"
        yield message, sum(count for _, count in rest)


def _is_fuel(activity: str) -> bool:
    found = taxonomy.subject(taxonomy.read(activity) or activity, lambda _: True)
    return found is not None and found.activity.rule.startswith("fuel")


def _kind(unit: str) -> str:
    """Tell volume, mass and heat apart; heat is one kind, whatever its basis."""
    known = units.find(unit)
    return unit if known is None else known.dimension.partition(",")[0]


def _units_of_negative(
    posted: pl.DataFrame, keys: Sequence[str]
) -> dict[tuple[str, ...], dict[str, tuple[int, int]]]:
    """Sum the groups that have a negative sum in any unit, by unit.

    Gives the quantity, times 10^18, and the number of records.
    """
    sums = sum_by(posted, [*keys, "unit"])
    touched = sums.filter(pl.col("quantity") < 0).select(keys).unique()
    rows = sums.join(touched, on=keys, how="semi", maintain_order="left")
    named_rows = rows.select(
        *(pl.col(name) if name == "period" else pl.col(name).cast(pl.String) for name in keys),
        pl.col("unit").cast(pl.String),
        pl.col("quantity").to_physical(),
        "record_count",
    )
    found: defaultdict[tuple[str, ...], dict[str, tuple[int, int]]] = defaultdict(dict)
    for *group, unit, quantity_atto, count in named_rows.iter_rows():
        named = tuple(month_of_period(each) if isinstance(each, int) else each for each in group)
        found[named][unit] = quantity_atto, count
    return found


def _ratio(unit: str) -> Fraction:
    known = units.find(unit)
    return known.factor if known else Fraction(1)
