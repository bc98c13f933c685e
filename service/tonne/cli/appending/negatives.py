"""Negative quantities of purchased electricity: corrections, or what was fed into the grid.

A meter that counts both ways, and a bill that nets, write an export as a negative purchase. Gross
purchases are what scope 2 counts (Scope 2 Guidance, chapter 5): an export stands apart. Which of
the two a negative quantity is nobody can see in it, so it is told, and said by an option.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.words import taxonomy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.cli.input.files import Piece
    from tonne.cli.input.repeats import Source

_NEGATIVE = r"^\s*-\s*[0-9.]*[1-9]"


@dataclass(slots=True)
class Negatives:
    """Watches sources for negative purchases, and makes exports of them where that is said.

    Parameters
    ----------
    is_export : bool
        Whether they were fed into the grid; else they are corrections.
    """

    is_export: bool
    _counts: dict[int, int] = field(default_factory=dict, init=False)

    def over(self, source: Source) -> Source:
        """Give a source whose records are looked at as they are read."""
        number = len(self._counts)
        self._counts[number] = 0

        def read() -> Iterator[Piece]:
            self._counts[number] = 0
            for piece in source.read():
                yield self._look(piece, number)

        return replace(source, read=read)

    @property
    def count(self) -> int:
        """How many there were when the sources were read last."""
        return sum(self._counts.values())

    def _look(self, piece: Piece, number: int) -> Piece:
        """Count the negative purchases of a piece; as exports where that is the rule."""
        chosen = _chosen(piece)
        count = 0 if chosen is None else int(piece.select(chosen.sum()).item() or 0)
        self._counts[number] += count
        if chosen is None or not (count and self.is_export):
            return piece
        quantity, activity = pl.col("quantity"), pl.col("activity").cast(pl.String)
        is_text = piece["quantity"].dtype == pl.String
        positive = quantity.str.replace(r"^\s*-\s*", "") if is_text else quantity.abs()
        return piece.with_columns(
            pl.when(chosen).then(pl.lit(taxonomy.EXPORT)).otherwise(activity).alias("activity"),
            pl.when(chosen).then(positive).otherwise(quantity).alias("quantity"),
        )


def _chosen(piece: pl.DataFrame) -> pl.Expr | None:
    """Which records of a frame are negative purchases; None where none can be."""
    if not {"activity", "quantity"} <= set(piece.columns):
        return None
    bought = [each for each in piece["activity"].unique() if _is_bought(each)]
    kind, quantity = piece["quantity"].dtype, pl.col("quantity")
    if not bought or not (kind == pl.String or kind.is_numeric()):
        return None
    below = quantity.str.contains(_NEGATIVE) if kind == pl.String else quantity < 0
    return below.fill_null(value=False) & pl.col("activity").cast(pl.String).is_in(bought)


def _is_bought(activity: object) -> bool:
    """Whether an activity is electricity that the organisation itself buys."""
    if not isinstance(activity, str):
        return False
    found = taxonomy.subject(taxonomy.read(activity) or activity, lambda _: True)
    return found is not None and found.context is None and found.activity.rule == "electricity"
