"""Statements: messages to dataclasses and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from tonne.edge.messages import names
from tonne.edge.messages.codec import timestamp
from tonne.ledger.as_of import read_as_of
from tonne.ledger.book.statements.statements import View
from tonne.statements import messages
from tonne.statements.fields import check_id, invalid, is_number
from tonne.statements.statement import BODIES, Kind, Statement
from tonne.v1 import statements_pb2

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp

    from tonne.ledger.as_of import AsOf
    from tonne.store.manifest.moments import Point

M = TypeVar("M", bound="Message")

_KINDS = {
    number: Kind[name.removeprefix("STATEMENT_KIND_")]
    for name, number in statements_pb2.StatementKind.items()
    if number
}


def read_statement(message: statements_pb2.Statement, place: str, author: str) -> Statement:
    """Read a statement that is to be made; `author` is who calls. Raises `FieldInvalid`."""
    said = message.WhichOneof("body")
    stated = read_kind(message, f"{place}.kind")
    kind = Kind(said) if said else stated
    if kind is None:
        raise invalid(place, f"what it says: one of {', '.join(Kind)}, or withdrawn", "nothing")
    if stated is not None and stated is not kind:
        raise invalid(f"{place}.kind", f"{kind}, as what it says", str(stated))
    if bool(said) == message.withdrawn:
        expected = "nothing that a withdrawn one says" if said else f"what a {kind} says"
        raise invalid(f"{place}.{kind}", expected, said or "nothing")
    return Statement(
        kind,
        message.id,
        messages.read(BODIES[kind], getattr(message, said), f"{place}.{kind}") if said else None,
        read_day(message, "valid_from", f"{place}.valid_from"),
        message.reason,
        message.author or author,
        message.version,
    )


def write_statement(book: str, statement: Statement) -> statements_pb2.Statement:
    """Write a version of a statement."""
    message = statements_pb2.Statement(
        name=names.write_statement(book, statement.number),
        kind=f"STATEMENT_KIND_{statement.kind.name}",
        id=statement.id,
        version=statement.version,
        valid_from=messages.date_message(statement.valid_from, "valid_from"),
        reason=statement.reason,
        author=statement.author,
        create_time=None if statement.create_time is None else timestamp(statement.create_time),
        withdrawn=statement.is_withdrawn,
    )
    if statement.body is not None:
        said = getattr(message, statement.kind)
        said.SetInParent()
        messages.fill(said, statement.body, str(statement.kind))
    return message


def read_kind(message: Any, place: str) -> Kind | None:
    """Read a kind; None where it is left open. Raises `FieldInvalid`."""
    if not message.HasField("kind"):
        return None
    if message.kind not in _KINDS:
        known = ", ".join(statements_pb2.StatementKind.keys()[1:])
        raise invalid(place, f"one of {known}", str(message.kind))
    return _KINDS[message.kind]


def read_day(message: Any, field: str, place: str) -> str:
    """Read a day as YYYY-MM-DD, empty where there is none. Raises `FieldInvalid`."""
    if not message.HasField(field):
        return ""
    return messages.read_date(getattr(message, field), place)


def read_moment(message: Any, field: str) -> dt.datetime | None:
    """Read a moment of a request, or None. Raises `FieldInvalid` where it is none."""
    if not message.HasField(field):
        return None
    moment: Timestamp = getattr(message, field)
    return messages.read_moment(moment, field)


@dataclass(frozen=True, slots=True)
class Asked:
    """Of when a request wants an answer.

    Parameters
    ----------
    as_of : AsOf, optional
        The moment; None: now.
    by : datetime, optional
        Only what was stated by then.
    day : str
        The day of which statements speak; empty: any.
    """

    as_of: AsOf | None = None
    by: dt.datetime | None = None
    day: str = ""

    def view(self, kind: Kind | None) -> View:
        """See the statements of a kind."""
        return View(kind, self.by, self.day)

    def at(self, point: Point) -> Asked:
        """Ask for what was stated by a moment, and by the time that the request names."""
        return replace(self, by=point.time if self.by is None else min(self.by, point.time))


def read_asked(request: Any) -> Asked:
    """Read of when a request wants statements. Raises `FieldInvalid`."""
    has_day = "valid_on" in request.DESCRIPTOR.fields_by_name
    return Asked(
        read_as_of(request.as_of),
        read_moment(request, "as_of_time"),
        read_day(request, "valid_on", "valid_on") if has_day else "",
    )


def read_spend(
    rows: Iterable[statements_pb2.SupplierSpend],
) -> Iterator[tuple[str, str, str]]:
    """Read spend by supplier: supplier, amount, currency. Raises `FieldInvalid`."""
    for index, row in enumerate(rows):
        place = f"spend[{index}]"
        if not is_number(row.amount):
            raise invalid(f"{place}.amount", "a decimal number like 1234.50", row.amount)
        yield check_id(f"{place}.supplier", row.supplier), row.amount, row.currency.strip()


def write_answer(message: M, answer: Any) -> M:
    """Write what follows from statements."""
    messages.fill(message, answer, type(answer).__name__)
    return message
