"""Columns whose names say nothing, and whose words say which field they may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.catalogue.words import taxonomy, units
from tonne.catalogue.words.regions import read_region
from tonne.imports.guessing import headers
from tonne.imports.guessing.draft import UNKNOWN
from tonne.imports.guessing.words import ACTIVITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

    from tonne.imports.guessing.draft import Draft
    from tonne.imports.guessing.tables import Sample

WORDS_MAX = 30
"""Most words of a column that may be those of a field."""

COLUMNS_MAX = 200
"""Columns that are looked through for the words of a field."""

WORDS_SHOWN = 5


def _is_activity(word: str) -> bool:
    return word.casefold() in ACTIVITIES or taxonomy.read(word) is not None


_KNOWN: dict[str, Callable[[str], bool]] = {
    "activity": _is_activity,
    "unit": lambda word: units.find(word) is not None,
    "region": lambda word: read_region(word) is not None,
}


def put_missing(  # noqa: PLR0917  # what a guess has found so far
    name: str, question: str, sample: Sample, free: list[int], kept: pl.Series, draft: Draft
) -> int | None:
    """Ask for a field without a column: with the column that may be it, which it gives back.

    A column of which no field is made leaves `free` when it is asked for.
    """
    found = _likely(name, sample, free, kept)
    if found is None:
        draft.put("constants", name, UNKNOWN, asked=question)
        return None
    place, words = found
    free.remove(place)
    header = sample.header[place]
    draft.put_open(
        "columns",
        name,
        sample.rule(place),
        asked=f"{question} Is it the column {header!r} ({_listed(words)})? (name the column, or "
        "take the line out and put a word under [constants])",
    )
    return place


def meter_column(sample: Sample, facility: int, free: list[int], kept: pl.Series) -> int | None:
    """Find a column of which one facility has several values, and that is named like a meter."""
    for place in free:
        if headers.plain(sample.header[place]) not in headers.METERS:
            continue
        pairs = sample.rows.filter(kept).select(
            sample.column(facility).filter(kept).alias("facility"),
            sample.column(place).filter(kept).alias("meter"),
        )
        pairs = pairs.drop_nulls().unique()
        if pairs.height > pairs["facility"].n_unique():
            return place
    return None


def _likely(
    name: str, sample: Sample, free: Sequence[int], kept: pl.Series
) -> tuple[int, list[str]] | None:
    """Find the column that has the most known words of a field, and these words."""
    best: tuple[int, list[str]] | None = None
    best_count = 0
    for place in free[:COLUMNS_MAX]:
        texts = sample.column(place).filter(kept).drop_nulls()
        words = texts.unique(maintain_order=True).to_list()
        if not 0 < len(words) <= WORDS_MAX or any(map(headers.is_value, words)):
            continue
        count = sum(map(_KNOWN[name], words)) if name in _KNOWN else int(len(words) < len(texts))
        # of activities one says it; `No` is a region, too, and `m` may be anything
        needed = 0 if name in {"activity", "facility"} else len(words) // 2
        if count > max(needed, best_count):
            best, best_count = (place, words), count
    return best


def _listed(words: Sequence[str]) -> str:
    more = ", ..." if len(words) > WORDS_SHOWN else ""
    return ", ".join(map(repr, words[:WORDS_SHOWN])) + more
