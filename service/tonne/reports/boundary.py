"""The organisational boundary: how much of a facility's month counts, by the approach.

Source: GHG Protocol Corporate Standard chapter 3 (approaches); Corporate Value Chain Standard
chapter 5.5, category 15. What is held in equity beyond the share that the approach counts is an
investment: that part of scope 1 and location-based scope 2 goes to `scope3.15.investments`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.consolidation import facility_share
from tonne.model import Facility

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.model import Entity

EQUITY_SHARE = "equity-share"

_PROFILE = ("entity", "valid_from", "valid_to")
"""What the share of a facility depends on."""


@dataclass(frozen=True, slots=True)
class Portion:
    """What counts of a facility in a month.

    Parameters
    ----------
    share : Fraction
        Part that counts in its own accounts, 0 to 1.
    invested : Fraction
        Part held in equity beyond `share`, 0 to 1.
    """

    share: Fraction
    invested: Fraction = Fraction(0)


WHOLE = Portion(Fraction(1))


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where portions are not whole.

    Parameters
    ----------
    portions : tuple of Portion
        All that occur; the first is `WHOLE`.
    table : polars.DataFrame
        facility, period, portion (Int32: index into `portions`); other pairs are whole.
    """

    portions: tuple[Portion, ...]
    table: pl.DataFrame

    def mark(self, postings: pl.DataFrame) -> pl.DataFrame:
        """Add the column `portion` to postings."""
        return postings.join(self.table, on=["facility", "period"], how="left").with_columns(
            pl.col("portion").fill_null(0)
        )


def find_boundary(
    postings: pl.DataFrame, register: pl.DataFrame, entities: Sequence[Entity], approach: str
) -> Boundary | None:
    """Find how much of each facility's month counts.

    Parameters
    ----------
    postings : polars.DataFrame
        facility and period.
    register : polars.DataFrame
        The register of facilities; texts.
    entities : sequence of Entity
        All entities of the book.
    approach : str
        One of `method.CONSOLIDATIONS`.

    Returns
    -------
    Boundary or None
        None where all of everything counts: a book without entities and dated facilities pays
        nothing for what it does not use.
    """
    limited = register.filter((pl.col("valid_from") != "") | (pl.col("valid_to") != ""))
    if entities:
        limited = pl.concat([limited, register.filter(pl.col("entity") != "")]).unique("facility")
    if limited.is_empty():
        return None
    # Facilities of one entity and one time are one profile: a book has few of them.
    months = (
        postings.select("facility", "period")
        .unique()
        .with_columns(name=pl.col("facility").cast(pl.String))
        .join(limited.select(pl.col("facility").alias("name"), *_PROFILE), on="name", how="inner")
    )
    by_id = {entity.id: entity for entity in entities}
    portions = {WHOLE: 0}
    rows = []
    for entity, valid_from, valid_to, period in (
        months.select(*_PROFILE, "period").unique(maintain_order=True).iter_rows()
    ):
        facility = Facility("", entity=entity, valid_from=valid_from, valid_to=valid_to)
        share = facility_share(facility, by_id, approach, period)
        equity = facility_share(facility, by_id, EQUITY_SHARE, period)
        portion = Portion(share, max(equity - share, Fraction(0)))
        number = portions.setdefault(portion, len(portions))
        if number:
            rows.append((entity, valid_from, valid_to, period, number))
    if not rows:
        return None
    schema = {
        **dict.fromkeys(_PROFILE, pl.String()),
        "period": postings.schema["period"],
        "portion": pl.Int32(),
    }
    numbers = pl.DataFrame(rows, schema=schema, orient="row")
    table = months.join(numbers, on=[*_PROFILE, "period"], how="inner")
    return Boundary(tuple(portions), table.select("facility", "period", "portion"))
