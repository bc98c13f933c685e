"""A profile from a file: its table, its columns, how its texts are written, what is open."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.words import taxonomy, units
from tonne.imports.guessing import clues, headers
from tonne.imports.guessing.draft import UNKNOWN, Draft
from tonne.imports.guessing.tables import Sample, take_sample

if TYPE_CHECKING:
    from pathlib import Path

    from tonne.imports.options import ReadingOptions

WORDS_ASKED_MAX = 40
"""Words of a column that are asked for one by one."""

ACTIVITIES = {
    "electric": "electricity.grid",
    "electricity": "electricity.grid",
    "electric - grid": "electricity.grid",
    "grid electricity": "electricity.grid",
    "power": "electricity.grid",
    "strom": "electricity.grid",
    "électricité": "electricity.grid",
    "electricidad": "electricity.grid",
    "电": "electricity.grid",
    "电力": "electricity.grid",
    "natural gas": "fuel.natural_gas",
    "gas": "fuel.natural_gas",
    "erdgas": "fuel.natural_gas",
    "gaz naturel": "fuel.natural_gas",
    "天然气": "fuel.natural_gas",
    "diesel": "fuel.diesel",
}
"""Words that a profile proposes an activity for; a person sees each in the profile."""

QUALITIES = {
    "no": "measured",
    "actual": "measured",
    "a": "measured",
    "yes": "estimated",
    "e": "estimated",
}
"""Words of columns that say whether a reading is estimated."""

_INTERVALS = {86_400: "1d", 3_600: "1h", 1_800: "30min", 900: "15min", 600: "10min", 300: "5min"}
_MONTH_DAYS = range(28, 32)
_HOW_LONG = "how long does each reading last? (like 15min, 1h, 1d, 1mo)"


def guess(path: Path, options: ReadingOptions) -> Draft:
    """Write a profile for a file, with every assumption and every open question.

    Raises
    ------
    FieldInvalid
        Where the file has no table at all.
    """
    draft = Draft(path.name)
    sample = take_sample(path, options, draft)
    places = headers.roles(sample.header)
    if "quantity" in places and not sample.has_numbers(places["quantity"]):
        place = places.pop("quantity")
        places.setdefault("activity", place)  # a column `Energy` that says which
    wide = _wide(sample)
    if wide:
        places.pop("quantity", None)
        places = {name: place for name, place in places.items() if place not in wide[1]}
    cells = [
        *([sample.column(places["quantity"])] if "quantity" in places else []),
        *(sample.column(place) for place in (wide[1] if wide else ())),
    ]
    totals = _totals(sample, draft)
    kept = ~totals
    _numbers(cells, kept, sample, draft)
    if "quantity" in places:
        kept &= cells[0].str.contains("[0-9]").fill_null(value=False)
    if wide:
        draft.put_table("values", {"dates": wide[0]}, assumed=_wide_text(sample, wide))
    elif "quantity" not in places:
        question = "which column holds the quantities? (name it)"
        draft.put("columns", "quantity", UNKNOWN, asked=question)
    dates = _Dates(sample, places, kept, draft, options)
    if wide and wide[0] == clues.CLOCK_WORD:
        dates.put_clock([sample.header[place] for place in wide[1]])
    else:
        dates.put(is_wide=bool(wide))
    _columns(sample, places, wide[1] if wide else [], draft)
    _words(sample, places, kept, draft)
    _unit(sample, places, draft)
    return draft


def _wide(sample: Sample) -> tuple[str, list[int]] | None:
    """Find columns named by months or times of day: their format, and their places."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(sample.header):
        word = clues.month_format(name) if name else None
        if word:
            found.setdefault(word, []).append(place)
    whole = [place for place, name in enumerate(sample.header) if clues.ISO_DAY.match(name)]
    if len(whole) > 1:  # a workbook's own dates
        are_months = all(sample.header[place].endswith("-01") for place in whole)
        return ("mmm yyyy" if are_months else "yyyy-mm-dd"), whole
    clocks = [place for place, name in enumerate(sample.header) if clues.CLOCK_TIME.match(name)]
    if len(clocks) > 1:
        return clues.CLOCK_WORD, clocks
    word = max(found, key=lambda each: len(found[each]), default="")
    return (word, found[word]) if word and len(found[word]) > 1 else None


def _wide_text(sample: Sample, wide: tuple[str, list[int]]) -> str:
    """Say what the first of the columns is taken for."""
    kind = "a time of day" if wide[0] == clues.CLOCK_WORD else "a day"
    kind = "a month" if wide[0] in clues.MONTHS else kind
    return (
        f"{sample.header[wide[1][0]]!r} and the {len(wide[1]) - 1} columns like it are {kind} each"
    )


def _totals(sample: Sample, draft: Draft) -> pl.Series:
    """Find rows of sums, and have the profile leave them out."""
    totals = pl.repeat(value=False, n=sample.rows.height, eager=True)
    for place, name in enumerate(sample.header):
        texts = sample.column(place)
        found = texts.str.contains(headers.TOTALS).fill_null(value=False)
        if name and found.any():
            words = sorted(set(texts.filter(found)))
            draft.put_table(
                "leave_out",
                {"column": sample.rule(place), "equals": words},
                assumed=f"rows with {', '.join(map(repr, words[:3]))} are sums of others",
            )
            totals |= found
    return totals


def _numbers(cells: list[pl.Series], kept: pl.Series, sample: Sample, draft: Draft) -> None:
    if not cells:
        return
    texts = pl.concat([cell.filter(kept) for cell in cells]).drop_nulls()
    marks = texts.filter(~texts.str.contains("[0-9]")).unique().sort()
    texts = texts.filter(texts.str.contains("[0-9]"))
    if marks.len() and len(cells) == 1:
        draft.put_table(
            "leave_out",
            {"column": sample.quantity_rule(), "equals": marks.to_list()},
            assumed=f"{', '.join(map(repr, marks.to_list()[:3]))} stands for no quantity",
        )
    if sample.numbers_are_plain or not texts.len():
        return
    forms = clues.number_forms(texts)
    if not forms:
        share = f"{texts[0]!r}"
        draft.put(
            "numbers",
            "decimal",
            ".",
            asked=f"how are numbers like {share} written? (and grouping)",
        )
        return
    form, plain = forms[0]
    asked = ""
    if len(forms) > 1:
        row = next(row for row in range(texts.len()) if forms[1][1][row] != plain[row])
        choices = " or ".join(
            f"{each[row]} (decimal = {one.decimal!r}, grouping = {list(one.grouping)})"
            for one, each in forms
        )
        asked = f"is {texts[row]!r} {choices}?"
    if asked or not form.is_plain:
        put = draft.put_open if asked else draft.put
        draft.put("numbers", "decimal", form.decimal, asked=asked)
        put("numbers", "grouping", list(form.grouping))
        if form.minus != "leading":
            draft.put("numbers", "minus", form.minus)
        if not asked:
            draft.assumptions.append(
                f"numbers have the decimal mark {form.decimal!r} and groups parted by "
                f"{', '.join(map(repr, form.grouping)) or 'nothing'}"
            )


@dataclass(frozen=True, slots=True)
class _Dates:
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
        if not found or not is_whole or word in clues.MONTHS:
            return
        if len(dated) > 1:
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
        elif word != "iso":
            self.draft.put("dates", "formats", [word], assumed=f"dates are written {word!r}")
        return word

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


def _columns(sample: Sample, places: dict[str, int], wide: list[int], draft: Draft) -> None:
    for name, place in places.items():
        same = [
            number + 1 for number, each in enumerate(sample.header) if each == sample.header[place]
        ]
        rule = sample.rule(place)
        if isinstance(rule, dict) and len(same) > 1:
            question = f"which of the columns {', '.join(map(str, same))} of that name?"
            question += f" (1 is the first, up to {len(same)})"
            shown = {**rule, "occurrence": UNKNOWN}
            draft.put_open("columns", name, rule, asked=question, shown=shown)
        else:
            draft.put("columns", name, rule)
    unused = [
        name
        for place, name in enumerate(sample.header)
        if name and place not in {*places.values(), *wide}
    ]
    if unused:
        draft.assumptions.append(f"no field is made of {', '.join(map(repr, unused))}")
    if "facility" not in places:
        draft.put("constants", "facility", UNKNOWN, asked="which facility are these records of?")
    if "activity" not in places:
        question = "which activity is it? (like electricity.grid; `tonne activity list`)"
        draft.put("constants", "activity", UNKNOWN, asked=question)
    if "region" not in places:
        question = "in which region is it? (like GB, US-CA, CN-GD)"
        draft.put("constants", "region", UNKNOWN, asked=question)


def _words(sample: Sample, places: dict[str, int], kept: pl.Series, draft: Draft) -> None:
    """Put words that the catalogue does not know, and ask what each is."""
    for name, put in (("activity", _activity), ("unit", _unit_word), ("data_quality", _quality)):
        if name not in places:
            continue
        words = sample.column(places[name]).filter(kept).drop_nulls().unique().sort()
        for word in words.head(WORDS_ASKED_MAX):
            put(word, draft)
        if words.len() > WORDS_ASKED_MAX:
            draft.assumptions.append(
                f"of {words.len()} words of {name} the first {WORDS_ASKED_MAX} were looked at"
            )


def _activity(word: str, draft: Draft) -> None:
    if taxonomy.find(word):
        return
    known = ACTIVITIES.get(word.casefold())
    if known:
        draft.put_alias("activity", word, known)
        draft.assumptions.append(f"{word!r} is {known}")
        return
    near = ", ".join(taxonomy.nearest(word))
    question = f"which activity is {word!r}? (the nearest: {near or 'none'})"
    draft.put_alias("activity", word, UNKNOWN, asked=question)


def _unit_word(word: str, draft: Draft) -> None:
    if not units.find(word):
        question = f"which unit is {word!r}? (like kWh, MWh, m3, L, kg, tkm)"
        draft.put_alias("unit", word, UNKNOWN, asked=question)


def _quality(word: str, draft: Draft) -> None:
    known = QUALITIES.get(word.casefold())
    if known:
        draft.put_alias("data_quality", word, known)
        draft.assumptions.append(f"{word!r} as data quality is {known}")


def _unit(sample: Sample, places: dict[str, int], draft: Draft) -> None:
    if "unit" in places:
        return
    behind = None
    if "quantity" in places:
        header = sample.header[places["quantity"]]
        behind = headers.UNIT_BEHIND.match(header)
        found = behind["unit"] if behind else header
        if units.find(found.strip()):
            draft.put(
                "constants", "unit", found.strip(), assumed=f"the unit is that of {header!r}"
            )
            return
    question = "which unit is it? (like kWh, MWh, m3, L, kg, tkm)"
    draft.put("constants", "unit", UNKNOWN, asked=question)
