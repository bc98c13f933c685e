"""Days of a book: a date without a time is a day of the book's time zone."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tonne.client.errors import RecordsInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

UTC = "UTC"


class Days:
    """The first instants of days in one time zone.

    Parameters
    ----------
    zone : callable
        Gives the IANA name of the time zone. It is asked once, when the first day is met: who
        sends instants alone never asks the server.
    """

    def __init__(self, zone: Callable[[], str] = lambda: UTC) -> None:
        self._name = zone
        self.start = functools.lru_cache(maxsize=100_000)(self._start)

    @functools.cached_property
    def zone(self) -> ZoneInfo:
        """The time zone.

        Raises
        ------
        RecordsInvalid
            This machine does not know it.
        """
        name = self._name()
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise RecordsInvalid(
                f"time zone {name!r}: this machine does not know it, and needs it to tell when a "
                "day begins: install the package tzdata, or give start and end with their time "
                "and offset",
                metadata={"timeZone": name},
            ) from error

    def _start(self, day: dt.date) -> dt.datetime:
        """First instant of a day, in UTC.

        Where the clock skips midnight it is the instant of the skip; where it shows midnight
        twice, the first one (PEP 495: `fold` is 0).
        """
        midnight = dt.datetime(day.year, day.month, day.day, tzinfo=self.zone)
        try:
            return midnight.astimezone(dt.UTC)
        except OverflowError:  # the first day of all, east of Greenwich: no record is of it
            return dt.datetime.min.replace(tzinfo=dt.UTC)
