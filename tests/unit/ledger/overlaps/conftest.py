"""Meters on a bench: readings of hours and days, and what is found to lie over what."""

from __future__ import annotations

import datetime as dt
import json

from tests.unit.ledger.conftest import HOUR, T0, record
from tonne.model import period_of_month

JANUARY = period_of_month("2015-01")
DAY = dt.timedelta(days=1)
WHY = {"author": "ada", "reason": "over"}


def readings(count, step=HOUR, *, first=T0, name="h", **fields):
    """Readings of a meter, one after the other."""
    return [
        record(
            record_id=f"{name}{number}",
            start=first + number * step,
            end=first + (number + 1) * step,
            **fields,
        )
        for number in range(count)
    ]


def found(bench, **options):
    """What is listed: who lies over whom, months, records, pairs, quantities of both sides."""
    page = bench.ledger.overlaps.list_overlaps(bench.book, **options)
    return [
        (
            each.facility,
            each.first_source,
            each.second_source,
            month.period,
            month.record_count,
            month.pair_count,
            *(
                {unit: float(q) for unit, q in side["quantities"].items()}
                for side in json.loads(month.sides)
            ),
        )
        for each in page.items
        for month in each.months
        if month.record_count
    ]
