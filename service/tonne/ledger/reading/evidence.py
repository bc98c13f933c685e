"""What a number rests on: the records under postings, and whether they still agree.

Everything is read again: segments and postings files with their digests, resolutions with their
ids. A commit that happens meanwhile is left out: what is compared is one moment of the book.
"""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.resolving.resolution import Resolution
from tonne.errors import FileCorrupt, LedgerInconsistent
from tonne.ledger.book.periods import month_boundaries_us, period_table
from tonne.ledger.budget import SEGMENT_ROW_BYTES
from tonne.ledger.files.files import Wanted
from tonne.ledger.files.frames import Schema, polars_errors
from tonne.ledger.files.overlay import COUNTS_FROM, Overlay, is_kept
from tonne.ledger.files.postings import POSTINGS_SCHEMA, by_month, drop_zeros
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.ledger.files.repost import repost, slice_table, split_records, timed_parts
from tonne.ledger.files.sums import COUNTS, RunningSums
from tonne.ledger.reading.moment import Question, outrun
from tonne.ledger.reading.records import LedgerRecord, ledger_records
from tonne.model import PERIOD_COUNT_MAX, RowStatus
from tonne.store.errors import ObjectMissing
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    from tonne.ledger.budget import Hold
    from tonne.ledger.files.files import FileReader, VerifiedFile
    from tonne.ledger.files.repost import Cut
    from tonne.ledger.reading.moment import Moment, MomentParts
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.rows import FileRow

BATCH_ROWS = 1 << 16
"""Records that are posted again at a time."""

_FILES_BATCH = 256

FACILITIES_NAMED_MAX = 64
"""Facilities of a question up to which files are read for theirs alone."""

RECORD_KEYS = ("facility", "activity", "unit")
"""Keys that a record and its postings share, whatever region the record was given."""

_REPLAYED: Schema = {
    **dict.fromkeys((*RECORD_KEYS, "region"), pl.String),
    "period": pl.Int32,
    "quantity": QUANTITY_TYPE,
    **dict.fromkeys(COUNTS, pl.Int64),
}

_AGAIN: Schema = {**_REPLAYED, "first_day": pl.UInt8, "last_day": pl.UInt8}


@dataclass(slots=True, eq=False)
class Replayed:
    """What the segments' records add to the postings of a question.

    Parameters
    ----------
    sums : polars.DataFrame
        `RECORD_KEYS`, region as the records give it (empty: the facility's of then), period,
        quantity, record_count, record_start_count, first_day, last_day; each key once.
    record_count, segment_count : int
        Records that were posted again, segments that were read.
    differences : list of str
        Files that are not what the manifest says.
    """

    sums: pl.DataFrame
    record_count: int = 0
    segment_count: int = 0
    differences: list[str] = field(default_factory=list)


class Evidence:
    """Reads what postings rest on. Safe to call from several threads.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    parts : callable
        Reads the postings of a moment, as `PostingsReader.parts`.
    """

    def __init__(self, manifest: Manifest, reader: FileReader, parts: MomentParts) -> None:
        self._manifest = manifest
        self._reader = reader
        self._parts = parts
        self._overlay = Overlay(manifest, reader)

    def balances(self, moment: Moment, question: Question) -> pl.DataFrame:
        """Sum the postings of a question's keys, whatever their resolution.

        Returns
        -------
        polars.DataFrame
            `RECORD_KEYS`, period, region (texts), quantity, record_count, record_start_count; in
            any region.

        Raises
        ------
        StoreUnavailable
            Files were merged and collected since: ask again.
        """
        sums = RunningSums(_REPLAYED)
        for asked in self._asked(moment, question):
            sums.add(by_month(asked))
        return drop_zeros(sums.frame())

    def postings(self, moment: Moment, question: Question) -> pl.DataFrame:
        """Sum the postings of a question's keys, in any region, as they are posted.

        Returns
        -------
        polars.DataFrame
            Columns of `POSTINGS_SCHEMA`. Raises as `balances`.
        """
        sums = RunningSums(POSTINGS_SCHEMA)
        for asked in self._asked(moment, question):
            sums.add(asked)
        return drop_zeros(sums.frame())

    def _asked(self, moment: Moment, question: Question) -> Iterator[pl.DataFrame]:
        texts = pl.col(*RECORD_KEYS, "region").cast(pl.String).fill_null("")
        keys = question.keys.select(*RECORD_KEYS, "period").unique()
        names = keys["facility"].unique()
        few = tuple(names) if names.len() <= FACILITIES_NAMED_MAX else ()
        wanted = Wanted(question.first_period, question.last_period, few)
        try:
            for part in self._parts(moment, wanted=wanted):
                with polars_errors(f"postings of book {moment.book.id}"):
                    posted = part.filter(
                        pl.col("resolution").is_not_null()
                        & pl.col("period").is_between(question.first_period, question.last_period)
                    ).with_columns(texts)
                    yield posted.join(keys, on=[*RECORD_KEYS, "period"], how="semi")
        except ObjectMissing as error:
            raise outrun(moment.book.id) from error

    def records(
        self, moment: Moment, question: Question, hold: Hold | None = None
    ) -> Iterator[tuple[LedgerRecord, tuple[tuple[int, Decimal], ...]]]:
        """Find the records under postings, in the order of their commits.

        Yields
        ------
        tuple of LedgerRecord and tuple of (int, Decimal)
            A record, and its part in each of the months that are asked about.
        """
        periods = period_table(moment.book.time_zone)
        months = question.keys.select(*RECORD_KEYS, "period").unique()
        for file, clearings in self._segments(moment, hold, question):
            verified = self._reader.open(file)
            found = self._matching(moment, question, verified, clearings)
            firsts = self._overlay.counts_from(found, file, clearings)
            begin = 0
            for rows in found.iter_slices(BATCH_ROWS):
                with polars_errors(file.path):
                    parts = split_records(rows, periods).filter(
                        pl.col("period").is_between(question.first_period, question.last_period)
                    )
                    asked = (
                        _keys_of(rows)
                        .with_columns(firsts.slice(begin, rows.height))
                        .with_row_index("row")
                        .join(parts, on="row", how="inner", maintain_order="left_right")
                        .join(months, on=[*RECORD_KEYS, "period"], how="semi")
                    )
                    begin += rows.height
                    if question.counted is not None:
                        counted = pl.max_horizontal("period", COUNTS_FROM)
                        asked = asked.filter(counted.is_between(*question.counted))
                    by_row: dict[int, list[tuple[int, Decimal]]] = {}
                    for row, period, quantity in asked.select(
                        "row", "period", "quantity"
                    ).iter_rows():
                        by_row.setdefault(row, []).append((period, quantity))
                    chosen = rows[list(by_row)]
                yield from zip(
                    ledger_records(file, chosen), map(tuple, by_row.values()), strict=True
                )

    def replay(
        self,
        moment: Moment,
        question: Question,
        hold: Hold | None = None,
        cuts: Sequence[Cut] = (),
    ) -> Replayed:
        """Post records again as `again` does, and read the postings files again."""
        replayed = self.again(moment, question, hold, cuts)
        for file in moment.files:
            try:
                self._reader.open(file)
            except FileCorrupt as error:
                replayed.differences.append(error.message)
            except ObjectMissing:
                continue  # merged since, and what it held stands in another file
        return replayed

    def again(
        self,
        moment: Moment,
        question: Question,
        hold: Hold | None = None,
        cuts: Sequence[Cut] = (),
    ) -> Replayed:
        """Post the records of a question's keys again, whatever their region.

        `cuts` are the dates that cut months into slices, in order of time.
        """
        periods = period_table(moment.book.time_zone)
        replayed = Replayed(pl.DataFrame(schema=_AGAIN))
        sums = RunningSums(_AGAIN)
        for file, clearings in self._segments(moment, hold, question):
            replayed.segment_count += 1
            try:
                verified = self._reader.open(file)
                found = self._matching(moment, question, verified, clearings, whole=True)
            except LedgerInconsistent as error:
                replayed.differences.append(error.message)
                continue
            replayed.record_count += found.height
            for rows in found.iter_slices(BATCH_ROWS):
                postings = repost(rows, periods, cuts=cuts).filter(
                    pl.col("period").is_between(question.first_period, question.last_period)
                )
                sums.add(postings)
        replayed.sums = sums.frame()
        return replayed

    def timed(
        self,
        moment: Moment,
        question: Question,
        hold: Hold | None = None,
        cuts: Sequence[Cut] = (),
    ) -> Iterator[pl.DataFrame]:
        """Post records as `again` does, each apart and with its times, segment by segment.

        Yields
        ------
        polars.DataFrame
            row, `RECORD_KEYS`, region as the record gives it, period, first_day, last_day,
            quantity; start_us, end_us of the record, in microseconds since 1970. Raises where
            `again` tells a difference.
        """
        periods = period_table(moment.book.time_zone)
        slices = slice_table(month_boundaries_us(moment.book.time_zone), cuts)
        for file, clearings in self._segments(moment, hold, question):
            verified = self._reader.open(file)
            found = self._matching(moment, question, verified, clearings, whole=True)
            for rows in found.iter_slices(BATCH_ROWS):
                yield timed_parts(rows, periods, slices, cuts).filter(
                    pl.col("period").is_between(question.first_period, question.last_period)
                )

    def spans(self, moment: Moment, hold: Hold | None = None) -> Iterator[pl.DataFrame]:
        """Give when the records of a moment begin and end, segment by segment.

        Yields
        ------
        polars.DataFrame
            facility, activity (texts), start, end (Int64, microseconds since 1970): of all records
            that are kept, posted or in suspense.
        """
        columns = ["facility", "activity", "start", "end"]
        for file, clearings in self._segments(moment, hold):
            if clearings:
                place = ["channel", "offset", "status"]
                whole = self._reader.open(file).frame([*columns, *place])
                frame = self._overlay.apply(whole, clearings).filter(is_kept())
            else:
                frame = self._reader.open(file).frame(columns)
            with polars_errors(file.path):
                yield frame.select(
                    pl.col("facility", "activity").cast(pl.String),
                    pl.col("start", "end").dt.epoch("us"),
                )

    def resolutions(
        self, book: str, ids: Iterable[str]
    ) -> tuple[dict[str, Resolution], list[str]]:
        """Read resolutions back from their bodies, and say which are not what their id says."""
        found: dict[str, Resolution] = {}
        differences = []
        wanted = sorted(set(ids))
        texts = self._manifest.get_resolutions(book, wanted)
        for id_ in wanted:
            text = texts.get(id_)
            if text is None:
                differences.append(f"resolution {id_} is missing")
                continue
            digest = hashlib.sha256(text.encode()).hexdigest()
            if digest != id_:
                differences.append(f"resolution {id_}: its body has the SHA-256 {digest}")
            try:
                found[id_] = Resolution.from_json(text)
            except LedgerInconsistent as error:
                differences.append(f"resolution {id_}: {error.message}")
        return found, differences

    def _segments(
        self, moment: Moment, hold: Hold | None, question: Question | None = None
    ) -> Iterator[tuple[FileRow, list[FileRow]]]:
        """Give the segments of a moment in the order of their commits, with their clearings.

        Those without a record of the months of a question are left out. Memory for one of them at
        a time is held.
        """
        after_seq = 0
        first, last = 0, PERIOD_COUNT_MAX
        if question is not None:
            first, last = question.first_period, question.last_period
        while files := self._manifest.segments_of_months(
            moment.book.id, first, last, after_seq, _FILES_BATCH
        ):
            known = list(filter(moment.knows, files))
            clearings = self._overlay.find(known)
            for file in known:
                check_wanted()
                size_bytes = file.row_count * SEGMENT_ROW_BYTES
                with hold.more(size_bytes) if hold else nullcontext():
                    yield file, list(filter(moment.knows, clearings.get(file.id, ())))
            after_seq = files[-1].seq
            if after_seq > moment.point.number:
                return

    def _matching(
        self,
        moment: Moment,
        question: Question,
        file: VerifiedFile,
        clearings: Sequence[FileRow],
        *,
        whole: bool = False,
    ) -> pl.DataFrame:
        """Take the posted records of a segment that can have a part in the postings.

        With `whole`, those of the postings' keys in any region.
        """
        boundaries = month_boundaries_us(moment.book.time_zone)
        names = question.keys["facility"].cast(pl.String).unique()
        few = names.to_list() if names.len() <= FACILITIES_NAMED_MAX else []
        if few:
            head = file.of_facilities(few).with_row_index("place")
        else:
            columns = [*RECORD_KEYS, "region", "start", "end", "status", "channel", "offset"]
            head = file.frame(columns).with_row_index("place")
        with polars_errors(file.path):
            posted = self._overlay.apply(head, clearings).filter(
                pl.col("status") == RowStatus.POSTED,
                pl.col("start").dt.epoch("us") < boundaries[question.last_period + 1],
                pl.col("end").dt.epoch("us") > boundaries[question.first_period],
            )
            keys = _keys_of(posted).with_columns(posted["place"])
            asked = question.keys.select(*RECORD_KEYS, "region")
            if whole:
                keys = keys.join(asked, on=RECORD_KEYS, how="semi")
            else:  # a record without a region was posted under any of its facility's
                has_region = pl.col("region") != ""
                keys = pl.concat(
                    [
                        keys.filter(has_region).join(
                            asked, on=[*RECORD_KEYS, "region"], how="semi"
                        ),
                        keys.filter(~has_region).join(asked, on=RECORD_KEYS, how="semi"),
                    ]
                )
            places = keys["place"].sort()
        if places.is_empty():
            return head.clear()
        whole_rows = head.drop("place") if few else file.frame()
        with polars_errors(file.path):
            return whole_rows[places].with_columns(
                pl.lit(int(RowStatus.POSTED), pl.UInt8).alias("status")
            )


def _keys_of(records: pl.DataFrame) -> pl.DataFrame:
    return records.select(
        pl.col(name).cast(pl.String).fill_null("") for name in (*RECORD_KEYS, "region")
    )
