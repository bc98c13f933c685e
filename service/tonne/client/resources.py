"""Resources of the API as the ledger's plain words, and back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from tonne.client.results import read_totals
from tonne.errors import FieldInvalid
from tonne.model import (
    FACILITY_TYPES,
    Book,
    Channel,
    ChannelState,
    Edition,
    Facility,
    FacilityRule,
    check_channel_id,
    check_id,
)
from tonne.v1 import catalogue_pb2, ingest_pb2, ledger_pb2

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp


def book_name(book: str) -> str:
    """Name of a book; raises `NameInvalid`."""
    return f"books/{check_id('book', book)}"


def channel_name(book: str, channel: str) -> str:
    """Name of a channel; raises `NameInvalid`."""
    return f"{book_name(book)}/channels/{check_channel_id(channel)}"


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
    )


def read_edition(message: catalogue_pb2.Edition) -> Edition:
    """Read an edition."""
    return Edition(
        message.name.split("/")[1] if "/" in message.name else "",
        last_id(message.name),
        message.factors_count,
        message.sha256,
        read_timestamp(message.create_time),
        message.rank,
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
        message.valid_from,
        message.valid_to,
    )


def facility_message(facility: Facility) -> ledger_pb2.Facility:
    """Make the message of a facility; raises `FieldInvalid` where its type is unknown."""
    if facility.type not in FACILITY_TYPES:
        raise FieldInvalid(
            f"facility {facility.id!r}: a type is one of {', '.join(FACILITY_TYPES[1:])}; "
            f"got {facility.type!r}",
            metadata={"facility": facility.id, "field": "type", "value": facility.type},
        )
    return ledger_pb2.Facility(
        id=facility.id,
        display_name=facility.display_name,
        type=ledger_pb2.FacilityType.Name(FACILITY_TYPES.index(facility.type)),
        region=facility.region,
        entity=facility.entity,
        ownership=facility.ownership,
        valid_from=facility.valid_from,
        valid_to=facility.valid_to,
    )


def read_timestamp(message: Timestamp) -> dt.datetime:
    """Read a timestamp as an aware datetime in UTC."""
    return message.ToDatetime(tzinfo=dt.UTC)
