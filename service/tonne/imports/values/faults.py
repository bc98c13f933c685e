"""Texts of cells that have no value: errors of a spreadsheet, formulas that nobody calculated.

A spreadsheet writes them where a value belongs, and its exports carry them along. As an amount or
a date nobody can read them; as the name of a facility they would be one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

FAULT = (
    r"^\s*(?:#[¡¿]?(?:NULL|NUL|DIV/0|VALUE|VALEUR|VALOR|WERT|REF|BEZUG|RIF|NAME|NOM|NOMBRE|NOME|NUM"
    r"|NOMBRE|ZAHL|NÚM|SPILL|CALC|FIELD|BLOCKED|CONNECT|BUSY|UNKNOWN)[!?]|#N/?[AVD]"
    r"|#GETTING_DATA|#{3,}|Err:[0-9]{3}|=\S.*)\s*$"
)
"""Errors in the languages of spreadsheets, a column too narrow for its values, and formulas."""

_SIGNS = ["#", "=", "Err:"]
"""What each of them has at least one of."""

TEXT_TYPES = (pl.String, pl.Categorical, pl.Enum)

REMARK = (
    "a cell shows an error of the spreadsheet, or a formula without a value: the record goes to "
    "quarantine; open the file, let it calculate, mend the cells and save it"
)


def is_fault(texts: pl.Series) -> pl.Series:
    """Tell which texts, with a dictionary or without, stand for no value; null is none."""
    # Few texts have one of them, and one pass finds that none has.
    kind = texts.dtype
    distinct = kind.categories if isinstance(kind, pl.Enum) else texts.cast(pl.String)
    if not distinct.str.contains_any(_SIGNS).any():
        return pl.repeat(value=False, n=texts.len(), eager=True)
    written = texts.cast(pl.String)
    return (written.str.contains_any(_SIGNS) & written.str.contains(FAULT)).fill_null(value=False)


def find_faults(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series | None:
    """Write the faults of each row as the field `unread` of its record; None where there is none.

    The text is one JSON object from fields to what stands there, and null in rows without any.
    """
    found = {
        name: is_fault(frame[name])
        for name in names
        if name in frame.columns and frame[name].dtype in TEXT_TYPES
    }
    found = {name: faults for name, faults in found.items() if faults.any()}
    if not found:
        return None
    texts = pl.DataFrame(
        {
            name: frame[name]
            .cast(pl.String)
            .set(~faults, None)
            .str.strip_chars()
            .str.head(TEXT_CHARS_MAX)
            for name, faults in found.items()
        }
    )
    return texts.select(
        pl.when(pl.any_horizontal(pl.all().is_not_null()))
        .then(pl.struct(pl.all()).struct.json_encode())
        .alias("unread")
    )["unread"]


TEXT_CHARS_MAX = 50
"""Characters that are kept of each: three of them fit a record's limit, however escaped."""
