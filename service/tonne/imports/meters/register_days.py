"""Spans of several days, spread evenly over their days."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

DAY_HOURS_MAX = 25
"""A span that is no longer is left as it is: a day, also when the clocks are put back."""

DAYS_MAX = 3_660
"""Most days that a span may have to be spread."""

_PLACE = Decimal("0.000001")
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_MICROSECOND = dt.timedelta(microseconds=1)


class Span(NamedTuple):
    """A time, and what was used in it."""

    start: dt.datetime
    end: dt.datetime
    quantity: Decimal


def spread(spans: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Spread what was used over spans of several days evenly over their time, day by day.

    The parts of a span add up to it, to the last digit; they are `calculated`, or `estimated`
    where the span is.

    Parameters
    ----------
    spans : polars.DataFrame
        `start`, `end` (UTC), `quantity` (Decimal), `data_quality`, and any others.
    zone : ZoneInfo
        Whose midnights part the days.

    Raises
    ------
    FieldInvalid
        A span of more than `DAYS_MAX` days.
    """
    is_long = pl.col("end") - pl.col("start") > pl.duration(hours=DAY_HOURS_MAX)
    long = spans.with_row_index("place").filter(is_long)
    rows = []
    for row in long.iter_rows(named=True):
        span = Span(row["start"], row["end"], row["quantity"])
        for start, end, quantity in _parts(span, zone):
            quality = row["data_quality"]
            if quality in {"", "measured"}:
                quality = "calculated"
            part = {"start": start, "end": end, "quantity": quantity, "data_quality": quality}
            rows.append({**row, **part})
    parts = pl.DataFrame(rows, schema=long.schema)
    short = spans.with_row_index("place").filter(~is_long)
    return pl.concat([short, parts]).sort("place", maintain_order=True).drop("place")


def _parts(span: Span, zone: ZoneInfo) -> Iterator[Span]:
    start, end, quantity = span
    first = start.astimezone(zone).date()
    if (end.astimezone(zone).date() - first).days > DAYS_MAX:
        raise FieldInvalid(
            f"the span from {start.isoformat()} to {end.isoformat()} "
            f"has more than {DAYS_MAX} days and cannot be spread over them: check its times"
        )
    whole, begun, given = (end - start) // _MICROSECOND, start, Decimal(0)
    for number in range(1, DAYS_MAX + 2):
        day = first + dt.timedelta(days=number)
        midnight = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
        stop = min(midnight, end)
        if stop <= begun:
            continue
        share = Decimal((stop - start) // _MICROSECOND)
        upto = quantity
        if stop < end:
            exact = _EXACT.divide(_EXACT.multiply(quantity, share), Decimal(whole))
            upto = exact.quantize(_PLACE, context=_EXACT)
        yield Span(begun, stop, _EXACT.subtract(upto, given))
        begun, given = stop, upto
        if stop == end:
            return
