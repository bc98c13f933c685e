"""The months and days of a time zone, as instants."""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
from array import array
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tonne.errors import FieldInvalid
from tonne.model import (
    LAST_DAY,
    PERIOD_COUNT_MAX,
    PERIOD_EPOCH_YEAR,
    LateRecords,
    RowStatus,
    day_of_number,
    first_day_of,
    period_of_day,
)
from tonne_kernel import TIME_US_STOP, PeriodTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tonne.ledger.files.repost import Cut
    from tonne.model import Book

_EPOCH = dt.datetime(PERIOD_EPOCH_YEAR, 1, 1)  # noqa: DTZ001 - wall-clock time, see below
_MICROSECOND = dt.timedelta(microseconds=1)


def check_time_zone(name: str) -> str:
    """Return `name` if it is an IANA time zone, else raise `FieldInvalid`."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise FieldInvalid(
            f"time_zone: expected an IANA time zone like 'Europe/Berlin'; got {name!r}",
            metadata={"field": "time_zone", "value": name},
        ) from error
    return name


@lru_cache(maxsize=1024)
def month_boundaries_us(time_zone: str) -> array[int]:
    """First instants of the months 1970-01 to 2200-01 in a time zone.

    Returns
    -------
    array of int64
        Microseconds since 1970-01-01T00:00Z, ascending, `PERIOD_COUNT_MAX + 1` of them.
        The first and the last are moved outwards, where that is needed, so that the periods
        hold every instant that a record may have: 1970-01-01T00:00Z to 2200-01-01T00:00Z. It is
        the same array each time: nobody changes it.
    """
    zone = ZoneInfo(time_zone)
    boundaries = array("q")
    for period in range(PERIOD_COUNT_MAX + 1):
        year, month = divmod(period, 12)
        boundaries.append(_midnight_us(zone, PERIOD_EPOCH_YEAR + year, month + 1, 1))
    boundaries[0] = min(boundaries[0], 0)
    boundaries[-1] = max(boundaries[-1], TIME_US_STOP)
    return boundaries


def month_start_us(time_zone: str, period: int) -> int:
    """First instant of a month, in microseconds; for the first of all, before all times."""
    return month_boundaries_us(time_zone)[period] if period else -(1 << 63)


def period_at(time_zone: str, time_us: object) -> int:
    """Month of an instant in microseconds; the first or the last one for what lies outside."""
    if not isinstance(time_us, int):
        return 0
    found = bisect.bisect_right(month_boundaries_us(time_zone), time_us) - 1
    return min(max(found, 0), PERIOD_COUNT_MAX - 1)


def cuts_of(days: Iterable[int], time_zone: str) -> list[Cut]:
    """Give the dates within months as the kernel takes them, in order of time.

    Parameters
    ----------
    days : iterable of int
        Days since 1970-01-01; first days of months are left out.
    time_zone : str
        Whose midnights they begin at.
    """
    found = ((period_of_day(day), day_of_number(day).day, day) for day in sorted(set(days)))
    return [
        (period, place, day_start_us(time_zone, day)) for period, place, day in found if place > 1
    ]


@lru_cache(maxsize=1 << 16)
def day_start_us(time_zone: str, day: int) -> int:
    """First instant of a day, by its number, in microseconds since 1970-01-01T00:00Z."""
    date = day_of_number(day)
    return _midnight_us(ZoneInfo(time_zone), date.year, date.month, date.day)


def slice_bounds_us(time_zone: str, period: int, first_day: int, last_day: int) -> tuple[int, int]:
    """First instants of a slice of a month and after it, in microseconds since 1970."""
    month = first_day_of(period)
    stop = first_day_of(period + 1) if last_day == LAST_DAY else month + last_day
    return day_start_us(time_zone, month + first_day - 1), day_start_us(time_zone, stop)


def hole_arrays(
    holes: Sequence[Sequence[tuple[int, int]]],
) -> tuple[array[int] | None, array[int] | None, array[int] | None, int]:
    """Give the times of each rule at which records wait for a factor as the kernel takes them."""
    if not any(holes):
        return None, None, None, 0
    offsets = array("i", itertools.accumulate(map(len, holes), initial=0))
    flat = list(itertools.chain.from_iterable(holes))
    starts, stops = zip(*flat, strict=True)
    return offsets, array("q", starts), array("q", stops), RowStatus.FACTOR_MUST_EXIST


def _midnight_us(zone: ZoneInfo, year: int, month: int, day: int) -> int:
    wall = dt.datetime(year, month, day)  # noqa: DTZ001 - set below
    # Where the clock skips midnight, the offset before the gap gives the gap's own instant;
    # where it shows midnight twice, the first one counts (fold is 0).
    offset = wall.replace(tzinfo=zone).utcoffset()
    if offset is None:  # pragma: no cover - ZoneInfo always knows its offset
        raise AssertionError(zone.key)
    return (wall - _EPOCH - offset) // _MICROSECOND


@lru_cache(maxsize=1024)
def period_table(time_zone: str) -> PeriodTable:
    """Periods of a time zone for the kernel."""
    return PeriodTable(month_boundaries_us(time_zone))


def counts_from_now(book: Book, *, is_entry: bool) -> int:
    """Give the first month in which a commit of now counts what it posts; 0: in any.

    An entry with who and why is let into closed months until they are sealed. Where late records
    are refused there is no such month: what is closed takes nothing.
    """
    if book.late_records is LateRecords.REFUSE:
        return 0
    return book.sealed_before if is_entry else book.closed_before
