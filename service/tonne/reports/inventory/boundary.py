"""The organisational boundary: how much of a facility's days counts, by the approach.

Source: GHG Protocol Corporate Standard chapter 3 (approaches); Corporate Value Chain Standard
chapter 5.5, category 15. What is held in equity beyond the share that the approach counts is an
investment: that part of scope 1 and location-based scope 2 goes to `scope3.15.investments`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import polars as pl

from tonne.ledger.book.entities import share_days
from tonne.ledger.book.facilities import in_order, places_of
from tonne.model import LAST_DAY, Facility, day_of_number, first_day_of
from tonne.reports.inventory.consolidation import facility_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonne.model import Entity

EQUITY_SHARE = "equity-share"

_PROFILE = ("entity", "valid_from", "valid_to")
"""What the share of a facility depends on."""


@dataclass(frozen=True, slots=True)
class Portion:
    """What counts of a facility on a day.

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

MIXED = -1
"""Instead of a portion's number: the share changes within the slice of the posting."""

SLICE = ("period", "first_day", "last_day")


class Boundary:
    """Says of postings how much of their facility counts on the days of their slice.

    Parameters
    ----------
    register : polars.DataFrame
        The facilities, in order of their ids; others are whole always.
    entities : sequence of Entity
        All entities of the book.
    approach : str
        One of `method.CONSOLIDATIONS`.
    """

    def __init__(self, register: pl.DataFrame, entities: Sequence[Entity], approach: str) -> None:
        self._ids, self._profiles = register["facility"], register.select(_PROFILE)
        self._by_id = {entity.id: entity for entity in entities}
        self._approach = approach
        self._numbers = {WHOLE: 0}
        self._days: dict[tuple[str, str, str], tuple[int, ...]] = {}

    def over(self, register: pl.DataFrame) -> Boundary:
        """Make a boundary over other facilities, whose portions have the same numbers."""
        other = copy.copy(self)  # with the same portions, which grow
        other._ids, other._profiles = register["facility"], register.select(_PROFILE)  # noqa: SLF001  # its own kind
        return other

    @property
    def portions(self) -> tuple[Portion, ...]:
        """All that occurred so far, by the number that `mark` gave; the first is `WHOLE`."""
        return tuple(self._numbers)

    def mark(self, postings: pl.DataFrame) -> pl.DataFrame:
        """Add the column `portion` (Int32: index into `portions`, or `MIXED`) to postings."""
        # Facilities of one entity and one time are one profile: a book has few of them.
        slices = postings.select("facility", *SLICE).unique()
        places = places_of(self._ids, slices["facility"].cast(pl.String))
        slices = slices.filter(places.is_not_null())
        slices = slices.hstack(self._profiles[places.drop_nulls()])
        rows = []
        for row in slices.select(*_PROFILE, *SLICE).unique(maintain_order=True).iter_rows():
            spans = self._spans(row[:3], row[3:])
            number = spans[0][2] if len(spans) == 1 else MIXED
            if number:
                rows.append((*row, number))
        schema = {
            **dict.fromkeys(_PROFILE, pl.String()),
            **{name: postings.schema[name] for name in SLICE},
            "portion": pl.Int32(),
        }
        numbers = pl.DataFrame(rows, schema=schema, orient="row")
        table = slices.join(numbers, on=[*_PROFILE, *SLICE], how="inner").select(
            "facility", *SLICE, "portion"
        )
        return postings.join(table, on=["facility", *SLICE], how="left").with_columns(
            pl.col("portion").fill_null(0)
        )

    def spans(self, facility: str, slice_: tuple[int, int, int]) -> list[tuple[int, int, int]]:
        """Cut a slice where the share of a facility changes: first day, last day, portion."""
        (place,) = places_of(self._ids, pl.Series([facility]))
        return self._spans(self._profiles.row(place), slice_)

    def _spans(
        self, profile: tuple[str, str, str], slice_: tuple[int, int, int]
    ) -> list[tuple[int, int, int]]:
        period, first, last = slice_
        month = first_day_of(period)
        stop = first_day_of(period + 1) if last == LAST_DAY else month + last
        if profile not in self._days:
            self._days[profile] = share_days(self._by_id, *profile)
        begun = month + first - 1
        found: list[tuple[int, int, int]] = []
        for day in (begun, *(day for day in self._days[profile] if begun < day < stop)):
            number = self._number(profile, day)
            place = day - month + 1
            if found and found[-1][2] == number:
                continue
            if found:
                found[-1] = (found[-1][0], place - 1, found[-1][2])
            found.append((place, last, number))
        return found

    def _number(self, profile: tuple[str, str, str], day: int) -> int:
        entity, valid_from, valid_to = profile
        facility = Facility("", entity=entity, valid_from=valid_from, valid_to=valid_to)
        date = day_of_number(day)
        share = facility_share(facility, self._by_id, self._approach, date)
        equity = facility_share(facility, self._by_id, EQUITY_SHARE, date)
        portion = Portion(share, max(equity - share, Fraction(0)))
        return self._numbers.setdefault(portion, len(self._numbers))


def find_boundary(
    register: pl.DataFrame, entities: Sequence[Entity], approach: str
) -> Boundary | None:
    """Find the facilities that may not be whole always.

    Returns
    -------
    Boundary or None
        None where all of everything counts: a book without entities and dated facilities pays
        nothing for what it does not use.
    """
    limits = _PROFILE if entities else ("valid_from", "valid_to")
    is_limited = register.select(pl.any_horizontal(pl.col(limits) != "").any()).item()
    return Boundary(in_order(register), entities, approach) if is_limited else None
