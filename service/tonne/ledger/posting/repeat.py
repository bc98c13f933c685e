"""Compares a batch that was committed before with what is kept under its offsets.

The boundaries of batches and their formats do not matter: what counts is each record. Where
the book has changed since, the same record may have had another fate then; it is compared by
what it says, not by what became of it.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import ContentMustMatch
from tonne.ledger.files.files import QUARANTINE, SEGMENT
from tonne.ledger.files.frames import Schema, frame_of, polars_errors
from tonne.model import QUANTITY_PLACES, RowStatus
from tonne_kernel import BatchSlice, RuleTable, parse_decimal, post

if TYPE_CHECKING:
    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.files.files import FileReader
    from tonne.store.manifest.manifest import Manifest
    from tonne_kernel import Batch

CORE: Schema = {
    "offset": pl.Int64,
    "record_id": pl.String,
    "facility": pl.String,
    "activity": pl.String,
    "unit": pl.String,
    "region": pl.String,
    "quantity": pl.Decimal(18, 6),
    "start": pl.Datetime("us", "UTC"),
    "end": pl.Datetime("us", "UTC"),
}
"""Fields that every readable record has, wherever it is kept."""

OPTIONAL: Schema = {
    "supplier": pl.String,
    "product": pl.String,
    "data_quality": pl.UInt8,
    "evidence": pl.String,
    "attributes": pl.String,
}
"""Fields that a segment has where some record of it does; absent is the same as empty."""

REFUSED: Schema = {
    "offset": pl.Int64,
    "status": pl.UInt8,
    "field": pl.UInt8,
    "record_id": pl.String,
    "facility": pl.String,
    "activity": pl.String,
    "quantity": pl.String,
    "unit": pl.String,
    "region": pl.String,
    "start": pl.Int64,
    "end": pl.Int64,
    "unread": pl.String,
}
"""Fields of a record that breaks a rule by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class RepeatCheck:
    """Reads what it compares from here. Safe to call from several threads."""

    manifest: Manifest
    reader: FileReader
    states: BookStates

    def check(self, book: str, channel: str, first_offset: int, batch: Batch) -> None:
        """Compare a batch whose offsets are all committed with what is kept.

        Raises
        ------
        ContentMustMatch
            Naming the first offset that is kept with other content.
        """
        stop_offset = first_offset + batch.record_count
        came, came_refused = self._read_batch(book, channel, first_offset, batch)
        kept, kept_refused = self._read_kept(book, channel, first_offset, stop_offset)
        with polars_errors(f"channel {channel} of book {book}"):
            ruled = kept_refused.filter(pl.col("status") >= RowStatus.UNIT_MUST_BE_KNOWN)
            same = pl.concat(
                [
                    _same(came, kept, [*CORE, *OPTIONAL]),
                    _same(came, _record_columns(ruled), [*CORE]),
                    _same(came_refused, kept_refused, [*REFUSED]),
                ]
            )
            all_offsets = pl.int_range(first_offset, stop_offset, eager=True)
            others = all_offsets.filter(~all_offsets.is_in(same.implode()))
        if others.len():
            offset = others[0]
            raise ContentMustMatch.at_offset(book, channel, offset)

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
            return _select(records, CORE | OPTIONAL), _select(refused, REFUSED)

    def _read_kept(
        self, book: str, channel: str, first_offset: int, stop_offset: int
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Read what the ledger keeps of a channel's offsets: records, and refused ones."""
        schemas: dict[str, Schema] = {SEGMENT: CORE | OPTIONAL, QUARANTINE: REFUSED}
        parts = {kind: [pl.DataFrame(schema=schema)] for kind, schema in schemas.items()}
        ranges = self.manifest.segment_ranges(book, channel, first_offset, stop_offset)
        for file in self.manifest.get_files(each.file_id for each in ranges).values():
            frame = self.reader.open(file).frame()
            with polars_errors(file.path):
                mine = frame.filter(
                    pl.col("channel").cast(pl.String) == channel,
                    pl.col("offset").is_between(first_offset, stop_offset, closed="left"),
                )
                parts[file.kind].append(_select(mine, schemas[file.kind]))
        return pl.concat(parts[SEGMENT]), pl.concat(parts[QUARANTINE])


def _select(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Give columns one type each; what is absent is empty."""
    columns = []
    for name, kind in schema.items():
        column = pl.col(name) if name in frame.columns else pl.lit(None)
        column = column.cast(kind)
        if kind in {pl.String, pl.UInt8}:
            column = column.fill_null("" if kind == pl.String else 0)
        columns.append(column.alias(name))
    return frame.select(columns)


def _record_columns(ruled: pl.DataFrame) -> pl.DataFrame:
    """Read records that the book refused (by their unit) back from their texts."""
    quantities = [_quantity(text) for text in ruled["quantity"].to_list()]
    return ruled.select(
        *(pl.col(name) for name in CORE if name not in {"quantity", "start", "end"}),
        pl.Series("quantity", quantities, dtype=CORE["quantity"]),
        pl.col("start", "end").cast(CORE["start"]),
    ).select(list(CORE))


def _quantity(text: str) -> Decimal:
    return Decimal(parse_decimal(text.encode())).scaleb(-QUANTITY_PLACES)


def _same(came: pl.DataFrame, kept: pl.DataFrame, columns: list[str]) -> pl.Series:
    """Offsets of the rows that came and are kept with equal columns."""
    return came.join(kept, on=columns, how="semi", nulls_equal=True)["offset"]
