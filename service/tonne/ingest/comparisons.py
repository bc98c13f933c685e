"""Comparisons: the records of one call beside those that are durable at their offsets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tonne.errors import OffsetGap
from tonne.ingest.decoder import check_kind, check_size
from tonne.ingest.posts import let_in

if TYPE_CHECKING:
    from tonne.ingest.intake import Intake
    from tonne.ledger.posting.repeat import Comparison


async def compare_records(
    intake: Intake, place: tuple[str, str], first_offset: int, kind: int, content: bytes
) -> Comparison:
    """Compare the records of one call; `place` is book and channel. See `Ingest`."""
    check_kind(kind)
    check_size(len(content), intake.config.message_bytes_max)
    channel = await intake.get_channel(*place)
    decoder = intake.decoder()
    need_bytes = len(content) + decoder.measure(kind, content, 0, len(content))
    await let_in(intake, channel.book, len(content))
    await intake.admission.ask(need_bytes, asyncio.Event(), lambda: False)
    try:
        batch = await decoder.decode(kind, content, 0, len(content))
        stop_offset = first_offset + batch.record_count
        if first_offset < 0 or stop_offset > channel.committed_offset:
            raise OffsetGap.of(
                channel.book,
                channel.id,
                offset=first_offset,
                expected=channel.committed_offset,
                stop=stop_offset,
            )
        return await intake.compare(channel, first_offset, batch)
    finally:
        intake.admission.give_back(need_bytes)
