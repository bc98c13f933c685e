"""Rows of statements, corrections, closed periods, changes and record keys; spans of files."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
import enum
from dataclasses import dataclass
from typing import Literal

FileKind = Literal[
    "segment",
    "postings",
    "quarantine",
    "clearing",
    "keys",
    "rollup",
    "rollup_members",
    "rollup_sites",
]


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One version of a statement; `body` is its canonical JSON, empty where it is withdrawn.

    Where it is to be written, `version` is the one that was read before, 0 whatever is there.
    """

    kind: str
    id: str
    body: str
    valid_from: str
    key: str = ""
    author: str = ""
    reason: str = ""
    version: int = 0
    number: int = 0
    create_time: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class StatementView:
    """Which versions of statements are seen.

    Parameters
    ----------
    kind : str
        Of this kind alone; empty: of all kinds.
    as_of : datetime, optional
        What was stated by then; None: all.
    day : str
        What speaks of this day; empty: of any.
    has_all_versions : bool
        All versions, or of each statement the last one.
    number_max : int, optional
        Numbers up to this one; None: all.
    """

    kind: str = ""
    as_of: dt.datetime | None = None
    day: str = ""
    has_all_versions: bool = False
    number_max: int | None = None


class CorrectionKind(enum.StrEnum):
    """What an entry did: took records back, posted others for them, or the same ones again."""

    REVERSAL = "reversal"
    CORRECTION = "correction"
    RESTATEMENT = "restatement"


class ReasonCode(enum.StrEnum):
    """Why a record was reversed: a mistake, an estimate that is settled, a copy, or else."""

    ERROR = "error"
    ESTIMATE = "estimate"
    DUPLICATE = "duplicate"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Correction:
    """An entry: some records were reversed at once, and others may stand for them.

    Parameters
    ----------
    kind : CorrectionKind
    selection : str
        What was asked for, for people.
    author, reason_code, reason
        Who says so, and why.
    record_count : int
        Records that were reversed.
    request_id : str
        Of the call that posted the new records; empty: none.
    number : int
        Of the entry in the book, from 1.
    commit_id : str
        In which it happened.
    create_time : datetime, optional
        When, UTC.
    first_period : int
        The first month of what is reversed, where it is to be made; -1: not known.
    of_closed : bool
        Whether a month of what was reversed was closed then.
    restatement : str
        Id of the restatement that it is a part of; empty: of none.
    figures : str
        What a part of a restatement made of the numbers, as `posting.restating.figures` writes it.
    """

    kind: CorrectionKind
    selection: str
    author: str
    reason_code: ReasonCode
    reason: str
    record_count: int = 0
    request_id: str = ""
    number: int = 0
    commit_id: str = ""
    create_time: dt.datetime | None = None
    first_period: int = -1
    of_closed: bool = False
    restatement: str = ""
    figures: str = ""


@dataclass(frozen=True, slots=True)
class RestatementRow:
    """An act that posts records again under the rules of then: what was asked, and how far it is.

    Parameters
    ----------
    id : str
        Who asks names it.
    selection : str
        Which records, as canonical JSON.
    cause, author, reason : str
        Why, and who says so.
    first_period, last_period : int
        The months that are asked about.
    number : int
        Of the act in the book, from 1.
    begin_seq, end_seq : int
        The book's numbers at its begin and its end: as of the first nothing is restated yet, as of
        the second all is. 0: it has not ended.
    unchanged_count, left_count : int
        Records that were posted so already; that the rules do not post, and that stay.
    """

    id: str
    selection: str
    cause: str
    author: str
    reason: str
    first_period: int
    last_period: int
    number: int = 0
    begin_seq: int = 0
    create_time: dt.datetime | None = None
    end_seq: int = 0
    end_time: dt.datetime | None = None
    unchanged_count: int = 0
    left_count: int = 0


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


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file: of one segment, by its seq, or a part of a run; then `segment` is 0.

    `segment_id` names the segment where both are committed together, before it has a seq. The
    part has the hashes whose first 12 bits are in ``[first_bucket, stop_bucket)``.
    """

    file_id: str
    run: str
    segment: int = 0
    segment_id: str = ""
    first_bucket: int = 0
    stop_bucket: int = 1 << 12


class SameRule(enum.StrEnum):
    """What becomes of a record that says what another one of its id says."""

    REVERSE = "reverse"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class KeyState:
    """The hash key of a book, how far its records were compared, and its rule."""

    hash_key: bytes
    checked_seq: int
    rule: SameRule


class SameKind(enum.StrEnum):
    """What records of one id are: they say the same, or they do not."""

    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


class SameState(enum.StrEnum):
    """Where a decision stands; one that is under way is finished, and changed by nobody."""

    OPEN = "open"
    DECIDING = "deciding"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class SameRecord:
    """Records of one id that somebody decides about.

    Parameters
    ----------
    kind, record_id
        What they are.
    facility, activity
        Of the first one.
    first_period, last_period
        Months since 1970-01 in which one of them has a part.
    record_count : int
        All of them.
    members : str
        JSON of the first ones: places and contents.
    number : int
        Of the entry in the book, from 1.
    state : SameState
    decision : str
        JSON: the members that are kept; empty before.
    author, reason
        Who decided, and why.
    """

    kind: SameKind
    record_id: str
    facility: str
    activity: str
    first_period: int
    last_period: int
    record_count: int
    members: str
    number: int = 0
    state: SameState = SameState.OPEN
    decision: str = ""
    author: str = ""
    reason: str = ""
    create_time: dt.datetime | None = None
    decide_time: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """What the rows of a file lie within, both ends inclusive: months, and facilities.

    Postings that a merge made have it; segments have their months, and empty facilities.
    """

    first_period: int
    last_period: int
    first_facility: str
    last_facility: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a manifest's books have come: it rises with all that happens, at a time of SQL's."""

    value: int
    time: dt.datetime
