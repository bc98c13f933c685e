"""How many distinct records have a part in a group.

A record that spans months has a part in each of them, so counts must not be added over months.
Its parts lie in adjoining months and have the same facility, activity, unit and region. A
posting knows how many records have a part in its month (`record_count`) and how many of these
began there (`record_start_count`); the others also have a part in the month before. So over a
range of months

    records = record_count of the first month + record_start_count of the later ones.

Where the labels of an activity change from one month to the next (a factor of another
account begins to hold), the records that reach over that border are new to the later label:
there too a month adds its whole `record_count`.

Two things postings cannot know. A record of three months or more whose label goes and comes
back counts again when it does. And where an edition was imported between two commits, the parts
of one month can lie under two labels at once; the count then holds as if each record had kept
to its label. Masses are exact in both.

Where a boundary is drawn, a month of a facility that has no part in it has no label: a record
that reaches from there into the boundary is new to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORD_KEY = ("facility", "activity", "unit", "region")
"""What all parts of a record have in common."""


def count_records(
    postings: pl.DataFrame, labels: pl.DataFrame, keys: Sequence[str], first_period: int
) -> pl.DataFrame:
    """Count distinct records by keys and label.

    Parameters
    ----------
    postings : pl.DataFrame
        The `RECORD_KEY`, period, record_count, record_start_count, `keys`, and the columns of
        a bucket; only months of the range.
    labels : pl.DataFrame
        The columns of a bucket (`resolution`, or `resolution` and `portion`) and `label`, each
        row once. A bucket has any number of labels; its records count once for each.
    keys : Sequence[str]
        Columns that depend on the record's key alone, or `period`.
    first_period : int
        First month of the range.

    Returns
    -------
    pl.DataFrame
        Columns `keys`, label, records (Int64); one row per distinct keys and label.
    """
    bucket = [name for name in labels.columns if name != "label"]
    labelled = postings.join(labels, on=bucket, how="inner")
    if "period" in keys:
        counted = labelled.with_columns(records=pl.col("record_count"))
    else:
        is_first = pl.col("period") == first_period
        moving = _moving_activities(postings, labels, bucket)
        is_moving = pl.col("activity").is_in(moving.implode())
        still = labelled.filter(~is_moving).with_columns(
            records=pl.when(is_first).then("record_count").otherwise("record_start_count")
        )
        moved = _entering(labelled.filter(is_moving), keys, first_period)
        columns = [*keys, "label", "records"]
        counted = pl.concat([still.select(columns), moved.select(columns)])
    return counted.group_by([*keys, "label"]).agg(pl.col("records").sum())


def _moving_activities(
    postings: pl.DataFrame, labels: pl.DataFrame, bucket: Sequence[str]
) -> pl.Series:
    """Activities whose buckets do not all have the same labels."""
    label_sets = labels.group_by(bucket).agg(pl.col("label").sort())
    return (
        postings.select("activity", *bucket)
        .unique()
        .join(label_sets, on=bucket, how="left")
        .group_by("activity")
        .agg(count=pl.col("label").n_unique())
        .filter(pl.col("count") > 1)
        .get_column("activity")
    )


def _entering(labelled: pl.DataFrame, keys: Sequence[str], first_period: int) -> pl.DataFrame:
    """Count each month's records that were not under the same label the month before."""
    group = [*dict.fromkeys([*RECORD_KEY, *keys, "label"])]
    months = labelled.group_by([*group, "period"]).agg(
        pl.col("record_count").sum(), pl.col("record_start_count").sum()
    )
    before = months.select(*group, pl.col("period") + 1, was_there=pl.lit(value=True))
    months = months.join(before, on=[*group, "period"], how="left", nulls_equal=True)
    goes_on = pl.col("was_there").fill_null(value=False) & (pl.col("period") != first_period)
    return months.with_columns(
        records=pl.when(goes_on).then("record_start_count").otherwise("record_count")
    )
