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

from tonne.model import Facility
from tonne.reports.inventory.consolidation import facility_share

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
        Contribution that counts in its own accounts, 0 to 1.
    invested : Fraction
        Contribution held in equity beyond `share`, 0 to 1.
    """

    share: Fraction
    invested: Fraction = Fraction(0)


WHOLE = Portion(Fraction(1))


class Boundary:
    """Says of postings how much of their facility's month counts.

    Parameters
    ----------
    limited : polars.DataFrame
        Facilities of the register whose months may not be whole.
    entities : sequence of Entity
        All entities of the book.
    approach : str
        One of `method.CONSOLIDATIONS`.
    """

    def __init__(self, limited: pl.DataFrame, entities: Sequence[Entity], approach: str) -> None:
        self._limited = limited.select(pl.col("facility").alias("name"), *_PROFILE)
        self._by_id = {entity.id: entity for entity in entities}
        self._approach = approach
        self._numbers = {WHOLE: 0}

    @property
    def portions(self) -> tuple[Portion, ...]:
        """All that occurred so far, by the number that `mark` gave; the first is `WHOLE`."""
        return tuple(self._numbers)

    def mark(self, postings: pl.DataFrame) -> pl.DataFrame:
        """Add the column `portion` (Int32: index into `portions`) to postings."""
        # Facilities of one entity and one time are one profile: a book has few of them.
        months = (
            postings.select("facility", "period")
            .unique()
            .with_columns(name=pl.col("facility").cast(pl.String))
            .join(self._limited, on="name", how="inner")
        )
        rows = []
        for entity, valid_from, valid_to, period in (
            months.select(*_PROFILE, "period").unique(maintain_order=True).iter_rows()
        ):
            number = self._number(entity, valid_from, valid_to, period)
            if number:
                rows.append((entity, valid_from, valid_to, period, number))
        schema = {
            **dict.fromkeys(_PROFILE, pl.String()),
            "period": postings.schema["period"],
            "portion": pl.Int32(),
        }
        numbers = pl.DataFrame(rows, schema=schema, orient="row")
        table = months.join(numbers, on=[*_PROFILE, "period"], how="inner").select(
            "facility", "period", "portion"
        )
        return postings.join(table, on=["facility", "period"], how="left").with_columns(
            pl.col("portion").fill_null(0)
        )

    def _number(self, entity: str, valid_from: str, valid_to: str, period: int) -> int:
        facility = Facility("", entity=entity, valid_from=valid_from, valid_to=valid_to)
        share = facility_share(facility, self._by_id, self._approach, period)
        equity = facility_share(facility, self._by_id, EQUITY_SHARE, period)
        portion = Portion(share, max(equity - share, Fraction(0)))
        return self._numbers.setdefault(portion, len(self._numbers))


def find_boundary(
    register: pl.DataFrame, entities: Sequence[Entity], approach: str
) -> Boundary | None:
    """Find the facilities whose months may not be whole.

    Returns
    -------
    Boundary or None
        None where all of everything counts: a book without entities and dated facilities pays
        nothing for what it does not use.
    """
    limited = register.filter((pl.col("valid_from") != "") | (pl.col("valid_to") != ""))
    if entities:
        limited = pl.concat([limited, register.filter(pl.col("entity") != "")]).unique("facility")
    return None if limited.is_empty() else Boundary(limited, entities, approach)
