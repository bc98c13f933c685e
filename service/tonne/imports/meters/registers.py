"""Readings of cumulative registers: what was used from one to the next, in exact decimals.

A register counts up. What was used over a span is its reading at the end less that at the
beginning; where it is less than nothing, somebody has to say why: the register rolled over at a
limit, it starts anew at a time of day, or the meter was swapped. Nothing of that is guessed.

Readings come in any order. The first of a meter is where its counting begins, and no consumption.
A reading that is missing makes a longer span, from read to read, and no hole.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid
from tonne.imports.meters.register_days import spread
from tonne.imports.meters.register_rules import PLACES_MAX, READING, WHOLE_DIGITS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tonne.imports.meters.register_rules import RegisterRules

READING_TYPE = pl.Decimal(38, PLACES_MAX)
"""A reading, and what is between two of them."""

PROBLEMS_MAX = 10
"""Most problems that one error tells."""

ROWS_TOLD_MAX = 10
"""Most rows that one remark names."""

_REGISTER = ["meter", "register"]
"""A meter, and which of its registers: a swap begins the next."""

_QUALITIES = ("", "measured", "calculated", "estimated")


@dataclass(frozen=True, slots=True)
class Consumption:
    """What meters counted.

    Parameters
    ----------
    spans : polars.DataFrame
        `meter`, `start` and `end` (UTC), `quantity` (text, plain decimal notation),
        `data_quality`, and `first_row` and `last_row`: the rows of the two readings, null where
        one is a swap's. In the order of meters and times.
    remarks : tuple of str
        What was left out, repeated, rolled over, or cannot be known.
    """

    spans: pl.DataFrame
    remarks: tuple[str, ...]


def consumption(
    readings: pl.DataFrame, rules: RegisterRules, *, place: str = "", word: str = "row"
) -> Consumption:
    """Compute what was used between readings.

    Parameters
    ----------
    readings : polars.DataFrame
        `meter` and `reading` (texts), `time` (`Datetime("us", "UTC")`), `_row`, and optionally
        `data_quality` (texts). A blank reading is a missing one.
    rules : RegisterRules
    place : str
        File and sheet, for messages.
    word : str
        What `_row` counts.

    Raises
    ------
    FieldInvalid
        A reading or a time that cannot be read, two readings of one meter at one time, or a
        register that counts down without a reason: rows, readings, and what to say about it.
    """
    told = _Told(place, rules, word)
    given = _read(readings, told)
    given = _distinct(_without_those_of_swaps(given, rules, told), told)
    told.raise_if_any()
    told.remark(
        given.filter(pl.len().over("meter") == 1),
        "one meter has a single reading, where its counting begins, and no consumption",
        "meters have a single reading, where their counting begins, and no consumption",
    )
    spans = _spans(_with_resets(_with_swaps(given, rules), rules), rules, told)
    told.raise_if_any()
    if rules.by_day:
        spans = spread(spans, rules.zone)
    spans = spans.with_columns(pl.col("quantity").map_batches(_plain, return_dtype=pl.String))
    return Consumption(spans, tuple(told.remarks))


class _Told:
    """Problems, which are raised together, and remarks."""

    def __init__(self, place: str, rules: RegisterRules, word: str) -> None:
        self._place = f"{place}: " if place else ""
        self.word = word
        self._rules = rules
        self._problems: list[str] = []
        self._count = 0
        self.remarks: list[str] = []

    def problems(self, found: pl.DataFrame, text: str) -> None:
        """Add a problem a row; `text` is a template of the frame's columns."""
        self._count += found.height
        room = PROBLEMS_MAX - len(self._problems)
        for row in found.head(room).iter_rows(named=True):
            shown = {name: self._shown(value) for name, value in row.items()}
            self._problems.append(text.format_map({**shown, "word": self.word}))

    def remark(self, found: pl.DataFrame, one: str, many: str) -> None:
        """Remark on rows of a file, if there are any."""
        if found.is_empty():
            return
        rows = found["_row"].drop_nulls().sort().head(ROWS_TOLD_MAX).to_list()
        more = f" and {found.height - len(rows):,} more" if found.height > len(rows) else ""
        said = one if found.height == 1 else f"{found.height:,} {many}"
        self.remarks.append(f"{self._place}{said}: {self.word} {', '.join(map(str, rows))}{more}")

    def raise_if_any(self) -> None:
        if not self._count:
            return
        more = self._count - len(self._problems)
        listed = [*self._problems, *([f"and {more:,} more"] if more else [])]
        raise FieldInvalid(
            f"{self._place}the readings were not taken. {'; '.join(listed)}",
            metadata={"problemsCount": str(self._count)},
        )

    def _shown(self, value: object) -> str:
        if isinstance(value, dt.datetime):
            return value.astimezone(self._rules.zone).isoformat()
        if value is None:
            return "the swap"
        return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _read(readings: pl.DataFrame, told: _Told) -> pl.DataFrame:
    """Read the readings; those that are blank are missing."""
    text = pl.col("reading").fill_null("").str.strip_chars()
    quality = pl.col("data_quality") if "data_quality" in readings.columns else pl.lit("")
    frame = readings.select(
        pl.col("meter").fill_null("").str.strip_chars(),
        text.alias("reading"),
        "time",
        pl.col("_row").cast(pl.UInt64),
        quality.cast(pl.String).fill_null("").alias("data_quality"),
    )
    is_blank = pl.col("reading") == ""
    told.remark(
        frame.filter(is_blank),
        f"one {told.word} has no reading, and the span goes on to the next",
        f"{told.word}s have no reading, and the spans go on to the next",
    )
    frame = frame.filter(~is_blank)
    told.problems(frame.filter(pl.col("meter") == ""), "{word} {_row}: no meter is named")
    told.problems(
        frame.filter(pl.col("time").is_null()),
        "{word} {_row}: the time of meter {meter}'s reading {reading} cannot be read",
    )
    is_number = pl.col("reading").str.contains(f"^(?:{READING.pattern})$")
    told.problems(
        frame.filter(~is_number),
        "{word} {_row}: expected a reading of meter {meter} with at most "
        f"{WHOLE_DIGITS_MAX} digits before a point and {PLACES_MAX} after it; got {{reading!r}}",
    )
    told.raise_if_any()
    return frame.with_columns(
        pl.col("reading").alias("text"), pl.col("reading").cast(READING_TYPE)
    )


def _without_those_of_swaps(
    frame: pl.DataFrame, rules: RegisterRules, told: _Told
) -> pl.DataFrame:
    """Leave out readings at a swap's own time: the swap states them."""
    for swap in rules.swaps:
        is_there = (pl.col("meter") == swap.meter) & (pl.col("time") == swap.time)
        is_said = pl.col("reading").is_in([swap.last, swap.first])
        told.problems(
            frame.filter(is_there & ~is_said),
            "{word} {_row}: meter {meter} reads {text} at {time}, when it was swapped at "
            f"{swap.last} for one at {swap.first}: mend the swap, or the reading",
        )
        frame = frame.filter(~is_there)
    return frame


def _distinct(frame: pl.DataFrame, told: _Told) -> pl.DataFrame:
    """Sort by meter and time; take an exact repeat once, and refuse what contradicts itself."""
    key = ["meter", "time", "reading"]
    ordered = frame.sort("meter", "time", "_row")
    repeats = ordered.filter(~pl.struct(key).is_first_distinct())
    told.remark(
        repeats,
        f"one {told.word} repeats a reading, and was used once",
        f"{told.word}s repeat readings, and were used once",
    )
    # An estimate that was read again as what it said is a measurement.
    best = pl.col("data_quality").replace_strict(
        {word: number for number, word in enumerate(_QUALITIES)}, default=0, return_dtype=pl.UInt8
    )
    once = ordered.sort(*key, best, "_row").unique(key, keep="first", maintain_order=True)
    conflict = once.filter(pl.struct("meter", "time").is_duplicated()).group_by(
        "meter", "time", maintain_order=True
    )
    listed = conflict.agg(
        pl.format(f"{{}} ({told.word} {{}})", "text", "_row").alias("readings").str.join(" and ")
    )
    told.problems(
        listed,
        "meter {meter} has several readings at {time}: {readings}; leave one of them",
    )
    return once.sort("meter", "time")


def _with_swaps(frame: pl.DataFrame, rules: RegisterRules) -> pl.DataFrame:
    """Put the readings of swaps among the others: the old register's last, the new one's first."""
    ranges = {
        meter: (first, last)
        for meter, first, last in frame.group_by("meter")
        .agg(pl.col("time").min().alias("first"), pl.col("time").max().alias("last"))
        .iter_rows()
    }
    rows: list[Mapping[str, object]] = []
    for swap in rules.swaps:
        first, last = ranges.get(swap.meter, (swap.time, swap.time))
        if not first < swap.time < last:
            continue  # of another file: its readings lie on one side alone
        for order, value in ((1, swap.last), (2, swap.first)):
            named = {"meter": swap.meter, "time": swap.time, "text": str(value)}
            rows.append({**named, "reading": value, "data_quality": "measured", "order": order})
    added = pl.DataFrame(
        rows,
        schema={
            **{name: frame.schema[name] for name in ("meter", "time", "text", "reading")},
            "data_quality": pl.String,
            "order": pl.Int8,
        },
    )
    ordered = pl.concat(
        [frame.with_columns(pl.lit(0, pl.Int8).alias("order")), added], how="diagonal"
    ).sort("meter", "time", "order", maintain_order=True)
    begins = (pl.col("order") == 2).cast(pl.UInt32)  # noqa: PLR2004  a swap's first
    return ordered.with_columns(begins.cum_sum().over("meter").alias("register"))


def _with_resets(frame: pl.DataFrame, rules: RegisterRules) -> pl.DataFrame:
    """Add when the register last began anew before each reading."""
    if rules.reset is None:
        return frame.with_columns(pl.lit(None, pl.Datetime("us", "UTC")).alias("reset"))
    zone, time_of_day = rules.zone, rules.reset

    def instant(day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, time_of_day, zone).astimezone(dt.UTC)

    day = pl.col("time").dt.convert_time_zone(rules.time_zone).dt.date()
    frame = frame.with_columns(day.alias("day"))
    days = frame["day"].unique().to_list()
    before = dt.timedelta(days=1)
    kind = pl.Datetime("us", "UTC")
    known = pl.DataFrame(
        [(each, instant(each), instant(each - before)) for each in days],
        schema={"day": pl.Date, "of_day": kind, "of_day_before": kind},
        orient="row",
    )
    is_after = rules.reset_reading == "after"
    at = pl.col("of_day") <= pl.col("time") if is_after else pl.col("of_day") < pl.col("time")
    return (
        frame.join(known, on="day", how="left", maintain_order="left")
        .with_columns(pl.when(at).then("of_day").otherwise("of_day_before").alias("reset"))
        .drop("day", "of_day", "of_day_before")
    )


def _spans(frame: pl.DataFrame, rules: RegisterRules, told: _Told) -> pl.DataFrame:
    """Take each reading less the one before it."""
    names = ("time", "reading", "text", "data_quality", "_row")
    pairs = frame.with_columns(
        pl.col(name).shift(1).over(_REGISTER).alias(f"old_{name}") for name in names
    ).with_columns(_limits(rules))
    told.problems(
        pairs.filter(pl.col("reading") > pl.col("limit")),
        "{word} {_row}: meter {meter} reads {text}, more than where it rolls over: {limit}",
    )
    pairs = pairs.filter(pl.col("old_time").is_not_null())
    reset, old_time = pl.col("reset"), pl.col("old_time")
    began_anew = reset >= old_time if rules.reset_reading == "before" else reset > old_time
    pairs = pairs.with_columns(began_anew.fill_null(value=False).alias("began_anew"))
    _tell_resets(pairs.filter("began_anew"), told)
    step = pl.col("reading") - pl.col("old_reading")
    over = pl.col("limit") + step
    is_over = ~pl.col("began_anew") & (step < 0)
    may_be = (over <= pl.col("step_max")).fill_null(value=False)
    told.problems(pairs.filter(is_over & ~may_be), _reasons(rules))
    told.remark(
        pairs.filter(is_over & may_be), "one register rolled over", "registers rolled over"
    )
    if rules.interval is not None:
        told.remark(
            pairs.filter(pl.col("time") - pl.col("old_time") > rules.interval),
            f"one span between readings is longer than {_hours(rules.interval)}",
            f"spans between readings are longer than {_hours(rules.interval)}",
        )
    at_reset = pl.col("reset") == pl.col("time")
    start = pl.when(pl.col("began_anew") & ~at_reset).then("reset").otherwise("old_time")
    used = pl.when("began_anew").then("reading").when(is_over).then(over).otherwise(step)
    return pairs.filter(~(pl.col("began_anew") & at_reset & (pl.col("reading") == 0))).select(
        "meter",
        start.alias("start"),
        pl.col("time").alias("end"),
        used.cast(READING_TYPE).alias("quantity"),
        _worse("old_data_quality", "data_quality").alias("data_quality"),
        pl.col("old__row").alias("first_row"),
        pl.col("_row").alias("last_row"),
    )


def _limits(rules: RegisterRules) -> list[pl.Expr]:
    """Give where each meter rolls over, and how much may have been used when it did."""
    limit = pl.lit(rules.rollover, READING_TYPE)
    for meter, value in rules.rollovers.items():
        limit = (
            pl.when(pl.col("meter") == meter).then(pl.lit(value, READING_TYPE)).otherwise(limit)
        )
    most = pl.lit(rules.rollover_step_max, READING_TYPE)
    half = (limit / 2).cast(READING_TYPE)
    return [limit.alias("limit"), pl.coalesce(most, half).alias("step_max")]


def _tell_resets(pairs: pl.DataFrame, told: _Told) -> None:
    at_reset = pl.col("reset") == pl.col("time")
    told.problems(
        pairs.filter(
            at_reset & (pl.col("reading") > 0) & (pl.col("reading") >= pl.col("old_reading"))
        ),
        "{word} {_row}: meter {meter} reads {text} at {time}, when it starts anew, and read "
        "{old_text} at {old_time} ({word} {old__row}): where readings at that time are the last "
        'of their day, say reset_reading = "before" (--reset-reading)',
    )
    told.remark(
        pairs.filter(pl.col("reset") > pl.col("old_time")),
        "one register began anew between two readings: what it counted from the first of them "
        "to its reset is not known",
        "times a register began anew between two readings: what it counted from the first of "
        "them to its reset is not known",
    )


def _reasons(rules: RegisterRules) -> str:
    rolled = 'at a limit, rollover = "..." (--rollover)'
    if rules.rollover is not None or rules.rollovers:
        rolled = "and more than rollover_step_max ({step_max}; --rollover-step-max) was used"
    return (
        "meter {meter} went from {old_text} ({word} {old__row}, {old_time}) to {text} ({word} "
        "{_row}, {time}), and a register counts up; say why under [registers]: it rolled over "
        f'{rolled}; it starts anew every day, reset = "00:00" (--reset); or the meter was '
        'swapped, [[registers.swaps]] with meter = "{meter}", time, last and first (--swap); or '
        "mend the reading"
    )


def _worse(first: str, second: str) -> pl.Expr:
    """Give the quality of a span: what either end is, the worse of the two.

    A word that is no quality stays as it was written.
    """
    known = pl.lit(list(_QUALITIES)).cast(pl.List(pl.String))
    odd = [pl.when(~pl.col(name).is_in(known)).then(pl.col(name)) for name in (first, second)]
    either = [
        pl.when((pl.col(first) == word) | (pl.col(second) == word)).then(pl.lit(word))
        for word in ("estimated", "calculated", "")
    ]
    return pl.coalesce(*odd, *either, pl.lit("measured"))


def _plain(quantities: pl.Series) -> pl.Series:
    """Write decimals without trailing zeros."""
    return quantities.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")


def _hours(interval: dt.timedelta) -> str:
    minutes = interval // dt.timedelta(minutes=1)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
