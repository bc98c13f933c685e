"""How many distinct records have a part in a group.

A record that spans months has a part in each of them, so counts must not be added over months.
Its parts lie in adjoining months and have the same facility, activity, unit and region. A
posting knows how many records have a part in its month (`record_count`) and how many of these
began there (`record_start_count`); the others also have a part in the month before. So over a
range of months

    records = record_count of the first month + record_start_count of the later ones.

A month that a date cuts has several slices, and what is said of months holds of them: a record
has a part in adjoining ones.

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

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import polars as pl

from tonne.model import LAST_DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORD_KEY = ("facility", "activity", "unit", "region")
"""Keys that all parts of a record share."""

_SLICE = ("period", "first_day", "last_day")

_SUBJECT = ("activity", "unit", "region")
"""What decides the resolution of a month, within one state of the book."""


Detail = Callable[[pl.DataFrame], Iterable[pl.DataFrame]]
"""Gives the postings of cases (`activity`, `unit`, `region` and the columns of a bucket) with
their facilities; each record's key is in one of the frames alone."""


def count_records(
    postings: pl.DataFrame,
    labels: pl.DataFrame,
    keys: Sequence[str],
    first_period: int,
    detail: Detail,
    *,
    has_slices: bool = True,
) -> pl.DataFrame:
    """Count distinct records by keys and label.

    Parameters
    ----------
    postings : pl.DataFrame
        The `RECORD_KEY`, period, first_day, record_count, record_start_count, `keys`, and the
        columns of a bucket; only months of the range. The facility may be left out.
    labels : pl.DataFrame
        The columns of a bucket (`resolution`, or `resolution` and `portion`) and `label`, each
        row once. A bucket has any number of labels; its records count once for each.
    keys : Sequence[str]
        Columns that depend on the record's key alone, or `period`.
    first_period : int
        First month of the range.
    detail : callable
        Gives the same postings with their facilities and slices, for where counts depend on
        them.
    has_slices : bool
        Whether a month may have several slices; without any, counts by month cost less.

    Returns
    -------
    pl.DataFrame
        Columns `keys`, label, records (Int64); one row per distinct keys and label.
    """
    bucket = [name for name in labels.columns if name != "label"]
    case_of = [*_SUBJECT, *bucket]
    cases = postings.select(case_of).unique().with_row_index("case")
    numbered = postings.join(
        cases, on=case_of, how="left", nulls_equal=True, maintain_order="left"
    )
    by_month = "period" in keys
    if by_month and not has_slices:
        found = cases.join(labels, on=bucket, how="inner").select("case", "label")
        counts = numbered.select(*keys, "case", records="record_count")
    else:
        found, moving = _labelled(cases, labels, bucket)
        is_first = _is_first(first_period, by_month=by_month)
        counts = numbered.select(
            *keys,
            "case",
            records=pl.when(is_first).then("record_count").otherwise("record_start_count"),
        )
    # Summed first: there are few cases, and a case may have many labels.
    summed = counts.group_by([*keys, "case"]).agg(pl.col("records").sum())
    columns = [*keys, "label", "records"]
    parts = [summed.join(found, on="case", how="inner").select(columns)]
    if (has_slices or not by_month) and moving.height:
        entering = cases.join(moving.select("case").unique(), on="case", how="semi")
        for named in detail(entering.drop("case")):
            found = named.join(entering, on=case_of, how="inner", nulls_equal=True)
            parts.append(_entering(found, moving, keys, first_period).select(columns))
    return pl.concat(parts).group_by([*keys, "label"]).agg(pl.col("records").sum())


def _is_first(first_period: int, *, by_month: bool) -> pl.Expr:
    """Whether nothing of the range, or of the month where each counts, comes before a slice."""
    begins = pl.col("first_day") == 1
    return begins if by_month else begins & (pl.col("period") == first_period)


def _labelled(
    cases: pl.DataFrame, labels: pl.DataFrame, bucket: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the pairs of case and label: those of labels that all cases of a subject have, others.

    Facilities need not be told apart: what depends on them are portions, which are in the bucket.
    """
    subjects = cases.select(_SUBJECT).unique().with_row_index("subject")
    of_subject = cases.join(subjects, on=_SUBJECT, how="left", nulls_equal=True)
    pairs = of_subject.join(labels, on=bucket, how="inner").select("subject", "case", "label")
    has_all = (
        pairs.group_by("subject", "label")
        .len("labelled_count")
        .join(of_subject.group_by("subject").len("case_count"), on="subject")
        .filter(pl.col("labelled_count") == pl.col("case_count"))
    )
    still = pairs.join(has_all, on=["subject", "label"], how="semi")
    moving = pairs.join(has_all, on=["subject", "label"], how="anti")
    return still.select("case", "label"), moving.select("case", "label")


def _entering(
    postings: pl.DataFrame, moving: pl.DataFrame, keys: Sequence[str], first_period: int
) -> pl.DataFrame:
    """Count each slice's records that were not under the same label the slice before."""
    group = [*dict.fromkeys([*RECORD_KEY, *keys])]
    named = postings.select(group).unique().with_row_index("key")
    counts = pl.col("record_count", "record_start_count")
    slices = (
        postings.join(named, on=group, how="left", nulls_equal=True)
        .group_by("key", "case", *_SLICE)
        .agg(counts.sum())
        .join(moving, on="case", how="inner")
        .group_by("key", "label", *_SLICE)
        .agg(counts.sum())
    )
    ends_month = pl.col("last_day") == LAST_DAY
    followed = slices.select(
        "key",
        "label",
        period=pl.when(ends_month).then(pl.col("period") + 1).otherwise("period"),
        first_day=pl.when(ends_month).then(1).otherwise(pl.col("last_day") + 1).cast(pl.UInt8),
        goes_on=pl.lit(value=True),
    ).unique()
    goes_on = pl.col("goes_on").fill_null(value=False)
    is_first = _is_first(first_period, by_month="period" in keys)
    records = slices.join(followed, on=["key", "label", "period", "first_day"], how="left").select(
        "key",
        "label",
        records=pl.when(goes_on & ~is_first).then("record_start_count").otherwise("record_count"),
    )
    sums = records.group_by("key", "label").agg(pl.col("records").sum())
    return sums.join(named.select("key", *keys), on="key", how="left")


def count_whole(postings: pl.DataFrame, first_period: int) -> int:
    """Count distinct records whose parts are all there."""
    is_first = pl.col("period") == first_period
    count = pl.when(is_first).then("record_count").otherwise("record_start_count")
    return int(postings.select(count.sum()).item() or 0)
