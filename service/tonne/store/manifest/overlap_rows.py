"""Rows of what lies over each other in time, as they come out of the manifest."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OverlapMonth:
    """What of an overlap lies in a month.

    Parameters
    ----------
    period : int
        Month since 1970-01.
    record_count, pair_count : int
        Records with a part in the month that lie over one of the other side, and pairs of them.
        Both are 0 where the last check found nothing any more.
    sides : str
        JSON: of each side its records, their lengths, offsets, and overlapping quantities.
    accepted_record_count, accepted_pair_count : int
        What there was of them when somebody accepted it.
    author, reason, accept_time
        Who accepted it, why and when.
    declaration : int
        Number of the declaration in force that accepts it; 0: none.
    """

    period: int
    record_count: int
    pair_count: int
    sides: str
    accepted_record_count: int = 0
    accepted_pair_count: int = 0
    author: str = ""
    reason: str = ""
    accept_time: dt.datetime | None = None
    declaration: int = 0

    @property
    def is_accepted(self) -> bool:
        """Whether somebody accepted as much as there is."""
        return self.accept_time is not None and (
            self.record_count <= self.accepted_record_count
            and self.pair_count <= self.accepted_pair_count
        )

    @property
    def is_undecided(self) -> bool:
        """Whether it waits for a decision."""
        return self.record_count > 0 and not self.is_accepted and not self.declaration


@dataclass(frozen=True, slots=True)
class Overlap:
    """Records of one facility and activity that lie over each other in time.

    Parameters
    ----------
    facility, activity
        The one id of the activity, whatever the records call it.
    first_source, second_source : str
        Channels of the two sides, in their order; one and the same of records of one channel.
    months : tuple of OverlapMonth
        In order.
    number : int
        In the book, from 1.
    create_time : datetime, optional
        When it was first found.
    """

    facility: str
    activity: str
    first_source: str
    second_source: str
    months: tuple[OverlapMonth, ...]
    number: int = 0
    create_time: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class SeveralMeters:
    """A declaration: overlaps of a facility and an activity are several meters.

    `facility` is empty for every facility; an `activity` like ``fuel.*`` is a whole family. It is
    of the months from `first_period` to `last_period`, both included, until it is withdrawn.
    """

    facility: str
    activity: str
    first_period: int
    last_period: int
    author: str
    reason: str
    number: int = 0
    create_time: dt.datetime | None = None
    end_author: str = ""
    end_reason: str = ""
    end_time: dt.datetime | None = None
