"""What the ledger has already of an append: compared whole, and mended where in quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.cli.appending.outcome import tell_rounded
from tonne.cli.input.placement import Placement, paired
from tonne.cli.input.repeats import head_of, only
from tonne.cli.terminal.output import counted, say
from tonne.client import Comparison
from tonne.errors import ChannelUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tonne.cli.input.files import Piece
    from tonne.client import AppendResult, Client, RecordDifference

    Read = Callable[[], Iterator[Piece]]

RECORDS_MAX = 1_000_000
"""Records of files, and of a channel, up to which they are looked for: the files are in memory."""

GONE_SHOWN = 8
"""Offsets of records that are not in the files which are shown."""

DIFFERENCES_SHOWN = 5
"""Records that differ which are shown; all are counted."""


def committed_offset(client: Client, place: tuple[str, str]) -> int:
    """Give how many records a channel has; `place` is book and channel."""
    try:
        return client.get_channel_info(*place).committed_offset
    except ChannelUnknown:
        return 0


def compare(
    client: Client,
    pieces: Iterator[Piece],
    place: tuple[str, str],
    placement: Placement,
    *,
    ignore_evidence: bool,
) -> Comparison:
    """Compare the records that the channel has with those of the files, whole."""
    found = Comparison()
    for offset, count in placement.runs:
        if len(placement.runs) == 1:
            head: Iterable[Piece] = head_of(pieces, count)
        else:
            head, pieces = _split(pieces, count)
        one = client.compare_records(*place, head, offset, ignore_evidence=ignore_evidence)
        found = Comparison(
            found.record_count + one.record_count,
            (*found.differences, *one.differences)[:DIFFERENCES_SHOWN],
            found.difference_count + one.difference_count,
            (*found.mendable_offsets, *one.mendable_offsets),
            found.quarantined_count + one.quarantined_count,
            (*found.correctable_offsets, *one.correctable_offsets),
        )
    return found


def find(
    client: Client, read: Read, place: tuple[str, str], before: Placement
) -> Placement | None:
    """Look for the records of the files among those of the channel.

    None where none is there, or all stand in the order of the files. `place` is book and channel,
    `before` what the files and the channel have.
    """
    start, stop = before.start_offset, before.committed_offset
    if (count := max(before.record_count, stop - start)) > RECORDS_MAX:
        say(
            f"notice: {counted(count, 'record')} are too many to look for them in another order; "
            f"that is done up to {RECORDS_MAX:,}"
        )
        return None
    kept = client.digest_kept(*place, start, stop - start)
    return paired(kept, client.digest_records(*place, read()), before)


def tell_differences(
    found: Comparison, channel: str, placement: Placement, *, corrects: bool = False
) -> None:
    """Show records that are not those of the channel, and say what can be done about them."""
    for each in found.differences[:DIFFERENCES_SHOWN]:
        say(_difference_text(each, placement))
    more_count = found.difference_count - min(len(found.differences), DIFFERENCES_SHOWN)
    if more_count:
        say(f"{counted(more_count, 'more record')} of the files differ from those of {channel}")
    if corrects:
        return
    if found.difference_count == found.record_count and placement.order is None:
        committed = placement.committed_offset
        remedy = (
            f"{channel} has {counted(committed, 'record')}, and none of those at these places is "
            "in the files: to append these behind, if they were never appended: "
            f"--start-offset {committed}; or take a channel of their own. Where they are the same "
            "records with other content: --correct --reason WHY"
        )
    else:
        remedy = (
            "put back in the file what the ledger has: then the same command goes on. Or, where "
            "the file is right, give --correct --reason WHY: what is posted is taken back, and "
            "the rows of the file are posted in its place. What waits in suspense (`tonne "
            "suspense list`) is not posted yet and needs no correction: give the book what it "
            "lacks, as that list says, and run `tonne suspense clear`; or mend it (`tonne "
            "suspense export`, `tonne suspense mend`)"
        )
    say(f"nothing was posted; {remedy}")


def tell_placement(placement: Placement, channel: str) -> None:
    """Say that records were found in another order, and how many are new."""
    say(
        f"notice: the records of the files stand in another order than those of {channel}, or "
        f"others came between: {counted(placement.known_count, 'record')} "
        f"{_was(placement.known_count)} found there one by one, {placement.new_count:,} "
        f"{'is' if placement.new_count == 1 else 'are'} new"
    )
    if count := len(placement.gone_quarantined):
        say(
            f"notice: {counted(count, 'record')} that {_was(count)} refused {_was(count)} taken "
            "out of the files; what was refused stays in quarantine"
        )


def tell_gone(placement: Placement, channel: str, *, stay: bool) -> bool:
    """Tell which records of the channel are not in the files; whether that stops the command."""
    count = len(placement.gone)
    if not count:
        return False
    offsets = ", ".join(map(str, placement.gone[:GONE_SHOWN]))
    more = ", ..." if count > GONE_SHOWN else ""
    say(
        f"{'notice' if stay else 'conflict'}: {counted(count, 'record')} of {channel} "
        f"{'is' if count == 1 else 'are'} not in the files (offset {offsets}{more})"
        + ("; what is posted stays posted" if stay else "")
    )
    if not stay:
        say(
            "nothing was posted: a record that was changed in the files would count twice. Put "
            "back what the ledger has; where the files leave older records out, as a list of the "
            "last twelve months does: --gone-stay"
        )
    return not stay


def mend(
    client: Client, read: Read, place: tuple[str, str], found: Comparison, placement: Placement
) -> AppendResult | None:
    """Post the records that differ from those in quarantine in their place."""
    if not found.mendable_offsets:
        return None
    # Ascending in the files as they are read, and in the channel.
    positions = placement.positions(found.mendable_offsets)
    result = client.mend_records(*place, found.mendable_offsets, only(read(), positions))
    say(
        f"{counted(result.record_count, 'record')} that {_was(result.record_count)} in quarantine "
        f"came mended: {result.posted_count:,} posted, {result.suspended_count:,} in suspense, "
        f"{result.quarantined_count:,} in quarantine still"
    )
    tell_rounded(result)
    return result


@dataclass(frozen=True, slots=True)
class Correcting:
    """Why rows that differ from what is posted are corrections, and who says so."""

    reason: str
    reason_code: str
    author: str


def may_correct(found: Comparison, channel: str) -> bool:
    """Whether all records that differ are the same ones with other content; tells where not."""
    others_count = found.difference_count - len(found.correctable_offsets)
    if others_count:
        say(
            f"{counted(others_count, 'record')} of the files {_is(others_count)} not what "
            f"{channel} has at these places with other content, but {_other(others_count)}: "
            "neither the record_id nor what else a record is known by is the same. Nothing was "
            "posted: take the place in the file that the ledger has, or another channel"
        )
    return not others_count


def correct(  # noqa: PLR0917  # as `mend`, and why
    client: Client,
    read: Read,
    place: tuple[str, str],
    found: Comparison,
    placement: Placement,
    why: Correcting,
) -> AppendResult | None:
    """Take back what is posted and differs from the files, and post their rows in its place."""
    offsets = found.correctable_offsets
    if not offsets:
        return None
    result = client.correct_records(
        *place,
        offsets,
        only(read(), placement.positions(offsets)),
        reason=why.reason,
        reason_code=why.reason_code,
        author=why.author,
    )
    say(
        f"{counted(result.record_count, 'record')} corrected: {result.posted_count:,} posted, "
        f"{result.suspended_count:,} in suspense; `tonne correction list --records` shows both"
    )
    tell_rounded(result)
    return result


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _other(count: int) -> str:
    return "another one" if count == 1 else "other ones"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _difference_text(each: RecordDifference, placement: Placement) -> str:
    fields = "; ".join(
        f"{name}: the ledger has {kept!r}, the file {came!r}" for name, kept, came in each.fields
    )
    return (
        f"conflict: record {placement.number(each.offset):,} of the files (offset {each.offset}) "
        f"is there already with another content: {fields or 'it cannot be read as it was'}"
    )


def _split(pieces: Iterator[Piece], count: int) -> tuple[list[Piece], Iterator[Piece]]:
    """Take the first records of pieces."""
    taken: list[Piece] = []
    for piece in pieces:
        if piece.height <= count:
            taken.append(piece)
            count -= piece.height
        else:
            taken.append(piece.head(count))
            return taken, _chain(piece[count:], pieces)
        if not count:
            break
    return taken, pieces


def _chain(first: Piece, rest: Iterator[Piece]) -> Iterator[Piece]:
    yield first
    yield from rest
