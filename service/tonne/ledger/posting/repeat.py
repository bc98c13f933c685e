"""Compares a batch that was committed before with what is kept under its offsets.

The boundaries of batches and their formats do not matter: what counts is each record. Where
the book has changed since, the same record may have had another fate then; it is compared by
what it says, not by what became of it.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import ContentMustMatch
from tonne.ledger.files.files import QUARANTINE, SEGMENT
from tonne.ledger.files.frames import Schema, frame_of, polars_errors
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.ledger.posting.entries import REQUEST_PREFIX
from tonne.model import RowStatus, atto_of, quantity_decimal, quantity_text
from tonne.store.rows import MendRow
from tonne_kernel import BatchSlice, RuleTable, parse_decimal, post

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    "quantity": QUANTITY_TYPE,
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


DIFFERENCES_MAX = 100
"""Records of one comparison whose fields are told; the others are counted."""

_TIMES = ("start", "end")
_LIKENESS = ("offset", "record_id", "facility", "activity", "unit", "region", *_TIMES)

_TIMES_AT_FAULT = (
    RowStatus.START_MUST_BE_IN_RANGE,
    RowStatus.END_MUST_BE_IN_RANGE,
    RowStatus.END_MUST_FOLLOW_START,
    RowStatus.SPAN_MUST_FIT,
)

_GENERATION: Schema = {"generation": pl.Int32}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """A record that is not the one at its offset; `fields` are name, what is kept, what came."""

    offset: int
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a batch that was compared.

    `differences` are from records that are posted or in suspense, at most `DIFFERENCES_MAX`, and
    `difference_count` all of them; `mendable_offsets` are from records in quarantine, of which
    `quarantined_count` are the same.
    """

    differences: tuple[Difference, ...]
    difference_count: int
    mendable_offsets: tuple[int, ...]
    quarantined_count: int


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

    def compare(self, book: str, channel: str, first_offset: int, batch: Batch) -> Comparison:
        """Compare a batch whose offsets are all committed with what is kept, record by record."""
        found = self._compare(book, channel, first_offset, batch)
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
            )

    def is_posted(self, book: str, request_id: str) -> bool:
        """Whether a request was posted before: it is answered, whatever it mends."""
        return self.manifest.get_request(book, request_id) is not None

    def supersede(
        self, book: str, channel: str, offsets: Sequence[int], request_id: str
    ) -> tuple[MendRow, ...]:
        """Make the mends of a request whose records stand for those in quarantine at offsets.

        Raises
        ------
        ContentMustMatch
            What is at an offset is not in quarantine.
        """
        first, stop = offsets[0], offsets[-1] + 1
        # Read once: what a mend of this moment supersedes is what is judged here.
        mends_before = self.manifest.mends_of(book, channel, first, stop)
        kept, refused = self._read_kept(book, channel, (first, stop), mends_before)
        now = _Kept(pl.DataFrame(schema=CORE), pl.DataFrame(schema=REFUSED), kept, refused, [])
        in_quarantine = now.refused_now()
        last = {each.channel_offset: each for each in mends_before}
        mends = []
        for index, offset in enumerate(offsets):
            if offset not in in_quarantine:
                raise ContentMustMatch.of_mend(book, channel, offset)
            before = last.get(offset)
            mends.append(
                MendRow(
                    source=REQUEST_PREFIX + before.request_id if before else channel,
                    offset=before.index if before else offset,
                    channel=channel,
                    channel_offset=offset,
                    generation=before.generation + 1 if before else 1,
                    request_id=request_id,
                    index=index,
                )
            )
        return tuple(mends)

    def _compare(self, book: str, channel: str, first_offset: int, batch: Batch) -> _Kept:
        stop_offset = first_offset + batch.record_count
        came, came_refused = self._read_batch(book, channel, first_offset, batch)
        mends = self.manifest.mends_of(book, channel, first_offset, stop_offset)
        offsets = (first_offset, stop_offset)
        kept, kept_refused = self._read_kept(book, channel, offsets, mends)
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
        return _Kept(came, came_refused, kept, kept_refused, others.to_list())

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
                    _select(mine, schemas[file.kind])
                    .join(places, on="offset", maintain_order="left")
                    .with_columns(pl.col("place").alias("offset"))
                )
                parts[file.kind].append(placed.select(parts[file.kind][0].columns))
        return pl.concat(parts[SEGMENT]), pl.concat(parts[QUARANTINE])


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """What came beside what is kept, and the offsets at which they differ."""

    came: pl.DataFrame
    came_refused: pl.DataFrame
    kept: pl.DataFrame
    kept_refused: pl.DataFrame
    others: list[int]

    def refused_now(self) -> set[int]:
        """Offsets whose record is in quarantine by now."""
        last = pl.concat(
            [
                self.kept.select("offset", "generation", is_refused=False),
                self.kept_refused.select("offset", "generation", is_refused=True),
            ]
        )
        last = last.filter(pl.col("generation") == pl.col("generation").max().over("offset"))
        return set(last.filter("is_refused")["offset"].to_list())

    def resembling(self) -> set[int]:
        """Offsets at which what came may be what is in quarantine there, mended.

        It has the same `record_id`, and is not of another time; or neither has an id, and but one
        of the other fields that could be read differs. Times may differ where they were at fault.
        """
        came = pl.concat(
            [frame.select(_timed(_LIKENESS)) for frame in (self.came, self.came_refused)]
        )
        last = self.kept_refused.sort("generation").unique("offset", keep="last")
        beside = last.select(*_timed(_LIKENESS), "status").join(came, on="offset", suffix="_came")
        differs = {
            name: (pl.col(name).is_not_null() & (pl.col(name).cast(pl.String) != ""))
            & (pl.col(name) != pl.col(f"{name}_came")).fill_null(value=True)
            for name in _LIKENESS
            if name not in {"offset", "record_id"}
        }
        times = [differs.pop(name) for name in _TIMES]
        is_time_at_fault = pl.col("status").is_in(_TIMES_AT_FAULT)
        is_moved = pl.all_horizontal(times) & ~is_time_at_fault
        field_count = pl.sum_horizontal(differs.values())
        time_count = pl.when(is_time_at_fault).then(0).otherwise(pl.sum_horizontal(times))
        has_id = pl.col("record_id") != ""
        same_id = pl.col("record_id") == pl.col("record_id_came")
        alike = field_count + time_count <= 1
        found = beside.filter((has_id & same_id & ~is_moved) | (~has_id & alike))
        return set(found["offset"].to_list())

    def difference(self, offset: int) -> Difference:
        """Tell how a record differs from the one that is posted, or waits."""
        kept = self.kept.filter(pl.col("offset") == offset).sort("generation").tail(1)
        if kept.is_empty():
            kept = self.kept_refused.filter(pl.col("offset") == offset).sort("generation").tail(1)
        came = self.came.filter(pl.col("offset") == offset)
        if came.is_empty():
            came = self.came_refused.filter(pl.col("offset") == offset)
        before, now = _texts(kept), _texts(came)
        return Difference(
            offset,
            tuple(
                (name, before.get(name, ""), now.get(name, ""))
                for name in (*CORE, *OPTIONAL)
                if name != "offset" and before.get(name, "") != now.get(name, "")
            ),
        )


def _timed(names: Sequence[str]) -> list[pl.Expr]:
    """Select fields, times as microseconds, as those in quarantine have them."""
    return [pl.col(name).cast(pl.Int64) if name in _TIMES else pl.col(name) for name in names]


def _texts(frame: pl.DataFrame) -> dict[str, str]:
    """Write the fields of one record as texts."""
    row = next(frame.iter_rows(named=True), {})
    return {name: _text(name, value) for name, value in row.items()}


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if name in {"start", "end"}:
        if isinstance(value, int):
            value = _EPOCH + dt.timedelta(microseconds=value)
        return str(value).replace("+00:00", "Z").replace(" ", "T")
    if isinstance(value, Decimal):
        return quantity_text(atto_of(value)).rstrip("0").removesuffix(".")
    return str(value)


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
    return quantity_decimal(parse_decimal(text.encode()))


def _same(came: pl.DataFrame, kept: pl.DataFrame, columns: list[str]) -> pl.Series:
    """Offsets of the rows that came and are kept with equal columns."""
    return came.join(kept, on=columns, how="semi", nulls_equal=True)["offset"]
