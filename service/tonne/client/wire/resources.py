"""Resources of the API as the ledger's plain words, and back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.client.answers.days import day_message, read_day
from tonne.client.answers.results import QuarantineCause, SuspenseCause, read_totals, status_name
from tonne.errors import FieldInvalid
from tonne.model import (
    FACILITY_TYPES,
    Book,
    Channel,
    ChannelState,
    Edition,
    Entity,
    Facility,
    FacilityRule,
    FinancialControl,
    Holding,
    LateRecords,
    Word,
    WordField,
    check_channel_id,
    check_id,
)
from tonne.v1 import catalogue_pb2, ingest_pb2, ledger_pb2

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp


_WORD_FIELD = "WORD_FIELD_"


def book_name(book: str) -> str:
    """Name of a book; raises `NameInvalid`."""
    return f"books/{check_id('book', book)}"


def channel_name(book: str, channel: str) -> str:
    """Name of a channel; raises `NameInvalid`."""
    return f"{book_name(book)}/channels/{check_channel_id(channel)}"


_REQUESTS = "requests/"


def source_name(book: str, source: str) -> str:
    """Name of where records came from: a channel, or `requests/{request_id}`."""
    if source.startswith(_REQUESTS):
        return f"{book_name(book)}/{source}"
    return channel_name(book, source)


def source_of(name: str) -> str:
    """Channel of a resource name, or `requests/{request_id}`."""
    _, _, kind, last = name.split("/", 3)
    return f"{kind}/{last}" if f"{kind}/" == _REQUESTS else last


def last_id(name: str) -> str:
    """Id at the end of a resource name."""
    return name.rpartition("/")[2]


def read_book(message: ledger_pb2.Book) -> Book:
    """Read a book."""
    return Book(
        last_id(message.name),
        message.display_name,
        message.time_zone,
        FacilityRule(message.facility_rule or FacilityRule.WHEN_REGISTER_EXISTS),
        message.revision,
        read_timestamp(message.create_time),
        tuple(map(last_id, message.editions)),
        message.method_version,
        reopens_sealed=message.reopens_sealed,
        late_records=LateRecords(message.late_records or LateRecords.REFUSE),
    )


def read_word(message: ledger_pb2.Word) -> Word:
    """Read an entry of a book's words."""
    return Word(
        field=WordField(
            ledger_pb2.WordField.Name(message.field).removeprefix(_WORD_FIELD).lower()
        ),
        text=message.text,
        meaning=message.meaning,
        author=message.author,
        reason=message.reason,
        number=int(last_id(message.name)),
        is_in_force=message.in_force,
        create_time=read_timestamp(message.create_time),
        posted_count=message.posted_count,
    )


def read_cause(message: ledger_pb2.SuspenseCause) -> SuspenseCause:
    """Read what records in suspense wait for."""
    return SuspenseCause(
        status_name(message.status),
        message.field,
        message.got,
        message.message,
        message.record_count,
        {each.unit: Decimal(each.quantity) for each in message.quantities},
        read_timestamp(message.start_time),
        read_timestamp(message.end_time),
        read_timestamp(message.commit_time),
        Fraction(message.kg_co2e) if message.kg_co2e else None,
    )


def read_refused(message: ledger_pb2.QuarantineCause) -> QuarantineCause:
    """Read which rule records in quarantine break."""
    return QuarantineCause(
        status_name(message.status),
        message.field,
        message.message,
        message.record_count,
        {each.unit: Decimal(each.quantity) for each in message.quantities},
        message.unread_quantity_count,
        read_timestamp(message.commit_time),
        Fraction(message.kg_co2e) if message.kg_co2e else None,
        message.valued_record_count,
    )


def read_edition(message: catalogue_pb2.Edition) -> Edition:
    """Read an edition, imported or shipped."""
    return Edition(
        message.name.split("/")[1] if message.name.startswith("books/") else "",
        last_id(message.name),
        message.factor_count,
        message.sha256,
        read_timestamp(message.create_time) if message.HasField("create_time") else None,
        message.rank,
        message.title,
        message.publisher,
        message.licence,
        message.attribution,
    )


def read_channel(message: ingest_pb2.Channel) -> Channel:
    """Read a channel."""
    return Channel(
        message.name.split("/")[1] if "/" in message.name else "",
        last_id(message.name),
        message.epoch,
        message.committed_offset,
        ChannelState(message.state or ChannelState.OPEN),
        read_totals(message.control_totals),
        read_timestamp(message.create_time),
        read_timestamp(message.commit_time) if message.HasField("commit_time") else None,
    )


def read_facility(message: ledger_pb2.Facility) -> Facility:
    """Read a facility."""
    return Facility(
        message.id,
        message.display_name,
        FACILITY_TYPES[message.type] if message.type < len(FACILITY_TYPES) else "other",
        message.region,
        message.entity,
        message.ownership,
        read_day(message, "valid_from"),
        read_day(message, "valid_to"),
    )


def facility_message(facility: Facility, place: str) -> ledger_pb2.Facility:
    """Make the message of a facility at a place of an import.

    Raises
    ------
    FieldInvalid
        Its type is unknown, or a day is none.
    """
    if facility.type not in FACILITY_TYPES:
        raise FieldInvalid(
            f"{place}, type: facility {facility.id!r}: expected one of "
            f"{', '.join(FACILITY_TYPES[1:])}; got {facility.type!r}",
            metadata={
                "place": place,
                "facility": facility.id,
                "field": "type",
                "value": facility.type,
            },
        )
    return ledger_pb2.Facility(
        id=facility.id,
        display_name=facility.display_name,
        type=ledger_pb2.FacilityType.Name(FACILITY_TYPES.index(facility.type))
        if facility.type
        else None,
        region=facility.region,
        entity=facility.entity,
        ownership=facility.ownership,
        valid_from=day_message(facility.valid_from, place, "valid_from"),
        valid_to=day_message(facility.valid_to, place, "valid_to"),
    )


def read_entity(message: ledger_pb2.Entity) -> Entity:
    """Read an entity."""
    return Entity(
        message.id,
        message.display_name,
        message.parent,
        tuple(
            Holding(
                read_day(holding, "valid_from"),
                read_day(holding, "valid_to"),
                holding.equity_share,
                FinancialControl(holding.financial_control or FinancialControl.FULL),
                not holding.not_operated,
            )
            for holding in message.holdings
        ),
    )


def entity_message(entity: Entity, place: str) -> ledger_pb2.Entity:
    """Make the message of an entity at a place of an import.

    Raises
    ------
    FieldInvalid
        A day of a holding is none.
    """
    return ledger_pb2.Entity(
        id=entity.id,
        display_name=entity.display_name,
        parent=entity.parent,
        holdings=[
            ledger_pb2.Holding(
                valid_from=day_message(holding.valid_from, place, "valid_from"),
                valid_to=day_message(holding.valid_to, place, "valid_to"),
                equity_share=holding.equity_share,
                financial_control=ledger_pb2.FinancialControl.Name(holding.financial_control),
                not_operated=not holding.is_operated,
            )
            for holding in entity.holdings
        ],
    )


def read_timestamp(message: Timestamp) -> dt.datetime:
    """Read a timestamp as an aware datetime in UTC."""
    return message.ToDatetime(tzinfo=dt.UTC)
