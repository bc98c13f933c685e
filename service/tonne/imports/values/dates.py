"""Dates and times by the words of people: `dd/mm/yyyy`, `mm/dd/yyyy hh:mm`, `excel`.

A text is read by a format only where its whole shape is that of the format. What comes out is a
*reading*: a frame of `local` (a wall clock's time), `instant` (UTC, where the text says its
offset) and `is_day` (no time of day was written).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import polars as pl

from tonne.errors import FieldInvalid
from tonne.imports.values.months import LETTERS, in_english
from tonne.imports.values.numbers import ROWS_PER_TEXT_MIN

ISO, EXCEL, UNIX, UNIX_MS = "iso", "excel", "unix", "unix-ms"
SPECIAL = (ISO, EXCEL, UNIX, UNIX_MS)
"""Formats that no letters spell."""

EXCEL_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001  # a wall clock's
EXCEL_DAY_MIN, EXCEL_DAY_MAX = 61, 2_958_465
"""From 1 March 1900, before which Excel has a day that never was, to the end of 9999."""

MONTH = "month"
DAY = "day"
TIME = "time"
CLOCK = "clock"
"""What a format says: a month, a day, a day and a time, a time of any day."""

_LETTERS = re.compile(r"qq|yyyy|yy|mmmm|mmm|mm|m|dd|d|hh|h|ss|s|am/pm|ampm|am|[^a-z]|t|z")
_YEAR_MONTHS = 12
_SPANS = {
    frozenset({"year", "month"}): 1,
    frozenset({"year", "quarter"}): 3,
    frozenset({"year"}): _YEAR_MONTHS,
}
"""Months of what a format names that says no day."""

_NAMES = {"mmm": (LETTERS, "%b"), "mmmm": (LETTERS, "%B")}
_ISO_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ISO_LOCAL = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?$"
_ISO_DAY_BYTES, _ISO_SECOND_BYTES = len("2025-01-31"), len("2025-01-31T09:30:00")
_ISO_RARER = r"^\s*[0-9]{4}(?:-?[0-9]{2}-?[0-9]{2}|-?W[0-9]{2}-?[1-7])[Tt ][0-9]"
_ISO_MIDNIGHT = re.compile(r"([0-9W-]+)[T ](24(?::?00){0,2}(?:\.0+)?)((?:Z|[+-][0-9:]{2,8})?)")
_ISO_INSTANT = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)? ?"
    r"(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)$"
)
_PROBES = (
    dt.datetime(2003, 2, 1, 4, 5, 6),  # noqa: DTZ001  # a wall clock shows it
    dt.datetime(2011, 10, 12, 11, 10, 9),  # noqa: DTZ001  # a wall clock shows it
    dt.datetime(2024, 11, 10, 0, 0, 0),  # noqa: DTZ001  # a wall clock shows it
)
"""Times that two formats would read differently if a text could be of both."""


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A format: how it was written, its shape as a pattern, and what chrono makes of it."""

    word: str
    shape: str
    form: str
    kind: str
    has_names: bool = False
    """Whether its months are names, in whatever language."""

    months: int = 0
    """How long what it names is: a month, a quarter, a year; 0: a day or less."""

    midnight: str = ""
    """The shape with 24 as the hour, which is the next day's midnight; empty: none."""


def read_format(word: str) -> DateFormat:
    """Read the word of a format.

    Raises
    ------
    FieldInvalid
        Where it has other letters than those of a date, or says no whole date.
    """
    lower = word.strip().lower()
    if lower in SPECIAL:
        return DateFormat(lower, "", "", TIME)
    pieces = _LETTERS.findall(lower)
    if "".join(pieces) != lower or not pieces:
        raise _format_error(word)
    kinds = _kinds(pieces)
    shape, form, midnight = _compile(pieces, kinds)
    names = [kind for kind in kinds if kind]
    if len(set(names)) != len(names):
        raise _format_error(word)
    has = frozenset(names)
    months = 0
    if {"year", "month", "day"} <= has and "quarter" not in has:
        kind = TIME if "hour" in has else DAY
    elif has in _SPANS and pieces != ["yy"]:
        kind, months = MONTH, _SPANS[has]
    elif "hour" in has and not has & {"year", "quarter", "month", "day"}:
        kind = CLOCK
    else:
        raise _format_error(word)
    names_months = any(letters in _NAMES for letters in pieces)
    late = midnight if "hour" in has else ""
    return DateFormat(lower, shape, form, kind, names_months, months, late)


def read_formats(words: tuple[str, ...]) -> tuple[DateFormat, ...]:
    """Read formats that are tried in order; ISO 8601 is among them where it contradicts none.

    Raises
    ------
    FieldInvalid
        Where two of them read one text as two dates.
    """
    formats = tuple(read_format(word) for word in words)
    for number, one in enumerate(formats):
        for other in formats[number + 1 :]:
            found = contradiction(one, other)
            if found:
                text, first, second = found
                raise FieldInvalid(
                    f"date format: {text!r} is {first} by {one.word!r} and {second} by "
                    f"{other.word!r}: give the one that the file has; if it has both, split it"
                )
    iso = read_format(ISO)
    if iso in formats or any(contradiction(iso, each) for each in formats):
        return formats
    return (*formats, iso)


def contradiction(one: DateFormat, other: DateFormat) -> tuple[str, str, str] | None:
    """Find a text that two formats read as different dates: the text and both readings."""
    for probe in _PROBES:
        for writer in (one, other):
            text = write_date(probe, writer)
            readings = [_first(text, each) for each in (one, other)]
            if None not in readings and readings[0] != readings[1]:
                return text, str(readings[0]), str(readings[1])
    return None


def write_date(time: dt.datetime, form: DateFormat) -> str:
    """Write a wall clock's time in a format; what the format does not say is lost."""
    if form.word == ISO:
        return time.isoformat(sep="T")
    if form.word == EXCEL:
        since = time - EXCEL_EPOCH
        part = f"{since.seconds / 86_400:.10f}".removeprefix("0") if since.seconds else ""
        return f"{since.days}{part}"
    if form.word in {UNIX, UNIX_MS}:
        seconds = int(time.replace(tzinfo=dt.UTC).timestamp())
        return str(seconds if form.word == UNIX else seconds * 1_000)
    quarter = f"Q{(time.month + 2) // 3}"
    return time.strftime(form.form.replace("%.f", "").replace("Q%m", quarter))


def read_dates(texts: pl.Series, formats: tuple[DateFormat, ...]) -> pl.DataFrame:
    """Read texts by the first format that fits each: `local`, `instant`, `is_day`."""
    if [form.word for form in formats] == [ISO] and (found := _all_local(texts)) is not None:
        return found
    written = texts.alias("text").to_frame()
    distinct = written.unique()
    if distinct.height * ROWS_PER_TEXT_MIN > written.height:
        return _read(written, formats).drop("text")
    # Readings of many meters share their times.
    read = _read(distinct, formats)
    return written.join(read, on="text", how="left", nulls_equal=True, maintain_order="left").drop(
        "text"
    )


def _all_local(texts: pl.Series) -> pl.DataFrame | None:
    """Read times like 2025-01-31T09:30:00, where all are of this form: most files have one."""
    if texts.null_count() or not (texts.str.len_bytes() == _ISO_SECOND_BYTES).all():
        return None
    form = f"%Y-%m-%d{texts[0][_ISO_DAY_BYTES]}%H:%M:%S" if texts.len() else "%Y"
    local = texts.str.to_datetime(form, time_unit="us", strict=False).alias("local")
    if local.null_count():
        return None
    return local.to_frame().with_columns(_NO_INSTANT.alias("instant"), is_day=pl.lit(value=False))


def _read(frame: pl.DataFrame, formats: tuple[DateFormat, ...]) -> pl.DataFrame:
    text = pl.col("text").str.strip_chars()
    found = frame.with_columns(
        _NO_LOCAL.alias("local"), _NO_INSTANT.alias("instant"), is_day=False
    )
    for form in formats:
        local, instant, is_day = _expressions(text, form)
        is_unread = pl.col("local").is_null() & pl.col("instant").is_null()
        found = found.with_columns(
            pl.when(is_unread).then(local).otherwise("local").alias("local"),
            pl.when(is_unread).then(instant).otherwise("instant").alias("instant"),
            pl.when(is_unread)
            .then(is_day.fill_null(value=False))
            .otherwise("is_day")
            .alias("is_day"),
        )
        if not found.select((is_unread & pl.col("text").is_not_null()).any()).item():
            return found
    return _with_rarer(found) if any(form.word == ISO for form in formats) else found


def _iso_time(text: str) -> dt.datetime:
    """Read any time of ISO 8601; 24:00 is the midnight with which a day ends."""
    if not (late := _ISO_MIDNIGHT.fullmatch(text)):
        return dt.datetime.fromisoformat(text)
    day, clock, rest = late.groups()
    midnight = dt.datetime.fromisoformat(f"{day}T00{clock[2:]}{rest}")
    return midnight + dt.timedelta(days=1)


def _with_rarer(found: pl.DataFrame) -> pl.DataFrame:
    """Read what is still unread by the rarer forms of ISO 8601, like 20250131T0930."""
    is_unread = pl.col("local").is_null() & pl.col("instant").is_null()
    times = found.filter(is_unread & pl.col("text").str.contains(_ISO_RARER))["text"].unique()
    read: dict[str, dt.datetime] = {}
    for text in times:
        try:
            read[text] = _iso_time(text.strip().upper())
        except (ValueError, OverflowError):
            continue  # no time at all: it travels as it was written
    if not read:
        return found
    zoned = {text: time.astimezone(dt.UTC) for text, time in read.items() if time.tzinfo}
    local = {text: time for text, time in read.items() if not time.tzinfo}
    return found.with_columns(
        pl.coalesce(name, pl.col("text").replace_strict(times, default=None, return_dtype=kind))
        for name, times, kind in (
            ("local", local, pl.Datetime("us")),
            ("instant", zoned, pl.Datetime("us", "UTC")),
        )
        if times
    )


_NO_LOCAL = pl.lit(None, pl.Datetime("us"))
_NO_INSTANT = pl.lit(None, pl.Datetime("us", "UTC"))


def _expressions(text: pl.Expr, form: DateFormat) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    if form.word == ISO:
        return _iso(text)
    if form.word == EXCEL:
        return _excel(text)
    if form.word in {UNIX, UNIX_MS}:
        digits = r"^[0-9]{1,10}$" if form.word == UNIX else r"^[0-9]{11,13}$"
        number = pl.when(text.str.contains(digits)).then(text).cast(pl.Int64, strict=False)
        since = pl.from_epoch(number, "s" if form.word == UNIX else "ms")
        instant = since.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        return _NO_LOCAL, instant, pl.lit(False)
    if form.has_names:
        text = in_english(text)
    fits = text.str.contains(form.shape)
    day = pl.when(fits).then(text)
    if form.kind == MONTH:
        local = _first_days(day, form)
    elif form.kind == DAY:
        local = day.str.to_date(form.form, strict=False)
    if form.kind in {DAY, MONTH}:
        return local.cast(pl.Datetime("us")), _NO_INSTANT, local.is_not_null()
    local = day.str.to_datetime(form.form, time_unit="us", strict=False)
    if form.midnight:
        late = pl.when(text.str.contains(form.midnight)).then(
            text.str.replace(form.midnight, "${before}00${after}")
        )
        next_day = late.str.to_datetime(form.form, time_unit="us", strict=False)
        local = pl.coalesce(local, next_day + pl.duration(days=1))
    return local, _NO_INSTANT, pl.lit(False)


def _first_days(text: pl.Expr, form: DateFormat) -> pl.Expr:
    """Read the first day of a month, a quarter or a year: chrono reads none without its day."""
    if "Q%m" in form.form:
        for quarter in range(1, 5):
            text = text.str.replace(f"[QqTt]{quarter}", f"Q{3 * quarter - 2:02}")
    first, rest = (" 01 01", " %m %d") if form.months == _YEAR_MONTHS else (" 01", " %d")
    return (text + first).str.to_date(form.form + rest, strict=False)


def _iso(text: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    day = pl.when(text.str.contains(_ISO_DAY)).then(text).str.to_date("%Y-%m-%d", strict=False)
    marked = text.str.replace("[Tt ]", "T")
    local = pl.when(text.str.contains(_ISO_LOCAL)).then(marked)
    offset = (
        pl.when(text.str.contains(_ISO_INSTANT))
        .then(marked.str.replace(" ", "", literal=True))
        .str.replace(r"[Zz]$", "+00:00")
        .str.replace(r"([+-][0-9]{2})$", "${1}:00")
    )
    return (
        pl.coalesce(
            day.cast(pl.Datetime("us")),
            local.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False),
            local.str.to_datetime("%Y-%m-%dT%H:%M", time_unit="us", strict=False),
        ),
        pl.coalesce(
            offset.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
            for form in ("%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z")
        ),
        day.is_not_null(),
    )


def _excel(text: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    serial = pl.when(text.str.contains(r"^[0-9]{2,7}(?:\.[0-9]+)?$")).then(text)
    days = serial.str.extract(r"^([0-9]+)").cast(pl.Int64, strict=False)
    days = pl.when(days.is_between(EXCEL_DAY_MIN, EXCEL_DAY_MAX)).then(days)
    # A serial number is a double: its part of a day is a second's, rounded.
    part = ("0." + serial.str.extract(r"\.([0-9]+)$").fill_null("0")).cast(pl.Float64)
    seconds = (part * 86_400).round().cast(pl.Int64)
    local = pl.lit(EXCEL_EPOCH, pl.Datetime("us")) + pl.duration(days=days, seconds=seconds)
    return local, _NO_INSTANT, days.is_not_null() & (seconds == 0)


def _first(text: str, form: DateFormat) -> dt.datetime | None:
    row = read_dates(pl.Series([text]), (form,)).row(0)
    found: dt.datetime | None = row[0] if row[1] is None else row[1].replace(tzinfo=None)
    return found


def _kinds(pieces: list[str]) -> list[str]:
    """Tell what each letters says; `mm` behind an hour is minutes."""
    kinds: list[str] = []
    for letters in pieces:
        if letters in {"mm", "m"} and "hour" in kinds and "minute" not in kinds:
            kinds.append("minute")
        elif letters.startswith("am"):
            kinds.append("half")
        else:
            kind = {"y": "year", "q": "quarter", "m": "month", "d": "day", "h": "hour"}
            kinds.append({**kind, "s": "second"}.get(letters[0], ""))
    return kinds


def _compile(pieces: list[str], kinds: list[str]) -> tuple[str, str, str]:
    """Make the pattern of a format, its form for chrono, and its pattern with 24 as hour."""
    is_half = "half" in kinds
    shapes, forms = [], []
    for number, (letters, kind) in enumerate(zip(pieces, kinds, strict=True)):
        beside = kinds[number - 1 : number] + kinds[number + 1 : number + 2]
        is_packed = any(beside) and kind != "half"
        digits = "[0-9]{2}" if is_packed else "[0-9]{1,2}"
        if not kind:
            shapes.append(r"[\s]+" if letters == " " else re.escape(letters.upper()))
            forms.append(letters.upper())
        elif letters in _NAMES:
            shapes.append(_NAMES[letters][0])
            forms.append(_NAMES[letters][1])
        elif kind == "quarter":
            shapes.append("[QqTt][1-4]")
            forms.append("Q%m")
        elif kind == "year":
            shapes.append("[0-9]{4}" if letters == "yyyy" else "[0-9]{2}")
            forms.append("%Y" if letters == "yyyy" else "%y")
        elif kind == "half":
            shapes.append("[AaPp][Mm]")
            forms.append("%p")
        elif kind == "second":
            shapes.append(digits + r"(?:\.[0-9]+)?")
            forms.append("%S%.f")
        else:
            codes = {"month": "%m", "day": "%d", "minute": "%M"}
            shapes.append(digits)
            forms.append(codes.get(kind) or ("%I" if is_half else "%H"))
    midnight = ""
    if "hour" in kinds and not is_half:
        hour = kinds.index("hour")
        zeros = [
            "00" if kind == "minute" else r"00(?:\.0+)?" if kind == "second" else shape
            for kind, shape in zip(kinds, shapes, strict=True)
        ]
        before, after = "".join(zeros[:hour]), "".join(zeros[hour + 1 :])
        midnight = f"^(?P<before>{before})24(?P<after>{after})$"
    return f"^{''.join(shapes)}$", "".join(forms), midnight


def _format_error(word: str) -> FieldInvalid:
    return FieldInvalid(
        f"date format {word!r}: expected words like dd/mm/yyyy, 'mm/dd/yyyy hh:mm', yyyymmdd, "
        "'dd mmm yyyy', 'mm/dd/yyyy hh:mm am/pm', mmm yyyy (a month), 'qq yyyy' (a quarter, Q1 "
        f"2025), yyyy (a year), or one of {', '.join(SPECIAL)}; y, m, d, h, m behind h, and s "
        "stand for year to second"
    )
