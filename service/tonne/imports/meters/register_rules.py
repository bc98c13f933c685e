"""What a meter's owner says of its register: where it starts anew, and what was swapped."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from tonne.errors import FieldInvalid

WHOLE_DIGITS_MAX = 18
"""Most digits of a reading before its point."""

PLACES_MAX = 12
"""Most digits of a reading after its point."""

READING = re.compile(rf"[0-9]{{1,{WHOLE_DIGITS_MAX}}}(?:\.[0-9]{{1,{PLACES_MAX}}})?")
"""A reading: plain decimal notation, no sign, no grouping."""

_MINUTES = re.compile(r"(\d{1,5})\s*(min|h|d)", re.ASCII)
_MINUTES_IN = {"min": 1, "h": 60, "d": 24 * 60}


@dataclass(frozen=True, slots=True)
class Swap:
    """A meter that was swapped for another under the same name.

    Parameters
    ----------
    meter : str
    time : datetime
        When, aware.
    last : Decimal
        What the old register stood at then.
    first : Decimal
        What the new register stood at then.
    """

    meter: str
    time: dt.datetime
    last: Decimal
    first: Decimal


@dataclass(frozen=True, slots=True)
class RegisterRules:
    """What is known of the registers of a file.

    Parameters
    ----------
    rollover : Decimal or None
        Where a register stands at zero again: 100000 with five digits.
    rollovers : Mapping[str, Decimal]
        The same for single meters.
    rollover_step_max : Decimal or None
        Most that can have been used from one reading to the next over a rollover; None is half
        of the rollover. More than that is a reading that went back, and no rollover.
    reset : datetime.time or None
        Time of day at which registers start anew at zero.
    reset_reading : str
        What a reading at that very time is: `after` the reset, or the last one `before` it.
    time_zone : str
        Of `reset` and of the days of `by_day`.
    swaps : tuple of Swap
    interval : timedelta or None
        The usual time between readings; spans that are longer are told.
    by_day : bool
        Whether what was used over a span of several days is spread over them evenly.
    """

    rollover: Decimal | None = None
    rollovers: Mapping[str, Decimal] = field(default_factory=dict)
    rollover_step_max: Decimal | None = None
    reset: dt.time | None = None
    reset_reading: str = "after"
    time_zone: str = "UTC"
    swaps: tuple[Swap, ...] = ()
    interval: dt.timedelta | None = None
    by_day: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """Give the time zone's rules."""
        return ZoneInfo(self.time_zone)


def read_register_rules(table: Mapping[str, object], time_zone: str) -> RegisterRules:
    """Read the table `[registers]` of a profile.

    Parameters
    ----------
    table : Mapping
        `rollover`, `rollover_step_max` (texts or whole numbers), `rollovers` (a table: meter to
        limit), `reset` (`"00:00"`), `reset_reading` (`"after"` or `"before"`), `interval`
        (`"15 min"`, `"1 h"`, `"1 d"`), `by_day`, and `swaps` (each `meter`, `time`, `last`,
        `first`).
    time_zone : str
        An IANA name: that of the times in the file.

    Raises
    ------
    FieldInvalid
        An unknown key, with the nearest known one, or a value that cannot be read.
    """
    _check_keys("registers", table, _KEYS)
    swaps = table.get("swaps", [])
    rollovers = table.get("rollovers", {})
    if not isinstance(swaps, list) or not all(isinstance(each, Mapping) for each in swaps):
        raise _wrong("registers.swaps", 'tables, each written as "[[registers.swaps]]"', swaps)
    if not isinstance(rollovers, Mapping):
        raise _wrong("registers.rollovers", "a table of meters and their limits", rollovers)
    by_day = table.get("by_day", False)
    if not isinstance(by_day, bool):
        raise _wrong("registers.by_day", "true or false", by_day)
    reset_reading = table.get("reset_reading", "after")
    if reset_reading not in ("after", "before"):
        raise _wrong("registers.reset_reading", '"after" or "before"', reset_reading)
    return RegisterRules(
        rollover=_limit("registers.rollover", table.get("rollover")),
        rollovers={
            str(meter): _reading(f"registers.rollovers.{meter}", value)
            for meter, value in rollovers.items()
        },
        rollover_step_max=_limit("registers.rollover_step_max", table.get("rollover_step_max")),
        reset=_time_of_day("registers.reset", table.get("reset")),
        reset_reading=str(reset_reading),
        time_zone=time_zone,
        swaps=tuple(
            _swap(f"registers.swaps[{number}]", each, ZoneInfo(time_zone))
            for number, each in enumerate(swaps)
        ),
        interval=_interval("registers.interval", table.get("interval")),
        by_day=by_day,
    )


_KEYS = (
    "rollover",
    "rollovers",
    "rollover_step_max",
    "reset",
    "reset_reading",
    "interval",
    "by_day",
    "swaps",
)
_SWAP_KEYS = ("meter", "time", "last", "first")


def _check_keys(place: str, table: Mapping[str, object], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise FieldInvalid(
                f"{place}: {key!r} is no key of it; the keys are {', '.join(known)}{hint}",
                metadata={"field": f"{place}.{key}"},
            )


def _wrong(place: str, expected: str, value: object) -> FieldInvalid:
    return FieldInvalid(f"{place}: expected {expected}; got {value!r}", metadata={"field": place})


def _reading(place: str, value: object) -> Decimal:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not READING.fullmatch(text.strip()):
        raise _wrong(place, 'a reading in quotes, like "99999.9"', value)
    return Decimal(text.strip())


def _limit(place: str, value: object) -> Decimal | None:
    if value is None:
        return None
    found = _reading(place, value)
    if not found:
        raise _wrong(place, "a reading above zero", value)
    return found


def _time_of_day(place: str, value: object) -> dt.time | None:
    if value is None or isinstance(value, dt.time):
        return value
    try:
        found = dt.time.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise _wrong(place, 'a time of day without an offset, like "00:00"', value)
    return found


def _swap(place: str, table: Mapping[str, object], zone: ZoneInfo) -> Swap:
    _check_keys(place, table, _SWAP_KEYS)
    missing = [key for key in _SWAP_KEYS if key not in table]
    if missing:
        raise _wrong(place, f"the keys {', '.join(_SWAP_KEYS)}", dict(table))
    time = table["time"]
    if isinstance(time, str):
        try:
            time = dt.datetime.fromisoformat(time.strip())
        except ValueError:
            time = None
    if not isinstance(time, dt.datetime):
        expected = "a time in ISO 8601, like 2025-03-04T10:30:00+08:00"
        raise _wrong(f"{place}.time", expected, table["time"])
    if time.tzinfo is None:
        time = time.replace(tzinfo=zone)
        if time.utcoffset() != time.replace(fold=1).utcoffset():
            expected = "a time with its offset, since the clocks change then"
            raise _wrong(f"{place}.time", expected, str(table["time"]))
    last, first = (_reading(f"{place}.{key}", table[key]) for key in ("last", "first"))
    return Swap(str(table["meter"]), time.astimezone(dt.UTC), last, first)


def _interval(place: str, value: object) -> dt.timedelta | None:
    if value is None:
        return None
    found = _MINUTES.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or not int(found[1]):
        raise _wrong(place, 'a time like "15 min", "1 h" or "1 d"', value)
    return dt.timedelta(minutes=int(found[1]) * _MINUTES_IN[found[2]])
