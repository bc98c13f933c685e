"""The parts of a meter's month: cut so that they add up to it, to the last digit.

    part = (what is cut of total x sum of the shares up to here) - (the same up to the one before)

with 18 places, as quantities have, cut toward zero. What is left of the total is nobody's: it is
zero, and not nearly zero, where the shares add up to one. Within a month a total is spread evenly
over its days, as a record across a date is.

Source: `docs/adr/0034-keys-of-allocation.md`; the same rule as a record across months.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import exact_text
from tonne.catalogue.words import units
from tonne.errors import FieldInvalid
from tonne.model import first_day_of
from tonne.quantities import ATTO_PER_ONE
from tonne.reports.allocation.key import months_of
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tonne.reports.allocation.key import Key, Span


@dataclass(frozen=True, slots=True)
class Allotment:
    """What is one recipient's, in 10^-18 of the unit, and its exact share of the total.

    `key` is what its records show, where these are the key.
    """

    recipient: str
    atto: int
    share: Fraction
    key: Fraction | None = None


@dataclass(frozen=True, slots=True)
class MonthParts:
    """A month of a meter: `metered_atto` is the sum of the parts and of `unallocated_atto`.

    Where records are the key, `key_unit` is its unit, and `reason` and `message` tell what is
    wrong with it.
    """

    period: int
    metered_atto: int
    parts: tuple[Allotment, ...]
    unallocated_atto: int
    key_unit: str = ""
    reason: str = ""
    message: str = ""


def allocate(
    totals: Mapping[int, int], key: Key, first_period: int, last_period: int
) -> list[MonthParts]:
    """Cut the totals of months by a key.

    Parameters
    ----------
    totals : Mapping of int to int
        What the meter shows by month since 1970-01, in 10^-18 of the unit (kWh, where the key has
        parts of the meter itself). Months that are not in it are zero.
    key : Key
        It covers the months.
    first_period, last_period : int
        Months, both inclusive.

    Returns
    -------
    list of MonthParts
        In order; each has all recipients of the key that have a share in the month.

    Raises
    ------
    FieldInvalid
        The key does not cover its time, or has more of the meter than the meter shows.
    """
    key.check_covers(first_period, last_period)
    wholes = [_whole(span, key, totals, first_period, last_period) for span in key.spans]
    return [
        _month(period, totals.get(period, 0), key.spans, wholes)
        for period in range(first_period, last_period + 1)
    ]


def _month(
    period: int, total: int, spans: Sequence[Span], wholes: Sequence[Fraction]
) -> MonthParts:
    check_wanted()
    first, stop = first_day_of(period), first_day_of(period + 1)
    served = [
        (min(stop, span.stop_day) - max(first, span.first_day), span, whole)
        for span, whole in zip(spans, wholes, strict=True)
        if whole and span.first_day < stop and first < span.stop_day
    ]
    # Whole numbers over one denominator: sums of many fractions would reduce each of them.
    ratios = [
        [weight.value * days / ((stop - first) * whole) for weight in span.weights]
        for days, span, whole in served
    ]
    denominator = lcm(*(ratio.denominator for each in ratios for ratio in each))
    shares: defaultdict[str, int] = defaultdict(int)
    for (_, span, _), each in zip(served, ratios, strict=True):
        for weight, ratio in zip(span.weights, each, strict=True):
            shares[weight.recipient] += ratio.numerator * (denominator // ratio.denominator)
    cut = cut_parts(total, shares, denominator)
    parts = tuple(
        Allotment(recipient, atto, Fraction(shares[recipient], denominator))
        for recipient, atto in cut.items()
    )
    return MonthParts(period, total, parts, total - sum(cut.values()))


def cut_parts(total: int, shares: Mapping[str, int], denominator: int) -> dict[str, int]:
    """Cut a total by shares over one denominator: the one rule of the last place.

    Recipients are in the order of their names. What the first of them have together is cut
    toward zero, and a part is the difference of two such sums. So no part is off by a last place
    or more, nor is what any neighbours have together; what all have adds up, and no recipient is
    ranked by what it lost.
    """
    parts, cut, due = {}, 0, 0
    for recipient, share in sorted(shares.items()):
        due += share
        up_to_here = _cut(total * due, denominator)
        parts[recipient] = up_to_here - cut
        cut = up_to_here
    return parts


def _whole(
    span: Span, key: Key, totals: Mapping[int, int], first_period: int, last_period: int
) -> Fraction:
    """Give what the weights of a span are parts of, in the key's unit."""
    weights = span.total
    if not span.is_metered:
        return weights if span.whole is None else span.whole
    first, last = months_of(span)
    if last < first_period or first > last_period:
        return Fraction(0)
    if first < first_period or last > last_period:
        raise FieldInvalid(
            f"key {key.id!r} has parts of what the meter shows in {span.days_text}, and only some "
            "of these months are asked for: ask for all of them, or give the span a whole",
            metadata={"field": "key.spans", "key": key.id},
        )
    shown = sum((_shown(span, period, totals) for period in range(first, last + 1)), Fraction(0))
    shown *= units.conversion("kWh", key.unit)
    if weights > shown:
        raise FieldInvalid(
            f"key {key.id!r} has {exact_text(weights)} {key.unit} of the meter in "
            f"{span.days_text}, and it shows {exact_text(shown)}: more than there is cannot be "
            "anybody's; correct the weights, or add the records that are missing",
            metadata={"field": "key.spans", "key": key.id},
        )
    return shown


def _shown(span: Span, period: int, totals: Mapping[int, int]) -> Fraction:
    """Give what a meter shows in the days of a span that lie in a month."""
    first, stop = first_day_of(period), first_day_of(period + 1)
    days = min(stop, span.stop_day) - max(first, span.first_day)
    return Fraction(totals.get(period, 0) * days, (stop - first) * ATTO_PER_ONE)


def _cut(value: int, denominator: int) -> int:
    """Divide, and cut toward zero."""
    whole = abs(value) // denominator
    return whole if value >= 0 else -whole
