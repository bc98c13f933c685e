"""Wall clocks to instants: days, hours that stand twice, hours that are not there.

A clock that is set back shows an hour twice. Readings of a series stand in order, so the first
1:30 of a series is that before the change and the second one that after it; in a file with the
newest first it is the other way round.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from polars._typing import Ambiguous

_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})")
_INSTANT = pl.Datetime("us", "UTC")
_TICK = dt.timedelta(microseconds=1)
_HALF_DAY = dt.timedelta(hours=12)
_HALF_DAYS_MAX = 800
"""Half-days that are looked at for a change of the clock; no change lasts less than one."""

_FIRST_YEAR, _LAST_YEAR = 1900, 2200


def read_zone(text: str) -> ZoneInfo | dt.timedelta:
    """Read a time zone's name, `UTC`, or an offset like `+01:00`.

    Raises
    ------
    FieldInvalid
        Where there is no such zone.
    """
    offset = _OFFSET.fullmatch(text.strip())
    if offset:
        sign, hours, minutes = offset.groups()
        span = dt.timedelta(hours=int(hours), minutes=int(minutes))
        return -span if sign == "-" else span
    try:
        return ZoneInfo(text.strip())
    except (KeyError, ValueError, OSError) as error:
        raise FieldInvalid(
            f"time zone: expected a name like Europe/London or Asia/Shanghai, UTC, or an offset "
            f"like +01:00; got {text!r}"
        ) from error


class Clock:
    """The clock of a file: what it shows as instants, from chunk to chunk."""

    def __init__(self, zone: str) -> None:
        self._zone = read_zone(zone)
        self._shown: Counter[tuple[str, dt.datetime]] = Counter()
        """How often a series has shown a time that stands twice."""

    def days(self, local: pl.Series) -> pl.Series:
        """Find the first instant of days; where midnight is not there, the first one behind it."""
        if (offset := self._steady_offset(local)) is not None:
            return _shifted(local, offset)
        if local.null_count() == local.len():
            return local.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        name = str(self._zone)
        whole = local.dt.replace_time_zone(name, ambiguous="earliest", non_existent="null")
        if whole.null_count() > local.null_count():
            frame = pl.DataFrame({"whole": whole, "local": local})
            later = [
                (pl.col("local") + pl.duration(minutes=minutes)).dt.replace_time_zone(
                    name, ambiguous="earliest", non_existent="null"
                )
                for minutes in (30, 60, 120, 1_440)
            ]
            whole = frame.select(pl.coalesce("whole", *later)).to_series()
        return whole.dt.convert_time_zone("UTC").cast(_INSTANT)

    def instants(
        self,
        local: pl.Series,
        series: Callable[[], pl.Series] | None = None,
        *,
        is_falling: bool = False,
    ) -> pl.DataFrame:
        """Find the instants of a clock's times: `instant`, `other`, `is_told`, `is_once`.

        `instant` is null where the clock never shows the time. Of a time that it shows twice,
        `other` is the later instant (else they are equal); `is_told` says that the series shows
        both, `is_once` that it shows one, which is taken for the earlier. `series` gives what
        each time is a reading of, where that is needed; without it all are of one. `is_falling`
        says that the newest stands first.
        """
        never = pl.repeat(value=False, n=local.len(), eager=True)
        if (offset := self._steady_offset(local)) is not None:
            moved = _shifted(local, offset)
            early, late, told, once = moved, moved, never, never
        else:
            early, late = self._both(local)
            told, once = never, never
            is_twice = (early != late).fill_null(value=False)
            if is_twice.any():
                is_late, told, once = self._order(local, is_twice, series, is_falling=is_falling)
                early = early.zip_with(~is_late, late)
        return pl.DataFrame({"instant": early, "other": late, "is_told": told, "is_once": once})

    def ends(self, local: pl.Series, instants: pl.Series) -> pl.Series:
        """Complete the instants of ends: where a clock is set forward, its hour ends at the jump.

        In London 01:00 of such a day is never shown, and the hour from 00:00 ends with it.
        """
        is_open = instants.is_null() & local.is_not_null()
        if not is_open.any() or isinstance(self._zone, dt.timedelta):
            return instants
        before = self._localized(local.filter(is_open) - _TICK, "earliest")
        return instants.scatter(is_open.arg_true(), before + _TICK)

    def _both(self, local: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Find the earlier and the later instant of times, equal where a clock shows one once."""
        early = self._localized(local, "null")
        is_open = early.is_null() & local.is_not_null()
        if not is_open.any():
            return early, early
        # Few times are of an hour in which a clock is changed: these alone are read again.
        rows, shown = is_open.arg_true(), local.filter(is_open)
        late = early.clone().scatter(rows, self._localized(shown, "latest"))
        return early.scatter(rows, self._localized(shown, "earliest")), late

    def _localized(self, local: pl.Series, which: Ambiguous) -> pl.Series:
        zoned = local.dt.replace_time_zone(str(self._zone), ambiguous=which, non_existent="null")
        return zoned.dt.convert_time_zone("UTC").cast(_INSTANT)

    def _order(
        self,
        local: pl.Series,
        is_twice: pl.Series,
        series: Callable[[], pl.Series] | None,
        *,
        is_falling: bool,
    ) -> tuple[pl.Series, pl.Series, pl.Series]:
        """Tell of times that stand twice which are later, which pairs are whole, which not."""
        rows = is_twice.arg_true().to_list()
        names = series() if series else None
        keys = [(str(names[row]) if names is not None else "", local[row]) for row in rows]
        counts = Counter(keys)
        late, told, once = ([False] * local.len() for _ in range(3))
        for row, key in zip(rows, keys, strict=True):
            number = self._shown[key]
            self._shown[key] = number + 1
            if number == 0 and counts[key] == 1:
                once[row] = True
                continue
            if is_falling and number == counts[key] == 1:
                raise FieldInvalid(
                    f"the clock is set back and shows {key[1]:%Y-%m-%d %H:%M} twice; the newest "
                    "stands first, and the two are too far from each other to be told apart: sort "
                    "the rows by time, the oldest first, or write the times with their offset"
                )
            told[row] = True
            late[row] = number % 2 == (0 if is_falling else 1)
        return pl.Series(late), pl.Series(told), pl.Series(once)

    def _steady_offset(self, local: pl.Series) -> dt.timedelta | None:
        """Find the clock's offset where it is the same around all times; None where it changes."""
        if isinstance(self._zone, dt.timedelta):
            return self._zone
        first, last = local.min(), local.max()
        if not isinstance(first, dt.datetime) or not isinstance(last, dt.datetime):
            return dt.timedelta()  # no time at all
        if not _FIRST_YEAR < first.year <= last.year < _LAST_YEAR:
            return None
        half_days = (last - first) // _HALF_DAY + 5
        if half_days > _HALF_DAYS_MAX:
            return None
        noon = (first - 2 * _HALF_DAY).replace(tzinfo=self._zone)
        offsets = {(noon + number * _HALF_DAY).utcoffset() for number in range(half_days)}
        return offsets.pop() if len(offsets) == 1 else None


def _shifted(local: pl.Series, offset: dt.timedelta) -> pl.Series:
    return (local - offset).dt.replace_time_zone("UTC").cast(_INSTANT)
