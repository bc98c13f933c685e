"""What a column's texts show of how they were written, and where they leave it open."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from tonne.imports.values.dates import (
    EXCEL,
    ISO,
    SPECIAL,
    TIME,
    UNIX,
    UNIX_MS,
    read_dates,
    read_format,
)
from tonne.imports.values.months import is_quarter
from tonne.imports.values.numbers import ANY_SPACE, LAKH, NumberForm, read_numbers

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

_FORMS = [
    NumberForm(),
    *(
        NumberForm(decimal, (group,) if group else (), minus)
        for minus in ("leading", "trailing", "parentheses")
        for decimal, group in itertools.product(".,", ("", ".", ",", "'", ANY_SPACE, LAKH))
        if group != decimal and (group, decimal) != (LAKH, ",")
    ),
]

_DAYS = (
    *("dd/mm/yyyy", "mm/dd/yyyy", "dd.mm.yyyy", "dd-mm-yyyy", "mm-dd-yyyy", "yyyy/mm/dd"),
    *("yyyy.mm.dd", "yyyymmdd", "dd/mm/yy", "mm/dd/yy", "dd.mm.yy", "dd mmm yyyy", "dd-mmm-yyyy"),
    *("yyyy-mm-dd", "dd-mmm-yy", "dd. mmm yyyy", "mmm dd, yyyy", "yyyy mmm dd", "yyyy年m月d日"),
)
_MONTHS = (
    *("mmm yyyy", "mmm-yyyy", "mmm/yyyy", "mmm.yyyy", "mmm-yy", "mmm/yy", "mmm yy", "mmm'yy"),
    *("yyyy mmm", "yyyy-mmm", "yyyy-mm", "yyyy/mm", "yyyy.mm", "mm/yyyy", "mm.yyyy", "mm-yyyy"),
    *("yyyymm", "yyyy年m月", "yyyy / mmm", "yyyy年 / m月"),
)
_QUARTERS = (
    *("qq yyyy", "qqyyyy", "qq-yyyy", "qq/yyyy", "yyyy qq", "yyyy-qq", "yyyyqq", "yyyy/qq"),
)
_YEAR = "yyyy"
_CLOCKS = (" hh:mm", " hh:mm:ss", " hh:mm am/pm", " hh:mm:ss am/pm")
_DATES = (
    ISO,
    *(day + clock for day in _DAYS for clock in ("", *_CLOCKS)),
    *_MONTHS,
    *_QUARTERS,
    _YEAR,
    "yyyymmddhhmm",
    "yyyymmdd hhmm",
    "yyyy/mm/dd hh:mm",
    EXCEL,
    UNIX,
    UNIX_MS,
)
_NUMBERS = {
    UNIX: "[1-4][0-9]{9}",
    UNIX_MS: "[1-4][0-9]{12}",
    EXCEL: r"[0-9]{2,3}(?:\.[0-9]+)?|[3-9][0-9]{4}(?:\.[0-9]+)?|[0-9]{6,7}(?:\.[0-9]+)?",
    _YEAR: "(?:19|20)[0-9]{2}",
}
"""Numbers that are times of ours: seconds, and their thousandths, since 1970, of the years 2001 to
2128; serial numbers of days, but none that is a year; years."""

YEARLESS = ("mmm", "m月")
"""Columns named by months without a year."""

MONTHS = frozenset((*_MONTHS, *YEARLESS, *_QUARTERS, _YEAR))
"""Formats that say how long a record is."""

ISO_DAY = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T]00:00(?::00)?)?$")
CLOCK_WORD = "hh:mm"
CLOCK_TIME = re.compile(r"^[0-9]{1,2}:[0-9]{2}(:00)?$")
"""A column that is named by a time of day."""


def number_forms(texts: pl.Series) -> list[tuple[NumberForm, pl.Series]]:
    """List the forms that read all texts, and what each makes of them; one of each reading."""
    found: list[tuple[NumberForm, pl.Series]] = []
    signs = {
        "leading": True,
        "trailing": texts.str.ends_with("-").any(),
        "parentheses": texts.str.starts_with("(").any(),
    }
    for form in _FORMS:
        if not signs[form.minus]:
            continue
        plain = read_numbers(texts, form)
        if plain.null_count() == texts.null_count() and not any(
            plain.equals(other) for _, other in found
        ):
            found.append((form, plain))
    return found


def date_formats(texts: pl.Series) -> list[tuple[str, pl.Series]]:
    """List the formats that read all texts, and what each makes of them; one of each reading."""
    found: list[tuple[str, pl.Series]] = []
    for word in _plausible(texts):
        reading = read_dates(texts, (read_format(word),))
        times = reading.select(
            pl.coalesce("local", pl.col("instant").dt.replace_time_zone(None))
        ).to_series()
        if times.null_count() == texts.null_count() and not any(
            times.equals(other) for _, other in found
        ):
            found.append((word, times))
    return found


def most_dates(texts: pl.Series) -> str | None:
    """Find the format that reads the most of texts that no format reads all of."""
    counts = {
        word: read_dates(texts, (read_format(word),))
        .select((pl.col("local").is_not_null() | pl.col("instant").is_not_null()).sum())
        .item()
        for word in _plausible(texts)
    }
    best = max(counts, key=lambda word: counts[word], default="")
    return best if best and counts[best] else None


def yearless_months(names: Sequence[str]) -> tuple[str, list[int]] | None:
    """Find names of months alone, in their order with one new year at most: format and places."""
    for word in YEARLESS:
        texts = pl.Series([f"{name.strip()} 2000" for name in names], dtype=pl.String)
        local = read_dates(texts, (read_format(f"{word} yyyy"),))["local"]
        places = local.is_not_null().arg_true().to_list()
        months = [time.month for time in local.drop_nulls()]
        back = sum(one >= other for one, other in itertools.pairwise(months))
        if len(set(months)) == len(months) > 1 and back <= 1:
            return word, places
    return None


def month_formats(names: Sequence[str]) -> dict[str, list[int]]:
    """List the formats by which names are months, and the places of those that each reads."""
    texts = pl.Series(names, dtype=pl.String)
    readings = {
        word: read_dates(texts, (read_format(word),))["local"] for word in (*_MONTHS, *_QUARTERS)
    }
    return {
        word: local.is_not_null().arg_true().to_list()
        for word, local in readings.items()
        if local.null_count() < local.len() and not may_be_days(word, local)
    }


def may_be_days(word: str, times: pl.Series) -> bool:
    """Whether `Mar 05`, read as a month, may be a day: more years than months stand there."""
    if word not in _MONTHS or "yyyy" in word:
        return False
    known = times.drop_nulls()
    return known.dt.year().n_unique() > known.dt.month().n_unique()


def quarters(names: Sequence[str]) -> list[str]:
    """List the names of quarters."""
    return [name for name in names if is_quarter(name)]


def _plausible(texts: pl.Series) -> list[str]:
    """List the formats whose shape any of the first texts has."""
    first = texts.drop_nulls().head(50)
    shown = first.str.strip_chars().to_list()
    has_letters = any(letter.isalpha() for text in shown for letter in text)
    return [word for word in _DATES if _may_be(word, first, shown, has_letters=has_letters)]


def _may_be(word: str, texts: pl.Series, shown: Sequence[str], *, has_letters: bool) -> bool:
    form = read_format(word)
    if form.has_names:  # a name is known by reading it
        return has_letters and bool(read_dates(texts, (form,))["local"].is_not_null().any())
    if word in _NUMBERS:  # any number may be one; those of our time have their length
        return all(re.fullmatch(_NUMBERS[word], text) for text in shown)
    return word in SPECIAL or any(re.search(form.shape, text, re.ASCII) for text in shown)


def has_times(word: str, texts: pl.Series) -> bool:
    """Whether texts of a format are times of a day, with no offset from UTC."""
    form = read_format(word)
    reading = read_dates(texts, (form,))
    is_time = reading["local"].is_not_null() & ~reading["is_day"]
    return form.kind == TIME and bool(is_time.any())


def ends_included(starts: pl.Series, ends: pl.Series, series: pl.Series) -> bool | None:
    """Tell whether the last day of each period counts; None where the periods do not say.

    The next one begins on the day after the last one, or on the day itself; or a period is a
    calendar month from its first to its last day.
    """
    frame = pl.DataFrame({"start": starts, "end": ends, "series": series}).drop_nulls("end")
    ordered = frame.sort("series", "start").with_columns(
        next=pl.col("start").shift(-1).over("series")
    )
    steps = ordered.select((pl.col("next") - pl.col("end")).dt.total_days()).to_series()
    counts = Counter(step for step in steps.drop_nulls() if step in {0, 1})
    if counts and len(counts) == 1:
        return 1 in counts
    is_first = pl.col("start").dt.day() == 1
    whole = frame.select(
        to_last=(is_first & (pl.col("end").dt.offset_by("1d").dt.day() == 1)).all(),
        to_first=(is_first & (pl.col("end").dt.day() == 1)).all(),
    ).row(0)
    if whole[0] != whole[1] and frame.height:
        return bool(whole[0])
    return None


def common_step(times: pl.Series, series: pl.Series) -> dt.timedelta | None:
    """Find the step from one reading of a series to the next that most of them have."""
    frame = pl.DataFrame({"time": times, "series": series}).unique().sort("series", "time")
    steps = frame.select((pl.col("time") - pl.col("time").shift(1).over("series")).alias("step"))
    found = steps.to_series().drop_nulls().mode()
    return found.min() if found.len() else None  # type: ignore[return-value]  # durations
