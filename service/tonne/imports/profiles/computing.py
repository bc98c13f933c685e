"""Columns that a file lacks, as products of those that it has: exact, cell by cell.

`16` vCPU for `720` hours are 11,520 vCPU.h; half a tonne over 80 km is 40 t.km. A share of the
time (a utilisation of 35 %) multiplies as the share itself, as what is left of the whole, or as
what lies of it within a band: that is how a curve of power by load is taken apart into amounts
that add up.

Source: ISO/IEC 80000-1 (a product of quantities); Cloud Carbon Footprint, Methodology (average
watts = minimum + utilisation x (maximum - minimum), which is (1 - utilisation) x minimum +
utilisation x maximum).
"""

from __future__ import annotations

import decimal
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from tonne.errors import FieldInvalid
from tonne.imports.profiles.columns import find_text
from tonne.imports.profiles.profile import ColumnRule
from tonne.imports.sources.tables import column_key, folded
from tonne.imports.values.numbers import read_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tonne.imports.profiles.columns import Text
    from tonne.imports.profiles.profile import ComputedRule, Profile, Term
    from tonne.imports.sources.tables import Table

_EXACT = decimal.Context(prec=400, traps=[decimal.Inexact, decimal.InvalidOperation])
"""Products of a few numbers of at most some dozen digits end long before that."""

_PERCENT = Decimal(100)

_DIGITS_MAX = 60
"""Digits before or behind the decimal mark of a number that is multiplied."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A computed column: its rule, where its terms stand, and where a blank is looked for."""

    rule: ComputedRule
    terms: tuple[Text, ...]
    blank: Text | None


def with_computed(profile: Profile, table: Table) -> tuple[Table, list[str]]:
    """Add the computed columns of a profile behind those of a table.

    Returns
    -------
    tuple of Table and list of str
        The table, and the keys of the columns that others are computed from.

    Raises
    ------
    FieldInvalid
        Where a column is missing, or one of the computed names stands in the file already.
    """
    if not profile.computed:
        return table, []
    columns = [_find(table, rule) for rule in profile.computed]
    header = (*table.header, *(column.rule.name for column in columns))
    first = len(table.header)

    def rows() -> Iterator[pl.DataFrame]:
        for chunk in table.rows():
            yield chunk.with_columns(
                _compute(column, chunk, profile).alias(column_key(first + number))
                for number, column in enumerate(columns)
            )

    used = {
        key
        for column in columns
        for text in (*column.terms, *filter(None, [column.blank]))
        for key in text.keys
    }
    return replace(table, header=header, rows=rows), sorted(used)


def _find(table: Table, rule: ComputedRule) -> _Column:
    what = f"computed.{rule.name}"
    if folded(rule.name) in {folded(name) for name in table.header}:
        raise FieldInvalid(
            f"{table.place}: {what}: the file has a column of that name already; give the "
            "computed one another name",
            metadata={"file": table.file, "column": rule.name},
        )
    terms = tuple(find_text(table, ColumnRule(term.column), what) for term in rule.times)
    blank = ColumnRule(rule.where_blank)
    return _Column(rule, terms, find_text(table, blank, what) if rule.where_blank else None)


def _compute(column: _Column, chunk: pl.DataFrame, profile: Profile) -> pl.Series:
    """Multiply cell by cell; what cannot be multiplied is a text that says why, and no number."""
    terms = column.rule.times
    texts = [_texts(chunk, text) for text in column.terms]
    plain = [
        read_numbers(each.str.strip_suffix("%").str.strip_chars(), profile.numbers)
        if term.share
        else read_numbers(each, profile.numbers)
        for term, each in zip(terms, texts, strict=True)
    ]
    open_rows = [True] * chunk.height
    if column.blank is not None:
        open_rows = [not text for text in _texts(chunk, column.blank)]
    mark = profile.numbers.decimal
    found = [
        _product(terms, cells, numbers).replace(".", mark) if is_open else ""
        for is_open, cells, numbers in zip(
            open_rows, zip(*texts, strict=True), zip(*plain, strict=True), strict=True
        )
    ]
    return pl.Series(found, dtype=pl.String)


def _texts(chunk: pl.DataFrame, text: Text) -> pl.Series:
    return chunk.select(text.expression().fill_null("").str.strip_chars()).to_series()


def _product(terms: Sequence[Term], texts: Sequence[str], numbers: Sequence[str | None]) -> str:
    """Multiply the cells of a row; a fault is told by a text."""
    if not any(texts):
        return ""
    product = Decimal(1)
    for term, text, number in zip(terms, texts, numbers, strict=True):
        if not text and term.blank:
            return ""
        try:
            product = _EXACT.multiply(product, _counted(term, text, number))
        except ValueError as error:
            return f"{term.column} {error}"
        except decimal.Inexact:
            return f"{term.column}: the product has too many digits"
    return format(product, "f")


def _counted(term: Term, text: str, number: str | None) -> Decimal:
    """Give what counts of a cell; raises ValueError where it is no number, or no share."""
    if not text:
        raise ValueError("is blank")
    if number is None or abs((value := Decimal(number)).adjusted()) > _DIGITS_MAX:
        raise ValueError(f"is no number of a product: {text!r}")
    if term.share:
        if text.endswith("%"):
            value = _EXACT.divide(value, _PERCENT)
        if not 0 <= value <= 1:
            raise ValueError(f"is no share from 0 to 1, or from 0 % to 100 %: {text!r}")
        if term.share == "rest":
            value = _EXACT.subtract(Decimal(1), value)
    if term.start or term.stop:
        start = Decimal(term.start or 0)
        stop = Decimal(term.stop) if term.stop else max(value, start)
        value = _EXACT.subtract(min(max(value, start), stop), start)
    return value


def filled_in(word: str, chunk: pl.DataFrame, places: dict[str, Text]) -> pl.Series:
    """Write the cells of each row into an activity, as `ict.compute.{cloud}.idle` names them.

    Ids are of small letters, with `_` for a space or a hyphen; one that ends with a blank cell
    ends a part before it.
    """
    parts = []
    for part in word.split("{"):
        name, brace, rest = part.partition("}")
        if brace:
            cell = places[name].expression().fill_null("").str.strip_chars().str.to_lowercase()
            parts.append(cell.str.replace_all(r"[\s-]+", "_"))
        parts.append(pl.lit(rest if brace else part))
    return chunk.select(
        pl.concat_str(parts).str.strip_chars_end(".").alias("activity")
    ).to_series()
