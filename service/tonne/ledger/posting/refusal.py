"""Why an entry was refused, and the answer to a request that came again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.errors import (
    ChannelClosed,
    ChannelUnknown,
    ContentMustMatch,
    EpochStale,
    EpochUnknown,
    FieldInvalid,
    LedgerInconsistent,
    OffsetGap,
    RecordsLost,
    TonneError,
)
from tonne.ledger.posting.entries import ChannelEntry, Lost, Outcome, RequestEntry
from tonne.ledger.posting.posted import read_row_errors
from tonne.ledger.statuses import row_error_message
from tonne.model import ChannelState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ledger.posting.acknowledged import Acknowledged
    from tonne.ledger.posting.entries import Durable, Entry
    from tonne.store.manifest.manifest import Manifest


def refuse_older_epochs(book: str, entries: Sequence[Entry], outcomes: dict[int, Outcome]) -> None:
    """Keep one owner per channel, the latest of those in a call; `outcomes` gets the refusals."""
    open_entries = [
        (i, entry)
        for i, entry in enumerate(entries)
        if i not in outcomes and isinstance(entry, ChannelEntry)
    ]
    latest: dict[str, int] = {}
    for _, entry in open_entries:
        latest[entry.channel] = max(entry.epoch, latest.get(entry.channel, 0))
    for i, entry in open_entries:
        if entry.epoch < latest[entry.channel]:
            current = latest[entry.channel]
            stale = EpochStale.of(book, entry.channel, epoch=entry.epoch, current=current)
            outcomes[i] = Lost(stale)


def refuse_gaps(book: str, entries: Sequence[Entry], outcomes: dict[int, Outcome]) -> None:
    """Refuse what does not go on where the entry before it in the same channel ends.

    The manifest sees a channel's first and last offset alone: a hole between two entries
    would be committed with them.
    """
    ends: dict[str, int] = {}
    broken: dict[str, OffsetGap] = {}
    for i, entry in enumerate(entries):
        if not isinstance(entry, ChannelEntry) or isinstance(outcomes.get(i), Lost):
            continue
        expected = ends.setdefault(entry.channel, entry.first_offset)
        if entry.first_offset != expected:
            gap = OffsetGap.of(book, entry.channel, offset=entry.first_offset, expected=expected)
            broken.setdefault(entry.channel, gap)
        if entry.channel in broken and i not in outcomes:
            outcomes[i] = Lost(broken[entry.channel])
        ends[entry.channel] = entry.first_offset + entry.batch.record_count


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


def refuse_mends(book: str, entry: RequestEntry) -> Outcome:
    """Refuse a request of which some records mend what another one has mended meanwhile."""
    first = entry.mends[0]
    if entry.correction is not None:
        return Lost(ContentMustMatch.of_correction(book, first.channel, first.channel_offset))
    return Lost(ContentMustMatch.of_mend(book, first.channel, first.channel_offset))


def refuse_corrections(
    entries: Sequence[Entry], outcomes: Sequence[Durable]
) -> dict[str, Outcome]:
    """Refuse corrections whose records would go to quarantine: what they correct stays posted."""
    refused: dict[str, Outcome] = {}
    for entry, outcome in zip(entries, outcomes, strict=True):
        if (
            isinstance(entry, RequestEntry)
            and entry.correction is not None
            and outcome.totals.quarantined_count
        ):
            refused[entry.request_id] = Lost(_bad_correction(outcome))
    return refused


def _bad_correction(outcome: Durable) -> FieldInvalid:
    found = [one for one in outcome.row_errors if one.status.is_quarantine]
    at = f"[{found[0].index}]" if found else ""
    text = f"; {row_error_message(found[0])}" if found else ""
    return FieldInvalid(
        f"records{at}: a record that corrects another one must be good{text}. Nothing was "
        "corrected",
        metadata={"field": "records"},
    )


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
