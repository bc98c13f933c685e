"""A statement: its kind, its id, its version, and what it says."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
import enum
import json
from dataclasses import dataclass
from typing import Any, Final

from tonne.statements.changes.restatements import BaseYear, Restatement
from tonne.statements.claims import Enablement, Offset
from tonne.statements.definitions.indicators import IndicatorDefinition
from tonne.statements.definitions.keys import KeptKey
from tonne.statements.fields import check_fields, from_mapping, invalid, to_mapping
from tonne.statements.measures import Measure
from tonne.statements.products import Footprint, Packaging, Product
from tonne.statements.suppliers import Evidence, Supplier
from tonne.statements.targets import Target

BODY_BYTES_MAX: Final = 8_192
"""Longest body of a statement."""


class Kind(enum.StrEnum):
    """What a statement is about."""

    SUPPLIER = "supplier"
    EVIDENCE = "evidence"
    TARGET = "target"
    MEASURE = "measure"
    ENABLEMENT = "enablement"
    OFFSET = "offset"
    PRODUCT = "product"
    FOOTPRINT = "footprint"
    PACKAGING = "packaging"
    INDICATOR = "indicator"
    ALLOCATION_KEY = "allocation_key"
    BASE_YEAR = "base_year"
    RESTATEMENT = "restatement"


BODIES: Final[dict[Kind, type[Any]]] = {
    Kind.SUPPLIER: Supplier,
    Kind.EVIDENCE: Evidence,
    Kind.TARGET: Target,
    Kind.MEASURE: Measure,
    Kind.ENABLEMENT: Enablement,
    Kind.OFFSET: Offset,
    Kind.PRODUCT: Product,
    Kind.FOOTPRINT: Footprint,
    Kind.PACKAGING: Packaging,
    Kind.INDICATOR: IndicatorDefinition,
    Kind.ALLOCATION_KEY: KeptKey,
    Kind.BASE_YEAR: BaseYear,
    Kind.RESTATEMENT: Restatement,
}
"""The class of what each kind says."""

_KIND_OF: Final = {body: kind for kind, body in BODIES.items()}


@dataclass(frozen=True, slots=True)
class Statement:
    """One version of a statement.

    Parameters
    ----------
    kind : Kind
    id : str
        The same for all versions.
    body : object
        One of `BODIES`; None withdraws the statement.
    valid_from : str
        First day that this version speaks of, until a later version does. Empty where one is to be
        made: the day of evidence or of a lot's state, of all else the day on which it is made.
    reason : str
        Why it is stated, or stated anew.
    author : str
        Who says so.
    version : int
        Counts the statements of the kind and the id from 1; where one is to be made, the version
        that was read before, 0 whatever is in force.
    number : int
        Counts the statements of the book from 1.
    create_time : datetime, optional
        When it was stated.
    """

    kind: Kind
    id: str
    body: Any = None
    valid_from: str = ""
    reason: str = ""
    author: str = ""
    version: int = 0
    number: int = 0
    create_time: dt.datetime | None = None

    @property
    def is_withdrawn(self) -> bool:
        """Whether this version ends the statement."""
        return self.body is None


def statement_of(id_: str, body: Any, *, valid_from: str = "", reason: str = "") -> Statement:
    """Make a statement of what it says."""
    return Statement(_KIND_OF[type(body)], id_, body, valid_from, reason)


def body_text(body: Any) -> str:
    """Write a body as canonical JSON: the same text for the same statement; empty for None."""
    if body is None:
        return ""
    return json.dumps(to_mapping(body), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_body(kind: Kind, text: str) -> Any:
    """Read a body from its canonical JSON."""
    return from_mapping(BODIES[kind], json.loads(text), str(kind)) if text else None


def check_body(body: Any, place: str) -> None:
    """Check what a statement says by itself. Raises `FieldInvalid`."""
    check_fields(body, place)
    body.check(place)
    size = len(body_text(body).encode())
    if size > BODY_BYTES_MAX:
        raise invalid(place, f"at most {BODY_BYTES_MAX} bytes as JSON", str(size))
