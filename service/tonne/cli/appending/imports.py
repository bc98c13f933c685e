"""Imports: a file that the ledger has already is told, and one that it has not is noted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tonne.cli.input.repeats import sketch_behind
from tonne.cli.input.sketch import file_sha256, shared_count
from tonne.cli.terminal.output import counted, say
from tonne.client import Import

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tonne.cli.input.files import Piece
    from tonne.cli.input.repeats import Repeats, Source
    from tonne.client import Client

    Read = Callable[[], Iterator[Piece]]

SHOWN_MAX = 5
"""Earlier imports of the same records that are named."""


def imports_of(
    sources: Sequence[Source], found: Repeats, channel: str, start_offset: int
) -> list[Import]:
    """Describe the files that are to be appended; those without a path are left out."""
    made: list[Import] = []
    stops = [*(start for start, _ in found.starts[1:]), found.record_count]
    for source, sketch, (start, _), stop in zip(
        sources, found.sketches, found.starts, stops, strict=True
    ):
        if source.path is None:
            continue
        first = found.kept_before(start)
        made.append(
            Import(
                channel,
                source.name,
                file_sha256(source.path),
                start_offset + first,
                found.kept_before(stop) - first,
                source.profile,
                source.profile_sha256,
                sketch.digests(),
                sketch.distinct_count,
            )
        )
    return made


def fresh_of(given: Sequence[Import], read: Read, skip_count: int) -> list[Import]:
    """Leave out of files what their channel has at these places: it is not posted again."""
    if not skip_count or not given:
        return list(given)
    start_offset = given[0].first_offset + skip_count
    left = [each for each in given if each.first_offset + each.record_count > start_offset]
    if not left:
        return []
    sketch = sketch_behind(read(), skip_count)
    stop_offset = left[-1].first_offset + left[-1].record_count
    return [
        replace(
            left[-1],
            file_name=", ".join(each.file_name for each in left),
            first_offset=start_offset,
            record_count=stop_offset - start_offset,
            sketch=sketch.digests(),
            sketch_count=sketch.distinct_count,
        )
    ]


def tell_known(client: Client, book: str, given: Sequence[Import], *, again: bool) -> bool:
    """Tell which of the files the ledger has elsewhere, as a whole or in part.

    Gives whether that stops the command: not where they are to be posted `again`.
    """
    if not given:
        return False
    told_count = 0
    for earlier in client.list_imports(book):
        for ours in given:
            text = _known_text(ours, earlier)
            told_count += bool(text)
            if text and told_count <= SHOWN_MAX:
                say(text)
    if told_count > SHOWN_MAX:
        say(f"{counted(told_count - SHOWN_MAX, 'more import')} of the same records")
    if told_count and again:
        say("warning: these records count twice from now on, since --again says so")
        return False
    if told_count:
        say(
            "nothing was posted, since it would count twice; to append to that channel, name it; "
            "where these are records of their own all the same: --again"
        )
    return told_count > 0


def note(client: Client, book: str, given: Iterable[Import]) -> None:
    """Note the files in the ledger: before they are sent, so that none is forgotten."""
    for each in given:
        client.create_import(book, each)


def _known_text(ours: Import, earlier: Import) -> str:
    """Say what the ledger has of a file by an earlier import; empty where nothing."""
    if not earlier.durable_count or not ours.record_count or _overlap(ours, earlier):
        return ""
    where = (
        f"{earlier.file_name!r}, channel {earlier.channel}, from offset {earlier.first_offset}, "
        f"{earlier.create_time:%Y-%m-%d %H:%M} UTC"
        + (f", by {earlier.caller}" if earlier.caller else "")
    )
    is_partly = earlier.durable_count < earlier.record_count
    reached = (
        f" ({earlier.durable_count:,} of its {earlier.record_count:,} records are there)"
        if is_partly
        else ""
    )
    is_same = (ours.sha256, ours.profile_sha256) == (earlier.sha256, earlier.profile_sha256)
    if is_same:
        return f"duplicate: {ours.file_name} is in the ledger already, as {where}{reached}"
    count = shared_count(ours.sketch, ours.sketch_count, earlier.sketch, earlier.sketch_count)
    if not count:
        return ""
    about = "" if ours.sketch_count * 8 <= len(ours.sketch) else "about "
    return (
        f"duplicate: {about}{counted(count, 'record')} of {ours.file_name} "
        f"{'is' if count == 1 else 'are'} in the ledger already, by {where}{reached}"
    )


def _overlap(ours: Import, earlier: Import) -> bool:
    """Whether an import is at the same place of the same channel.

    What is durable there was compared whole, and what is not is not in the ledger: an append that
    broke off goes on.
    """
    return (
        ours.channel == earlier.channel
        and ours.first_offset < earlier.first_offset + earlier.record_count
        and earlier.first_offset < ours.first_offset + ours.record_count
    )
