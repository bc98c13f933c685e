"""The answer to what records cover, as plain classes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tonne.v1 import report_pb2


@dataclass(frozen=True, slots=True)
class CoverageGap:
    """A time of more than a minute without a record.

    `first_day` and `last_day` are the days of the book's time zone that lie wholly in it, both
    inclusive, or None.
    """

    start: dt.datetime
    end: dt.datetime
    first_day: dt.date | None
    last_day: dt.date | None

    def days(self) -> Iterator[dt.date]:
        """Give the days that have no record at all."""
        if self.first_day is not None and self.last_day is not None:
            for number in range((self.last_day - self.first_day).days + 1):
                yield self.first_day + dt.timedelta(days=number)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the records of a facility and an activity cover, between `start` and `end` (UTC).

    Parameters
    ----------
    record_count : int
        Records with a part in that time, posted or in suspense.
    gaps : tuple of CoverageGap
        In order.
    overlaps : tuple of (datetime, datetime)
        Beginnings and ends of times with more than one record, in order.
    time_zone : str
        Of the days.
    """

    facility: str
    activity: str
    start: dt.datetime
    end: dt.datetime
    record_count: int
    gaps: tuple[CoverageGap, ...]
    overlaps: tuple[tuple[dt.datetime, dt.datetime], ...]
    time_zone: str


def read_coverage(responses: Iterable[report_pb2.GetCoverageResponse]) -> Iterator[Coverage]:
    """Read rows; one that goes on in the next is put together again."""
    last: Coverage | None = None
    for response in responses:
        for message in response.rows:
            row = _row(message, response.time_zone)
            if last and (last.facility, last.activity) == (row.facility, row.activity):
                last = replace(
                    last, gaps=last.gaps + row.gaps, overlaps=last.overlaps + row.overlaps
                )
                continue
            if last:
                yield last
            last = row
    if last:
        yield last


def _row(message: report_pb2.CoverageRow, time_zone: str) -> Coverage:
    return Coverage(
        message.facility,
        message.activity,
        message.start.ToDatetime(tzinfo=dt.UTC),
        message.end.ToDatetime(tzinfo=dt.UTC),
        message.record_count,
        tuple(
            CoverageGap(
                gap.start.ToDatetime(tzinfo=dt.UTC),
                gap.end.ToDatetime(tzinfo=dt.UTC),
                _day(gap.first_day),
                _day(gap.last_day),
            )
            for gap in message.gaps
        ),
        tuple(
            (each.start.ToDatetime(tzinfo=dt.UTC), each.end.ToDatetime(tzinfo=dt.UTC))
            for each in message.overlaps
        ),
        time_zone,
    )


def _day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
