"""Imports: a file that the ledger has already is told, and one that it has not is noted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tonne.cli.input.repeats import sketch_behind
from tonne.cli.input.sketch import file_sha256, shared_count
from tonne.cli.terminal.output import counted, say
from tonne.client import Import, ImportClaim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tonne.cli.input.files import Piece
    from tonne.cli.input.placement import Placement
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


def fresh_of(given: Sequence[Import], read: Read, placement: Placement) -> list[Import]:
    """Leave out of files what their channel has of them: it is not posted again."""
    known_count = placement.known_count
    if not known_count or not given:
        return list(given)
    start_offset = given[0].first_offset + known_count
    left = [
        each
        for each in given
        if placement.order is not None or each.first_offset + each.record_count > start_offset
    ]
    if not left or not placement.new_count:
        return []
    sketch = sketch_behind(read(), known_count)
    return [
        replace(
            left[-1],
            file_name=", ".join(each.file_name for each in left),
            first_offset=placement.new_offset,
            record_count=placement.new_count,
            sketch=sketch.digests(),
            sketch_count=sketch.distinct_count,
        )
    ]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The imports of a book beside the files that are to be appended.

    `last_number` is that of the last one; of `dead` nothing is durable, and they have records of
    these files; `is_known` says that the ledger has some of the records by another one.
    """

    last_number: int = 0
    dead: tuple[Import, ...] = ()
    is_known: bool = False


def look_at_imports(client: Client, book: str, fresh: Sequence[Import]) -> Earlier:
    """Look which of the files the ledger has elsewhere, as a whole or in part, and tell it."""
    last_number = told_count = 0
    dead: list[Import] = []
    for earlier in client.list_imports(book):
        last_number = earlier.number
        for ours in fresh:
            text = _known_text(ours, earlier)
            if text and not earlier.durable_count:
                dead.append(earlier)
                break
            told_count += bool(text)
            if text and told_count <= SHOWN_MAX:
                say(text)
    if told_count > SHOWN_MAX:
        say(f"{counted(told_count - SHOWN_MAX, 'more import')} of the same records")
    return Earlier(last_number, tuple(dead), told_count > 0)


def tell_known(found: Earlier, *, again: bool) -> bool:
    """Say what becomes of records that the ledger has; whether that stops the command."""
    if found.is_known and again:
        say(
            "warning: these records are posted again, since --again says so: those without an id "
            "count twice from now on, and of those with one the copies are reversed"
        )
        return False
    if found.is_known:
        say(
            "nothing was posted, since it would count twice; to append to that channel, name it; "
            "where these are records of their own all the same: --again"
        )
    return found.is_known


def note(client: Client, book: str, given: Iterable[Import]) -> None:
    """Note the files in the ledger, whatever other imports it has."""
    for each in given:
        client.create_import(book, each)


def claim(client: Client, book: str, given: Iterable[Import], found: Earlier, epoch: int) -> None:
    """Note the files in the ledger: before they are sent, and as those that bring their records.

    Raises
    ------
    ImportsChanged
        Another import of the book was noted meanwhile, or became durable: look again.
    """
    number = found.last_number
    dead = tuple(each.number for each in found.dead)
    for each in given:
        noted = client.create_import(book, each, ImportClaim(epoch, number, dead))
        number = max(number, noted.number)
    for each in found.dead:
        say(
            f"notice: {_where(each)}, has records of these files, and none of them got into the "
            "ledger: that import is ended, and they are appended here"
        )


def tell_superseded(client: Client, book: str, fresh: Sequence[Import]) -> bool:
    """Tell which other import took the records of these files over; whether one did."""
    for earlier in client.list_imports(book):
        if any(_known_text(ours, earlier) for ours in fresh):
            say(
                f"nothing was posted: {_where(earlier)}, brings these records in; it began when "
                "none of them was in the ledger. Run the same command again to see what has "
                "become of them"
            )
            return True
    return False


def _where(earlier: Import) -> str:
    """Name an import: its file, channel, place, time and caller."""
    return (
        f"{earlier.file_name!r}, channel {earlier.channel}, from offset {earlier.first_offset}, "
        f"{earlier.create_time:%Y-%m-%d %H:%M} UTC"
        + (f", by {earlier.caller}" if earlier.caller else "")
    )


def _known_text(ours: Import, earlier: Import) -> str:
    """Say what an earlier import has of a file; empty where nothing."""
    if not ours.record_count or _overlap(ours, earlier):
        return ""
    where = _where(earlier)
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
