"""Which of several candidates serves a day.

A factor holds from the first day of its validity to the last. Where none of a region holds, the
set of a shipped edition that is nearest in time stands in, as far as the method allows, before a
wider region's shipped factor; imported factors end when they end. How near a set is counts in
months: so what stands in changes where a set begins or ends, and else with a month.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from tonne.catalogue.editions.hours import HoursPart
from tonne.catalogue.resolving.resolution import Step
from tonne.model import (
    DAY_COUNT_MAX,
    PERIOD_COUNT_MAX,
    day_of_number,
    first_day_of,
    number_of_day,
    period_of_day,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tonne.catalogue.editions.factor import Factor
    from tonne.catalogue.resolving.conversion import Conversion
    from tonne.catalogue.words.method import MethodSettings

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """A factor that could serve, and from when to when.

    Parameters
    ----------
    preference : tuple of int
        The smaller, the better.
    first_day, stop_day : int
        The factor's validity in days since 1970-01-01, `stop_day` exclusive.
    edition : str
        Id of the edition.
    is_shipped : bool
        Whether the edition ships with the package.
    factor : Factor
        The factor.
    conversion : Conversion
        From the record's unit to the factor's.
    is_proxy : bool
        Whether the factor is of a proxy region.
    distance : int
        Place of the factor's region in the record's chain of regions.
    id_distance : int
        Place of the factor's activity among the ids that were looked up.
    bridge : Factor or None
        Row of steps over which the conversion goes; it serves while that holds.
    """

    preference: tuple[int, ...]
    first_day: int
    stop_day: int
    edition: str
    is_shipped: bool
    factor: Factor
    conversion: Conversion
    is_proxy: bool
    distance: int
    id_distance: int
    bridge: Factor | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """A candidate that serves a day, and for which share of it.

    Parameters
    ----------
    candidate : Candidate
    share : Fraction
        What of the day's quantity it serves, 0 to 1.
    gap_months : int
        How far from the day its validity is; 0: it holds.
    rule_text : str
        By which rule of reporting years it serves; empty: by none.
    gap_text : str
        Which days of the reporting year it stands in for; empty: for none, or for all.
    hours : HoursPart or None
        Which part of a quantity it serves, where hours decide.
    hours_text : str
        Of which hours it stands in; empty: of none.
    """

    candidate: Candidate
    share: Fraction = Fraction(1)
    gap_months: int = 0
    rule_text: str = ""
    gap_text: str = ""
    hours: HoursPart | None = None
    hours_text: str = ""


def open_series(picks: Sequence[Pick]) -> str:
    """Name the series whose missing hours nothing of some picks serves; empty where all is."""
    parts = [pick.hours for pick in picks if pick.hours is not None]
    has_rest = any(part.kind == "rest" for part in parts)
    is_open = any(pick.candidate.factor.gaps for pick in picks) and not has_rest
    return parts[0].series if is_open else ""


@dataclass(slots=True)
class _Held:
    """What one candidate serves of a reporting year, in days."""

    pick: Pick
    days: int = 0
    gap_days: int = 0


class Choice:
    """Chooses under a method's year rule. Immutable.

    Parameters
    ----------
    settings : MethodSettings
        The method.
    """

    def __init__(self, settings: MethodSettings) -> None:
        self._settings = settings

    def pick(
        self,
        candidates: Sequence[Candidate],
        day: int,
        *,
        by_day: bool = False,
        rest_of: str = "",
    ) -> list[Pick]:
        """Choose what serves a day; nothing where nothing does.

        A series of hours serves its days, whatever the year rule. Where hours of the day are
        missing in it, what would serve without it serves these; `open_series` tells where there
        is nothing.

        Parameters
        ----------
        candidates : sequence of Candidate
            The preferred one first.
        day : int
            Days since 1970-01-01.
        by_day : bool
            Whether the day alone counts, whatever the year rule is.
        rest_of : str
            Series whose missing hours alone are to be served.
        """
        plain = [each for each in candidates if not each.factor.hours]
        if len(plain) == len(candidates):
            return _rest(self._pick(plain, day, by_day=by_day), rest_of)
        series = None if rest_of else self._at(candidates, day)
        if series is None or not series.candidate.factor.hours:
            found = self._pick(plain, day, by_day=by_day)
            return _rest(found, rest_of) if rest_of else _beside_hours(found, candidates)
        part = HoursPart(series.candidate.factor.hours, "values")
        hourly = replace(series, hours=part)
        if not series.candidate.factor.gaps:
            return [hourly]
        return [hourly, *_rest(self._pick(plain, day, by_day=by_day), part.series)]

    def _pick(self, candidates: Sequence[Candidate], day: int, *, by_day: bool) -> list[Pick]:
        """Choose by the method's year rule."""
        # A rate of the method is that of the day, also where the set is that of a year.
        live = [each for each in candidates if each.conversion.holds_on(day)]
        if self._settings.year_rule == "month" or by_day:
            pick = self._at(live, day)
            return [] if pick is None else [pick]
        first, stop = self._year(day)
        held = self._hold(live, first, stop)
        total = sum(each.days for each in held)
        if len(held) <= 1:
            chosen = [(each, "") for each in held]
        elif self._settings.year_rule == "majority":
            # The earlier one of two that hold equally long.
            most = max(held, key=lambda each: each.days)
            chosen = [(most, f"holds for {most.days} of {total} days of the reporting year")]
        else:
            chosen = [
                (each, f"{each.days} of {total} days of the reporting year") for each in held
            ]
        whole = self._settings.year_rule == "majority" or len(held) == 1
        return [
            Pick(
                each.pick.candidate,
                Fraction(1) if whole else Fraction(each.days, total),
                each.pick.gap_months,
                text,
                _gap_text(each, total, stop - first),
            )
            for each, text in chosen
        ]

    def starts(self, candidates: Sequence[Candidate], *, by_day: bool = False) -> set[int]:
        """Find the days on which what `pick` gives may change, the first day of all included."""
        found = {0} | self._changes(candidates)
        if self._settings.year_rule != "month" and not by_day:
            years = {self._year(min(day, DAY_COUNT_MAX - 1)) for day in found}
            found = {0} | {day for year in years for day in year}
            for each in candidates:
                found |= {each.first_day, each.stop_day} if each.factor.hours else set()
        for candidate in candidates:
            found |= {candidate.conversion.first_day, candidate.conversion.stop_day}
        return {day for day in found if 0 <= day < DAY_COUNT_MAX}

    def _hold(self, candidates: Sequence[Candidate], first: int, stop: int) -> list[_Held]:
        """Find what serves the days from `first` to `stop`, in order of time."""
        inside = {day for day in self._changes(candidates) if first < day < stop}
        held: dict[tuple[int, int], _Held] = {}
        for start, end in pairwise(sorted({first, stop} | inside)):
            pick = self._at(candidates, start)
            if pick is None:
                continue
            key = (id(pick.candidate.factor), id(pick.candidate.bridge))
            found = held.setdefault(key, _Held(pick))
            if pick.gap_months < found.pick.gap_months:
                found.pick = pick
            found.days += end - start
            if pick.gap_months:
                found.gap_days += end - start
        return list(held.values())

    def _changes(self, candidates: Sequence[Candidate]) -> set[int]:
        """Days on which what serves a day may change."""
        found: set[int] = set()
        by_distance: dict[int, set[tuple[int, int]]] = {}
        for candidate in candidates:
            found |= {candidate.first_day, candidate.stop_day}
            if candidate.bridge is not None:
                found |= set(days_of(candidate.bridge))
            if candidate.is_shipped:
                span = (candidate.first_day, candidate.stop_day)
                by_distance.setdefault(candidate.distance, set()).add(span)
        for spans in by_distance.values():
            found |= self._fallback_starts(spans)
        return found

    def _fallback_starts(self, spans: Iterable[tuple[int, int]]) -> set[int]:
        """Days on which another shipped set becomes the nearest one, or none is near enough."""
        reach = self._settings.year_fallback_years * MONTHS
        months = {_months(first, stop) for first, stop in spans}
        firsts = sorted({first for first, _ in months})
        found = {first - reach for first in firsts}
        for stop in {stop for _, stop in months}:
            found.add(stop + reach)
            # p - stop + 1 months after the earlier one, later - p before the later one. The next
            # first may be the set's own, where that holds for less than a month.
            near = (first for first in firsts if stop < first <= stop + 2 * reach)
            found |= {(stop + later - 1) // 2 + 1 for later in near}
        return {first_day_of(period) for period in found if 0 <= period < PERIOD_COUNT_MAX}

    def _at(self, candidates: Sequence[Candidate], day: int) -> Pick | None:
        """Choose what serves a day: the region's own valid or nearest set, proxies last."""
        candidates = [each for each in candidates if _is_open(each, day)]
        for is_proxy in (False, True):
            valid = next(
                (
                    candidate
                    for candidate in candidates
                    if candidate.is_proxy == is_proxy
                    and candidate.first_day <= day < candidate.stop_day
                ),
                None,
            )
            if valid is not None and not valid.is_shipped:
                return Pick(valid)
            nearest = self._nearest(candidates, day, valid, is_proxy=is_proxy)
            if nearest is not None:
                return Pick(nearest, gap_months=_gap(nearest, day))
            if valid is not None:
                return Pick(valid)
        return None

    def _nearest(
        self,
        candidates: Sequence[Candidate],
        day: int,
        valid: Candidate | None,
        *,
        is_proxy: bool,
    ) -> Candidate | None:
        """Shipped factor nearest in time, of a more specific region than the valid one."""
        reach = self._settings.year_fallback_years * MONTHS
        best: Candidate | None = None
        best_key: tuple[int, ...] = ()
        for candidate in candidates:
            if not candidate.is_shipped or candidate.is_proxy != is_proxy:
                continue
            gap = _gap(candidate, day)
            if not gap or (valid is not None and not _is_nearer(candidate, valid)):
                continue
            # The most specific region; of two as near in time the earlier one, which was known.
            key = (candidate.distance, 2 * gap + (day < candidate.first_day))
            if gap <= reach and (best is None or key < best_key):
                best, best_key = candidate, key
        return best

    def _year(self, day: int) -> tuple[int, int]:
        """First day of the reporting year that a day lies in, and of the next."""
        period = period_of_day(day)
        start = period - (period - (self._settings.reporting_year_start - 1)) % MONTHS
        # The years at both ends of all time are cut off there.
        return first_day_of(max(start, 0)), first_day_of(min(start + MONTHS, PERIOD_COUNT_MAX))


def _rest(picks: Sequence[Pick], series: str) -> list[Pick]:
    """Let picks serve the hours that a series lacks; all hours where it names none."""
    if not series:
        return list(picks)
    text = f"stands in for hours that the series {series[:12]} lacks"
    return [replace(pick, hours=HoursPart(series, "rest"), hours_text=text) for pick in picks]


def _beside_hours(picks: Sequence[Pick], candidates: Sequence[Candidate]) -> list[Pick]:
    """Tell of picks that a series would have gone before them if it had the day."""
    told = []
    for pick in picks:
        before = [
            each
            for each in candidates
            if each.factor.hours and each.preference < pick.candidate.preference
        ]
        text = ""
        if before:
            first = min(each.first_day for each in before)
            last = max(each.stop_day for each in before) - 1
            text = (
                f"stands in: edition {before[0].edition} has hours of days from "
                f"{day_of_number(first)} to {day_of_number(last)}, and none of these days"
            )
        told.append(replace(pick, hours_text=text) if text else pick)
    return told


def days_of(factor: Factor) -> tuple[int, int]:
    """Give the validity of a factor in days since 1970-01-01, as [first, stop)."""
    stop = DAY_COUNT_MAX if factor.valid_to is None else number_of_day(factor.valid_to)
    return number_of_day(factor.valid_from), stop


def _is_open(candidate: Candidate, day: int) -> bool:
    """Whether the steps that lead to a candidate hold on a day, where there are any."""
    first, stop = days_of(candidate.bridge) if candidate.bridge else (0, DAY_COUNT_MAX)
    return first <= day < stop


def _is_nearer(candidate: Candidate, valid: Candidate) -> bool:
    """Whether a candidate that does not hold is of a more specific region, and no less wanted."""
    return candidate.distance < valid.distance and candidate.preference[0] <= valid.preference[0]


def _months(first_day: int, stop_day: int) -> tuple[int, int]:
    """First month that begins in a validity, and the month in which it ends or that follows it."""
    return period_of_day(first_day - 1) + 1, period_of_day(stop_day)


def _gap(candidate: Candidate, day: int) -> int:
    """Months from a day to those in which a candidate is valid; 0: it holds.

    The rest of a month in which a validity begins or ends is a month away, the next one two.
    """
    if candidate.first_day <= day < candidate.stop_day:
        return 0
    first, stop = _months(candidate.first_day, candidate.stop_day)
    period = period_of_day(day)
    return first - period if day < candidate.first_day else period - stop + 1


def _gap_text(held: _Held, served_days: int, year_days: int) -> str:
    """Say which days of a reporting year a set stands in for without being valid on them."""
    parts = []
    if 0 < held.gap_days < held.days:
        parts.append(f"holds no longer, or not yet, on {held.gap_days} of its {held.days} days")
    if served_days < year_days:
        count = year_days - served_days
        parts.append(f"stands in for {count} of {year_days} days of the year that have none")
    return " and ".join(parts)


def share_steps(pick: Pick) -> tuple[Step, ...]:
    """Step to the part of the year that a set serves."""
    return () if pick.share == 1 else (Step("days", pick.rule_text, pick.share),)
