"""Rows of statements, which of them are seen, entries of corrections; kinds and spans of files."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
import enum
from dataclasses import dataclass
from typing import Literal

FileKind = Literal[
    "segment", "postings", "quarantine", "clearing", "rollup", "rollup_members", "rollup_sites"
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
    """What an entry did: took records back, or took them back and posted others for them."""

    REVERSAL = "reversal"
    CORRECTION = "correction"


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


@dataclass(frozen=True, slots=True)
class Span:
    """What the postings of a file lie within, both ends inclusive: months, and facilities."""

    first_period: int
    last_period: int
    first_facility: str
    last_facility: str
