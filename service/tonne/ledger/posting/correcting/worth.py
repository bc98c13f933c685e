"""What records of one id are worth: the kg CO2e for which each counts, and what decisions change.

    worth of a record = sum over its postings, and over the entries of their resolutions, of
                        quantity * conversion * factor

Exact: a record is posted again by its own note, as a reversal does. Of the accounts of one
footprint, by the location-based method, under the GWP set in force, and before shares of entities.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.catalogue.resolving.resolution import Resolution
from tonne.catalogue.resolving.valuation import total_worth
from tonne.errors import FieldInvalid, StoreUnavailable
from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.overlay import is_kept, is_waiting
from tonne.ledger.posting.correcting.noted import POSTED_AS
from tonne.ledger.posting.correcting.reversals import is_as_counted, revision_of
from tonne.ledger.posting.correcting.taking import (
    TAKEN_ROW_BYTES,
    read_kept,
    take_back,
    with_older_notes,
)
from tonne.model import RowStatus
from tonne.quantities import ATTO_PER_ONE
from tonne.store.statement_rows import SameState
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tonne.ledger.book.book_state import BookState, BookStates
    from tonne.ledger.budget import Budget
    from tonne.ledger.files.files import FileReader
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow
    from tonne.store.statement_rows import SameRecord

SEGMENTS_MAX: Final = 64
"""Segments that a call reads; what stands in further ones is not told."""

RECORDS_MAX: Final = 1_000_000
"""Records of these segments, together."""

ATTEMPTS_MAX: Final = 16
"""How often a segment is read that changes meanwhile."""

ZERO: Final = Fraction(0)

_Place = tuple[int, int]
"""An entry among those that are asked for, and a member of it, both from 0."""

_PLACE: Final = "place"


class WorthState(StrEnum):
    """What is known of the worth of a record."""

    POSTED = "posted"
    WAITS = "waits"
    REVERSED = "reversed"
    HOURLY = "hourly"
    UNNOTED = "unnoted"
    BEYOND_LIMIT = "beyond_limit"


@dataclass(frozen=True, slots=True)
class MemberWorth:
    """What a record counts for in the total now; None: `state` says why it is not known."""

    state: WorthState
    kg_co2e: Fraction | None = None


NOT_READ: Final = MemberWorth(WorthState.BEYOND_LIMIT)


@dataclass(frozen=True, slots=True)
class EntryWorth:
    """What the members of an entry are worth, in their order.

    `is_whole` says whether these are all of its records.
    """

    members: tuple[MemberWorth, ...]
    is_whole: bool = True

    def changes(self) -> tuple[Fraction | None, ...]:
        """Give by how much the total changes where a member is kept alone, for each of them.

        None where that is not known, and of one that was taken back: it cannot be kept.
        """
        known = [each.kg_co2e for each in self.members if each.kg_co2e is not None]
        if not self.is_whole or len(known) < len(self.members):
            return (None,) * len(self.members)
        total = sum(known, ZERO)
        return tuple(
            None if each.state is WorthState.REVERSED else kg - total
            for each, kg in zip(self.members, known, strict=True)
        )

    @property
    def at_stake(self) -> Fraction | None:
        """The most by which the total falls where one is kept alone; below zero: rises."""
        changes = [-each for each in self.changes() if each is not None]
        return max(changes, key=abs, default=None)


class SameWorth:
    """Values records of one id. Safe to call from several threads.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    states : BookStates
        The rules of the books.
    reads : Budget
        Memory of the calls that read: a call holds that of one segment.
    """

    def __init__(
        self, manifest: Manifest, reader: FileReader, states: BookStates, *, reads: Budget
    ) -> None:
        self._manifest = manifest
        self._reader = reader
        self._states = states
        self._reads = reads

    def of(self, book: str, entries: Sequence[SameRecord]) -> dict[int, EntryWorth]:
        """Value the members of undecided entries, by the number of the entry.

        It reads the segments that are named first, up to `SEGMENTS_MAX` and `RECORDS_MAX`.

        Raises
        ------
        BookUnknown, FileCorrupt, LedgerInconsistent
        CapacityError
            Call again.
        """
        waiting = [each for each in entries if each.state is SameState.OPEN]
        if not waiting:
            return {}
        named = [json.loads(each.members) for each in waiting]
        by_segment: dict[str, dict[tuple[str, int], list[_Place]]] = {}
        for at, members in enumerate(named):
            for number, each in enumerate(members):
                of_segment = by_segment.setdefault(each["segment"], {})
                of_segment.setdefault((each["source"], each["offset"]), []).append((at, number))
        state = self._states.refresh(book)
        found: dict[_Place, MemberWorth] = {}
        for file in self._chosen(by_segment):
            check_wanted()
            worth = self._of_segment(file, state, list(by_segment[file.id]))
            for source, places in by_segment[file.id].items():
                found |= dict.fromkeys(places, worth[source])
        return {
            entry.number: EntryWorth(
                tuple(found.get((at, number), NOT_READ) for number in range(len(named[at]))),
                entry.record_count == len(named[at]),
            )
            for at, entry in enumerate(waiting)
        }

    def _chosen(self, segments: Iterable[str]) -> Iterator[FileRow]:
        """Give the segments that are read, in the order in which they are named."""
        wanted = list(segments)[:SEGMENTS_MAX]
        files = self._manifest.get_files(wanted)
        left = RECORDS_MAX
        for each in wanted:
            left -= files[each].row_count
            if left < 0:
                return
            yield files[each]

    def _of_segment(
        self, file: FileRow, state: BookState, places: Sequence[tuple[str, int]]
    ) -> dict[tuple[str, int], MemberWorth]:
        """Value records of a segment."""
        book, segment = file.book, file.id
        for _ in range(ATTEMPTS_MAX):
            with self._reads.holding(file.row_count * TAKEN_ROW_BYTES):
                clearings = self._manifest.clearings_of([file.id]).get(file.id, [])
                records = read_kept(self._reader, file, clearings, whole=True)
                if is_as_counted(file, records):
                    meant = _meant(records, places)
                    revision = revision_of(self._manifest, file, clearings)
                    return self._worths(file, state, meant, revision)
            file = self._manifest.get_files([segment])[segment]  # changed between the two
        raise StoreUnavailable(
            f"segment {segment} of book {book} changed while it was read, again and again: "
            "try again",
            metadata={"book": book, "segment": segment},
            retry_delay_s=1.0,
        )

    def _worths(
        self, file: FileRow, state: BookState, records: pl.DataFrame, revision: int
    ) -> dict[tuple[str, int], MemberWorth]:
        """Value records, each with its place."""
        found = {(row[0], row[1]): MemberWorth(WorthState.UNNOTED) for row in _rows(records)}
        for mask, kind in ((is_waiting(), WorthState.WAITS), (~is_kept(), WorthState.REVERSED)):
            for row in _rows(records.filter(mask)):
                found[row[0], row[1]] = MemberWorth(kind, ZERO)
        posted = records.filter(pl.col("status") == RowStatus.POSTED)
        try:
            posted = with_older_notes(posted, file, state, revision)
        except FieldInvalid:
            posted = posted.filter(pl.col(POSTED_AS).is_not_null())
        # Each record under a key of its own, so that the sums of the postings are of one.
        keyed = posted.with_row_index(_PLACE).with_columns(
            pl.col(_PLACE).cast(pl.String).alias("facility")
        )
        if keyed.is_empty():
            return found
        kilograms = self._kilograms(file.book, state, keyed)
        for place, (source, offset) in enumerate(_rows(keyed)):
            found[source, offset] = kilograms[place]
        return found

    def _kilograms(
        self, book: str, state: BookState, records: pl.DataFrame
    ) -> dict[int, MemberWorth]:
        """Post records again, and value what each of them adds, by its place."""
        taken = take_back(records.drop(_PLACE), state.periods, book)
        with polars_errors(f"postings of records of book {book}"):
            rows = taken.select(
                pl.col("facility").cast(pl.Int64),
                pl.col("resolution").cast(pl.String),
                pl.col("quantity").to_physical(),
            ).rows()
        texts = self._manifest.get_resolutions(book, sorted({row[1] for row in rows}))
        known = {id_: Resolution.from_json(text) for id_, text in texts.items()}
        worths = {id_: total_worth(each, state.settings.gwp_set) for id_, each in known.items()}
        sums: defaultdict[int, Fraction] = defaultdict(Fraction)
        hourly = set()
        for place, id_, atto in rows:
            worth = worths[id_]
            if worth is None:
                hourly.add(place)
            else:
                sums[place] -= (
                    worth * atto / ATTO_PER_ONE
                )  # what is taken back has its sign turned
        return {
            place: MemberWorth(WorthState.HOURLY)
            if place in hourly
            else MemberWorth(WorthState.POSTED, sums[place])
            for place in range(records.height)
        }


def _meant(records: pl.DataFrame, places: Sequence[tuple[str, int]]) -> pl.DataFrame:
    key = {"channel": pl.String, "offset": pl.Int64}
    wanted = pl.DataFrame(places, schema=key, orient="row")
    return records.join(wanted, on=list(key), how="semi")


def _rows(records: pl.DataFrame) -> Iterator[tuple[str, int]]:
    yield from records.select("channel", "offset").iter_rows()


def sums_by_subject(
    entries: Sequence[SameRecord], worths: Mapping[int, EntryWorth]
) -> dict[tuple[str, str], tuple[int, Fraction]]:
    """Sum what is at stake by facility and activity, and count the entries that it is of."""
    found: dict[tuple[str, str], tuple[int, Fraction]] = {}
    for each in entries:
        worth = worths.get(each.number)
        at_stake = None if worth is None else worth.at_stake
        if at_stake is not None:
            count, kg = found.get((each.facility, each.activity), (0, ZERO))
            found[each.facility, each.activity] = (count + 1, kg + at_stake)
    return found
