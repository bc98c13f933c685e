"""What a record in suspense waits for, in words: which ids are near, which factors there are."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import shlex
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl

from tonne.catalogue.editions.countries import GRID, country_of, grid_advice
from tonne.catalogue.resolving.valuation import total_worth
from tonne.catalogue.words import taxonomy
from tonne.catalogue.words.folding import Nearness
from tonne.catalogue.words.regions import region_chain, region_id, region_name
from tonne.catalogue.words.rules import GRID_RULES
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.lookalikes import LOOKED_THROUGH_MAX, look_key
from tonne.ledger.statuses import status_message
from tonne.model import RecordField, RowStatus, WordField, number_of_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from fractions import Fraction

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.ledger.book.book_state import BookState

NEAREST_ASKED_MAX = 50
"""Most unknown activities of one page that are compared with all known ones: that is slow."""

REGIONS_SHOWN_MAX = 3
"""Most regions whose factors are named."""


SPELT_LIKE_MAX = 10_000
"""Most facilities of a register among which the nearest ones are looked for: slower still."""

EXPECTED_REGION = "a region of ISO 3166, a grid, a place below one, or a region of own factors"
"""What a region must be to find its factors."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_FIELDS = {
    RowStatus.FACILITY_MUST_BE_REGISTERED: "facility",
    RowStatus.FACTOR_MUST_EXIST: "activity",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """What a record waits for: the field at fault, what is written there, what to do about it.

    `got` is empty where the book has by now what the record waited for. Then `kg_co2e` is what one
    unit of it is worth in the total, by the location-based method and before shares of entities;
    None: it is not told, for factors differ within its time, or count by the hour.
    """

    field: str
    got: str
    message: str
    kg_co2e: Fraction | None = None


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
        self._region_hints: dict[str, str] = {}
        self._by_activity: dict[tuple[str, str], tuple[str, str]] = {}

    def of(self, records: pl.DataFrame) -> Callable[[RowStatus, Mapping[str, Any]], str]:
        """Make the texts of some rows of a segment: of the status and the row of each."""
        causes = self.causes_of(records)
        return lambda status, row: causes(status, row).message

    def causes_of(self, records: pl.DataFrame) -> Callable[[RowStatus, Mapping[str, Any]], Cause]:
        """Find what some rows of a segment wait for: of the status and the row of each."""
        return functools.partial(self._cause, self._regions(records))

    def _regions(self, records: pl.DataFrame) -> dict[str, str]:
        """Read the regions of the facilities of some rows that are in the register."""
        with polars_errors("records that are not posted"):
            facilities = records["facility"].cast(pl.String).unique()
            named = self._state.register.filter(pl.col("facility").is_in(facilities.implode()))
            return dict(named.select("facility", "region").iter_rows())

    def unit_worths_of(
        self, records: pl.DataFrame
    ) -> Callable[[Mapping[str, Any]], Fraction | None]:
        """Say what one unit of some rows would post to the total, were they accepted as they are.

        None where they would not be posted, or where that is not one number.
        """
        regions = self._regions(records)
        return functools.partial(self._unit_worth, regions)

    def _unit_worth(self, regions: Mapping[str, str], row: Mapping[str, Any]) -> Fraction | None:
        if row["facility"] not in regions and not self._state.accepts_all:
            return None
        region = row["region"] or regions.get(row["facility"], "")
        if any(isinstance(each, RowStatus) for each in self._held(row, region)):
            return None
        return self._worth(row, region)

    def _cause(
        self, regions: Mapping[str, str], status: RowStatus, row: Mapping[str, Any]
    ) -> Cause:
        """Say what is expected, what is there, and what to do."""
        facility = row["facility"]
        if status is RowStatus.FACILITY_MUST_BE_REGISTERED and facility not in regions:
            message = status_message(status, RecordField.FACILITY, facility)
            return Cause("facility", facility, message + self._alike(facility))
        region = row["region"] or regions.get(facility, "")
        activity, unit = self._state.texts.activity_of(row["activity"]), row["unit"]
        disposition = self._disposition(row, region)
        if not isinstance(disposition, RowStatus):
            return Cause(
                _FIELDS[status],
                "",
                f"{_FIELDS[status]}: the book now has what the record waited for: "
                f"{self._clear()} posts it",
                self._worth(row, region),
            )
        if disposition.is_quarantine:
            expected = status_message(disposition, RecordField.UNIT, unit).partition(": ")[2]
            return Cause(
                "unit",
                unit,
                f"unit: {expected}; the record came before the book had the factors, and stays in "
                "suspense: mend it (`tonne suspense mend`)",
            )
        place = self._state.texts.region_of(region)
        if place is None:
            return Cause("region", region, self._unknown_region(region, row["region"]))
        missing = self._missing_hours(row, region)
        if missing:
            return missing
        return self._missing_factor(activity, region, place, row)

    def _missing_hours(self, row: Mapping[str, Any], region: str) -> Cause | None:
        """Say which time of a record its series of hours lacks, and what would give it."""
        start_us, end_us = _times_us(row)
        runs = self._state.resolve(row["activity"], row["unit"], region, row["facility"])
        touched = [
            hole for run in runs for hole in run.holes if hole[0] < end_us and hole[1] > start_us
        ]
        if not touched:
            return None
        first, stop = (_EPOCH + dt.timedelta(microseconds=time) for time in touched[0])
        return Cause(
            "activity",
            f"{row['activity']}, region {region!r}, {row['unit']}",
            f"activity: the factors by the hour of {row['activity']!r} in region {region!r} have "
            f"none from {first:%Y-%m-%dT%H:%MZ} to {stop:%Y-%m-%dT%H:%MZ}, and no other factor "
            "serves then: import the missing hours (`tonne factor hours`) or a factor of the year "
            f"(`tonne edition import`), then {self._clear()}",
        )

    def _missing_factor(
        self, activity: str, region: str, place: str, row: Mapping[str, Any]
    ) -> Cause:
        """Say that no factor serves, and what would give one."""
        unit, time = row["unit"], f"from {row['start']:%Y-%m-%d} to {row['end']:%Y-%m-%d}"
        asked = f"region {region!r}" if region else "no region"
        text = f"{row['activity']}, {asked}, {unit}"
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
            return Cause(
                "activity",
                text,
                f"activity: no grid factor of {region_name(country_of(place))} ({place}) serves "
                f"{activity!r}, unit {unit!r}, {time}{known}: {advice}; then {self._clear()}",
            )
        unknown, there = self._look_up(activity, place)
        if not there:
            return Cause("activity", row["activity"], unknown)
        return Cause(
            "activity",
            text,
            f"activity: no factor of {activity!r} fits {asked}, unit {unit!r} and the time "
            f"{time}; there are factors for {there}: import an edition with such a factor "
            f"(`tonne edition import`), then {self._clear()}",
        )

    def _is_of_grid(self, activity: str) -> bool:
        """Whether an activity asks for the electricity of a region's grid."""
        subject = taxonomy.subject(activity, self._state.factors_by_activity.__contains__)
        return subject is not None and subject.activity.rule in GRID_RULES

    def _alike(self, facility: str) -> str:
        """Name a registered facility that looks like one that is not registered."""
        if self._state.register.height > LOOKED_THROUGH_MAX:
            return ""
        asked = pl.select(look_key(pl.lit(facility))).item()
        other = self._registered.get(asked)
        if other is None:
            return self._nearest_facilities(facility)
        return (
            f"; the register has {other!r}, which looks like it: where the two are one, mend the "
            "record (`tonne suspense mend`)"
        )

    def _nearest_facilities(self, facility: str) -> str:
        """Name the registered facilities that are spelt most like one that is not registered."""
        if not self._nearest_left or self._state.register.height > SPELT_LIKE_MAX:
            return ""
        self._nearest_left -= 1
        near = self._facilities_spelt_like.nearest(facility)
        return f"; the nearest registered are {', '.join(near)}" if near else ""

    @functools.cached_property
    def _facilities_spelt_like(self) -> Nearness:
        return Nearness((each, each) for each in self._state.register["facility"])

    @functools.cached_property
    def _registered(self) -> Mapping[str, str]:
        """Registered facilities by how they look; the first of those that look alike."""
        keys = self._state.register.select(look_key(pl.col("facility")), name="facility")
        return dict(keys.sort("name", descending=True).iter_rows())

    def _disposition(self, row: Mapping[str, Any], region: str) -> Resolution | RowStatus:
        """Find what the state makes of a record: the first status of its days, if any."""
        held = self._held(row, region)
        return next((each for each in held if isinstance(each, RowStatus)), held[0])

    def _held(self, row: Mapping[str, Any], region: str) -> list[Resolution | RowStatus]:
        """List what the state makes of the days of a record, in their order."""
        runs = self._state.resolve(row["activity"], row["unit"], region, row["facility"])
        first = self._day(row["start"])
        last = self._day(row["end"] - dt.timedelta(microseconds=1))
        start_us, end_us = _times_us(row)
        return [
            RowStatus.FACTOR_MUST_EXIST
            if any(start < end_us and stop > start_us for start, stop in run.holes)
            else run.disposition
            for run, after in itertools.zip_longest(runs, runs[1:])
            if run.first_day <= last and (after is None or after.first_day > first)
        ]

    def _worth(self, row: Mapping[str, Any], region: str) -> Fraction | None:
        """Say what one unit is worth, where that is one number; each of its days has factors."""
        worths = {
            total_worth(each, self._state.settings.gwp_set)
            for each in self._held(row, region)
            if not isinstance(each, RowStatus)
        }
        return worths.pop() if len(worths) == 1 else None

    def _day(self, moment: dt.datetime) -> int:
        return number_of_day(moment.astimezone(self._zone).date())

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
                    "import an edition with such a factor (`tonne edition import`), or name a "
                    f"shipped one in the method (`tonne method set`), then {self._clear()}"
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
                hint = self._state.texts.regions.advice(region)
            self._region_hints[region] = hint
        learn = self._learn(WordField.REGION, region)
        remedy = (
            f"{learn}, or import an edition with factors of {region!r} (`tonne edition import`). "
            f"Then {self._clear()}"
            if written
            else "give the facility a known region (`tonne facility update`), or "
            f"{learn}. Then {self._clear()}"
        )
        return f"region: {EXPECTED_REGION}; got {region!r}{'; ' if hint else ''}{hint}: {remedy}"

    def _unknown(self, activity: str) -> str:
        near: list[str] = []
        if self._nearest_left:
            self._nearest_left -= 1
            near = self._state.texts.nearest_activities(activity)
        hint = f"; the nearest known are {', '.join(near)}" if near else ""
        return (
            "activity: expected one that the catalogue or an edition of the book knows; got "
            f"{activity!r}{hint}: {self._learn(WordField.ACTIVITY, activity, *near)}, with an id "
            "that `tonne activity search` finds; or import an edition that has factors of it "
            f"(`tonne edition import`). Then {self._clear()}"
        )

    def _learn(self, field: WordField, text: str, *near: str) -> str:
        """Give the command by which the book learns a word, with the likeliest meaning."""
        meaning = near[0] if near else f"<{str(field).upper()}>"
        return (
            f"say what it is by `tonne word learn --book {self._state.book.id} {field} "
            f"{shlex.quote(text)} {meaning} --reason ...`"
        )

    def _clear(self) -> str:
        return f"`tonne suspense clear --book {self._state.book.id}`"


def _times_us(row: Mapping[str, Any]) -> tuple[int, int]:
    start, end = (
        (row[name] - _EPOCH) // dt.timedelta(microseconds=1) for name in ("start", "end")
    )
    return start, end


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
