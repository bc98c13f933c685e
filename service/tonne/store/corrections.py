"""Corrections: entries that say which records were reversed, by whom and why."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
import enum
from dataclasses import dataclass


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
