"""Comparisons: the records of one call beside those that are durable in their channel."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid, OffsetGap
from tonne.ingest.decoder import check_kind, check_size
from tonne.ingest.posts import let_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tonne.ingest.intake import Intake
    from tonne.ledger.posting.comparing.digests import Digests
    from tonne.ledger.posting.comparing.kept import Comparison
    from tonne.model import Channel
    from tonne_kernel import Batch


DIGESTS_MAX = 100_000
"""Most records that one call digests of those that are kept: two digests of 8 bytes each."""


async def compare_records(
    intake: Intake,
    place: tuple[str, str],
    first_offset: int,
    kind: int,
    content: bytes,
    *,
    ignored: frozenset[str],
) -> Comparison:
    """Compare the records of one call; `place` is book and channel. See `Ingest`."""
    async with _decoded(intake, place, kind, content) as (channel, batch):
        _check_durable(channel, first_offset, first_offset + batch.record_count)
        return await intake.compare(channel, first_offset, batch, ignored)


async def digest_records(
    intake: Intake, place: tuple[str, str], kind: int, content: bytes
) -> Digests:
    """Digest the records of one call. See `Ingest`."""
    async with _decoded(intake, place, kind, content) as (channel, batch):
        return await intake.digest_batch(channel, batch)


async def digest_kept(
    intake: Intake, place: tuple[str, str], first_offset: int, record_count: int
) -> Digests:
    """Digest records that are durable. See `Ingest`."""
    channel = await intake.get_channel(*place)
    if not 0 <= record_count <= DIGESTS_MAX:
        raise FieldInvalid(
            f"record_count: expected 0 to {DIGESTS_MAX:,} where no records are given; got "
            f"{record_count:,}",
            metadata={"field": "record_count"},
        )
    _check_durable(channel, first_offset, first_offset + record_count)
    await let_in(intake, channel.book, record_count)
    return await intake.digest_kept(channel, (first_offset, first_offset + record_count))


@asynccontextmanager
async def _decoded(
    intake: Intake, place: tuple[str, str], kind: int, content: bytes
) -> AsyncIterator[tuple[Channel, Batch]]:
    """Decode a batch that is looked at and not posted, in room that is given back."""
    check_kind(kind)
    check_size(len(content), intake.config.message_bytes_max)
    channel = await intake.get_channel(*place)
    decoder = intake.decoder()
    need_bytes = len(content) + decoder.measure(kind, content, 0, len(content))
    await let_in(intake, channel.book, len(content))
    await intake.admission.ask(need_bytes, asyncio.Event(), lambda: False)
    try:
        yield channel, await decoder.decode(kind, content, 0, len(content))
    finally:
        intake.admission.give_back(need_bytes)


def _check_durable(channel: Channel, first_offset: int, stop_offset: int) -> None:
    if first_offset < 0 or stop_offset > channel.committed_offset:
        raise OffsetGap.of(
            channel.book,
            channel.id,
            offset=first_offset,
            expected=channel.committed_offset,
            stop=stop_offset,
        )
