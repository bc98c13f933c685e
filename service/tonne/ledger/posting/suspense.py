"""What a record in suspense waits for, in words: which ids are near, which factors there are."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl

from tonne.catalogue.editions.countries import GRID, country_of, grid_advice
from tonne.catalogue.words import taxonomy
from tonne.catalogue.words.folding import Nearness
from tonne.catalogue.words.regions import region_chain, region_id, region_name
from tonne.catalogue.words.rules import GRID_RULES
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.statuses import status_message
from tonne.model import PERIOD_EPOCH_YEAR, RecordField, RowStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.book.book_state import BookState

NEAREST_COUNT = 3
"""Most ids that are named for one that nobody knows."""

NEAREST_ASKED_MAX = 50
"""Most unknown activities of one page that are compared with all known ones: that is slow."""

REGIONS_SHOWN_MAX = 3
"""Most regions whose factors are named."""


EXPECTED_REGION = "a region of ISO 3166, a grid, a place below one, or a region of own factors"
"""What a region must be to find its factors."""

AGAIN = "send the record again (this one stays here, and counts nowhere)"
"""How to mend a word of a record; what else its message names is instead of it."""

_FIELDS = {
    RowStatus.FACILITY_MUST_BE_REGISTERED: "facility",
    RowStatus.FACTOR_MUST_EXIST: "activity",
}


class SuspenseTexts:
    """Says what records in suspense wait for, under one state of their book.

    Parameters
    ----------
    state : BookState
        The rules of the books.
    """

    def __init__(self, state: BookState) -> None:
        self._state = state
        self._zone = ZoneInfo(state.book.time_zone)
        self._nearest_left = NEAREST_ASKED_MAX
        self._own_names: Nearness | None = None
        self._region_hints: dict[str, str] = {}
        self._by_activity: dict[tuple[str, str], tuple[str, str]] = {}

    def of(self, records: pl.DataFrame) -> Callable[[RowStatus, Mapping[str, Any]], str]:
        """Make the texts of some rows of a segment: of the status and the row of each."""
        with polars_errors("records in suspense"):
            facilities = records["facility"].cast(pl.String).unique()
            named = self._state.register.filter(pl.col("facility").is_in(facilities.implode()))
            regions = dict(named.select("facility", "region").iter_rows())
        return functools.partial(self._text, regions)

    def _text(self, regions: Mapping[str, str], status: RowStatus, row: Mapping[str, Any]) -> str:
        """Say what is expected, what is there, and what to do."""
        facility = row["facility"]
        if status is RowStatus.FACILITY_MUST_BE_REGISTERED and facility not in regions:
            return status_message(status, RecordField.FACILITY, facility)
        region = row["region"] or regions.get(facility, "")
        activity, unit = self._state.activity_of(row["activity"]), row["unit"]
        disposition = self._disposition(row, region)
        if not isinstance(disposition, RowStatus):
            return (
                f"{_FIELDS[status]}: the book now has what the record waited for: clear the "
                "suspense"
            )
        if disposition.is_quarantine:
            return (
                f"unit: {status_message(disposition, RecordField.UNIT, unit).partition(': ')[2]}; "
                "the record came before the book had the factors, and stays in suspense"
            )
        place = self._state.regions.read(region)
        if place is None:
            return self._unknown_region(region, row["region"])
        return self._missing_factor(activity, unit, region, place, row)

    def _missing_factor(
        self, activity: str, unit: str, region: str, place: str, row: Mapping[str, Any]
    ) -> str:
        """Say that no factor serves, and what would give one."""
        time = f"from {row['start']:%Y-%m-%d} to {row['end']:%Y-%m-%d}"
        if self._is_of_grid(activity) and country_of(place):
            own = [
                factor
                for factor in self._state.factors_by_activity.get(GRID, ())
                if region_id(factor.region) in region_chain(place)
            ]
            known = f"; there are factors for {_describe(own, place)}" if own else ""
            method = self._state.settings
            advice = grid_advice(
                place, method.editions, year=row["start"].year, reach=method.year_fallback_years
            )
            return (
                f"activity: no grid factor of {region_name(country_of(place))} ({place}) serves "
                f"{activity!r}, unit {unit!r}, {time}{known}: {advice}; then clear the suspense"
            )
        unknown, there = self._look_up(activity, place)
        if not there:
            return unknown
        asked = f"region {region!r}" if region else "no region"
        return (
            f"activity: no factor of {activity!r} fits {asked}, unit {unit!r} and the time "
            f"{time}; there are factors for {there}: import an edition with such a factor, then "
            "clear the suspense"
        )

    def _is_of_grid(self, activity: str) -> bool:
        """Whether an activity asks for the electricity of a region's grid."""
        subject = taxonomy.subject(activity, self._state.factors_by_activity.__contains__)
        return subject is not None and subject.activity.rule in GRID_RULES

    def _disposition(self, row: Mapping[str, Any], region: str) -> Resolution | RowStatus:
        """Find what the state makes of a record: the first status of its months, if any."""
        runs = self._state.resolve(row["activity"], row["unit"], region)
        first = self._period(row["start"])
        last = self._period(row["end"] - dt.timedelta(microseconds=1))
        held = [
            run.disposition
            for run, after in itertools.zip_longest(runs, runs[1:])
            if run.first_period <= last and (after is None or after.first_period > first)
        ]
        return next((each for each in held if isinstance(each, RowStatus)), held[0])

    def _period(self, moment: dt.datetime) -> int:
        local = moment.astimezone(self._zone)
        return (local.year - PERIOD_EPOCH_YEAR) * 12 + local.month - 1

    def _look_up(self, activity: str, region: str) -> tuple[str, str]:
        """Give what to say of an activity without factors, and which factors there are."""
        found = self._by_activity.get((activity, region))
        if found is None:
            factors = self._state.factors_by_activity
            subject = taxonomy.subject(activity, factors.__contains__)
            ids = (activity,) if subject is None else (activity, *subject.factor_ids)
            there = [factor for each in dict.fromkeys(ids) for factor in factors.get(each, ())]
            unknown = (
                self._unknown(activity)
                if subject is None
                else (
                    f"activity: no edition of the book's method has a factor of {activity!r}: "
                    "import an edition with such a factor, or name a shipped one in the method, "
                    "then clear the suspense"
                )
            )
            found = self._by_activity[activity, region] = (unknown, _describe(there, region))
        return found

    def _unknown_region(self, region: str, written: str) -> str:
        """Say which regions are near to one that nobody knows, and how to mend it."""
        hint = self._region_hints.get(region)
        if hint is None:
            hint = ""
            if self._nearest_left:
                self._nearest_left -= 1
                hint = self._state.regions.advice(region)
            self._region_hints[region] = hint
        remedy = (
            f"{AGAIN} with a known region, or else import an edition with factors of {region!r} "
            "(`tonne edition import`) and clear the suspense"
            if written
            else "import the facility again with a known region (`tonne facility import`), then "
            "clear the suspense"
        )
        return f"region: {EXPECTED_REGION}; got {region!r}{'; ' if hint else ''}{hint}: {remedy}"

    def _unknown(self, activity: str) -> str:
        near: list[str] = []
        if self._nearest_left:
            self._nearest_left -= 1
            if self._own_names is None:
                own = self._state.factors_by_activity.own
                self._own_names = Nearness(
                    (each, each) for each in own if taxonomy.find(each) is None
                )
            near += self._own_names.nearest(activity, 1)
            near += taxonomy.nearest(activity, NEAREST_COUNT)
        named = list(dict.fromkeys(near))[:NEAREST_COUNT]
        hint = f"; the nearest known are {', '.join(named)}" if named else ""
        return (
            "activity: expected one that the catalogue or an edition of the book knows; got "
            f"{activity!r}{hint}: {AGAIN} with an id that `tonne activity search` finds, or else "
            "import an edition that has factors of it (`tonne edition import`) and clear the "
            "suspense"
        )


def _describe(factors: Iterable[Factor], region: str) -> str:
    """Name the regions that have factors, the record's own first: `GB (kWh, from 2019-01-01)`."""
    own = region_chain(region)
    by_region: dict[str, list[Factor]] = defaultdict(list)
    for factor in factors:
        by_region[region_id(factor.region)].append(factor)
    shown = [
        f"{place or 'everywhere'} ({_extent(by_region[place])})"
        for place in sorted(by_region, key=lambda place: (place not in own, place))[
            :REGIONS_SHOWN_MAX
        ]
    ]
    more = len(by_region) - len(shown)
    return ", ".join(shown) + (f" and {more} more regions" if more else "")


def _extent(factors: list[Factor]) -> str:
    units = ", ".join(sorted({factor.unit for factor in factors}))
    first = min(factor.valid_from for factor in factors)
    ends = [factor.valid_to for factor in factors]
    last = None if None in ends else max(end for end in ends if end is not None)
    return f"{units}, from {first}" + ("" if last is None else f" to {last}")
