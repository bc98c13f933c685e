"""Taking back: what records were posted as, with the signs turned."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid, LedgerInconsistent, QuantityOverflow
from tonne.ledger.files.frames import frame_of, frame_to_write, polars_errors
from tonne.ledger.files.overlay import (
    COUNTS_FROM,
    counted_after,
    is_kept,
    is_restated,
    is_waiting,
    read_cleared,
    with_cleared,
)
from tonne.ledger.files.postings import POSTINGS_SCHEMA, with_late
from tonne.ledger.files.repost import decode_frame
from tonne.ledger.files.rules import read_note
from tonne.ledger.posting.correcting.noted import POSTED_AS, with_notes
from tonne.ledger.posting.mending.waiting import taken_back
from tonne.ledger.posting.repost import post_under
from tonne.ledger.posting.writing.laid_out import POSTING_REGION
from tonne.model import RowStatus
from tonne_kernel import BatchSlice, post

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.ledger.book.book_state import BookState
    from tonne.ledger.files.files import FileReader
    from tonne.store.rows import FileRow
    from tonne_kernel import PeriodTable

RESTATED_COUNT = "restated_count"
"""Column of records as `read_kept` gives them: how often one was posted again."""

TAKEN_ROW_BYTES = 3_000
"""Memory of a record of a segment of which some are reversed: read, decoded, posted again."""


def read_kept(
    reader: FileReader, file: FileRow, clearings: Sequence[FileRow], *, whole: bool = False
) -> pl.DataFrame:
    """Read the records of a segment that are posted or wait, and what they were posted as.

    With `whole`, those that were reversed or withdrawn too.

    Returns
    -------
    polars.DataFrame
        channel, offset, status, record_id, what `decode_frame` takes, posting_region, posted_as,
        restated_count: how often the record was posted again, and `COUNTS_FROM`.
    """
    segment = reader.open(file).frame()
    cleared = read_cleared(reader, clearings)
    with polars_errors(file.path):
        absent = [name for name in (POSTING_REGION, POSTED_AS) if name not in segment.columns]
        texts = pl.col("facility", "activity", "unit", POSTING_REGION, POSTED_AS, "channel")
        now = with_cleared(segment, cleared).with_columns(pl.lit(None).alias(n) for n in absent)
        records = now.select(
            "offset",
            "status",
            "quantity",
            "start",
            "end",
            texts.cast(pl.String),
            pl.col("record_id", "region").cast(pl.String).fill_null(""),
        )
        keys = ["channel", "offset"]
        told = cleared.filter(pl.col(POSTED_AS).is_not_null() & ~pl.col("is_reversed"))
        # The last one of a record is in force: it was restated after it left suspense.
        noted = told.group_by(pl.col("channel").cast(pl.String), "offset").agg(
            pl.col(POSTED_AS).last().alias("noted"),
            is_restated().sum().cast(pl.Int64).alias(RESTATED_COUNT),
        )
        joined = records.join(noted, on=keys, how="left", maintain_order="left")
        found = joined.with_columns(
            pl.coalesce("noted", POSTED_AS).alias(POSTED_AS),
            pl.col(RESTATED_COUNT).fill_null(0),
            pl.lit(file.counts_from, pl.Int32).alias(COUNTS_FROM),
        ).drop("noted")
        found = counted_after(found, cleared)
        return found if whole else found.filter(is_kept())


def with_older_notes(
    records: pl.DataFrame, file: FileRow, state: BookState, revision: int
) -> pl.DataFrame:
    """Find what posted records were posted as where an older Tonne did not note it.

    Parameters
    ----------
    revision : int
        Of the book, under which the segment and all of its clearings were committed; -1: under
        several.

    Raises
    ------
    FieldInvalid
        The rules of the book may have been others.
    """
    is_absent = (pl.col("status") == RowStatus.POSTED) & pl.col(POSTED_AS).is_null()
    older = records.filter(is_absent)
    if older.is_empty():
        return records
    if revision != state.book.revision:
        raise FieldInvalid(
            f"records: {older.height} of segment {file.id} were posted by a Tonne that did not "
            f"note their factors, and the rules of book {file.book!r} have changed since: what "
            "takes them back exactly is not known. Append records with the negative quantity "
            "instead, in a channel of their own",
            metadata={"field": "records", "book": file.book, "segment": file.id},
        )
    posted = post_under(older, state, file.book)
    postings = frame_of(posted.postings())
    months = tuple(sorted(postings["period"].unique().to_list()))
    notes = with_notes(frame_to_write(posted.records()), state, months)[POSTED_AS]
    places = older.select("channel", "offset").with_columns(notes.cast(pl.String).alias("older"))
    keys = ["channel", "offset"]
    joined = records.join(places, on=keys, how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce(POSTED_AS, "older").alias(POSTED_AS)).drop("older")


def take_back(
    records: pl.DataFrame, periods: PeriodTable, book: str, counts_from: int = 0
) -> pl.DataFrame:
    """Post records as they were posted, with the signs turned; columns of `POSTINGS_SCHEMA`.

    Parameters
    ----------
    records : polars.DataFrame
        As `read_kept` gives them, each with its note.
    counts_from : int
        The first month in which it counts that they are taken back: it counts where they did, or
        there, whatever is later. What waits leaves the month in which it waits.
    """
    parts = [pl.DataFrame(schema=POSTINGS_SCHEMA)]
    posted = records.filter(pl.col("status") == RowStatus.POSTED).with_columns(
        pl.col(COUNTS_FROM).clip(lower_bound=counts_from)
    )
    for (note, first), rows in posted.group_by(POSTED_AS, COUNTS_FROM, maintain_order=True):
        back = _posted_back(rows, str(note), periods, book)
        parts.append(with_late(back, int(str(first))))
    waiting = records.filter(is_waiting())
    if not waiting.is_empty():
        parts.append(taken_back(waiting, periods))
    with polars_errors(f"reversed records of book {book}"):
        return pl.concat(
            part.select(pl.col(name).cast(kind) for name, kind in POSTINGS_SCHEMA.items())
            for part in parts
        )


def _posted_back(
    records: pl.DataFrame, note: str, periods: PeriodTable, book: str
) -> pl.DataFrame:
    """Post records of one note by the rule that stands there."""
    region, table, ids = read_note(note)
    session, batch = decode_frame(records)
    session.set_rules(0, array("i", bytes(4 * session.key_count)))
    try:
        posted = post([BatchSlice(batch, "reversal", 0)], table, periods)
    except OverflowError as error:
        raise QuantityOverflow.of_sum("reverse fewer records at once", book) from error
    postings = frame_of(posted.postings())
    resolutions = pl.DataFrame({"disposition": range(len(ids)), "resolution": ids})
    with polars_errors(f"reversed records of book {book}"):
        joined = postings.with_columns(
            pl.lit(region).alias("region"), pl.lit(0).alias("status")
        ).join(
            resolutions.cast({"disposition": pl.Int32}),
            on="disposition",
            how="left",
            maintain_order="left",
        )
        known = joined.filter(pl.col("resolution").fill_null("") != "")
    if posted.quarantine_count or known.height != postings.height:
        raise LedgerInconsistent(
            f"records of book {book!r} were posted, but what is noted beside them does not post "
            "them: compare the files (`tonne check`)",
            metadata={"book": book},
        )
    return known.with_columns(-pl.col("quantity", "record_count", "record_start_count"))
