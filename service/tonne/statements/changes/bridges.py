"""Bridges: two answers of a book, and what lies between them, cause by cause."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal  # noqa: TC003  dataclass fields are read at run time by tools

from tonne.statements.fields import Day, Month  # noqa: TC001  see Decimal


class Approach(enum.StrEnum):
    """A consolidation approach; NONE: that of the book's method."""

    NONE = ""
    OPERATIONAL_CONTROL = "operational-control"
    FINANCIAL_CONTROL = "financial-control"
    EQUITY_SHARE = "equity-share"


class Cause(enum.StrEnum):
    """Why a number changed."""

    NEW_RECORDS = "new_records"
    CORRECTIONS = "corrections"
    DUPLICATES = "duplicates"
    CLEARING = "clearing"
    RESTATEMENTS = "restatements"
    REGISTER = "register"
    METHOD = "method"
    FACTOR = "factor"
    GWP_SET = "gwp_set"
    CONSOLIDATION = "consolidation"
    STRUCTURE = "structure"
    VOLUME = "volume"
    NEW_ACTIVITY = "new_activity"
    ENDED_ACTIVITY = "ended_activity"


@dataclass(frozen=True, slots=True)
class Side:
    """What one answer of a bridge is an answer to.

    Parameters
    ----------
    from_period, to_period : str
        Months, YYYY-MM, both inclusive; empty: from the beginning, to the end.
    gwp_set : str
        Of the valuation; empty: that of the book's method.
    consolidation : Approach
    method_version : int
        Version of the book's method under which everything is taken to be posted; 0: as it was.
    structure_on : str
        The day, YYYY-MM-DD, whose shares of entities count in all months; empty: each day its own.
    as_of : str
        The number of a commit, or a time with its offset from UTC; empty: now. Answers have the
        number of the commit.
    """

    from_period: Month = ""
    to_period: Month = ""
    gwp_set: str = ""
    consolidation: Approach = Approach.NONE
    method_version: int = 0
    structure_on: Day = ""
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class BridgeRow:
    """What of a part is one group's; `group` is in the order of `Bridge.group_by`."""

    group: tuple[str, ...]
    kg_co2e: Decimal


@dataclass(frozen=True, slots=True)
class BridgePart:
    """What one cause makes of the difference.

    `before` and `after` are the two answers of the walk between which it lies, with their kg.
    `rows` are its largest groups; `other_count` more have `other_kg_co2e` together.
    """

    cause: Cause
    kg_co2e: Decimal
    before: Side | None
    before_kg_co2e: Decimal
    after: Side | None
    after_kg_co2e: Decimal
    rows: tuple[BridgeRow, ...]
    other_count: int
    other_kg_co2e: Decimal


@dataclass(frozen=True, slots=True)
class Bridge:
    """From one answer to another: `from_kg_co2e`, all parts, and `to_kg_co2e` add up.

    `from_commit` and `to_commit` are the commits as of which the answers are: asked for by these
    numbers, the bridge is the same for ever. The suspended counts are of records of the selections
    that wait: they are in neither number.
    """

    from_kg_co2e: Decimal
    to_kg_co2e: Decimal
    difference_kg_co2e: Decimal
    group_by: tuple[str, ...]
    parts: tuple[BridgePart, ...]
    from_suspended_count: int
    to_suspended_count: int
    notices: tuple[str, ...]
    from_commit: int = 0
    to_commit: int = 0
