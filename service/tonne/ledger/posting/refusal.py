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
from tonne.ledger.posting.group import read_row_errors
from tonne.model import ChannelState

if TYPE_CHECKING:
    from tonne.ledger.book.acknowledged import Acknowledged
    from tonne.ledger.posting.entries import ChannelEntry, RequestEntry
    from tonne.store.manifest.manifest import Manifest


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
        return ChannelClosed(
            f"channel {entry.channel} of book {book} is closed and takes no more records: "
            "use another channel",
            metadata={"book": book, "channel": entry.channel},
        )
    try:
        acknowledged.check_channel(channel, known_offset)
    except RecordsLost as error:
        return error
    if channel.epoch < entry.epoch:
        return epoch_lost(book, entry, channel.epoch)
    if channel.epoch != entry.epoch or entry.owner not in {"", channel.owner}:
        return epoch_stale(book, entry, channel.epoch)
    return offset_gap(book, entry, channel.committed_offset)


def offset_gap(book: str, entry: ChannelEntry, expected_offset: int) -> OffsetGap:
    """Say that an entry does not begin where its channel stands."""
    return OffsetGap(
        f"channel {entry.channel} of book {book} goes on at offset {expected_offset}, the batch "
        f"begins at {entry.first_offset}: open the channel again and go on from its committed "
        "offset",
        metadata={
            "book": book,
            "channel": entry.channel,
            "expectedOffset": str(expected_offset),
            "offset": str(entry.first_offset),
        },
    )


def epoch_stale(book: str, entry: ChannelEntry, epoch: int) -> EpochStale:
    """Say that a channel has another owner, at `epoch`."""
    return EpochStale(
        f"channel {entry.channel} of book {book} was opened by another owner since: it is at "
        f"epoch {epoch}, the batch came under {entry.epoch}; open it again to take over",
        metadata={
            "book": book,
            "channel": entry.channel,
            "epoch": str(entry.epoch),
            "currentEpoch": str(epoch),
        },
    )


def epoch_lost(book: str, entry: ChannelEntry, epoch: int) -> EpochUnknown:
    """Say that the database does not know an opening that it had confirmed."""
    return EpochUnknown(
        f"channel {entry.channel} of book {book} is at epoch {epoch}, and the batch came under "
        f"{entry.epoch}, which the database has lost with its last transactions: open the "
        "channel again and go on from its committed offset",
        metadata={
            "book": book,
            "channel": entry.channel,
            "epoch": str(entry.epoch),
            "currentEpoch": str(epoch),
        },
    )


def answer_request(manifest: Manifest, book: str, entry: RequestEntry) -> Outcome:
    """Give a request that was posted before its first answer, or refuse other content."""
    row = manifest.get_request(book, entry.request_id)
    metadata = {"book": book, "requestId": entry.request_id}
    if row is None:
        raise LedgerInconsistent(
            f"request {entry.request_id} of book {book} is taken and cannot be read",
            metadata=metadata,
        )
    if row.content_sha256 == entry.content_sha256:
        return read_row_errors(row.row_errors_json, row.totals)
    return Lost(
        ContentMustMatch(
            f"request {entry.request_id} of book {book} was posted before with other records: "
            "use a new request_id for new records",
            metadata=metadata,
        )
    )
