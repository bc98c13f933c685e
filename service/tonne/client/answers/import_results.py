"""What calls about imports answer, as plain data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from tonne.client.answers.results import LedgerRecord, read_ledger_record
from tonne.v1 import corrections_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from tonne.v1 import imports_pb2


@dataclass(frozen=True, slots=True)
class Import:
    """A file that was brought into a channel; `number` is 0 before the server gave it one.

    `first_offset` is that of its first record; `record_count` are its records, of which
    `durable_count` are durable by now. `sketch` holds the least 64-bit digests of its records,
    out of `sketch_count` different ones.
    """

    channel: str
    file_name: str
    sha256: str
    first_offset: int
    record_count: int
    profile: str = ""
    profile_sha256: str = ""
    sketch: bytes = b""
    sketch_count: int = 0
    number: int = 0
    durable_count: int = 0
    caller: str = ""
    create_time: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportClaim:
    """What binds an import to its channel alone.

    `epoch` is that of the open channel; `compared_number` that of the last import of the book
    with which the file was compared; `superseded` are the numbers of imports of the same records
    of which nothing is durable: their channels are fenced.
    """

    epoch: int
    compared_number: int
    superseded: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordDifference:
    """A record that differs from the one kept at its offset; fields as (name, kept, came)."""

    offset: int
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of records that were compared.

    `differences` are from records that are posted or in suspense, the first of them, and
    `difference_count` all; at `mendable_offsets` they differ from what is in quarantine;
    `quarantined_count` are the same as what is in quarantine. At `correctable_offsets` stands the
    same record with other content: `correct_records` takes them.
    """

    record_count: int = 0
    differences: tuple[RecordDifference, ...] = ()
    difference_count: int = 0
    mendable_offsets: tuple[int, ...] = ()
    quarantined_count: int = 0
    correctable_offsets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests of records in their order, 8 bytes each, little-endian.

    Records with one of `contents` are proposed to be the same, but for their evidence; with one of
    `keys`, to be of one `record_id`, place and time. `compare_records` decides.
    `quarantined_offsets` are of durable records in quarantine.
    """

    contents: bytes = b""
    keys: bytes = b""
    quarantined_offsets: tuple[int, ...] = ()


def join_digests(parts: Sequence[imports_pb2.DigestRecordsResponse]) -> Digests:
    """Join the digests of several calls."""
    return Digests(
        b"".join(part.contents for part in parts),
        b"".join(part.keys for part in parts),
        tuple(offset for part in parts for offset in part.quarantined_offsets),
    )


def read_import(message: imports_pb2.Import) -> Import:
    """Read an import."""
    return Import(
        channel=message.channel.rpartition("/")[2],
        file_name=message.file_name,
        sha256=message.sha256,
        first_offset=message.first_offset,
        record_count=message.record_count,
        profile=message.profile,
        profile_sha256=message.profile_sha256,
        sketch=message.sketch,
        sketch_count=message.sketch_count,
        number=int(message.name.rpartition("/")[2]),
        durable_count=message.durable_count,
        caller=message.caller,
        create_time=message.create_time.ToDatetime(tzinfo=dt.UTC),
    )


@dataclass(frozen=True, slots=True)
class ReversalProgress:
    """How far a reversal is: segments, and records reversed, reversed before, in quarantine."""

    segment_count: int
    segments_done_count: int
    reversed_count: int
    already_reversed_count: int
    quarantined_count: int


@dataclass(frozen=True, slots=True)
class CorrectedRecord:
    """A record as it was, and the one that stands for it, if there is one."""

    before: LedgerRecord
    after: LedgerRecord | None


@dataclass(frozen=True, slots=True)
class Correction:
    """An entry: what was reversed at once, by whom and why, and the first of its records.

    `restatement` is the id of the restatement that it is a part of.
    """

    number: int
    kind: str
    selection: str
    record_count: int
    request: str
    author: str
    reason_code: str
    reason: str
    create_time: dt.datetime
    records: tuple[CorrectedRecord, ...] = ()
    correction_of_closed: bool = False
    restatement: str = ""


def read_correction(message: corrections_pb2.Correction) -> Correction:
    """Read an entry."""
    return Correction(
        number=int(message.name.rpartition("/")[2]),
        kind=corrections_pb2.CorrectionKind.Name(message.kind)
        .removeprefix("CORRECTION_KIND_")
        .lower(),
        selection=message.selection,
        record_count=message.record_count,
        request=message.request,
        author=message.author,
        reason_code=corrections_pb2.ReasonCode.Name(message.reason_code)
        .removeprefix("REASON_CODE_")
        .lower(),
        reason=message.reason,
        create_time=message.create_time.ToDatetime(tzinfo=dt.UTC),
        records=tuple(
            CorrectedRecord(
                read_ledger_record(each.before),
                read_ledger_record(each.after) if each.HasField("after") else None,
            )
            for each in message.records
        ),
        correction_of_closed=message.correction_of_closed,
        restatement=message.restatement,
    )


@dataclass(frozen=True, slots=True)
class SameRecordMember:
    """One of the records of an id; members of an equal `content_digest` say the same.

    Where it was asked for and nothing is decided, `worth` says what is known of its kg CO2e: it is
    `posted`, it `waits`, was `reversed`, or is not told (`hourly`, `unnoted`, `beyond_limit`).
    `kg_co2e` is for what it counts in the total now, by the location-based method and before
    shares of entities; `kept_change_kg_co2e` by how much the total changes where it is kept alone.
    """

    source: str
    offset: int
    facility: str
    activity: str
    quantity: str
    unit: str
    start: str
    end: str
    content_digest: str
    worth: str = ""
    kg_co2e: Decimal | None = None
    kept_change_kg_co2e: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SameRecord:
    """Records of one id about which somebody decides; `kept` are members, counted from 1.

    `kg_co2e` is at stake: the most by which the total falls where one record is kept alone; None:
    it is not known, or was not asked for.
    """

    number: int
    kind: str
    state: str
    record_id: str
    record_count: int
    members: tuple[SameRecordMember, ...]
    kept: tuple[int, ...]
    author: str
    reason: str
    create_time: dt.datetime
    first_month: str
    last_month: str
    kg_co2e: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SameRecordGroup:
    """What waits for a decision of one kind, facility and activity.

    `kg_co2e` is the sum of what is at stake of `valued_entry_count` of its entries; None: of none.
    """

    kind: str
    facility: str
    activity: str
    entry_count: int
    record_count: int
    oldest: int
    oldest_time: dt.datetime
    valued_entry_count: int = 0
    kg_co2e: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SameRecordSummary:
    """How far the records of a book are compared, what becomes of duplicates, what waits."""

    complete_up_to_commit: int
    is_complete: bool
    rule: str
    undecided_count: int
    groups: tuple[SameRecordGroup, ...]


@dataclass(frozen=True, slots=True)
class SameRecordComparison:
    """What was found as records were compared, and whether all are compared now."""

    reversed_count: int
    entry_count: int
    is_complete: bool


def read_same_record(message: corrections_pb2.SameRecord) -> SameRecord:
    """Read records of one id."""
    return SameRecord(
        number=int(message.name.rpartition("/")[2]),
        kind=_same_kind(message.kind),
        state=corrections_pb2.SameRecordState.Name(message.state)
        .removeprefix("SAME_RECORD_STATE_")
        .lower(),
        record_id=message.record_id,
        record_count=message.record_count,
        members=tuple(
            SameRecordMember(
                source=each.source,
                offset=each.offset,
                facility=each.facility,
                activity=each.activity,
                quantity=each.quantity,
                unit=each.unit,
                start=each.start,
                end=each.end,
                content_digest=each.content_digest,
                worth=_worth(each.worth),
                kg_co2e=_decimal(each, "kg_co2e"),
                kept_change_kg_co2e=_decimal(each, "kept_change_kg_co2e"),
            )
            for each in message.members
        ),
        kept=tuple(message.kept),
        author=message.author,
        reason=message.reason,
        create_time=message.create_time.ToDatetime(tzinfo=dt.UTC),
        first_month=message.first_month,
        last_month=message.last_month,
        kg_co2e=_decimal(message, "kg_co2e"),
    )


def read_same_summary(message: corrections_pb2.GetSameRecordSummaryResponse) -> SameRecordSummary:
    """Read what waits for decisions."""
    return SameRecordSummary(
        message.complete_up_to_commit,
        message.is_complete,
        corrections_pb2.SameRecordRule.Name(message.rule)
        .removeprefix("SAME_RECORD_RULE_")
        .lower(),
        message.undecided_count,
        tuple(
            SameRecordGroup(
                _same_kind(each.kind),
                each.facility,
                each.activity,
                each.entry_count,
                each.record_count,
                int(each.oldest.rpartition("/")[2]),
                each.oldest_time.ToDatetime(tzinfo=dt.UTC),
                each.valued_entry_count,
                _decimal(each, "kg_co2e"),
            )
            for each in message.groups
        ),
    )


def _same_kind(kind: corrections_pb2.SameRecordKind) -> str:
    return corrections_pb2.SameRecordKind.Name(kind).removeprefix("SAME_RECORD_KIND_").lower()


def _worth(worth: corrections_pb2.SameRecordWorth) -> str:
    if not worth:
        return ""
    name = corrections_pb2.SameRecordWorth.Name(worth)
    return name.removeprefix("SAME_RECORD_WORTH_").lower()


def _decimal(message: Message, name: str) -> Decimal | None:
    return Decimal(getattr(message, name)) if message.HasField(name) else None
