"""What is to be reversed: records at places, in a range, of an id, of a facility and month."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid
from tonne.ledger.book.periods import month_boundaries_us
from tonne.ledger.files.files import SEGMENT
from tonne.ledger.posting.entries import REQUEST_PREFIX
from tonne.model import month_of_period

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.store.manifest.manifest import Manifest

OFFSETS_MAX = 10_000
"""Most offsets that one call names one by one; a range may have any number."""

_PLACE = {"channel": pl.String, "offset": pl.Int64}
_FILES_BATCH = 256
_SHOWN_MAX = 10


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records of a book are meant: one of the four ways, and no other.

    Parameters
    ----------
    source : str
        A channel, or `requests/{request_id}`.
    offsets : tuple of int
        Of records there, ascending.
    first_offset, stop_offset : int
        A range of records there, the second one exclusive; both 0: no range.
    record_id : str
        Of one record.
    facility : str
    period : int
        Month in which the records of the facility begin, since 1970-01; -1: none.
    """

    source: str = ""
    offsets: tuple[int, ...] = ()
    first_offset: int = 0
    stop_offset: int = 0
    record_id: str = ""
    facility: str = ""
    period: int = -1

    def __post_init__(self) -> None:
        """See that it says one thing. Raises `FieldInvalid`."""
        by_place, by_range = bool(self.offsets), self.stop_offset > 0
        ways = [by_place, by_range, bool(self.record_id), bool(self.facility)]
        if sum(ways) != 1 or (by_place or by_range) != bool(self.source):
            raise _invalid(
                "expected one of: a channel and offsets, a channel and a range of offsets, a "
                "record id, a facility and a month"
            )
        if bool(self.facility) != (self.period >= 0):
            raise _invalid("expected a month like 2026-03 with the facility, and none without")
        if len(self.offsets) > OFFSETS_MAX:
            raise _invalid(
                f"expected at most {OFFSETS_MAX} offsets; got {len(self.offsets)}: name a range"
            )
        if min(self.offsets, default=0) < 0 or (by_range and not self._is_range):
            raise _invalid("expected offsets from 0 on, and a range that is not empty")

    @property
    def _is_range(self) -> bool:
        return 0 <= self.first_offset < self.stop_offset

    def __str__(self) -> str:
        """Write it for people."""
        if self.record_id:
            return f"record {self.record_id}"
        if self.facility:
            return f"facility {self.facility}, {month_of_period(self.period)}"
        if self.offsets:
            shown = ", ".join(map(str, self.offsets[:_SHOWN_MAX]))
            return (
                f"{self.source}: offset {shown}{', ...' if len(self.offsets) > _SHOWN_MAX else ''}"
            )
        return f"{self.source}: offsets {self.first_offset} to {self.stop_offset} (exclusive)"


@dataclass(slots=True)
class Target:
    """A selection as it stands in the files.

    Parameters
    ----------
    match : polars.Expr
        Of records of segments, in columns of `taking.read_kept`.
    segments : list of str
        Ids of the segments that may hold some; of all others it holds none.
    moved : dict
        For offsets of a channel whose newest record stands elsewhere, its source and offset.
    """

    match: pl.Expr
    segments: list[str]
    moved: dict[int, tuple[str, int]] = field(default_factory=dict)


def target_of(manifest: Manifest, book: str, selection: Selection, time_zone: str) -> Target:
    """Find where the records of a selection are.

    A record for which another one stands is not meant any more: the newest one is.

    Raises
    ------
    ChannelUnknown
    FieldInvalid
        Offsets that no record has.
    """
    if selection.source:
        return _of_source(manifest, book, selection)
    segments = list(_all_segments(manifest, book))
    if selection.record_id:
        return Target(pl.col("record_id") == selection.record_id, segments)
    boundaries = month_boundaries_us(time_zone)
    begins = pl.col("start").dt.epoch("us")
    in_month = (begins >= boundaries[selection.period]) & (
        begins < boundaries[selection.period + 1]
    )
    return Target((pl.col("facility") == selection.facility) & in_month, segments)


def _of_source(manifest: Manifest, book: str, selection: Selection) -> Target:
    source = selection.source
    first = selection.first_offset or min(selection.offsets, default=0)
    stop = selection.stop_offset or max(selection.offsets) + 1
    if not source.startswith(REQUEST_PREFIX):
        committed = manifest.get_channel(book, source).committed_offset
        if stop > committed:
            raise _invalid(
                f"channel {source} of book {book} has the offsets 0 to {committed} (exclusive); "
                f"got {stop - 1}: nothing was reversed"
            )
    mends = manifest.mends_of(book, source, first, stop)
    wanted = set(selection.offsets)
    moved = {
        each.channel_offset: (REQUEST_PREFIX + each.request_id, each.index)
        for each in mends  # the last of each is in force
        if not wanted or each.channel_offset in wanted
    }
    own = pl.col("channel") == source
    if wanted:
        own &= pl.col("offset").is_in(sorted(wanted - moved.keys()))
    else:
        own &= pl.col("offset").is_between(first, stop, closed="left")
        own &= ~pl.col("offset").is_in(sorted(moved))
    match = own
    sources = {source: (first, stop)}
    by_request: dict[str, list[int]] = {}
    for place, index in moved.values():
        by_request.setdefault(place, []).append(index)
    for place, indexes in by_request.items():
        match |= (pl.col("channel") == place) & pl.col("offset").is_in(indexes)
        sources[place] = (min(indexes), max(indexes) + 1)
    ids = {
        each.file_id
        for place, span in sources.items()
        for each in manifest.segment_ranges(book, place, *span)
    }
    files = manifest.get_files(ids)
    kept = sorted((one for one in files.values() if one.kind == SEGMENT), key=lambda f: f.seq)
    if not ids:
        raise _invalid(f"{source} of book {book} has no such records: nothing was reversed")
    return Target(match, [one.id for one in kept], moved)


def _all_segments(manifest: Manifest, book: str) -> Iterator[str]:
    after_seq = 0
    while files := manifest.segments(book, after_seq=after_seq, limit=_FILES_BATCH):
        yield from (file.id for file in files)
        after_seq = files[-1].seq


def _invalid(message: str) -> FieldInvalid:
    return FieldInvalid(f"selection: {message}", metadata={"field": "selection"})
