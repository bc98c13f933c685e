"""Posts: the records of one call, durable once for each request id."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid
from tonne.ingest.committer import BatchQueue
from tonne.ingest.decoder import check_kind, check_size
from tonne.ledger.posting.correcting.reversals import check_entry
from tonne.ledger.posting.entries import Lost, RequestEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ingest.committer import PendingBatch
    from tonne.ingest.intake import Intake
    from tonne.ledger.posting.entries import Durable, Outcome
    from tonne.store.rows import MendRow
    from tonne.store.statement_rows import Correction


@dataclass(frozen=True, slots=True)
class Mending:
    """The records that those of a call stand for: their offsets, ascending.

    They are in quarantine or in suspense; posted or in suspense, where there is a correction.
    """

    channel: str
    offsets: tuple[int, ...]
    correction: Correction | None = None


async def post_records(
    intake: Intake,
    book: str,
    request_id: str,
    kind: int,
    content: bytes,
    *,
    mending: Mending | None = None,
) -> Durable:
    """Make the records of one call durable. See `Ingest.post_records`."""
    request_id = _check_request_id(request_id)
    check_kind(kind)
    check_size(len(content), intake.config.message_bytes_max)
    await intake.check_book(book)
    decoder = intake.decoder()
    need_bytes = len(content) + decoder.measure(kind, content, 0, len(content))
    await let_in(intake, book, len(content))
    received_s = asyncio.get_running_loop().time()
    intake.count_received(len(content))
    settled: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def settle(_: PendingBatch, outcome: Outcome) -> None:
        # A caller that went away has cancelled the future; its records are posted anyway.
        if not settled.done():
            settled.set_result(outcome)

    await intake.admission.ask(need_bytes, asyncio.Event(), lambda: False)
    try:
        batch = await decoder.decode(kind, content, 0, len(content))
        digest = hashlib.sha256(bytes([kind]))
        digest.update(content)
        mends: tuple[MendRow, ...] = ()
        if mending is not None:
            entry_of = mending.correction
            if entry_of is not None:
                check_entry(entry_of)
                digest.update(repr(entry_of).encode())
            digest.update(repr((mending.channel, mending.offsets)).encode())
            check_offsets(mending.offsets, batch.record_count)
            mends = await intake.supersede(
                book,
                mending.channel,
                mending.offsets,
                request_id,
                corrects=entry_of is not None,
            )
        correction = mending.correction if mending is not None else None
        entry = RequestEntry(batch, request_id, digest.hexdigest(), mends, correction)
        intake.admission.hold(len(content))
        intake.offer(book, BatchQueue(settle), entry, len(content), received_s)
    finally:
        intake.admission.give_back(need_bytes)
    outcome = await settled
    if isinstance(outcome, Lost):
        raise outcome.error
    intake.count_durable()
    return outcome


async def let_in(intake: Intake, book: str, size_bytes: int) -> None:
    """Wait for the rate of a book, and until it and the process have room."""
    room = intake.rooms.of(book)
    await room.wait_for_turn(size_bytes, asyncio.Event(), lambda: False)
    while not (room.has_room and intake.admission.has_room):
        await room.wait_for_room()
        await intake.admission.wait_for_room()


def check_offsets(offsets: Sequence[int], record_count: int) -> None:
    """See that each record has an offset, and that they ascend. Raises `FieldInvalid`."""
    ascends = all(before < after for before, after in itertools.pairwise((-1, *offsets)))
    if len(offsets) != record_count or not ascends or not offsets:
        raise FieldInvalid(
            f"offsets: one for each of the {record_count} records, ascending; got {len(offsets)}",
            metadata={"field": "offsets"},
        )


def _check_request_id(text: str) -> str:
    """Return a request id in the form of a UUID, or raise `FieldInvalid`."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise FieldInvalid(
            "request_id: expected a UUID like 123e4567-e89b-12d3-a456-426614174000, new for "
            f"each request and the same for its repeats; got {text!r}",
            metadata={"field": "request_id", "requestId": text},
        ) from None
