"""Words that mark a row as the sum of others."""

from __future__ import annotations

import polars as pl

TOTALS = (
    r"(?i)^\s*(?:(?:(?:grand|sub|column|overall|annual|yearly|year)[\s-]*totals?|totals?|sums?|summe"
    r"|gesamt(?:summe|ergebnis)?|zwischensumme|teilsumme|endsumme|sommes?|sous-?\s?total|suma|soma"
    r"|totale|total(?:es|aux|i)|somma|subtotale|总计|合计|小计|汇总|总和|总数|共计|合計|小計|總計)"
    r"(?:$|[\s:(\uff08\uff1a/\-\u2013,.].*$)"
    r"|.*\S\s+(?:(?:grand\s|sub-?)?total|gesamt|ergebnis|summe|合计|小计|汇总)\s*:?\s*$)"
)
"""Labels of sums in English, German, French, Spanish, Italian, Portuguese and Chinese."""


def is_total(texts: pl.Series) -> pl.Series:
    """Tell which texts, with a dictionary or without, mark a row as a sum; null is none."""
    # Names stand many times, and a pattern of so many words is dear.
    kind = texts.dtype
    distinct = kind.categories if isinstance(kind, pl.Enum) else texts.cast(pl.String).unique()
    marked = distinct.drop_nulls().filter(distinct.drop_nulls().str.contains(TOTALS))
    if marked.is_empty():
        return pl.repeat(value=False, n=texts.len(), eager=True)
    return texts.cast(pl.String).is_in(marked.implode()).fill_null(value=False)
