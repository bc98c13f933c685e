"""From the texts of start and end to the columns of a record: days, instants, or as written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid
from tonne.imports.profiles.profile import END, START, DateRule, Interval
from tonne.imports.values.dates import ISO, read_dates
from tonne.imports.values.zones import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.imports.profiles.report import Report

    Series = Callable[[], pl.Series]
    """Gives what each row is a reading of, where that is needed."""

_ISO_LIKE = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}(?:$|[Tt ])"
_HOUR = pl.duration(hours=1)
_LAST_MINUTE = (23, 59)

ONCE = (
    "the clock is set back in this hour and shows it twice; the file has it once, and it is "
    "taken for the first"
)

BOOK_ZONE = (
    "times without a time zone; they are taken for those of the book's clock, {zone}: "
    "--time-zone states another"
)


@dataclass(frozen=True, slots=True)
class Side:
    """Start or end of each row: the text as written, and its reading."""

    name: str
    text: pl.Series
    reading: pl.DataFrame


class Periods:
    """Reads start and end of one table's chunks, in order."""

    def __init__(
        self,
        rule: DateRule,
        place: str,
        report: Report,
        book_zone: Callable[[], str] | None = None,
    ) -> None:
        self._rule, self._place, self._report = rule, place, report
        self._book_zone = None if rule.time_zone else book_zone
        self._formats = rule.read_by
        self._interval = Interval.read(rule.interval)
        self._clock = Clock(rule.time_zone) if rule.time_zone else None
        self._end_clock = Clock(rule.time_zone) if rule.time_zone else None
        given = [form for form in self._formats if form.word != ISO]
        self._falls = False
        spans = {form.months for form in given}
        self._months = Interval(months=spans.pop()) if len(spans) == 1 and 0 not in spans else None
        """How long a record is whose dates are names of months, where nothing else is stated."""

    def has_end(self, names: set[str]) -> bool:
        """Whether each record's end is known, with columns for some of start and end."""
        if {START, END} <= names:
            return True
        return bool(names) and (self._interval or self._months) is not None

    def read(
        self,
        texts: dict[str, pl.Series],
        series: Series,
        rows: pl.Series,
        offset: pl.Series | None = None,
    ) -> None:
        """Put the columns `start` and `end` in the place of their texts.

        `series` gives what each row is a reading of; `offset` is the time of day of each row
        where the texts are days.

        Raises
        ------
        FieldInvalid
            Where an inclusive end has a time of day, or a text would be misread as it stands.
        """
        if self._rule.label == END and END not in texts:
            texts[END] = texts.pop(START)
        sides = {name: self._side(name, text, rows) for name, text in texts.items()}
        if offset is not None:
            sides = {name: _at_time(side, offset) for name, side in sides.items()}
        if START in sides and END in sides:
            if self._rule.inclusive_ends:
                sides[END] = self._inclusive(sides[END], rows)
        else:
            sides |= self._spanned(next(iter(sides.values())))
        self.resolve((sides[START], sides[END]), texts, series, rows)

    def resolve(
        self,
        sides: tuple[Side, Side],
        texts: dict[str, pl.Series],
        series: Series,
        rows: pl.Series,
    ) -> None:
        """Put the columns of start and end in their place: instants where the clock is known."""
        start, end = sides
        self._take_book_clock(sides, rows)
        if self._clock is None or self._end_clock is None:
            for side in (start, end):
                texts[side.name] = _without_zone(side)
            return
        is_spanned = self._interval and self._interval.seconds
        if is_spanned and not (START in texts and END in texts):
            pair = (end, start) if END in texts else (start, end)
            self._resolve_spanned(self._clock, pair, texts, series, rows)
            return
        falling = self._is_falling(start.reading["local"])
        starts, shown = _instants(start, self._clock, series, is_falling=falling)
        ends, shown_end = _instants(end, self._end_clock, series, is_falling=falling)
        ends = self._end_clock.ends(end.reading["local"], ends)
        frame = pl.DataFrame(
            {
                "start": starts,
                "end": ends,
                "other": shown_end["other"],
                "is_told": shown["is_told"],
                "span": end.reading["local"] - start.reading["local"],
            }
        )
        is_reading = pl.col("is_told") & pl.col("span").is_between(
            pl.duration(), _HOUR, closed="right"
        )
        later = (
            pl.when(is_reading)
            .then(pl.col("start") + pl.col("span"))
            .when((pl.col("end") <= pl.col("start")) & (pl.col("other") > pl.col("start")))
            .then("other")
            .otherwise("end")
        )
        self._report.remark(ONCE, rows.filter(shown["is_once"]))
        texts[START] = _with_zone(start, starts, self._rule.time_zone)
        texts[END] = _with_zone(end, frame.select(later).to_series(), self._rule.time_zone)

    def _take_book_clock(self, sides: tuple[Side, Side], rows: pl.Series) -> None:
        """Read times without a zone by the book's clock, where no other was stated, and say so."""
        if self._book_zone is None:
            return
        is_open = pl.repeat(value=False, n=rows.len(), eager=True)
        for side in sides:
            is_open |= side.reading["local"].is_not_null() & ~side.reading["is_day"]
        if not is_open.any():
            return
        zone = self._book_zone()
        if self._clock is None:
            self._rule = replace(self._rule, time_zone=zone)
            self._clock, self._end_clock = Clock(zone), Clock(zone)
        self._report.remark(BOOK_ZONE.format(zone=zone), rows.filter(is_open))

    def _is_falling(self, local: pl.Series) -> bool:
        """Whether the newest of times stands first, in this piece or else in one before."""
        times = local.drop_nulls()
        if times.len() > 1 and times[0] != times[-1]:
            self._falls = times[0] > times[-1]
        return self._falls

    def _resolve_spanned(
        self,
        clock: Clock,
        sides: tuple[Side, Side],
        texts: dict[str, pl.Series],
        series: Series,
        rows: pl.Series,
    ) -> None:
        """Resolve the side that was written; the other one is a length of time away from it."""
        seconds = self._interval.seconds if self._interval else 0
        known, other = sides
        falling = self._is_falling(known.reading["local"])
        instants, shown = _instants(known, clock, series, is_falling=falling)
        self._report.remark(ONCE, rows.filter(shown["is_once"]))
        span = pl.duration(seconds=seconds if known.name == START else -seconds)
        moved = pl.DataFrame({"at": instants}).select(pl.col("at") + span).to_series()
        texts[known.name] = _with_zone(known, instants, self._rule.time_zone)
        texts[other.name] = _with_zone(other, moved, self._rule.time_zone)

    def _side(self, name: str, text: pl.Series, rows: pl.Series) -> Side:
        reading = read_dates(text, self._formats)
        unread = reading["local"].is_null() & reading["instant"].is_null()
        if all(form.word != ISO for form in self._formats):
            wrong = unread & text.str.contains(_ISO_LIKE).fill_null(value=False)
            if wrong.any():
                row = wrong.arg_true()[0]
                raise FieldInvalid(
                    f"{self._place}, row {rows[row]}, {name}: {text[row]!r} is no date of the "
                    f"formats {', '.join(self._rule.formats)}, and would be one of ISO 8601: "
                    "correct the formats, or the row",
                    metadata={"row": str(rows[row]), "field": name},
                )
        has_text = (text.str.strip_chars() != "").fill_null(value=False)
        words = ", ".join(form.word for form in self._formats)
        self._report.unread(
            f"{name}: no date of the formats {words}", text, unread & has_text, rows
        )
        return Side(name, text, reading)

    def _inclusive(self, side: Side, rows: pl.Series) -> Side:
        """Move ends that still count to where they are over."""
        local, time = pl.col("local"), pl.col("local").dt
        text = pl.col("text").str.strip_chars()
        after = [
            pl.when("is_day", text.str.contains(form.shape)).then(
                time.offset_by(f"{form.months}mo")
            )
            for form in self._formats
            if form.months
        ]
        is_last = (time.hour() == _LAST_MINUTE[0]) & (time.minute() == _LAST_MINUTE[1])
        moved = (
            pl.when(pl.col("is_day"))
            .then(time.offset_by("1d"))
            .when(is_last)
            .then(time.truncate("1d").dt.offset_by("1d"))
        )
        frame = side.reading.with_columns(text=side.text)
        frame = frame.with_columns(moved=pl.coalesce(*after, moved))
        wrong = frame.select(
            (local.is_not_null() & pl.col("moved").is_null()) | pl.col("instant").is_not_null()
        ).to_series()
        if wrong.any():
            row = wrong.arg_true()[0]
            raise FieldInvalid(
                f"{self._place}, row {rows[row]}, end: inclusive ends are days, or 23:59 of a "
                f"day; got {side.text[row]!r}: write days, or leave out --inclusive-ends "
                "(inclusive_ends in the profile)",
                metadata={"row": str(rows[row]), "field": "end"},
            )
        return Side(side.name, side.text, side.reading.with_columns(frame["moved"].alias("local")))

    def _spanned(self, known: Side) -> dict[str, Side]:
        """Make the side that was not written out of the one that was."""
        interval = self._interval or self._months
        if interval is None:
            raise TypeError("a profile without end and without interval was let through")
        is_start = known.name == START
        sign = "" if is_start else "-"
        local, instant = (
            pl.col(name)
            .dt.offset_by(f"{sign}{interval.months}mo")
            .dt.offset_by(f"{sign}{interval.days}d")
            .dt.offset_by(f"{sign}{interval.seconds}s")
            for name in ("local", "instant")
        )
        is_day = pl.col("is_day") if not interval.seconds else pl.lit(value=False)
        reading = known.reading.with_columns(local, instant, is_day)
        if interval.seconds:  # a day that begins an interval of hours is its midnight
            known = Side(
                known.name, known.text, known.reading.with_columns(is_day=pl.lit(value=False))
            )
        other = Side(END if is_start else START, known.text, reading)
        return {known.name: known, other.name: other}


def _at_time(side: Side, offset: pl.Series) -> Side:
    """Put a time of day behind the days of a side."""
    local = pl.when("is_day").then(pl.col("local") + offset)
    return Side(side.name, side.text, side.reading.with_columns(local, is_day=pl.lit(value=False)))


def _instants(
    side: Side, clock: Clock, series: Series, *, is_falling: bool
) -> tuple[pl.Series, pl.DataFrame]:
    """Find the instants of one side: days, times of the clock, times with an offset."""
    reading = side.reading
    is_day = reading["is_day"]
    none = pl.Series([None], dtype=pl.Datetime("us"))
    shown = clock.instants(reading["local"].zip_with(~is_day, none), series, is_falling=is_falling)
    days = clock.days(reading["local"].zip_with(is_day, none))
    frame = pl.DataFrame({"said": reading["instant"], "shown": shown["instant"], "day": days})
    return frame.select(pl.coalesce("said", "shown", "day")).to_series(), shown


def _with_zone(side: Side, instants: pl.Series, zone: str) -> pl.Series:
    read = side.reading["local"].is_not_null()
    if (side.text.is_null() | instants.is_not_null()).all():
        return instants.alias(side.name)
    frame = pl.DataFrame({"text": side.text, "at": instants, "read": read})
    written = pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    # A time that the clock never shows must not be taken for one of another clock.
    missing = pl.col("text") + pl.lit(f" {zone}")
    text = pl.coalesce(written, pl.when("read").then(missing), "text")
    return frame.select(text.alias(side.name)).to_series()


def _without_zone(side: Side) -> pl.Series:
    reading = side.reading.with_columns(text=side.text)
    has_text = reading.filter(pl.col("text").is_not_null())
    days, instants = has_text["is_day"], has_text["instant"].is_not_null()
    if days.all():
        return reading["local"].cast(pl.Date).alias(side.name)
    if instants.all():
        return reading["instant"].alias(side.name)
    if (has_text["local"].is_not_null() & ~days).all():
        return reading["local"].alias(side.name)
    text = pl.coalesce(
        pl.col("instant").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"),
        pl.when("is_day").then(pl.col("local").dt.strftime("%Y-%m-%d")),
        pl.col("local").dt.strftime("%Y-%m-%dT%H:%M:%S%.f"),
        pl.col("text"),
    )
    return reading.select(text.alias(side.name)).to_series()
