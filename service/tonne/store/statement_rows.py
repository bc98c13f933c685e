"""Rows of statements, and which of them are seen."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
from dataclasses import dataclass


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
