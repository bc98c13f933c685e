"""What a record in suspense waits for, in words: which ids are near, which factors there are."""

from __future__ import annotations

import difflib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import polars as pl

from tonne.catalogue import taxonomy
from tonne.ledger.frames import polars_errors
from tonne.ledger.statuses import status_message
from tonne.model import RecordField, RowStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tonne.catalogue.factor import Factor
    from tonne.ledger.book_state import BookState

NEAREST_COUNT = 3
"""Most ids that are named for one that nobody knows."""

REGIONS_SHOWN_MAX = 6
"""Most regions whose factors are named."""


class SuspenseTexts:
    """Says what records in suspense wait for, under one state of their book.

    Parameters
    ----------
    state : BookState
        What decides how records are posted.
    records : polars.DataFrame
        Rows of segments, all that are asked for.
    """

    def __init__(self, state: BookState, records: pl.DataFrame) -> None:
        self._state = state
        with polars_errors("records in suspense"):
            facilities = records["facility"].cast(pl.String).unique()
            named = state.register.filter(pl.col("facility").is_in(facilities.implode()))
            self._regions = dict(named.select("facility", "region").iter_rows())

    def __call__(self, status: RowStatus, row: Mapping[str, Any]) -> str:
        """Say what is expected, what is there, and what to do."""
        if status is RowStatus.FACILITY_MUST_BE_REGISTERED:
            return status_message(status, RecordField.FACILITY, row["facility"])
        activity = row["activity"]
        factors = self._state.factors_by_activity
        subject = taxonomy.subject(activity, factors.__contains__)
        if subject is None and activity not in factors:
            return self._unknown(activity)
        ids = (activity,) if subject is None else (activity, *subject.factor_ids)
        there = [factor for each in dict.fromkeys(ids) for factor in factors.get(each, ())]
        if not there:
            return (
                f"activity: no edition of the book's method has a factor of {activity!r}: import "
                "one that has, or name a shipped one in the method, then clear the suspense"
            )
        region = row["region"] or self._regions.get(row["facility"], "")
        asked = f"region {region!r}" if region else "no region"
        return (
            f"activity: no factor of {activity!r} fits {asked}, unit {row['unit']!r} and the "
            f"months from {row['start']:%Y-%m-%d} to {row['end']:%Y-%m-%d}; there are factors "
            f"for {_describe(there)}: import an edition that has one, then clear the suspense"
        )

    def _unknown(self, activity: str) -> str:
        own = difflib.get_close_matches(
            activity, self._state.factors_by_activity, NEAREST_COUNT, taxonomy.NEAREST_CUTOFF
        )
        near = list(dict.fromkeys([*own, *taxonomy.nearest(activity, NEAREST_COUNT)]))
        hint = f"; the nearest known are {', '.join(near[:NEAREST_COUNT])}" if near else ""
        return (
            "activity: an activity that the catalogue or an edition of the book knows; got "
            f"{activity!r}{hint}: import an edition that has factors of it, then clear the "
            "suspense"
        )


def _describe(factors: Iterable[Factor]) -> str:
    """Name the regions that have factors, with units and years: `GB (kWh, 2019 to 2025)`."""
    by_region: dict[str, list[Factor]] = defaultdict(list)
    for factor in factors:
        by_region[factor.region].append(factor)
    shown = [
        f"{region or 'everywhere'} ({_extent(by_region[region])})"
        for region in sorted(by_region)[:REGIONS_SHOWN_MAX]
    ]
    more = len(by_region) - len(shown)
    return ", ".join(shown) + (f" and {more} more regions" if more else "")


def _extent(factors: list[Factor]) -> str:
    units = ", ".join(sorted({factor.unit for factor in factors}))
    first = min(factor.valid_from for factor in factors)
    ends = [factor.valid_to for factor in factors]
    last = None if None in ends else max(end for end in ends if end is not None)
    return f"{units}, from {first}" + ("" if last is None else f" to {last}")
