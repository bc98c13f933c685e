"""Numbers as people write them, brought into plain decimal notation; no float on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from tonne.errors import FieldInvalid

ANY_SPACE = "any-space"
LAKH = "lakh"
"""Commas as India writes them: three digits, and then groups of two, as in 12,34,567.80."""

GROUPS = {
    ",": ",",
    ".": ".",
    "'": "'\u2019",
    " ": " \u00a0\u2009\u202f",
    ANY_SPACE: " \u00a0\u2009\u202f",
    LAKH: ",",
}
"""What may stand between groups of digits, and the characters that it stands for."""

WORDS = {"comma": ",", "point": ".", "dot": ".", "space": " ", "apostrophe": "'"}
"""Words for characters that a shell or a file hides."""

DECIMALS = (".", ",")

MINUS_SIGNS = ("leading", "trailing", "parentheses")
"""Where the sign of a negative number stands: `-1`, `1-`, `(1)`."""

ROWS_PER_TEXT_MIN = 4
"""Mean number of rows per distinct text from which each text is read once."""

PLAIN = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
"""What a server reads as a quantity."""


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How a file writes its numbers.

    Raises
    ------
    FieldInvalid
        Where a character is none of those that numbers are written with, or means two things.
    """

    decimal: str = "."
    grouping: tuple[str, ...] = ()
    minus: str = "leading"

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        object.__setattr__(self, "decimal", WORDS.get(self.decimal, self.decimal))
        object.__setattr__(
            self, "grouping", tuple(WORDS.get(each, each) for each in self.grouping)
        )
        if self.decimal not in DECIMALS:
            raise FieldInvalid(f"decimal: expected '.' or ','; got {self.decimal!r}")
        unknown = [each for each in self.grouping if each not in GROUPS]
        if unknown:
            raise FieldInvalid(
                f"grouping: expected one of {', '.join(map(repr, GROUPS))}; got {unknown[0]!r}"
            )
        if any(self.decimal in GROUPS[each] for each in self.grouping):
            other = "," if self.decimal == "." else "."
            raise FieldInvalid(
                f"grouping: {self.decimal!r} is the decimal mark already; is the decimal mark "
                f"{other!r}? Then say so: --decimal {other}, or decimal = '{other}' in the profile"
            )
        if self.minus not in MINUS_SIGNS:
            raise FieldInvalid(
                f"minus: expected one of {', '.join(MINUS_SIGNS)}; got {self.minus!r}"
            )

    @property
    def is_plain(self) -> bool:
        """Whether numbers are written as a server reads them."""
        return self == NumberForm()


def read_numbers(texts: pl.Series, form: NumberForm) -> pl.Series:
    """Write numbers in plain decimal notation; null where a text is no number of this form.

    A group has three digits (of `lakh` the last one alone), and one number is grouped by one kind
    of character: `1,23` and `1,234 567` are no numbers of any form.
    """
    written = texts.alias("text").to_frame()
    text = pl.col("text").str.strip_chars().str.replace_all("\u2212", "-", literal=True)
    plain = pl.when(text.str.contains(_pattern(form))).then(_plain(text, form)).alias("plain")
    distinct = written.unique()
    if distinct.height * ROWS_PER_TEXT_MIN > written.height:
        return written.select(plain).to_series().alias(texts.name)
    read = written.join(
        distinct.with_columns(plain),
        on="text",
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return read["plain"].alias(texts.name)


def is_misread(texts: pl.Series, plain: pl.Series) -> pl.Series:
    """Tell which texts are no number of the file's form, and yet one to a server.

    `4.125` in a file of decimal commas may be 4125: nobody may take it for 4.125.
    """
    return plain.is_null() & texts.str.strip_chars().str.contains(PLAIN)


def _pattern(form: NumberForm) -> str:
    decimal = re.escape(form.decimal)
    whole = "|".join(["[0-9]+", *map(_grouped, form.grouping)])
    body = f"(?:(?:{whole})(?:{decimal}[0-9]*)?|{decimal}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    if form.minus == "trailing":
        return f"^{body}[+-]?$"
    if form.minus == "parentheses":
        return f"^(?:[+-]?{body}|\\({body}\\))$"
    return f"^[+-]?{body}$"


def _grouped(group: str) -> str:
    if group == LAKH:
        return "[1-9][0-9]?(?:,[0-9]{2})*,[0-9]{3}"
    return f"[1-9][0-9]{{0,2}}(?:[{GROUPS[group]}][0-9]{{3}})+"


def _plain(text: pl.Expr, form: NumberForm) -> pl.Expr:
    grouping = "".join(sorted({sign for each in form.grouping for sign in GROUPS[each]}))
    if grouping:
        text = text.str.replace_all(f"[{grouping}]", "")
    if form.decimal != ".":
        text = text.str.replace(form.decimal, ".", literal=True)
    if form.minus == "trailing":
        text = text.str.replace(r"^(.*)-$", "-${1}").str.replace(r"\+$", "")
    elif form.minus == "parentheses":
        text = text.str.replace(r"^\((.*)\)$", "-${1}")
    return text.str.replace(r"^\+", "")
