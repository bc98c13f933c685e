"""A profile from a file: its table, its columns, how its texts are written, what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tonne.imports.guessing import clues, headers, measures, registers, unused, words
from tonne.imports.guessing.draft import UNKNOWN, Draft, as_toml
from tonne.imports.guessing.periods import Dates
from tonne.imports.guessing.tables import COLUMNS_MAX, NAMES_SHOWN, Sample, take_sample
from tonne.imports.profiles.report import Rows
from tonne.imports.profiles.screening import sum_rows
from tonne.imports.sources.tables import ROW, column_key
from tonne.imports.values.numbers import NumberForm
from tonne.imports.values.totals import TOTALS, is_total

if TYPE_CHECKING:
    from pathlib import Path

    from tonne.imports.options import ReadingOptions


_ASKED = {
    "activity": "which activity is it? (like electricity.grid; `tonne activity list`)",
    "region": "in which region is it? (like GB, US-CA, CN-GD)",
    "unit": "which unit is it? (like kWh, MWh, m3, L, kg, tkm)",
    "facility": "which facility are these records of?",
}
"""Fields that each record needs, and what is asked where the file has no column for one.

Facilities come last: any word may be one.
"""


def guess(path: Path, options: ReadingOptions) -> Draft:
    """Write a profile for a file, with every assumption and every open question.

    Raises
    ------
    FieldInvalid
        Where the file has no table at all.
    """
    draft = Draft(path.name)
    sample = take_sample(path, options, draft)
    draft.columns = tuple(name for name in sample.header if name)
    places = headers.roles(sample.header)
    if "quantity" in places and not sample.has_numbers(places["quantity"]):
        place = places.pop("quantity")
        places.setdefault("activity", place)  # a column `Energy` that says which
    wide = _wide(sample)
    if wide:
        places.pop("quantity", None)
        wide_places = set(wide[1])
        places = {name: place for name, place in places.items() if place not in wide_places}
    measured = [] if wide else measures.find_measures(sample, places)
    valued = wide[1] if wide else measures.take_places(measured, places)
    cells = [
        *([sample.column(places["quantity"])] if "quantity" in places else []),
        *(sample.column(place) for place in valued if place < COLUMNS_MAX),
    ]
    totals = _totals(sample, draft)
    kept = ~totals
    form = _numbers(cells, kept, sample, draft)
    _ask_sums(cells if valued else [], kept, form, sample, draft)
    if "quantity" in places:
        kept &= cells[0].str.contains("[0-9]").fill_null(value=False)
    said = _put_quantities(sample, places, wide, measured, draft)
    registers.ask(sample, places, valued, kept, draft)
    dates = Dates(sample, places, kept, draft, options)
    if wide and wide[0] == clues.CLOCK_WORD:
        dates.put_clock([sample.header[place] for place in wide[1]])
    else:
        dates.put(is_wide=bool(wide))
    _columns(sample, places, valued, kept, draft, said=said)
    return draft


def _put_quantities(
    sample: Sample,
    places: dict[str, int],
    wide: tuple[str, list[int]] | None,
    measured: list[measures.Measure],
    draft: Draft,
) -> set[str]:
    """Put where the quantities stand, or ask; gives the fields that this says."""
    if wide:
        draft.put_table("values", {"dates": wide[0]}, assumed=_wide_text(sample, wide))
        _ask_wide(sample, wide, draft)
        return set()
    _ask_quarters(sample, draft)
    if "quantity" in places:
        return measures.put_one(measured[0], sample, draft) if measured else set()
    if measured:
        return measures.put_measures(measured, sample, draft)
    question = "which column holds the quantities? (name it)"
    draft.put("columns", "quantity", UNKNOWN, asked=question)
    return set()


def _wide(sample: Sample) -> tuple[str, list[int]] | None:
    """Find columns named by months or times of day: their format, and their places."""
    whole = [place for place, name in enumerate(sample.header) if clues.ISO_DAY.match(name)]
    if len(whole) > 1:  # a workbook's own dates
        return "yyyy-mm-dd", whole
    clocks = [place for place, name in enumerate(sample.header) if clues.CLOCK_TIME.match(name)]
    if len(clocks) > 1:
        return clues.CLOCK_WORD, clocks
    found = clues.month_formats(sample.header)
    word = max(found, key=lambda each: len(found[each]), default="")
    if word and len(found[word]) > 1:
        return word, found[word]
    return clues.yearless_months(sample.header)


def _ask_wide(sample: Sample, wide: tuple[str, list[int]], draft: Draft) -> None:
    """Ask what names of columns leave open: the year of months, the length of first days."""
    names = [sample.header[place] for place in wide[1]]
    if wide[0] in clues.YEARLESS:
        asked = (
            f"which year is {names[0]!r} of? (like 2025, in quotes; a month that goes back begins "
            "the next year; the records below are shown with 2000)"
        )
        draft.ask_table("values", "year", "2000", asked=asked)
    elif wide[0] == "yyyy-mm-dd" and all(name[:10].endswith("-01") for name in names):
        asked = (
            f"is {names[0]!r} a month or a day, as each of the {len(names)} columns begins one? "
            "(1mo or 1d)"
        )
        draft.put("dates", "interval", "1mo", asked=asked)


def _ask_quarters(sample: Sample, draft: Draft) -> None:
    """Say of columns named by quarters how they are read: by their first months."""
    names = clues.quarters(sample.header)
    if len(names) > 1:
        listed = ", ".join(map(repr, names[:NAMES_SHOWN]))
        draft.put_open(
            "dates",
            "interval",
            UNKNOWN,
            asked=f"the columns {listed} look like quarters, and no date format reads them: name "
            "each by its first month (Jan 2025, Apr 2025), and put 3mo here; are they?",
        )


def _wide_text(sample: Sample, wide: tuple[str, list[int]]) -> str:
    """Say what the first of the columns is taken for."""
    kind = "a time of day" if wide[0] == clues.CLOCK_WORD else "a day or a month"
    kind = "a month" if wide[0] in clues.MONTHS else kind
    kind = "a quarter" if "qq" in wide[0] else kind
    first, others = sample.header[wide[1][0]], len(wide[1]) - 1
    return f"{first!r} and the others like it ({others}) are {kind} each"


def _totals(sample: Sample, draft: Draft) -> pl.Series:
    """Find rows of sums, and have the profile leave them out."""
    totals = pl.repeat(value=False, n=sample.rows.height, eager=True)
    names = sample.header[:COLUMNS_MAX]
    keys = [column_key(place) for place in range(len(names))]
    has_sums = sample.rows.select(pl.col(keys).str.contains(TOTALS).any()).row(0)
    for place, name in enumerate(names):
        if not (name and has_sums[place]):
            continue
        texts = sample.column(place)
        found = is_total(texts)
        if found.any():
            sums = sorted(set(texts.filter(found)))
            draft.put_table(
                "leave_out",
                {"column": sample.rule(place), "equals": sums},
                assumed=f"rows with {', '.join(map(repr, sums[:3]))} are sums of others",
            )
            totals |= found
    return totals


def _ask_sums(
    cells: list[pl.Series], kept: pl.Series, form: NumberForm, sample: Sample, draft: Draft
) -> None:
    """Ask of rows that are in every column the sum of those above, though no word says so."""
    frame = pl.DataFrame([cell.alias(str(number)) for number, cell in enumerate(cells)])
    rows = sum_rows(frame.filter(kept) if cells else frame, form)
    if len(cells) > 1 and rows:
        numbers = Rows()
        numbers.add(sample.rows[ROW].filter(kept).gather(rows))
        asked = f"in {numbers} each quantity is the sum of those above: do they count as records?"
        draft.put_open("file", "totals", "read", asked=f"{asked} (read or leave_out)")


def _numbers(cells: list[pl.Series], kept: pl.Series, sample: Sample, draft: Draft) -> NumberForm:
    """Put how numbers are written, and give the likeliest form."""
    if not cells:
        return NumberForm()
    frame = pl.DataFrame([cell.alias(str(number)) for number, cell in enumerate(cells)])
    texts = pl.concat([each.alias("") for each in frame.filter(kept).get_columns()]).drop_nulls()
    marks = texts.filter(~texts.str.contains("[0-9]")).unique().sort()
    texts = texts.filter(texts.str.contains("[0-9]"))
    if marks.len() and len(cells) == 1:
        draft.put_table(
            "leave_out",
            {"field": "quantity", "equals": marks.to_list()},
            assumed=f"{', '.join(map(repr, marks.to_list()[:3]))} stands for no quantity",
        )
    if sample.numbers_are_plain or not texts.len():
        return NumberForm()
    forms = clues.number_forms(texts)
    if not forms:
        share = f"{texts[0]!r}"
        draft.put(
            "numbers",
            "decimal",
            ".",
            asked=f"how are numbers like {share} written? (and grouping)",
        )
        return NumberForm()
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
    return form


_FILLED = ("facility", "activity", "unit", "region", "start", "end")
"""Fields whose cells people merge over the rows that share them."""


def _has_gaps(texts: pl.Series) -> bool:
    """Whether cells are blank below one that is not."""
    return texts.len() > 0 and texts[0] is not None and texts.null_count() > 0


def _filled(rule: object) -> dict[str, object]:
    """Write a column whose blank cells go on with the one above."""
    return {**(rule if isinstance(rule, dict) else {"name": rule}), "fill": True}


def _columns(
    sample: Sample,
    places: dict[str, int],
    valued: list[int],
    kept: pl.Series,
    draft: Draft,
    *,
    said: set[str],
) -> None:
    """Put the columns of fields, ask for the fields that have none, and read their words.

    `valued` are the places of quantities where there are several, `said` the fields that are put.
    """
    taken = {*places.values(), *valued}
    free = [place for place, name in enumerate(sample.header) if name and place not in taken]
    for name, place in places.items():
        _column(name, place, sample, free, kept, draft)
    known = places.keys() | said
    asked = {name: question for name, question in _ASKED.items() if name not in known}
    if "unit" in asked and words.put_unit(sample, places, draft):
        del asked["unit"]
    likely = {
        name: unused.put_missing(name, question, sample, free, kept, draft)
        for name, question in asked.items()
    }
    found = {name: place for name, place in likely.items() if place is not None}
    if free:
        listed = ", ".join(repr(sample.header[place]) for place in free[:NAMES_SHOWN])
        more = f" and {len(free) - NAMES_SHOWN:,} more" if len(free) > NAMES_SHOWN else ""
        draft.assumptions.append(f"no field is made of {listed}{more}")
    words.put_words(sample, places | found, kept, draft)


def _column(  # noqa: PLR0917  # what a guess has found so far
    name: str, place: int, sample: Sample, free: list[int], kept: pl.Series, draft: Draft
) -> None:
    """Put the column of a field: assumed, or asked where another may be meant."""
    header = sample.header[place]
    rule = sample.rule(place)
    same = [number + 1 for number, each in enumerate(sample.header) if each == header]
    if isinstance(rule, dict) and len(same) > 1:
        question = f"which of the columns {', '.join(map(str, same))} of that name?"
        question += f" (1 is the first, up to {len(same)})"
        shown = {**rule, "occurrence": UNKNOWN}
        draft.put_open("columns", name, rule, asked=question, shown=shown)
        return
    meter = unused.meter_column(sample, place, free, kept) if name == "facility" else None
    if meter is not None:
        other = sample.header[meter]
        free.remove(meter)
        question = f"are the values of {other!r} meters of their own? (yes: {{ join = "
        question += f'["{header}", "{other}"] }}; no: "{header}")'
        draft.put_open("columns", name, rule, asked=question)
        return
    if name in _FILLED and _has_gaps(sample.column(place).filter(kept)):
        question = (
            f"does a blank cell of {header!r} go on with the one above, as merged cells do? "
        )
        question += f"(yes: {as_toml(_filled(rule))}; no: {as_toml(rule)}, and those rows wait)"
        draft.put_open("columns", name, _filled(rule), asked=question)
        return
    rivals = headers.rivals(sample.header, name, free)
    also = f" (also possible: {', '.join(map(repr, rivals))})" if rivals else ""
    draft.put("columns", name, rule, assumed=f"{name} is the column {header!r}{also}")
