"""Records of a frame posted again by the kernel: the one way back from a file to postings.

No resolution comes of it, and nothing is kept: this is for what records add to each month,
key by key or one by one.
"""

from __future__ import annotations

import io
from array import array
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import QuantityOverflow
from tonne.ledger.files.frames import Schema, frame_of, polars_errors
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.model import LAST_DAY, RowStatus
from tonne_kernel import BatchSlice, RuleTable, Session, post

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne_kernel import Batch, PeriodTable

Cut = tuple[int, int, int]
"""A date within a month: the month, the day of it, and the instant at which the day begins, in
microseconds since 1970-01-01T00:00Z."""

FROM, TO = "from_us", "to_us"
"""Columns of a time: microseconds since 1970, the end exclusive."""

TIMES: Schema = {FROM: pl.Int64, TO: pl.Int64}

_TEXTS = ("facility", "activity", "unit", "region")
_SENT = (*_TEXTS, "quantity", "start", "end")


def decode_frame(records: pl.DataFrame) -> tuple[Session, Batch]:
    """Hand records to the kernel as a producer would; their offsets are their places.

    Parameters
    ----------
    records : polars.DataFrame
        facility, activity, unit, region (texts or categories), quantity (a decimal), start
        and end (timestamps in UTC); other columns are left out.
    """
    buffer = io.BytesIO()
    with polars_errors("records to post"):
        records.select(
            *(pl.col(name).cast(pl.String) for name in _TEXTS), *_SENT[len(_TEXTS) :]
        ).write_ipc_stream(buffer, compression="uncompressed")
    message = buffer.getvalue()
    session = Session(batch_records_max=max(records.height, 1))
    return session, session.decode_arrow(message, 0, len(message))


def repost(
    records: pl.DataFrame,
    periods: PeriodTable,
    status: RowStatus = RowStatus.POSTED,
    cuts: Sequence[Cut] = (),
) -> pl.DataFrame:
    """Sum what records add, by their own keys, periods and slices, all of them under one rule.

    Parameters
    ----------
    records : polars.DataFrame
        As `decode_frame` takes them.
    periods : PeriodTable
        Of the book's time zone.
    status : RowStatus
        What became of the records: one that waits counts in its months as one that is posted.
    cuts : sequence of Cut
        Dates that cut months into slices, in order of time; what waits has none.

    Returns
    -------
    polars.DataFrame
        facility, activity, unit, region (texts), period (Int32), first_day, last_day (UInt8),
        quantity (decimal(38, 18)), record_count, record_start_count (Int64).
    """
    session, batch = decode_frame(records)
    session.set_rules(0, array("i", bytes(4 * session.key_count)))
    months, days, starts = zip((0, 1, 0), *cuts, strict=True)
    count = len(months)
    rule = RuleTable(
        array("i", [0, count]),
        array("i", months),
        array("i", [-status] * count),
        array("i", days),
        array("q", starts),
    )
    try:
        posted = post([BatchSlice(batch, "repost", 0)], rule, periods)
    except OverflowError as error:
        raise QuantityOverflow.of_sum("select fewer records") from error
    with polars_errors("the postings of records"):
        return frame_of(posted.postings()).select(
            *(pl.col(name).cast(pl.String).fill_null("") for name in _TEXTS),
            "period",
            "first_day",
            "last_day",
            "quantity",
            "record_count",
            "record_start_count",
        )


def split_records(
    records: pl.DataFrame, periods: PeriodTable, cuts: Sequence[Cut] = ()
) -> pl.DataFrame:
    """Split records over their periods, and those over their slices.

    Each record is posted under a key of its own, so that the kernel's sums are its parts.

    Parameters
    ----------
    records : polars.DataFrame
        quantity (a decimal), start and end (timestamps in UTC).
    periods : PeriodTable
        Of the book's time zone.
    cuts : sequence of Cut
        As in `repost`.

    Returns
    -------
    polars.DataFrame
        row (UInt32: position in `records`), period (Int32), first_day, last_day (UInt8), quantity
        (decimal(38, 18)); in the order of rows and time. The parts of a record add up to its
        quantity.
    """
    keyed = records.select(
        pl.int_range(pl.len()).cast(pl.String).alias("facility"),
        pl.lit("-").alias("activity"),
        pl.lit("-").alias("unit"),
        pl.lit("").alias("region"),
        "quantity",
        "start",
        "end",
    )
    return (
        repost(keyed, periods, cuts=cuts)
        .select(
            pl.col("facility").cast(pl.UInt32).alias("row"),
            "period",
            "first_day",
            "last_day",
            "quantity",
        )
        .sort("row", "period", "first_day")
    )


def timed_parts(
    records: pl.DataFrame,
    periods: PeriodTable,
    slices: pl.DataFrame,
    cuts: Sequence[Cut] = (),
) -> pl.DataFrame:
    """Split records as `split_records` does, and give each part the keys and times of its record.

    The kernel splits what lies in several slices; what lies in one is its own part.

    Parameters
    ----------
    records, periods, cuts
        As in `split_records`.
    slices : polars.DataFrame
        `slice_table` of the same periods and cuts.

    Returns
    -------
    polars.DataFrame
        Columns of `split_records`; facility, activity, unit, region (texts), start_us, end_us
        (Int64, microseconds since 1970).
    """
    edges = slices["edge"]
    with polars_errors("the times of records"):
        keyed = records.select(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
            *(pl.col(name).cast(pl.String).fill_null("") for name in _TEXTS),
            pl.col("start").dt.epoch("us").alias("start_us"),
            pl.col("end").dt.epoch("us").alias("end_us"),
        )
        begins = edges.search_sorted(keyed["start_us"], side="right")
        ends = edges.search_sorted(keyed["end_us"] - 1, side="right")
        keyed = keyed.with_columns(slice=begins - 1, is_one=begins == ends)
        quantities = records.select(pl.col("quantity").cast(QUANTITY_TYPE))
        alone = (
            keyed.with_columns(quantities)
            .filter("is_one")
            .join(slices, on="slice", how="left", maintain_order="left")
        )
        across = keyed.filter(~pl.col("is_one"))
        columns = ["row", "period", "first_day", "last_day", "quantity"]
        columns += [*_TEXTS, "start_us", "end_us"]
        if across.is_empty():
            return alone.select(columns)
        split = split_records(records.filter(~keyed["is_one"]), periods, cuts)
        parts = split.with_columns(across["row"].gather(split["row"]).alias("row"))
        return pl.concat(
            [
                alone.select(columns),
                parts.join(across, on="row", how="left", maintain_order="left").select(columns),
            ]
        )


def slice_table(boundaries_us: Sequence[int], cuts: Sequence[Cut] = ()) -> pl.DataFrame:
    """Give the slices by their number: where each begins, its period, its first and last day.

    `boundaries_us` are the first instants of the periods, and the end of the last one.
    """
    starts = [(at, period, 1) for period, at in enumerate(boundaries_us[:-1])]
    starts += [(at, period, day) for period, day, at in cuts]
    starts.sort()
    # What lies before the first boundary counts to the first period.
    edges = [min(0, starts[0][0]), *(at for at, _, _ in starts[1:])]
    days = [day for _, _, day in starts]
    lasts = [day - 1 if day > 1 else LAST_DAY for day in (*days[1:], 1)]
    return pl.DataFrame(
        {
            "slice": range(len(starts)),
            "edge": edges,
            "period": [period for _, period, _ in starts],
            "first_day": days,
            "last_day": lasts,
        },
        schema={
            "slice": pl.UInt32,
            "edge": pl.Int64,
            "period": pl.Int32,
            "first_day": pl.UInt8,
            "last_day": pl.UInt8,
        },
    )
