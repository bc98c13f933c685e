"""Compares a batch that was committed before with what is kept under its offsets.

The boundaries of batches and their formats do not matter: what counts is each record. Where
the book has changed since, the same record may have had another fate then; it is compared by
what it says, not by what became of it.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import ContentMustMatch
from tonne.ledger.files.files import QUARANTINE, SEGMENT
from tonne.ledger.files.frames import Schema, frame_of, polars_errors
from tonne.ledger.posting.comparing.digests import Digests, digests_of
from tonne.ledger.posting.comparing.kept import (
    CORE,
    DIFFERENCES_MAX,
    OPTIONAL,
    REFUSED,
    RULED,
    Comparison,
    Kept,
    record_columns,
    same_offsets,
    select,
)
from tonne.ledger.posting.entries import REQUEST_PREFIX
from tonne_kernel import BatchSlice, RuleTable, post

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.files.files import FileReader
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import MendRow
    from tonne_kernel import Batch

_GENERATION: Schema = {"generation": pl.Int32}


@dataclass(frozen=True, slots=True, eq=False)
class RepeatCheck:
    """Reads what it compares from here. Safe to call from several threads."""

    manifest: Manifest
    reader: FileReader
    states: BookStates

    def check(self, book: str, channel: str, first_offset: int, batch: Batch) -> None:
        """Compare a batch whose offsets are all committed with what is kept.

        A record that is in quarantine and was mended may come as it was or as it is.

        Raises
        ------
        ContentMustMatch
            Naming the first offset that is kept with other content.
        """
        found = self._compare(book, channel, first_offset, batch)
        if found.others:
            raise ContentMustMatch.at_offset(book, channel, found.others[0])

    def compare(
        self,
        book: str,
        channel: str,
        first_offset: int,
        batch: Batch,
        ignored: frozenset[str] = frozenset(),
    ) -> Comparison:
        """Compare a batch whose offsets are all committed with what is kept, record by record.

        But for the fields that are `ignored`.
        """
        found = self._compare(book, channel, first_offset, batch, ignored)
        with polars_errors(f"channel {channel} of book {book}"):
            refused = found.refused_now()
            same_record = found.resembling() & refused
            mendable = [offset for offset in found.others if offset in same_record]
            others = [offset for offset in found.others if offset not in same_record]
            return Comparison(
                tuple(found.difference(offset) for offset in others[:DIFFERENCES_MAX]),
                len(others),
                tuple(mendable),
                len(refused.difference(found.others)),
                tuple(sorted(found.correctable().intersection(others))) if others else (),
            )

    def digest_batch(self, book: str, channel: str, batch: Batch) -> Digests:
        """Digest records that came, in their order."""
        came, came_refused = self._read_batch(book, channel, 0, batch)
        with polars_errors(f"channel {channel} of book {book}"):
            return digests_of(came, came_refused, (0, batch.record_count))

    def digest_kept(self, book: str, channel: str, offsets: tuple[int, int]) -> Digests:
        """Digest the records that are durable at the offsets of a channel; mended ones as such."""
        mends = self.manifest.mends_of(book, channel, *offsets)
        kept, refused = self._read_kept(book, channel, offsets, mends)
        with polars_errors(f"channel {channel} of book {book}"):
            return digests_of(kept, refused, offsets)

    def is_posted(self, book: str, request_id: str) -> bool:
        """Whether a request was posted before: it is answered, whatever it mends."""
        return self.manifest.get_request(book, request_id) is not None

    def refused(
        self, book: str, source: str, offsets: tuple[int, int], mends: Sequence[MendRow]
    ) -> set[int]:
        """Say at which offsets the last record is in quarantine, with these mends."""
        kept, refused = self._read_kept(book, source, offsets, mends)
        now = Kept(pl.DataFrame(schema=CORE), pl.DataFrame(schema=REFUSED), kept, refused, [])
        return now.refused_now()

    def _compare(
        self,
        book: str,
        channel: str,
        first_offset: int,
        batch: Batch,
        ignored: frozenset[str] = frozenset(),
    ) -> Kept:
        stop_offset = first_offset + batch.record_count
        came, came_refused = self._read_batch(book, channel, first_offset, batch)
        mends = self.manifest.mends_of(book, channel, first_offset, stop_offset)
        offsets = (first_offset, stop_offset)
        kept, kept_refused = self._read_kept(book, channel, offsets, mends)
        with polars_errors(f"channel {channel} of book {book}"):
            ruled = kept_refused.filter(pl.col("status").is_in(RULED))
            compared = [name for name in (*CORE, *OPTIONAL) if name not in ignored]
            same = pl.concat(
                [
                    same_offsets(came, kept, compared),
                    same_offsets(came, record_columns(ruled), [*CORE]),
                    same_offsets(came_refused, kept_refused, [*REFUSED]),
                ]
            )
            all_offsets = pl.int_range(first_offset, stop_offset, eager=True)
            others = all_offsets.filter(~all_offsets.is_in(same.implode()))
        return Kept(came, came_refused, kept, kept_refused, others.to_list(), ignored)

    def _read_batch(
        self, book: str, channel: str, first_offset: int, batch: Batch
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Lay the batch out as records and refused ones, by the rules of records alone."""
        with self.states.posting(book):
            state = self.states.known(book)
            state.assign_rules(batch.session)
            count = state.rules().rule_count
            zeros = array("i", bytes(4 * count))
            take_all = RuleTable(array("i", range(count + 1)), zeros, zeros)
            posted = post([BatchSlice(batch, channel, first_offset)], take_all, state.periods)
        records, refused = frame_of(posted.records()), frame_of(posted.quarantine())
        with polars_errors("a repeated batch"):
            return select(records, CORE | OPTIONAL), select(refused, REFUSED)

    def _read_kept(
        self, book: str, channel: str, offsets: tuple[int, int], mends: Sequence[MendRow]
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Read what the ledger keeps of a channel's offsets: records, and refused ones.

        With the records that stand for those in quarantine, under the same offsets; `generation`
        counts from 0.
        """
        places = pl.DataFrame(
            {"offset": range(*offsets)}, schema={"offset": pl.Int64}
        ).with_columns(pl.col("offset").alias("place"), generation=pl.lit(0, pl.Int32))
        parts = [self._read_source(book, channel, offsets, places)]
        by_request: dict[str, list[MendRow]] = defaultdict(list)
        for mend in mends:
            by_request[mend.request_id].append(mend)
        for request_id, of_request in by_request.items():
            places = pl.DataFrame(
                [(each.index, each.channel_offset, each.generation) for each in of_request],
                schema={"offset": pl.Int64, "place": pl.Int64, "generation": pl.Int32},
                orient="row",
            )
            stop = max(each.index for each in of_request) + 1
            parts.append(self._read_source(book, REQUEST_PREFIX + request_id, (0, stop), places))
        return pl.concat(part[0] for part in parts), pl.concat(part[1] for part in parts)

    def _read_source(
        self, book: str, source: str, offsets: tuple[int, int], places: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Read the records of a source, each under the place that it has in the channel."""
        schemas: dict[str, Schema] = {SEGMENT: CORE | OPTIONAL, QUARANTINE: REFUSED}
        parts = {
            kind: [pl.DataFrame(schema=schema | _GENERATION)] for kind, schema in schemas.items()
        }
        ranges = self.manifest.segment_ranges(book, source, *offsets)
        for file in self.manifest.get_files(each.file_id for each in ranges).values():
            frame = self.reader.open(file).frame()
            with polars_errors(file.path):
                mine = frame.filter(
                    pl.col("channel").cast(pl.String) == source,
                    pl.col("offset").is_between(*offsets, closed="left"),
                )
                placed = (
                    select(mine, schemas[file.kind])
                    .join(places, on="offset", maintain_order="left")
                    .with_columns(pl.col("place").alias("offset"))
                )
                parts[file.kind].append(placed.select(parts[file.kind][0].columns))
        return pl.concat(parts[SEGMENT]), pl.concat(parts[QUARANTINE])
