"""Names of months in the languages of people's files, as the one form that dates are read by."""

from __future__ import annotations

import re

import polars as pl

NAMES: tuple[tuple[str, ...], ...] = (
    (
        *("january", "jan", "januar", "jänner", "jän", "janvier", "janv", "enero", "ene"),
        *("gennaio", "gen", "janeiro", "januari", "一月"),
    ),
    (
        *(
            "february",
            "feb",
            "februar",
            "feber",
            "février",
            "fevrier",
            "févr",
            "fevr",
            "fév",
            "fev",
        ),
        *("febrero", "febbraio", "febb", "fevereiro", "februari", "二月"),
    ),
    (
        *("march", "mar", "märz", "maerz", "mär", "mrz", "mars", "marzo", "março", "marco"),
        *("maart", "mrt", "三月"),
    ),
    ("april", "apr", "avril", "avr", "abril", "abr", "aprile", "四月"),
    ("may", "mai", "mayo", "maggio", "mag", "maio", "mei", "五月"),
    ("june", "jun", "juni", "juin", "junio", "giugno", "giu", "junho", "六月"),
    ("july", "jul", "juli", "juillet", "juil", "julio", "luglio", "lug", "julho", "七月"),
    (*("august", "aug", "août", "aout", "aoû", "agosto", "ago", "agost", "augustus", "八月"),),
    (
        *("september", "sep", "sept", "septembre", "septiembre", "setiembre", "settembre", "sett"),
        *("set", "setembro", "九月"),
    ),
    (
        "october",
        "oct",
        "oktober",
        "okt",
        "octobre",
        "octubre",
        "ottobre",
        "ott",
        "outubro",
        "out",
        "十月",
    ),
    ("november", "nov", "novembre", "noviembre", "novembro", "十一月"),
    (
        *("december", "dec", "dezember", "dez", "décembre", "decembre", "déc", "diciembre", "dic"),
        *("dicembre", "dezembro", "十二月"),
    ),
)
"""January to December in English, German, French, Spanish, Italian, Portuguese, Dutch, Chinese.

A name stands for one month in all of them; `jui`, which may be two, is none.
"""

MONTHS = {name: number for number, names in enumerate(NAMES, 1) for name in names}

LETTERS = r"[^\W\d_]{2,10}\.?"
"""The shape of a month's name: letters, and the point of what is cut short."""

_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_AROUND = r"^(.*?)([^\W\d_]{2,10})\.?(.*)$"
_MONTH_AND_YEAR = re.compile(
    r"(?:(?P<name>[^\W\d_]{2,10})\.?[\s\-/.']*(?:de\s+)?(?:[12][0-9]{3}|[0-9]{2})"
    r"|(?:[12][0-9]{3})[\s\-/.]*(?P<behind>[^\W\d_]{2,10})\.?)"
)
_QUARTER = re.compile(
    r"(?i)(?:[QT]\s?[1-4][\s\-/.']*(?:FY)?\s?(?:[12][0-9]{3}|[0-9]{2})"
    r"|(?:FY)?[12][0-9]{3}[\s\-/.]*[QT][1-4]|[1-4]\s?[QT][\s\-/.']*(?:[12][0-9]{3}|[0-9]{2})"
    r"|[1-4]\.?\s?(?:quartal|trimestre|trim\.?|quarter)\s*(?:[12][0-9]{3})?"
    r"|[12][0-9]{3}\s?年?\s?第?[一二三四1-4]季度)"
)


def in_english(text: pl.Expr) -> pl.Expr:
    """Write the first name of a month in texts as dates are read: `1 Mar 2025`.

    What is no month's name stays as it is, and is read by no format.
    """
    plain = (
        text.str.replace_all(r"(?i)\s+de[l]?\s+", " ")
        .str.replace(r"^1er\s", "1 ")
        .str.replace(r"^([0-9]{1,2})\.\s+([^\W\d_])", "${1} ${2}")
    )
    name = plain.str.extract(_AROUND, 2).str.to_lowercase()
    english = name.replace_strict(
        list(MONTHS),
        [_ENGLISH[number - 1] for number in MONTHS.values()],
        default=None,
        return_dtype=pl.String,
    )
    return pl.coalesce(
        plain.str.extract(_AROUND, 1) + english + plain.str.extract(_AROUND, 3), text
    )


def is_month(name: str, *, with_year: bool) -> bool:
    """Tell whether a text is a month's name, with a year or alone."""
    found = _MONTH_AND_YEAR.fullmatch(name.strip())
    if found:
        return with_year and (found["name"] or found["behind"]).casefold() in MONTHS
    return not with_year and name.strip().removesuffix(".").casefold() in MONTHS


def is_quarter(name: str) -> bool:
    """Tell whether a text names a quarter of a year: `Q1 2025`, `T1 2025`, `2025年第一季度`."""
    return bool(_QUARTER.fullmatch(name.strip()))
