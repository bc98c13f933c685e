"""What the ledger has already of an append: compared whole, and mended where in quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.cli.appending.outcome import tell_rounded
from tonne.cli.input.repeats import head_of, only, positions_of
from tonne.cli.terminal.output import counted, say
from tonne.client import Comparison
from tonne.errors import ChannelUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.cli.input.files import Piece
    from tonne.client import AppendResult, Client, RecordDifference

    Read = Callable[[], Iterator[Piece]]

DIFFERENCES_SHOWN = 5
"""Records that differ which are shown; all are counted."""


def committed_offset(client: Client, place: tuple[str, str]) -> int:
    """Give how many records a channel has; `place` is book and channel."""
    try:
        return client.get_channel_info(*place).committed_offset
    except ChannelUnknown:
        return 0


def compare(
    client: Client, read: Read, place: tuple[str, str], start_offset: int, committed: int
) -> Comparison:
    """Compare the records that the channel has already with those given."""
    count = committed - start_offset
    if count <= 0:
        return Comparison()
    return client.compare_records(*place, head_of(read(), count), start_offset)


def tell_differences(found: Comparison, channel: str, start_offset: int, committed: int) -> None:
    """Show records that are not those of the channel, and say what can be done about them."""
    for each in found.differences[:DIFFERENCES_SHOWN]:
        say(_difference_text(each, start_offset))
    more_count = found.difference_count - min(len(found.differences), DIFFERENCES_SHOWN)
    if more_count:
        say(f"{counted(more_count, 'more record')} of the files differ from those of {channel}")
    if found.difference_count == found.record_count:
        remedy = (
            f"{channel} has {counted(committed, 'record')}, and none of those at these places is "
            "in the files: to append these behind, if they were never appended: "
            f"--start-offset {committed}; or take a channel of their own"
        )
    else:
        remedy = (
            "put back in the file what the ledger has: then the same command goes on. What is "
            "posted is never changed: a correction is a record with the negative quantity and a "
            "right one, in a file and a channel of their own. What waits in suspense (`tonne "
            "suspense list`) is not posted yet and needs no correction: give the book what it "
            "lacks, as that list says, and run `tonne suspense clear`; or mend it (`tonne "
            "suspense export`, `tonne suspense mend`)"
        )
    say(f"nothing was posted; {remedy}")


def mend(
    client: Client, read: Read, place: tuple[str, str], found: Comparison, start_offset: int
) -> AppendResult | None:
    """Post the records that differ from those in quarantine in their place."""
    if not found.mendable_offsets:
        return None
    positions = positions_of(found.mendable_offsets, start_offset)
    result = client.mend_records(*place, found.mendable_offsets, only(read(), positions))
    say(
        f"{counted(result.record_count, 'record')} that {_was(result.record_count)} in quarantine "
        f"came mended: {result.posted_count:,} posted, {result.suspended_count:,} in suspense, "
        f"{result.quarantined_count:,} in quarantine still"
    )
    tell_rounded(result)
    return result


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _difference_text(each: RecordDifference, start_offset: int) -> str:
    fields = "; ".join(
        f"{name}: the ledger has {kept!r}, the file {came!r}" for name, kept, came in each.fields
    )
    return (
        f"conflict: record {each.offset - start_offset + 1:,} of the files (offset {each.offset}) "
        f"is there already with another content: {fields or 'it cannot be read as it was'}"
    )
