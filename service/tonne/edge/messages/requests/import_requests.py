"""Finds the parts of requests about records of a channel; reads and writes imports.

Records go to the kernel as they came, as those of a PostRecordsRequest do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tonne.edge.messages import names
from tonne.edge.messages.codec import timestamp
from tonne.edge.messages.requests.wire_fields import (
    BYTES,
    VARINT,
    BatchParts,
    read_fields,
    read_int64,
    read_packed_int64,
    read_text,
)
from tonne.errors import FieldInvalid
from tonne.store.rows import ImportClaim, ImportRow
from tonne.v1 import imports_pb2

TEXT_BYTES_MAX = 256
"""Longest name of a file or a profile."""

SKETCH_BYTES_MAX = 8 * 1_000
"""Most bytes of the digests of an import."""

SUPERSEDED_MAX = 1_000
"""Most imports that one supersedes."""

_OFFSETS = 3
_REASON_CODE = 6


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """Parts of a CompareRecordsRequest. `content` is the serialized batch."""

    name: str
    offset: int
    kind: int
    content: bytes
    ignores_evidence: bool


@dataclass(frozen=True, slots=True)
class DigestRequest:
    """Parts of a DigestRecordsRequest. `content` is the serialized batch, where there is one."""

    name: str
    offset: int
    kind: int
    content: bytes
    record_count: int


@dataclass(frozen=True, slots=True)
class MendRequest:
    """Parts of a MendRecordsRequest. `content` is the serialized batch."""

    name: str
    request_id: str
    offsets: tuple[int, ...]
    kind: int
    content: bytes


@dataclass(frozen=True, slots=True)
class CorrectRequest:
    """Parts of a CorrectRecordsRequest. `content` is the serialized batch."""

    name: str
    request_id: str
    offsets: tuple[int, ...]
    kind: int
    content: bytes
    reason_code: int
    reason: str
    author: str


def read_compare_request(message: bytes) -> CompareRequest:
    """Read a CompareRecordsRequest. Raises `BatchMustParse`, `FieldInvalid`."""
    name, batch, numbers = _read_parts(message, "CompareRecordsRequest")
    return CompareRequest(name, numbers[2], batch.kind, batch.content, bool(numbers[5]))


def read_digest_request(message: bytes) -> DigestRequest:
    """Read a DigestRecordsRequest. Raises `BatchMustParse`, `FieldInvalid`."""
    name, batch, numbers = _read_parts(message, "DigestRecordsRequest")
    return DigestRequest(name, numbers[2], batch.kind, batch.content, numbers[5])


def _read_parts(message: bytes, kind: str) -> tuple[str, BatchParts, dict[int, int]]:
    """Find name (1), batch (3, 4) and numbers (2, 5) of a request about records of a channel."""
    name, numbers = b"", {2: 0, 5: 0}
    batch = BatchParts(rows=3, arrow_ipc=4)
    for field, wire_type, start, stop in read_fields(message, kind):
        if wire_type == VARINT and field in numbers:
            numbers[field] = read_int64(message, start, kind)
        elif wire_type == BYTES and field == 1:
            name = message[start:stop]
        elif wire_type == BYTES:
            batch.take(field, message[start:stop])
    return read_text("name", name), batch, numbers


def read_mend_request(message: bytes) -> MendRequest:
    """Read a MendRecordsRequest. Raises `BatchMustParse`, `FieldInvalid`."""
    texts, offsets, batch, _ = _read_placed(message, "MendRecordsRequest")
    return MendRequest(
        read_text("name", texts[1]),
        read_text("request_id", texts[2]),
        tuple(offsets),
        batch.kind,
        batch.content,
    )


def read_correct_request(message: bytes) -> CorrectRequest:
    """Read a CorrectRecordsRequest. Raises `BatchMustParse`, `FieldInvalid`."""
    texts, offsets, batch, reason_code = _read_placed(message, "CorrectRecordsRequest")
    return CorrectRequest(
        read_text("name", texts[1]),
        read_text("request_id", texts[2]),
        tuple(offsets),
        batch.kind,
        batch.content,
        reason_code,
        read_text("reason", texts[7]),
        read_text("author", texts[8]),
    )


def _read_placed(message: bytes, kind: str) -> tuple[dict[int, bytes], list[int], BatchParts, int]:
    """Find texts, offsets (3), the batch (4, 5) and a code (6) of a request with offsets."""
    texts = {1: b"", 2: b"", 7: b"", 8: b""}
    offsets: list[int] = []
    code = 0
    batch = BatchParts(rows=4, arrow_ipc=5)
    for field, wire_type, start, stop in read_fields(message, kind):
        if field == _OFFSETS and wire_type == VARINT:
            offsets.append(read_int64(message, start, kind))
        elif field == _OFFSETS and wire_type == BYTES:
            offsets += read_packed_int64(message, start, stop, kind)
        elif field == _REASON_CODE and wire_type == VARINT:
            code = read_int64(message, start, kind)
        elif wire_type == BYTES and field in texts:
            texts[field] = message[start:stop]
        elif wire_type == BYTES:
            batch.take(field, message[start:stop])
    return texts, offsets, batch, code


def read_import(book: str, given: imports_pb2.Import, caller: str) -> ImportRow:
    """Read the import that a request describes. Raises `FieldInvalid`, `NameInvalid`."""
    of_book, channel = names.read_channel(given.channel, field="entry.channel")
    if of_book != book:
        raise _invalid("channel", f"a channel of book {book}", given.channel)
    for name in ("sha256", "profile_sha256"):
        text = getattr(given, name)
        if not re.fullmatch(r"[0-9a-f]{64}", text) and (text or name == "sha256"):
            raise _invalid(name, "64 hexadecimal digits in small letters", text)
    for name in ("file_name", "profile"):
        text = getattr(given, name)
        is_missing = not text and name == "file_name"
        if is_missing or len(text.encode()) > TEXT_BYTES_MAX or "\0" in text:
            raise _invalid(name, f"1 to {TEXT_BYTES_MAX} bytes without NUL", text[:64])
    if len(given.sketch) % 8 or len(given.sketch) > SKETCH_BYTES_MAX:
        raise _invalid(
            "sketch", f"digests of 8 bytes, {SKETCH_BYTES_MAX} in all", given.sketch[:8]
        )
    for name in ("first_offset", "record_count", "sketch_count"):
        if getattr(given, name) < 0:
            raise _invalid(name, "no negative number", getattr(given, name))
    return ImportRow(
        channel=channel,
        file_name=given.file_name,
        sha256=given.sha256,
        first_offset=given.first_offset,
        record_count=given.record_count,
        profile=given.profile,
        profile_sha256=given.profile_sha256,
        sketch=given.sketch,
        sketch_count=given.sketch_count,
        caller=caller,
    )


def read_claim(request: imports_pb2.CreateImportRequest) -> ImportClaim | None:
    """Read what an import claims; None without an epoch. Raises `FieldInvalid`."""
    if not request.epoch:
        return None
    if len(request.superseded_numbers) > SUPERSEDED_MAX:
        raise FieldInvalid(
            f"superseded_numbers: expected {SUPERSEDED_MAX:,} at most; got "
            f"{len(request.superseded_numbers):,}",
            metadata={"field": "superseded_numbers"},
        )
    return ImportClaim(
        request.epoch, request.compared_number, tuple(sorted(set(request.superseded_numbers)))
    )


def write_import(book: str, row: ImportRow) -> imports_pb2.Import:
    """Write an import."""
    return imports_pb2.Import(
        name=f"books/{book}/imports/{row.number}",
        channel=names.write_channel(book, row.channel),
        file_name=row.file_name,
        sha256=row.sha256,
        first_offset=row.first_offset,
        record_count=row.record_count,
        profile=row.profile,
        profile_sha256=row.profile_sha256,
        sketch=row.sketch,
        sketch_count=row.sketch_count,
        durable_count=row.durable_count,
        caller=row.caller,
        create_time=timestamp(row.create_time) if row.create_time else None,
    )


def _invalid(field: str, expected: str, found: object) -> FieldInvalid:
    return FieldInvalid(
        f"entry.{field}: {expected}; got {found!r}", metadata={"field": f"entry.{field}"}
    )
