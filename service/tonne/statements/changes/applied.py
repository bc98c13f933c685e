"""Restatements that were applied: what was posted again, why, and what it made of the numbers."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
from dataclasses import dataclass
from decimal import Decimal  # noqa: TC003  see dt

from tonne.statements.changes.restatements import RestatementCause  # noqa: TC001  see dt


@dataclass(frozen=True, slots=True)
class RestatedRow:
    """What a restatement makes of an account in a month, kg CO2e before shares of entities."""

    account: str
    period: str
    before_kg_co2e: Decimal
    after_kg_co2e: Decimal
    difference_kg_co2e: Decimal


@dataclass(frozen=True, slots=True)
class AppliedRestatement:
    """A restatement that was applied, or what one would do.

    The sums are of the accounts that make one footprint, by the location-based method, under the
    GWP set of the method, and before shares of entities; `rows` are there for every account.

    Parameters
    ----------
    id : str
    number : int
        Of it in the book, from 1; 0: nothing is kept of it.
    selection : str
        Which records, in words.
    cause : RestatementCause, optional
    author, reason : str
    create_time, end_time : datetime, optional
        When it was begun and when it ended; None: it is under way.
    before_commit, after_commit : int
        As of the first nothing of it is done, as of the second all is; 0: it is under way.
    restated_count : int
        Records that are posted again.
    unchanged_count, left_count : int
        Records that were posted so already; that the rules in force do not post, and that stay.
    first_period, last_period : str
        Months whose numbers it touches, YYYY-MM.
    before_kg_co2e, after_kg_co2e, difference_kg_co2e : Decimal
    correction_of_closed : bool
        Whether a month of it was closed by then.
    rows : tuple of RestatedRow
    closed_periods : tuple of str
        Months of it that are closed, of one that is told alone.
    """

    selection: str
    restated_count: int
    unchanged_count: int
    left_count: int
    first_period: str
    last_period: str
    before_kg_co2e: Decimal
    after_kg_co2e: Decimal
    difference_kg_co2e: Decimal
    rows: tuple[RestatedRow, ...] = ()
    closed_periods: tuple[str, ...] = ()
    id: str = ""
    number: int = 0
    cause: RestatementCause | None = None
    author: str = ""
    reason: str = ""
    create_time: dt.datetime | None = None
    end_time: dt.datetime | None = None
    before_commit: int = 0
    after_commit: int = 0
    correction_of_closed: bool = False


@dataclass(frozen=True, slots=True)
class RestatementStep:
    """How far a restatement is: segments gone through, and in the last step what was done."""

    segments_done_count: int
    restatement: AppliedRestatement | None = None
