"""Why an entry was refused, and the answer to a request that came again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.errors import (
    ChannelClosed,
    ChannelUnknown,
    ContentMustMatch,
    EpochStale,
    EpochUnknown,
    LedgerInconsistent,
    OffsetGap,
    RecordsLost,
    TonneError,
)
from tonne.ledger.posting.entries import Lost, Outcome
from tonne.ledger.posting.posted import read_row_errors
from tonne.model import ChannelState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ledger.posting.acknowledged import Acknowledged
    from tonne.ledger.posting.entries import ChannelEntry, RequestEntry
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import MendRow


def reason_lost(
    manifest: Manifest, acknowledged: Acknowledged, book: str, entry: ChannelEntry
) -> TonneError:
    """Say why a channel is not where an entry took it to be."""
    known_offset = acknowledged.offset(book, entry.channel)
    try:
        channel = manifest.get_channel(book, entry.channel)
    except ChannelUnknown as error:
        return error
    if channel.state is ChannelState.CLOSED:
        return ChannelClosed.of(book, entry.channel)
    try:
        acknowledged.check_channel(channel, known_offset)
    except RecordsLost as error:
        return error
    if channel.epoch < entry.epoch:
        return EpochUnknown.of(book, entry.channel, epoch=entry.epoch, current=channel.epoch)
    if channel.epoch != entry.epoch or entry.owner not in {"", channel.owner}:
        return EpochStale.of(book, entry.channel, epoch=entry.epoch, current=channel.epoch)
    return OffsetGap.of(
        book, entry.channel, offset=entry.first_offset, expected=channel.committed_offset
    )


def refuse_mends(book: str, mends: Sequence[MendRow]) -> Outcome:
    """Refuse a request of which some records mend what another one has mended meanwhile."""
    first = mends[0]
    return Lost(ContentMustMatch.of_mend(book, first.channel, first.channel_offset))


def answer_request(manifest: Manifest, book: str, entry: RequestEntry) -> Outcome:
    """Give a request that was posted before its first answer, or refuse other content."""
    row = manifest.get_request(book, entry.request_id)
    metadata = {"book": book, "requestId": entry.request_id}
    if row is None:
        raise LedgerInconsistent(
            f"request {entry.request_id} of book {book} was posted before, but its answer "
            "cannot be read",
            metadata=metadata,
        )
    if row.content_sha256 == entry.content_sha256:
        return read_row_errors(row.row_errors_json, row.totals)
    return Lost(ContentMustMatch.of_request(book, entry.request_id))
