"""The ledger as a naive program in `int` and `Fraction`: the oracle of the tests."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from fractions import Fraction

ATTO = 10**18


def months_of(start, end):
    """Split a time span in UTC into its calendar months: (months since 1970, start, end)."""
    parts = []
    while start < end:
        year, month = start.year, start.month
        first_after = dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC)
        stop = min(end, first_after)
        parts.append(((year - 1970) * 12 + month - 1, start, stop))
        start = stop
    return parts


def split(record):
    """Split a record's quantity over its months: {period: units of 10^-18}.

    What has at most 6 places is cut at the 6th, at most 12 at the 12th, else at the 18th.
    """
    quantity = Fraction(record["quantity"])
    unit = next(10**n for n in (12, 6, 0) if (quantity * ATTO / 10**n).denominator == 1)
    units = int(quantity * ATTO) // unit
    parts = months_of(record["start"], record["end"])
    whole = record["end"] - record["start"]
    shares = {}
    for period, start, stop in parts[:-1]:
        share = abs(units) * ((stop - start) // dt.timedelta(microseconds=1))
        share //= whole // dt.timedelta(microseconds=1)
        shares[period] = (share if units >= 0 else -share) * unit
    shares[parts[-1][0]] = units * unit - sum(shares.values())
    return shares


def sums(records):
    """Sum good records by (facility, activity, unit, region, period), in units of 10^-18."""
    totals = Counter()
    for record in records:
        for period, share in split(record).items():
            key = tuple(record[name] for name in ("facility", "activity", "unit", "region"))
            totals[(*key, period)] += share
    return dict(totals)
