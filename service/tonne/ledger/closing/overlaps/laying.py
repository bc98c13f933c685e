"""Records laid side by side: which of one facility and activity lie over each other, and how much.

Pairs are counted and never made: two meters read every quarter of an hour are 3,000 pairs a month,
and two hundred bills of one month are 20,000. For each record it is asked of each channel how many
of its records begin before the record ends, and how many of these end before it begins; what is
left lies over it. How long they do is asked of the running sum of the time that they cover.

    pairs of a record   = count(start < its end) - count(end <= its start)
    overlapping time    = covered(its end) - covered(its start)
    overlapping part    = quantity * overlapping time / its whole time, half-even at 18 places

Two records of one id are none: they are one record that came twice, which is found by its id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.ledger.closing.overlaps.repeated import RepeatedIds
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.ledger.files.sums import sum_by
from tonne.quantities import atto_of, quantity_decimal
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.ledger.files.frames import Schema

SUBJECT: Final = ("facility", "activity", "period")
"""What is laid side by side: a facility and an activity in a month."""

PIECE_SCHEMA: Final[Schema] = {
    "facility": pl.String,
    "activity": pl.String,
    "period": pl.Int32,
    "source": pl.String,
    "offset": pl.Int64,
    "record_id": pl.String,
    "start": pl.Int64,
    "end": pl.Int64,
    "whole_us": pl.Int64,
    "quantity": QUANTITY_TYPE,
    "unit": pl.String,
}
"""What of a record lies in a month: `start` and `end` are cut there, in microseconds since 1970;
`whole_us` is how long the record is, `quantity` that of all of it."""

LAID_SCHEMA: Final[Schema] = {
    "facility": pl.String,
    "activity": pl.String,
    "period": pl.Int32,
    "first_source": pl.String,
    "second_source": pl.String,
    "side": pl.Int32,
    "unit": pl.String,
    "record_count": pl.Int64,
    "pair_count": pl.Int64,
    "whole_us_min": pl.Int64,
    "whole_us_max": pl.Int64,
    "first_offset": pl.Int64,
    "last_offset": pl.Int64,
    "quantity": QUANTITY_TYPE,
}
"""A side (0, 1) of an overlap, and of it what is in one unit. `pair_count` is that of its records
with those of the other side."""

SOURCES_MAX: Final = 16
"""Channels of a subject that are told apart; the records of further ones are of `OTHERS`."""

OTHERS: Final = "*"

ASKED_ROWS: Final = 1 << 16
"""Records times channels of their clusters that are asked about at a time."""

_GROUP: Final = ("subject", "first", "second")
_SIDE: Final = (*_GROUP, "side", "unit")
_PLAIN: Final = (
    "row",
    "subject",
    "cluster",
    "source",
    "offset",
    "start",
    "end",
    "whole_us",
    "quantity",
    "unit",
)


def lay(pieces: pl.DataFrame) -> pl.DataFrame:
    """Find what lies over each other.

    Parameters
    ----------
    pieces : polars.DataFrame
        Columns of `PIECE_SCHEMA`: all of each subject, in any order.

    Returns
    -------
    polars.DataFrame
        Columns of `LAID_SCHEMA`. Of records of one channel the sides are what came first (by
        start, the longer one before, by offset), and what lies over that.
    """
    clustered = _clustered(pieces)
    if clustered.is_empty():
        return pl.DataFrame(schema=LAID_SCHEMA)
    told, names = _numbered(clustered)
    subjects = told.select("subject", *SUBJECT).unique()
    channels = told.select("cluster", other="source", other_group="group").unique()
    covers, excess, repeated = covers_of(told), _excess(told), RepeatedIds(told)
    sides, pairs = [], []
    for rows in _slices(told.select(_PLAIN), channels):
        check_wanted()
        found = _with_covered(_asked(rows, channels), covers).join(excess, on="row")
        found = repeated.left_out(found).filter(pl.col("pair_count") > 0)
        sides.append(_sides(found))
        pairs.append(_pairs(found))
    return _laid(pl.concat(sides), pl.concat(pairs), subjects, names)


def _clustered(pieces: pl.DataFrame) -> pl.DataFrame:
    """Keep what hangs together in time with something, in order, and number what does."""
    keys = pieces.select(SUBJECT).unique(maintain_order=True).with_row_index("subject")
    laid = (
        pieces.join(keys, on=SUBJECT)
        .with_columns(pl.col("subject").cast(pl.Int64))
        .sort("subject", "start", -pl.col("end"), "source", "offset")
        .with_columns(before=pl.col("end").cum_max().shift(1).over("subject"))
    )
    begins = (pl.col("start") >= pl.col("before")).fill_null(value=True)
    return (
        laid.with_columns(cluster=begins.cum_sum().cast(pl.Int64))
        .drop("before")
        .filter(pl.len().over("cluster") > 1)
        .with_row_index("row")
    )


def _numbered(clustered: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Give channels numbers in the order of their names; of many of a subject, few are told."""
    ranked = (
        clustered.group_by("subject", "source")
        .agg(uses=pl.len())
        .sort("subject", -pl.col("uses").cast(pl.Int64), "source")
        .with_columns(rank=pl.int_range(pl.len()).over("subject"), of=pl.len().over("subject"))
    )
    is_told = (pl.col("of") <= SOURCES_MAX) | (pl.col("rank") < SOURCES_MAX - 1)
    shown = ranked.select(
        "subject", "source", shown=pl.when(is_told).then("source").otherwise(pl.lit(OTHERS))
    )
    told = clustered.join(shown, on=["subject", "source"], maintain_order="left")
    names = sorted(told["shown"].unique().to_list())
    numbers = pl.DataFrame(
        {"shown": names, "number": range(len(names))},
        schema={"shown": pl.String, "number": pl.Int64},
    )
    numbered = told.join(numbers, on="shown", maintain_order="left").drop("source", "shown")
    group = pl.col("cluster") * len(names) + pl.col("number")
    return numbered.with_columns(group=group).rename({"number": "source"}), names


def _slices(told: pl.DataFrame, channels: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Give the records so many at a time that what is asked of them fits memory."""
    asked = told.join(
        channels.group_by("cluster").len("asked"), on="cluster", maintain_order="left"
    )
    number = (pl.col("asked").cast(pl.Int64).cum_sum() // ASKED_ROWS).alias("slice")
    for rows in asked.with_columns(number).drop("asked").partition_by("slice"):
        yield rows.drop("slice")


def _asked(told: pl.DataFrame, channels: pl.DataFrame) -> pl.DataFrame:
    """Give each record a row for each channel of its cluster."""
    return told.join(channels, on="cluster").with_columns(
        is_own=pl.col("source") == pl.col("other")
    )


def covers_of(told: pl.DataFrame) -> pl.DataFrame:
    """Give for each channel of a cluster what its records cover, up to each of their ends.

    How many have begun and ended by a time, and how long one or two of them at least were there.
    """
    edges = [
        told.select("group", at=pl.col(name), begun=pl.lit(begun), ended=pl.lit(1 - begun))
        for name, begun in (("start", 1), ("end", 0))
    ]
    counted = (
        pl.concat(edges)
        .group_by("group", "at")
        .agg(pl.col("begun", "ended").cast(pl.Int64).sum())
        .sort("group", "at")
        .with_columns(pl.col("begun", "ended").cum_sum().over("group"))
        .with_columns(
            depth=pl.col("begun") - pl.col("ended"),
            width=(pl.col("at").shift(-1).over("group") - pl.col("at")).fill_null(0),
        )
    )
    lengths = {
        name: pl.when(pl.col("depth") >= depth).then("width").otherwise(0)
        for name, depth in (("once", 1), ("twice", 2))
    }
    sums = {name: (each.cum_sum() - each).over("group") for name, each in lengths.items()}
    return counted.with_columns(**sums).drop("width").sort("at")


def _with_covered(asked: pl.DataFrame, covers: pl.DataFrame) -> pl.DataFrame:
    """Say of how many records of the other channel a record has something, and how long."""
    told = asked
    for name, at in (("from", pl.col("start")), ("until", pl.col("end") - 1)):
        told = (
            told.with_columns(at.alias("asked"))
            .sort("asked")
            .join_asof(
                covers.rename({"group": "other_group"}).rename(
                    {column: f"{name}_{column}" for column in (*_COVERED, "at")}
                ),
                left_on="asked",
                right_on=f"{name}_at",
                by="other_group",
                check_sortedness=False,  # the groups are sorted within, which cannot be checked
            )
        )
    own = pl.col("is_own").cast(pl.Int64)
    begun, ended = pl.col("until_begun").fill_null(0), pl.col("from_ended").fill_null(0)
    covered = _covered("until", pl.col("end")) - _covered("from", pl.col("start"))
    return told.with_columns(pair_count=begun - ended - own, covered_us=covered).select(
        *asked.columns, "pair_count", "covered_us"
    )


_COVERED: Final = ("begun", "ended", "depth", "once", "twice")


def _covered(name: str, time: pl.Expr) -> pl.Expr:
    """Say how long the other channel covered by a time, itself left out where it is one."""
    further = time - pl.col(f"{name}_at")
    depth = pl.when("is_own").then(2).otherwise(1)
    before = pl.when("is_own").then(f"{name}_twice").otherwise(f"{name}_once")
    within = pl.when(pl.col(f"{name}_depth") >= depth).then(further).otherwise(0)
    return (before + within).fill_null(0)


def _excess(told: pl.DataFrame) -> pl.DataFrame:
    """Say how long a record lies over what came before in its channel."""
    reached = pl.col("end").cum_max().shift(1).over("group")
    over = pl.min_horizontal("end", reached.fill_null(pl.col("start"))) - pl.col("start")
    return told.sort("group", "row").select("row", excess_us=pl.max_horizontal(over, 0))


def _with_pair(found: pl.DataFrame) -> pl.DataFrame:
    return found.with_columns(
        first=pl.min_horizontal("source", "other"), second=pl.max_horizontal("source", "other")
    )


def _pairs(found: pl.DataFrame) -> pl.DataFrame:
    """Sum the pairs of what was found: each is counted by both of its records."""
    return _with_pair(found).group_by(_GROUP).agg(pl.col("pair_count").sum())


def _sides(found: pl.DataFrame) -> pl.DataFrame:
    """Sum what was found by subject, channels, side and unit."""
    both = _with_pair(found)
    across = both.filter(~pl.col("is_own")).with_columns(
        side=(pl.col("source") != pl.col("first")).cast(pl.Int32),
        used_us=pl.col("covered_us"),
        record_count=pl.lit(1, pl.Int64),
    )
    own = both.filter("is_own")
    is_first = (pl.col("excess_us") == 0) | (pl.col("covered_us") > pl.col("excess_us"))
    firsts = own.filter(is_first).with_columns(
        side=pl.lit(0, pl.Int32),
        used_us=pl.col("covered_us") - pl.col("excess_us"),
        record_count=(pl.col("excess_us") == 0).cast(pl.Int64),
    )
    over = own.filter(pl.col("excess_us") > 0).with_columns(
        side=pl.lit(1, pl.Int32), used_us=pl.col("excess_us"), record_count=pl.lit(1, pl.Int64)
    )
    sides = pl.concat([across, firsts, over])
    return _summed(
        sides.with_columns(
            _parts(sides),
            whole_us_min="whole_us",
            whole_us_max="whole_us",
            first_offset="offset",
            last_offset="offset",
        )
    )


def _summed(sides: pl.DataFrame) -> pl.DataFrame:
    """Sum rows of the same subject, channels, side and unit."""
    described = sides.group_by(_SIDE).agg(
        pl.col("whole_us_min", "first_offset").min(), pl.col("whole_us_max", "last_offset").max()
    )
    return sum_by(sides, _SIDE).join(described, on=list(_SIDE))


def _laid(
    sides: pl.DataFrame, pairs: pl.DataFrame, subjects: pl.DataFrame, names: list[str]
) -> pl.DataFrame:
    """Sum the parts, and give everything its name."""
    counted = pairs.group_by(_GROUP).agg(pl.col("pair_count").sum() // 2)
    named = {
        f"{name}_source": pl.col(name).replace_strict(range(len(names)), names)
        for name in ("first", "second")
    }
    return (
        _summed(sides)
        .join(counted, on=list(_GROUP))
        .join(subjects, on="subject")
        .with_columns(**named)
        .select(pl.col(name).cast(kind) for name, kind in LAID_SCHEMA.items())
        .sort(*SUBJECT, "first_source", "second_source", "side", "unit")
    )


def _parts(sides: pl.DataFrame) -> pl.Series:
    """Give the part of each quantity that lies over something."""
    placed = sides.select(pl.int_range(pl.len()).alias("place"), "quantity", "used_us", "whole_us")
    cut = placed.filter(pl.col("used_us") != pl.col("whole_us"))
    parts = [
        quantity_decimal(_divided(atto_of(quantity) * used_us, whole_us))
        for _, quantity, used_us, whole_us in cut.iter_rows()
    ]
    told = cut.select("place", pl.Series("part", parts, QUANTITY_TYPE))
    return placed.join(told, on="place", how="left", maintain_order="left").select(
        pl.coalesce("part", "quantity").alias("quantity")
    )["quantity"]


def _divided(numerator: int, denominator: int) -> int:
    """Divide, half-even."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return whole + (twice > denominator or (twice == denominator and whole % 2 == 1))
