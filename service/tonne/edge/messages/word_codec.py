"""Words of books, and what waits for them: messages to dataclasses and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import exact_text
from tonne.edge.messages import names
from tonne.edge.messages.codec import timestamp
from tonne.errors import FieldInvalid
from tonne.ledger.statuses import field_name
from tonne.model import Word, WordField
from tonne.quantities import quantity_text
from tonne.v1 import ledger_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tonne.ledger.reading.causes import CauseCount
    from tonne.ledger.reading.quarantined import RefusedCount

_FIELDS = {ledger_pb2.WordField.Value(f"WORD_FIELD_{field.name}"): field for field in WordField}


def read_word(message: ledger_pb2.Word, author: str) -> Word:
    """Read a word that is to be made; `author` is who calls. Raises `FieldInvalid`."""
    if message.field not in _FIELDS:
        known = ", ".join(map(ledger_pb2.WordField.Name, _FIELDS))
        raise FieldInvalid(
            f"word.field: expected one of {known}; got {message.field}",
            metadata={"field": "word.field", "value": str(message.field)},
        )
    return Word(
        field=_FIELDS[message.field],
        text=message.text,
        meaning=message.meaning,
        author=message.author or author,
        reason=message.reason,
    )


def write_word(book: str, word: Word) -> ledger_pb2.Word:
    """Write an entry of a book's words."""
    return ledger_pb2.Word(
        name=names.write_word(book, word.number),
        field=f"WORD_FIELD_{word.field.name}",
        text=word.text,
        meaning=word.meaning,
        author=word.author,
        reason=word.reason,
        create_time=None if word.create_time is None else timestamp(word.create_time),
        in_force=word.is_in_force,
        posted_count=word.posted_count,
    )


def write_cause(counted: CauseCount) -> ledger_pb2.SuspenseCause:
    """Write what records in suspense wait for."""
    return ledger_pb2.SuspenseCause(
        status=f"ROW_STATUS_{counted.status.name}",
        field=counted.cause.field,
        got=counted.cause.got,
        message=counted.cause.message,
        record_count=counted.record_count,
        quantities=_write_quantities(counted.quantities_atto),
        start_time=timestamp(counted.start),
        end_time=timestamp(counted.end),
        commit_time=timestamp(counted.commit_time),
        kg_co2e="" if counted.kg_co2e is None else exact_text(counted.kg_co2e),
    )


def write_refused(counted: RefusedCount) -> ledger_pb2.QuarantineCause:
    """Write which rule records in quarantine break."""
    return ledger_pb2.QuarantineCause(
        status=f"ROW_STATUS_{counted.status.name}",
        field=field_name(counted.at_fault),
        message=counted.message,
        record_count=counted.record_count,
        quantities=_write_quantities(counted.quantities_atto),
        unread_quantity_count=counted.unread_count,
        commit_time=timestamp(counted.commit_time),
        kg_co2e=exact_text(counted.kg_co2e) if counted.valued_count else "",
        valued_record_count=counted.valued_count,
    )


def _write_quantities(sums_atto: Mapping[str, int]) -> list[ledger_pb2.UnitQuantity]:
    return [
        ledger_pb2.UnitQuantity(unit=unit, quantity=quantity_text(atto))
        for unit, atto in sorted(sums_atto.items())
    ]
