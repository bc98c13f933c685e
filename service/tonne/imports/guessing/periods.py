"""When records begin and end: how dates are written, whose clock it is, how long each lasts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tonne.imports.guessing import clues
from tonne.imports.guessing.draft import UNKNOWN, Draft

if TYPE_CHECKING:
    from tonne.imports.guessing.tables import Sample
    from tonne.imports.options import ReadingOptions

_INTERVALS = {86_400: "1d", 3_600: "1h", 1_800: "30min", 900: "15min", 600: "10min", 300: "5min"}
_MONTH_DAYS = range(28, 32)
_HOW_LONG = "how long does each reading last? (like 15min, 1h, 1d, 1mo)"


@dataclass(frozen=True, slots=True)
class Dates:
    """What the columns of start and end show."""

    sample: Sample
    places: dict[str, int]
    kept: pl.Series
    draft: Draft
    options: ReadingOptions

    def put(self, *, is_wide: bool) -> None:
        """Put how dates are written, whose clock they are of, and where a record ends."""
        dated: list[str] = [name for name in ("start", "end") if name in self.places]
        if not dated:
            for name in () if is_wide else ("start", "end"):
                question = f"which column holds the {name} of each record? (name it)"
                self.draft.put("columns", name, UNKNOWN, asked=question)
            return
        columns = [self.sample.column(self.places[name]).filter(self.kept) for name in dated]
        texts = pl.concat(columns).drop_nulls()
        found = clues.date_formats(texts)
        word = self._format(texts, found)
        if word and clues.has_times(word, texts):
            self._clock()
        is_whole = texts.len() and texts.len() == sum(map(len, columns))
        if not found or not is_whole:
            if len(dated) == 1 and word not in clues.MONTHS:
                self.draft.put("dates", "interval", UNKNOWN, asked=_HOW_LONG)
            return
        if word in clues.MONTHS:
            if len(dated) > 1:
                self._month_ends(found[0][1])
        elif len(dated) > 1:
            self._ends(found[0][1])
        else:
            self._interval(found[0][1])

    def put_clock(self, times: list[str]) -> None:
        """Put what columns named by times of day say: the length of each, not its side."""
        if "start" in self.places:
            texts = self.sample.column(self.places["start"]).filter(self.kept).drop_nulls()
            self._format(texts, clues.date_formats(texts))
        else:
            self.draft.put("columns", "start", UNKNOWN, asked="which column holds the day?")
        hours = [[int(part) for part in time.split(":")[:2]] for time in times[:2]]
        minutes = [hour * 60 + minute for hour, minute in hours]
        interval = f"{abs(minutes[1] - minutes[0])}min"
        assumed = f"each value is of {interval}, the step from one column to the next"
        self.draft.put("dates", "interval", interval, assumed=assumed)
        self._label()
        self._clock()

    def _label(self) -> None:
        question = "does a time stand at the start or at the end of its interval?"
        self.draft.put("dates", "label", "start", asked=f"{question} (start or end)")

    def _clock(self) -> None:
        if self.options.time_zone:
            self.draft.put("dates", "time_zone", self.options.time_zone)
        else:
            question = "whose clock shows these times? (like Europe/London, Asia/Shanghai, UTC)"
            self.draft.put("dates", "time_zone", UNKNOWN, asked=question)

    def _format(self, texts: pl.Series, found: list[tuple[str, pl.Series]]) -> str | None:
        if not found:
            word = clues.most_dates(texts)
            first = texts[0] if texts.len() else ""
            question = f"how are dates like {first!r} written?"
            self.draft.put("dates", "formats", [word or "dd/mm/yyyy"], asked=question)
            return word
        word = found[0][0]
        if len(found) > 1:
            row = next(row for row in range(len(texts)) if found[1][1][row] != found[0][1][row])
            choices = " or ".join(f"{times[row]:%d %B %Y} ({one!r})" for one, times in found)
            question = f"is {texts[row]!r} {choices}?"
            self.draft.put("dates", "formats", [word], asked=question)
        elif clues.may_be_days(word, found[0][1]):
            question = f"is {texts[0]!r} {found[0][1][0]:%B %Y} ({word!r}), or a day of a year "
            question += "that is not written? (then write it into the file)"
            self.draft.put("dates", "formats", [word], asked=question)
        elif word != "iso":
            self.draft.put("dates", "formats", [word], assumed=f"dates are written {word!r}")
        return word

    def _month_ends(self, times: pl.Series) -> None:
        """Tell from the months of start and end whether the last one counts."""
        starts, ends = times[: times.len() // 2], times[times.len() // 2 :]
        if (starts == ends).any():
            assumed = "the last month of each record counts"
            self.draft.put("dates", "inclusive_ends", value=True, assumed=assumed)
            return
        question = (
            f"does the last month count, as in {starts[0]:%b} to {ends[0]:%b %Y}? (true or false)"
        )
        self.draft.put("dates", "inclusive_ends", value=True, asked=question)

    def _ends(self, times: pl.Series) -> None:
        """Tell from periods that follow each other whether the last day counts."""
        series = self.sample.series().filter(self.kept)
        if not (times.dt.time() == dt.time()).all():
            return
        starts, ends = times[: series.len()], times[series.len() :]
        included = self.options.inclusive_ends or clues.ends_included(starts, ends, series)
        if included is None:
            question = (
                f"does the last day count, as in {starts[0]:%d %b} to {ends[0]:%d %b %Y}? "
                "(true or false)"
            )
            self.draft.put("dates", "inclusive_ends", value=True, asked=question)
        elif included:
            assumed = "the last day of each record counts"
            self.draft.put("dates", "inclusive_ends", value=True, assumed=assumed)
        else:
            self.draft.assumptions.append("a record ends on the day after its last one")

    def _interval(self, times: pl.Series) -> None:
        """Tell from the steps between readings how long each lasts."""
        step = clues.common_step(times, self.sample.series().filter(self.kept))
        interval = _INTERVALS.get(int(step.total_seconds()), "") if step else ""
        is_month = step is not None and step.days in _MONTH_DAYS
        question = "" if interval else _HOW_LONG
        assumed = f"each reading lasts {interval}, the step from one to the next"
        value = interval or ("1mo" if is_month else "1d")
        self.draft.put("dates", "interval", value, asked=question, assumed=assumed)
        if interval != "1d":
            self._label()
