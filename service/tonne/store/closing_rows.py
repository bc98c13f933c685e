"""Rows of closed periods, and of the log of changes."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Something that stood against a close, how many there were, and why it was closed anyway."""

    check: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Act:
    """One act on a period: by whom, why, after which commit of the book, and when.

    `seq` is the book's commit number at the act: what the book held then is what commits up to
    and with it made.
    """

    author: str
    reason: str
    seq: int
    time: dt.datetime


@dataclass(frozen=True, slots=True)
class PeriodClose:
    """One close of a period, and what became of it: sealed, reopened, or still closed.

    `revision` counts the closes of the period from 1.
    """

    period: int
    revision: int
    closed: Act
    accepted: tuple[Acceptance, ...] = ()
    sealed: Act | None = None
    reopened: Act | None = None


@dataclass(frozen=True, slots=True)
class Fence:
    """What of a book is closed: every month before `closed_before`, sealed before the other.

    Months close in their order, so two numbers say it all, and every commit can compare them.
    """

    closed_before: int = 0
    sealed_before: int = 0


@dataclass(frozen=True, slots=True)
class CloseGround:
    """What a check of a period looked at: the book after its commit `seq`, at a revision."""

    seq: int
    revision: int
    fence: Fence


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a book's log of changes.

    Parameters
    ----------
    kind : str
        What was changed: book, method, edition, facility, entity, word, statement, correction,
        import, channel, period, ledger.
    object : str
        Which one, by its id.
    before, after : str
        JSON of what it was and is; empty where it was not, or is not.
    author : str
        Who says so; the caller where the call named nobody.
    reason : str
        Why; empty where nobody said.
    caller : str
        Who called, by the credentials.
    number : int
        Of the entry in the book, from 1, without gaps.
    seq : int
        Commits of the book that it comes after.
    create_time : datetime, optional
        When, UTC.
    """

    kind: str
    object: str
    before: str = ""
    after: str = ""
    author: str = ""
    reason: str = ""
    caller: str = ""
    number: int = 0
    seq: int = 0
    create_time: dt.datetime | None = None
