"""Dataclasses to messages and back. No decisions: what a field means is said by its room."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Any, Final, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from tonne.catalogue.words.method import settings_of
from tonne.edge.messages import names
from tonne.edge.messages.status import write_in_band
from tonne.edge.messages.texts import refuse_texts
from tonne.errors import FieldInvalid
from tonne.ledger.statuses import field_name, row_error_message
from tonne.model import FACILITY_TYPES, Facility, FacilityRule, LateRecords, RowStatus
from tonne.quantities import atto_of, quantity_text
from tonne.v1 import ingest_pb2, ledger_pb2, report_pb2, status_pb2

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, EnumDescriptor

    from tonne.ingest.streams.replies import Reply
    from tonne.ledger.reading.quarantined import QuarantinedRecord
    from tonne.ledger.reading.records import LedgerRecord
    from tonne.model import (
        Book,
        Channel,
        ControlTotals,
        Limits,
        RowError,
    )
    from tonne.store.manifest.marks import Mark

M = TypeVar("M", bound=Message)
R = TypeVar("R", FacilityRule, LateRecords)

POSTED: Final = int(status_pb2.ROW_STATUS_POSTED)
"""The status of a record that is posted, in the API."""


def read_request(kind: type[M], message: bytes) -> M:
    """Parse a request, or raise `FieldInvalid`, which names what no request has.

    Texts that are no UTF-8, and enums that are set to their unspecified value.
    """
    try:
        request = kind.FromString(message)
    except DecodeError as error:
        raise refuse_texts(kind, message) or FieldInvalid(
            f"request: expected a serialized {kind.__name__} in valid UTF-8; got {len(message)} "
            "bytes that cannot be parsed",
            metadata={"field": "request", "sizeBytes": str(len(message))},
        ) from error
    _refuse_unspecified(request)
    return request


def _refuse_unspecified(message: Message, path: str = "") -> None:
    """Refuse an enum that is set to its first value: what is not set is left out.

    Raises
    ------
    FieldInvalid
        With the field, and what it may be.
    """
    for field, value in message.ListFields():
        if field.enum_type is None and not _holds_enums(field.message_type):
            continue
        values = value if field.is_repeated else (value,)
        for index, each in enumerate(values):
            place = f"{path}{field.name}[{index}]" if field.is_repeated else path + field.name
            if field.enum_type is None:
                _refuse_unspecified(each, f"{place}.")
            elif not each:
                raise _unspecified(field.enum_type, place)


@functools.cache
def _holds_enums(kind: Descriptor | None) -> bool:
    """Whether a message has an enum in it, or below; records, which go to the kernel, do not."""
    if kind is None or kind.full_name == "tonne.v1.Rows" or kind.GetOptions().map_entry:
        return False
    return any(
        field.enum_type is not None or _holds_enums(field.message_type) for field in kind.fields
    )


def _unspecified(kind: EnumDescriptor, place: str) -> FieldInvalid:
    names = ", ".join(value.name for value in kind.values if value.number)
    got = kind.values_by_number[0].name
    return FieldInvalid(
        f"{place}: expected one of {names}; got {got}: leave it out where nothing is to be said",
        metadata={"field": place, "value": got},
    )


def read_facility_rule(book: ledger_pb2.Book) -> FacilityRule:
    """Read the rule of a book; an absent one means WHEN_REGISTER_EXISTS."""
    return _read_rule(book, "facility_rule", FacilityRule.WHEN_REGISTER_EXISTS)


def read_facility(place: str, facility: ledger_pb2.Facility) -> Facility:
    """Read the facility at a place of a request, like `facilities[3]`."""
    if not 0 <= facility.type < len(FACILITY_TYPES):
        raise FieldInvalid(
            f"{place}.type: expected a FacilityType of the API; got {facility.type}",
            metadata={"field": f"{place}.type", "value": str(facility.type)},
        )
    return Facility(
        id=facility.id,
        display_name=facility.display_name,
        type=FACILITY_TYPES[facility.type],
        region=facility.region,
        entity=facility.entity,
        ownership=facility.ownership,
        valid_from=read_day(facility, "valid_from"),
        valid_to=read_day(facility, "valid_to"),
    )


def read_late_records(book: ledger_pb2.Book) -> LateRecords:
    """Read what becomes of late records; where it is open, they are refused."""
    return _read_rule(book, "late_records", LateRecords.REFUSE)


def _read_rule(book: ledger_pb2.Book, field: str, usual: R) -> R:
    """Read a rule of a book by the name of its field; an absent one is the usual one."""
    if not book.HasField(field):
        return usual
    number, kind = getattr(book, field), type(usual)
    try:
        return kind(number)
    except ValueError:
        raise FieldInvalid(
            f"book.{field}: expected a {kind.__name__} of the API; got {number}",
            metadata={"field": f"book.{field}", "value": str(number)},
        ) from None


def write_book(book: Book) -> ledger_pb2.Book:
    """Write a book."""
    return ledger_pb2.Book(
        name=names.write_book(book.id),
        display_name=book.display_name,
        time_zone=book.time_zone,
        facility_rule=_number(book.facility_rule),
        revision=book.revision,
        create_time=timestamp(book.create_time),
        editions=[write_edition_name(book, each) for each in settings_of(book).editions],
        method_version=book.method_version or None,
        reopens_sealed=book.reopens_sealed,
        late_records=_number(book.late_records),
    )


def write_edition_name(book: Book, edition: str) -> str:
    """Name an edition of a book's method: imported ones are the book's own."""
    return names.write_edition(book.id if edition in book.editions else "", edition)


def write_facility(facility: Facility) -> ledger_pb2.Facility:
    """Write a facility."""
    return ledger_pb2.Facility(
        id=facility.id,
        display_name=facility.display_name,
        type=_number(FACILITY_TYPES.index(facility.type)) if facility.type else None,
        region=facility.region,
        entity=facility.entity,
        ownership=facility.ownership,
        valid_from=write_day(facility.valid_from),
        valid_to=write_day(facility.valid_to),
    )


def write_channel(channel: Channel) -> ingest_pb2.Channel:
    """Write a channel."""
    return ingest_pb2.Channel(
        name=names.write_channel(channel.book, channel.id),
        epoch=channel.epoch,
        committed_offset=channel.committed_offset,
        state=_number(channel.state),
        control_totals=write_totals(channel.totals),
        create_time=timestamp(channel.create_time),
        commit_time=timestamp(channel.commit_time) if channel.commit_time else None,
        owner=channel.owner,
    )


def write_limits(limits: Limits) -> ingest_pb2.Limits:
    """Write what the server takes."""
    return ingest_pb2.Limits(
        message_bytes_max=limits.message_bytes_max,
        in_flight_bytes_max=limits.in_flight_bytes_max,
        batch_records_max=limits.batch_records_max,
        stream_lifetime=_duration(limits.stream_lifetime_s),
    )


def write_totals(totals: ControlTotals) -> ingest_pb2.ControlTotals:
    """Write control totals."""
    return ingest_pb2.ControlTotals(
        record_count=totals.record_count,
        posted_count=totals.posted_count,
        quarantined_count=totals.quarantined_count,
        suspended_count=totals.suspended_count,
        quantity_sum=quantity_text(totals.quantity_atto),
    )


def write_row_error(error: RowError) -> status_pb2.RowError:
    """Write one record that was not posted."""
    return status_pb2.RowError(
        index=error.index,
        offset=error.offset,
        status=_number(error.status),
        field=field_name(error.field),
        message=row_error_message(error),
    )


def write_reply(reply: Reply) -> ingest_pb2.AppendResponse:
    """Write a message of the server to a producer."""
    response = ingest_pb2.AppendResponse(
        durable_up_to_offset=reply.durable_offset,
        row_errors=[write_row_error(error) for error in reply.row_errors],
        row_errors_omitted_count=reply.row_errors_omitted,
        control_totals=write_totals(reply.totals) if reply.totals else None,
        credit_bytes=reply.credit_bytes,
    )
    if reply.close_signal:
        response.close_signal.reason = reply.close_signal.reason
        response.close_signal.grace.CopyFrom(_duration(reply.close_signal.grace_s))
    if reply.error:
        response.error.CopyFrom(write_in_band(reply.error))
    return response


def write_record(book: str, record: LedgerRecord) -> report_pb2.LedgerRecord:
    """Write a durable record."""
    return report_pb2.LedgerRecord(
        channel=names.write_source(book, record.source),
        offset=record.offset,
        record=_activity_record(record),
        status=row_status(record.status),
        segment=record.segment,
        commit_time=timestamp(record.commit_time),
        correction=names.write_correction(book, record.correction) if record.correction else "",
        replaced_by=names.write_source(book, record.by_source) if record.by_source else "",
        replaced_by_offset=record.by_offset,
        restatement=names.write_correction(book, record.restatement) if record.restatement else "",
    )


def write_suspended(book: str, record: LedgerRecord) -> ledger_pb2.SuspendedRecord:
    """Write a record in suspense."""
    return ledger_pb2.SuspendedRecord(
        channel=names.write_source(book, record.source),
        offset=record.offset,
        record=_activity_record(record),
        status=_number(record.status),
        message=record.message,
    )


def write_quarantined(book: str, record: QuarantinedRecord) -> ledger_pb2.QuarantinedRecord:
    """Write a record in quarantine."""
    return ledger_pb2.QuarantinedRecord(
        channel=names.write_source(book, record.source),
        offset=record.offset,
        status=_number(record.status),
        field=field_name(record.field),
        message=record.message,
        record=ingest_pb2.ActivityRecord(
            record_id=record.record_id,
            facility=record.facility,
            activity=record.activity,
            quantity=record.quantity or None,
            unit=record.unit,
            start=None if record.start is None else timestamp(record.start),
            end=None if record.end is None else timestamp(record.end),
            region=record.region,
            evidence=record.evidence,
            unread=record.unread,
        ),
        raw=record.raw,
    )


def _activity_record(record: LedgerRecord) -> ingest_pb2.ActivityRecord:
    return ingest_pb2.ActivityRecord(
        record_id=record.record_id,
        facility=record.facility,
        activity=record.activity,
        quantity=quantity_text(atto_of(record.quantity)),
        unit=record.unit,
        start=timestamp(record.start),
        end=timestamp(record.end),
        region=record.region,
        supplier=record.supplier,
        product=record.product,
        data_quality=_number(record.data_quality) if record.data_quality else None,
        evidence=record.evidence,
        attributes=record.attributes,
    )


def row_status(status: RowStatus) -> Any:
    """Give the number of a status in the API, where zero says nothing."""
    if status is RowStatus.REVERSED:
        return int(status_pb2.ROW_STATUS_REVERSED)
    return int(status) or POSTED


def _number(value: int) -> Any:
    """Give an enum's number; the stubs want the enum's own type, which no number has."""
    return int(value)


def read_day(message: Any, field: str) -> str:
    """Read a day as YYYY-MM-DD; empty where there is none.

    What the calendar does not have is written in the same form, like 2025-13-01: whoever checks
    the row tells it by its place, with all others.
    """
    if not message.HasField(field):
        return ""
    day = getattr(message, field)
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}"


def write_day(day: str) -> Date | None:
    """Write a day YYYY-MM-DD; None where there is none."""
    if not day:
        return None
    year, month, number = map(int, day.split("-"))
    return Date(year=year, month=month, day=number)


def timestamp(time: dt.datetime) -> Timestamp:
    """Write a moment."""
    written = Timestamp()
    written.FromDatetime(time)
    return written


def _duration(seconds: float) -> Duration:
    written = Duration()
    written.FromTimedelta(dt.timedelta(seconds=seconds))
    return written


def write_mark(mark: Mark) -> ledger_pb2.Mark:
    """Write a mark of a book."""
    return ledger_pb2.Mark(commit=mark.number, kind=mark.kind, time=mark.at)
