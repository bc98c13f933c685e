"""Corrections: messages to dataclasses and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge.messages import names
from tonne.edge.messages.codec import timestamp, write_record
from tonne.errors import FieldInvalid
from tonne.ledger.posting.correcting.selection import Selection
from tonne.model import period_of_month
from tonne.store.statement_rows import Correction, CorrectionKind, ReasonCode
from tonne.v1 import corrections_pb2

if TYPE_CHECKING:
    from tonne.ledger.reading.corrections import CorrectionEntry

_REASONS = {
    corrections_pb2.ReasonCode.Value(f"REASON_CODE_{each.name}"): each for each in ReasonCode
}


def read_selection(book: str, message: corrections_pb2.RecordSelection) -> Selection:
    """Read which records are meant. Raises `FieldInvalid`, `NameInvalid`."""
    source = ""
    if message.source:
        of_book, source = names.read_mended(message.source, field="selection.source")
        if of_book != book:
            raise FieldInvalid(
                f"selection.source: expected a channel of book {book}; got {message.source!r}",
                metadata={"field": "selection.source"},
            )
    return Selection(
        source=source,
        offsets=tuple(sorted(set(message.offsets))),
        first_offset=message.first_offset,
        stop_offset=message.stop_offset,
        record_id=message.record_id,
        facility=message.facility,
        period=period_of_month(message.month) if message.month else -1,
    )


def read_entry(
    kind: CorrectionKind, reason_code: int, reason: str, author: str, selection: str = ""
) -> Correction:
    """Read who corrects, and why. Raises `FieldInvalid`."""
    if reason_code not in _REASONS:
        known = ", ".join(map(corrections_pb2.ReasonCode.Name, _REASONS))
        raise FieldInvalid(
            f"reason_code: expected one of {known}; got {reason_code}",
            metadata={"field": "reason_code", "value": str(reason_code)},
        )
    return Correction(kind, selection, author, _REASONS[reason_code], reason)


def write_correction(book: str, entry: CorrectionEntry) -> corrections_pb2.Correction:
    """Write an entry with its records."""
    made = entry.correction
    return corrections_pb2.Correction(
        name=names.write_correction(book, made.number),
        kind=f"CORRECTION_KIND_{made.kind.name}",
        selection=made.selection,
        record_count=made.record_count,
        request=f"books/{book}/requests/{made.request_id}" if made.request_id else "",
        author=made.author,
        reason_code=f"REASON_CODE_{made.reason_code.name}",
        reason=made.reason,
        create_time=None if made.create_time is None else timestamp(made.create_time),
        correction_of_closed=made.of_closed,
        restatement=made.restatement,
        records=[
            corrections_pb2.CorrectedRecord(
                before=write_record(book, each.before),
                after=None if each.after is None else write_record(book, each.after),
            )
            for each in entry.records
        ],
    )
