"""What the SDK hands back: plain data, decimals exact, times aware."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError

from tonne.client.answers.records import DATA_QUALITIES, record_mapping
from tonne.errors import FieldInvalid
from tonne.model import ControlTotals
from tonne.quantities import atto_of
from tonne.v1 import ingest_pb2, ledger_pb2, report_pb2, status_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from fractions import Fraction

ROW_ERRORS_MAX = 1_000
"""Row errors that one result keeps; the others are counted and listed by the server."""


@dataclass(frozen=True, slots=True)
class RowError:
    """One record that was not posted.

    `position` counts from 0 in the records of the call; `offset` in the channel. `status` is
    the rule that the record breaks, like `"UNIT_MUST_FIT_ACTIVITY"`.
    """

    position: int
    offset: int
    status: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class AppendResult:
    """What became of the records of one call; all of them are durable.

    Attributes
    ----------
    record_count, posted_count, quarantined_count, suspended_count : int
        Records that this call made durable, and what became of them.
    quantity_sum : Decimal
        Sum of the quantities of all records not in quarantine, whatever their units.
    row_errors : tuple of RowError
        The first records that were not posted, at most `ROW_ERRORS_MAX`.
    row_errors_omitted_count : int
        How many more there are; the listings of suspense and quarantine have them all.
    durable_up_to_offset : int
        Every record of the channel below this offset is durable. 0 for `post_records`.
    skipped_count : int
        Records at the beginning that the ledger had already.
    rounded_count : int
        Quantities of more than 18 places, which were rounded half-even at the 18th.
    rounded_first : str
        The first of them as it is written.
    """

    record_count: int
    posted_count: int
    quarantined_count: int
    suspended_count: int
    quantity_sum: Decimal
    row_errors: tuple[RowError, ...] = ()
    row_errors_omitted_count: int = 0
    durable_up_to_offset: int = 0
    skipped_count: int = 0
    rounded_count: int = 0
    rounded_first: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an append is: records durable (skipped ones among them), bytes sent."""

    record_count: int
    sent_bytes: int


@dataclass(frozen=True, slots=True)
class ClearingProgress:
    """How far a clearing of suspense is.

    `segment_count` had records in suspense when it began, `segments_done_count` of them were
    gone through; `cleared_count` records were posted, `remaining_count` still wait there.
    """

    segment_count: int = 0
    segments_done_count: int = 0
    cleared_count: int = 0
    remaining_count: int = 0


@dataclass(frozen=True, slots=True)
class SuspendedRecord:
    """A record that waits until the book is ready for it."""

    channel: str
    offset: int
    record: Mapping[str, object]
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class SuspenseCause:
    """What records in suspense wait for, and how many of them; `quantities` are by unit.

    `field` and `got` say what is at fault, `message` what to do. `start` is the earliest of the
    records', `end` the latest; the first of them became durable at `commit_time`. `kg_co2e` is
    what clearing posts of them to the total, None where that is unknown.
    """

    status: str
    field: str
    got: str
    message: str
    record_count: int
    quantities: Mapping[str, Decimal]
    start: dt.datetime
    end: dt.datetime
    commit_time: dt.datetime
    kg_co2e: Fraction | None = None


@dataclass(frozen=True, slots=True)
class QuarantineCause:
    """Records in quarantine that break one rule in one field; `quantities` are by unit.

    `message` is what the first of them is told, which became durable at `commit_time`. The
    quantities of `unread_quantity_count` are no numbers. `kg_co2e` is what `valued_record_count`
    of them would post to the total, were they accepted as they are; None: of none.
    """

    status: str
    field: str
    message: str
    record_count: int
    quantities: Mapping[str, Decimal]
    unread_quantity_count: int
    commit_time: dt.datetime
    kg_co2e: Fraction | None = None
    valued_record_count: int = 0


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record that breaks a rule, with its fields as they came, texts; `raw` are its bytes.

    Supplier, product, data quality and attributes are among them where the record came as a
    message, whose bytes have them.
    """

    channel: str
    offset: int
    status: str
    field: str
    message: str
    record: Mapping[str, str]
    raw: bytes


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """A durable record; `status` is empty where it is posted.

    Of a reversed one, `correction` names the entry; `replaced_by` and `replaced_by_offset` are the
    place of the record that stands for it, if there is one.
    """

    channel: str
    offset: int
    record: Mapping[str, object]
    status: str
    segment: str
    commit_time: dt.datetime
    correction: str = ""
    replaced_by: str = ""
    replaced_by_offset: int = 0
    restatement: str = ""


def status_name(status: int) -> str:
    """Name of a row status without its prefix; empty for a posted record."""
    if status == status_pb2.ROW_STATUS_POSTED:
        return ""
    try:
        return status_pb2.RowStatus.Name(status_pb2.RowStatus.ValueType(status)).removeprefix(
            "ROW_STATUS_"
        )
    except ValueError:  # a newer server's status
        return f"STATUS_{status}"


def read_totals(totals: ingest_pb2.ControlTotals) -> ControlTotals:
    """Read control totals; an absent sum is zero."""
    return ControlTotals(
        totals.record_count,
        totals.posted_count,
        totals.quarantined_count,
        totals.suspended_count,
        atto_of(Decimal(totals.quantity_sum or "0")),
    )


def read_row_error(error: status_pb2.RowError, base_offset: int) -> RowError:
    """Read a row error; its position counts from `base_offset`."""
    return RowError(
        error.offset - base_offset,
        error.offset,
        status_name(error.status),
        error.field,
        error.message,
    )


def read_ledger_record(item: report_pb2.LedgerRecord) -> LedgerRecord:
    """Read a durable record."""
    return LedgerRecord(
        item.channel,
        item.offset,
        record_mapping(item.record),
        status_name(item.status),
        item.segment,
        item.commit_time.ToDatetime(tzinfo=dt.UTC),
        item.correction,
        item.replaced_by,
        item.replaced_by_offset,
        item.restatement,
    )


def read_quarantined(record: ledger_pb2.QuarantinedRecord) -> QuarantinedRecord:
    """Read a record in quarantine."""
    fields = (
        *("record_id", "facility", "activity", "quantity", "unit", "region"),
        *("evidence", "unread"),
    )
    texts = {name: getattr(record.record, name) for name in fields}
    for name in ("start", "end"):
        texts[name] = _time_text(record.record, name)
    texts |= _further(record.raw)
    return QuarantinedRecord(
        record.channel,
        record.offset,
        status_name(record.status),
        record.field,
        record.message,
        texts,
        record.raw,
    )


def _further(raw: bytes) -> dict[str, str]:
    """Read the fields of a record that its bytes alone have; none where these cannot be read."""
    if not raw:
        return {}
    try:
        message = ingest_pb2.ActivityRecord.FromString(raw)
    except DecodeError:
        return {}
    return {
        **{name: getattr(message, name) for name in ("supplier", "product", "attributes")},
        "data_quality": DATA_QUALITIES[message.data_quality]
        if message.data_quality < len(DATA_QUALITIES)
        else "",
    }


def _time_text(record: ingest_pb2.ActivityRecord, name: str) -> str:
    """Write a time of a record as ISO 8601; empty where there is none."""
    if not record.HasField(name):
        return ""
    time: dt.datetime = getattr(record, name).ToDatetime(tzinfo=dt.UTC)
    return time.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller may do with a book.

    `caller` is empty where the server does not tell its callers apart; `calls` are the names of
    the calls for which the roles suffice, like `ClosePeriod`.
    """

    caller: str
    roles: tuple[str, ...]
    calls: frozenset[str]


AsOf = str | int | dt.datetime
"""The number of a commit, or a time with its offset from UTC; empty: now."""


@dataclass(frozen=True, slots=True)
class BookMoment:
    """The commit as of which an answer is, and its time. The number gives the same for ever."""

    commit: int
    time: dt.datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """A number at which balances are a set of files: kind is start, day, close or seal."""

    commit: int
    kind: str
    time: dt.datetime


def moment_text(as_of: AsOf) -> str:
    """Write a moment as the API has it. Raises `FieldInvalid` of a time without an offset."""
    if isinstance(as_of, dt.datetime):
        if as_of.tzinfo is None:
            raise FieldInvalid(
                f"as_of: expected a time with its offset from UTC; got {as_of.isoformat()}",
                metadata={"field": "as_of", "value": as_of.isoformat()},
            )
        return as_of.astimezone(dt.UTC).isoformat()
    return str(as_of)


def read_moment(message: Any) -> BookMoment | None:
    """Read as of which commit an answer is; None where it does not say."""
    if not message.HasField("as_of_time"):
        return None
    return BookMoment(message.commit, message.as_of_time.ToDatetime(dt.UTC))


def telling_last(
    messages: Iterable[Any], on_moment: Callable[[BookMoment], None] | None
) -> Iterator[Any]:
    """Give the messages of an answer, and tell what the last one says of its moment."""
    for message in messages:
        moment = read_moment(message)
        if moment is not None and on_moment is not None:
            on_moment(moment)
        yield message


def telling(pages: Iterable[Any], on_moment: Callable[[BookMoment], None] | None) -> Iterator[Any]:
    """Give pages, and tell of the first as of which moment all are."""
    is_first = True
    for page in pages:
        moment = read_moment(page)
        if is_first and moment is not None and on_moment is not None:
            on_moment(moment)
        is_first = False
        yield page
