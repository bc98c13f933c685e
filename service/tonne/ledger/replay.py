"""Recomputes what should be true of a book from its records alone.

`replay` feeds the segments' records to the kernel again and gives the postings that follow
from them; `check_book` compares everything that the ledger keeps twice. Both read the whole
book: they are for tests, for a crash's aftermath and for auditors, not for every day.
"""

from __future__ import annotations

import hashlib
import io
from array import array
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import LedgerInconsistent
from tonne.ledger.entries import REQUEST_PREFIX
from tonne.ledger.frames import Schema, frame_of, polars_errors, read_parquet
from tonne.ledger.group import POSTING_REGION
from tonne.ledger.overlay import Overlay, read_cleared, with_cleared
from tonne.ledger.periods import period_table
from tonne.ledger.postings import drop_zeros
from tonne.ledger.sums import QUANTITY_TYPE, sum_by
from tonne.model import MICRO_PER_ONE, ControlTotals, RowStatus
from tonne_kernel import RuleTable, Session, Share, post

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.ledger.ledger import Ledger
    from tonne.store.manifest import Manifest
    from tonne.store.objects import Objects
    from tonne.store.rows import FileRow

REPLAY_KEYS = ("facility", "activity", "unit", "period", "status", "region")
"""What the records alone determine: resolutions are the book's, as it was then, and so are the
regions of what is posted, which are empty here."""

BATCH_ROWS = 1 << 16

_FILES_BATCH = 256

_SENT = ("record_id", "facility", "activity", "quantity", "unit", "start", "end", "region")


class Replay:
    """Reads a ledger's files past everything that the ledger remembers.

    Parameters
    ----------
    manifest, objects
        Where the ledger is kept.
    """

    def __init__(self, manifest: Manifest, objects: Objects) -> None:
        self._manifest = manifest
        self._objects = objects
        self._overlay = Overlay(manifest, objects)

    def postings(self, book: str) -> pl.DataFrame:
        """Recompute a book's postings from its segments and their clearings.

        Returns
        -------
        polars.DataFrame
            `REPLAY_KEYS`, `quantity`, `record_count`, `record_start_count`; each key once.
        """
        time_zone = self._manifest.get_book(book).time_zone
        parts = []
        for file in self._segments(book):
            segment = _by_posting_region(self._read(file))
            for (status,), records in segment.group_by("status", maintain_order=True):
                for rows in records.iter_slices(BATCH_ROWS):
                    postings = post_again(rows, RowStatus(status), time_zone)
                    parts.append(postings.with_columns(pl.lit(status, pl.UInt8).alias("status")))
        with polars_errors(f"the segments of book {book}"):
            if not parts:
                schema: Schema = {
                    **dict.fromkeys(REPLAY_KEYS[:3], pl.String),
                    "period": pl.Int32,
                    "status": pl.UInt8,
                    "region": pl.String,
                    "quantity": QUANTITY_TYPE,
                    "record_count": pl.Int64,
                    "record_start_count": pl.Int64,
                }
                return pl.DataFrame(schema=schema)
            return sum_by(pl.concat(parts), REPLAY_KEYS)

    def check_book(self, ledger: Ledger, book: str) -> tuple[str, ...]:
        """Compare all that is kept twice; no commit may happen meanwhile.

        Every file has its digest and rows; a clearing clears records that waited, each once;
        every channel's offsets are dense up to its
        committed offset, over segments and quarantine; every channel's and request's totals
        are the sums of its records; the balances are the replayed postings; every
        resolution that a posting names is there.

        Returns
        -------
        tuple of str
            What contradicts what; empty where all is well.
        """
        problems: list[str] = []
        kept = self._kept_rows(book, problems)
        problems += self._check_sources(book, kept)
        postings = ledger.postings(book)
        problems += _check_postings(as_replayed(postings), self.postings(book))
        try:
            ledger.resolutions(book, postings["resolution"].drop_nulls().unique())
        except LedgerInconsistent as error:
            problems.append(error.message)
        return tuple(problems)

    def _segments(self, book: str) -> Iterator[FileRow]:
        def files(after_seq: int) -> list[FileRow]:
            return self._manifest.segments(book, after_seq=after_seq, limit=_FILES_BATCH)

        return _all_files(files)

    def _read(self, file: FileRow) -> pl.DataFrame:
        segment = read_parquet(self._objects.get(file.path), file.path)
        return self._overlay.apply(segment, self._overlay.find([file]).get(file.id, []))

    def _kept_rows(self, book: str, problems: list[str]) -> pl.DataFrame:
        """Source, offset, quantity, status then and now of every record that any file holds."""
        schema: Schema = {
            "channel": pl.String,
            "offset": pl.Int64,
            "status": pl.UInt8,
            "first_status": pl.UInt8,
            "quantity": QUANTITY_TYPE,
        }
        parts = [pl.DataFrame(schema=schema)]

        def quarantined(after_seq: int) -> list[FileRow]:
            return self._manifest.quarantine_files(book, after_seq, _FILES_BATCH)

        for file in self._segments(book):
            first = self._checked(file, problems)
            frame = self._cleared(file, first, problems).with_columns(first_status=first["status"])
            suspended_count = frame.filter(pl.col("status") > 0).height
            if suspended_count != file.suspended_count:
                problems.append(
                    f"{file.path}: {suspended_count} records in suspense, the manifest says "
                    f"{file.suspended_count}"
                )
            parts.append(frame.select(pl.col(name).cast(kind) for name, kind in schema.items()))
        for file in _all_files(quarantined):
            frame = self._checked(file, problems).with_columns(
                pl.lit(0).alias("quantity"), first_status="status"
            )
            parts.append(frame.select(pl.col(name).cast(kind) for name, kind in schema.items()))
        return pl.concat(parts)

    def _checked(self, file: FileRow, problems: list[str]) -> pl.DataFrame:
        content = self._objects.get(file.path)
        if hashlib.sha256(content).hexdigest() != file.sha256 or len(content) != file.size_bytes:
            problems.append(f"{file.path}: its bytes are not those of its digest")
        frame = read_parquet(content, file.path)
        if frame.height != file.row_count:
            problems.append(
                f"{file.path}: {frame.height} rows, the manifest says {file.row_count}"
            )
        return frame

    def _cleared(self, file: FileRow, segment: pl.DataFrame, problems: list[str]) -> pl.DataFrame:
        """Check a segment's clearings and give its records the status that they have now."""
        clearings = self._overlay.find([file]).get(file.id, [])
        for clearing in clearings:
            self._checked(clearing, problems)
        cleared = read_cleared(self._objects, clearings)
        keys = ["channel", "offset", "status"]
        waiting = segment.filter(pl.col("status") > 0).select(
            pl.col("channel").cast(pl.String), "offset", "status"
        )
        places = cleared.select(pl.col("channel").cast(pl.String), "offset", "status")
        astray = places.join(waiting, on=keys, how="anti").height
        if astray or places.n_unique() != places.height:
            problems.append(
                f"{file.path}: its clearings name {places.height} records, "
                f"{places.height - places.n_unique()} of them again and {astray} that did not wait"
            )
        return with_cleared(segment, cleared)

    def _check_sources(self, book: str, kept: pl.DataFrame) -> Iterator[str]:
        """Check every channel and request against the records that are kept of it."""
        by_source = {
            str(source): rows for (source,), rows in kept.group_by("channel", maintain_order=True)
        }
        after = ""
        while channels := self._manifest.list_channels(book, after, _FILES_BATCH):
            for channel in channels:
                rows = by_source.pop(channel.id, kept.clear())
                yield from _check_offsets(channel.id, rows, channel.committed_offset)
                yield from _check_totals(channel.id, rows, channel.totals)
            after = channels[-1].id
        for source, rows in by_source.items():
            request = None
            if source.startswith(REQUEST_PREFIX):
                request = self._manifest.get_request(book, source.removeprefix(REQUEST_PREFIX))
            if request is None:
                yield f"{source}: {rows.height} records of a source that is not there"
                continue
            yield from _check_offsets(source, rows, request.totals.records_count)
            # The answer to a request stays what it was, whatever is cleared.
            then = rows.with_columns(status="first_status")
            yield from _check_totals(source, then, request.totals)


def as_replayed(postings: pl.DataFrame) -> pl.DataFrame:
    """Sum postings over what a replay can know of them; `REPLAY_KEYS` as texts."""
    known = pl.when(pl.col("status") == RowStatus.POSTED).then(pl.lit("")).otherwise("region")
    return drop_zeros(sum_by(postings.with_columns(region=known), REPLAY_KEYS))


def _by_posting_region(segment: pl.DataFrame) -> pl.DataFrame:
    """Give records in suspense the region that they are posted under, and the others none."""
    noted = pl.col(POSTING_REGION) if POSTING_REGION in segment.columns else pl.lit(None)
    own = pl.coalesce(noted.cast(pl.String), pl.col("region").cast(pl.String), pl.lit(""))
    is_posted = pl.col("status") == RowStatus.POSTED
    return segment.with_columns(region=pl.when(is_posted).then(pl.lit("")).otherwise(own))


def _all_files(files: Callable[[int], list[FileRow]]) -> Iterator[FileRow]:
    after_seq = 0
    while batch := files(after_seq):
        yield from batch
        after_seq = batch[-1].seq


def post_again(rows: pl.DataFrame, status: RowStatus, time_zone: str) -> pl.DataFrame:
    """Post records of one status under one rule: what they add, by key and period."""
    buffer = io.BytesIO()
    with polars_errors("a segment's records"):
        columns = rows.select(_SENT)
        columns.write_ipc_stream(buffer, compression="uncompressed")
    message = buffer.getvalue()
    session = Session()
    batch = session.decode_arrow(message, 0, len(message))
    session.set_rules(0, array("i", bytes(4 * session.key_count)))
    rule = RuleTable(array("i", [0, 1]), array("i", [0]), array("i", [-status]))
    posted = post([Share(batch, "replay", 0)], rule, period_table(time_zone))
    with polars_errors("a replay's postings"):
        return frame_of(posted.postings()).select(
            pl.col("facility", "activity", "unit").cast(pl.String),
            pl.col("region").cast(pl.String).fill_null(""),
            "period",
            "quantity",
            "record_count",
            "record_start_count",
        )


def _check_offsets(source: str, rows: pl.DataFrame, stop_offset: int) -> Iterator[str]:
    offsets = rows["offset"].sort()
    if not offsets.equals(pl.int_range(stop_offset, eager=True).alias("offset")):
        yield (
            f"{source}: expected the offsets 0 to {stop_offset}, each once; there are "
            f"{offsets.len()}, {offsets.n_unique()} distinct, from {offsets.min()!r} to "
            f"{offsets.max()!r}"
        )


def _check_totals(source: str, rows: pl.DataFrame, expected: ControlTotals) -> Iterator[str]:
    is_suspended = pl.col("status") >= RowStatus.FACILITY_MUST_BE_REGISTERED
    is_posted = pl.col("status") == RowStatus.POSTED
    found = ControlTotals(
        records_count=rows.height,
        posted_count=rows.filter(is_posted).height,
        quarantined_count=rows.filter(~is_posted & ~is_suspended).height,
        suspended_count=rows.filter(is_suspended).height,
        quantity_micro=int(sum_by(rows, ())["quantity"].item() * MICRO_PER_ONE),
    )
    if found != expected:
        yield f"{source}: the records add up to {found}, the manifest says {expected}"


def _check_postings(balances: pl.DataFrame, replayed: pl.DataFrame) -> Iterator[str]:
    columns = [*REPLAY_KEYS, "quantity", "record_count", "record_start_count"]
    pairs = (("balances", balances, replayed), ("segments", replayed, balances))
    for name, these, those in pairs:
        alone = these.select(columns).join(those.select(columns), on=columns, how="anti")
        if alone.height:
            yield (
                f"{alone.height} sums stand in the {name} alone, like {alone.row(0, named=True)}"
            )
