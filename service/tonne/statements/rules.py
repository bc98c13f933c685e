"""Rules by which the path of a target is judged: versioned data, since they change.

Source: `shipped/target_rules.csv`, each row with its own.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Final

from tonne.statements.fields import invalid

LINEAR: Final = "linear"
"""The path that goes straight from the base to the target."""


@dataclass(frozen=True, slots=True)
class PathRule:
    """How fast a sum has to fall.

    Parameters
    ----------
    id, title, source : str
    scopes : tuple of str
        Of which it speaks, like `scope1`, `scope2.location`.
    blends : bool
        Whether several scopes may stand in one target.
    percent_min : Fraction
        Least fall a year, in percent of the base year.
    reach_percent, reach_year : Fraction, int
        The fall that has to be reached by a year, in percent of the base year; 0: none.
    published, valid_from, valid_to : str
        When it was published, and for targets of which days it holds; empty: open.
    """

    id: str
    title: str
    scopes: tuple[str, ...]
    blends: bool
    percent_min: Fraction
    reach_percent: Fraction
    reach_year: int
    published: str
    valid_from: str
    valid_to: str
    source: str

    def check(self, place: str, scopes: set[str]) -> None:
        """Refuse scopes of which the rule does not speak. Raises `FieldInvalid`."""
        if not scopes <= set(self.scopes):
            raise invalid(
                place,
                f"scopes of which {self.id} speaks: {', '.join(self.scopes)}",
                sorted(scopes),
            )
        if len(scopes) > 1 and not self.blends:
            raise invalid(
                place, f"one scope: {self.id} takes no target of several", sorted(scopes)
            )

    def percent_a_year(self, base_year: int) -> Fraction:
        """Compute the fall a year, in percent of the base year."""
        if not self.reach_year or self.reach_year <= base_year:
            return self.percent_min
        return max(self.percent_min, self.reach_percent / (self.reach_year - base_year))

    def remaining(self, base_year: int, years: int) -> Fraction:
        """Compute what part of the base year may be left after some years."""
        fallen = self.percent_a_year(base_year) * years
        return 1 - min(fallen, self.reach_percent or Fraction(100)) / 100


@cache
def path_rules() -> dict[str, PathRule]:
    """Read the shipped rules, by id."""
    text = (
        resources.files("tonne.statements.shipped")
        .joinpath("target_rules.csv")
        .read_text(encoding="utf-8")
    )
    return {
        row["id"]: PathRule(
            row["id"],
            row["title"],
            tuple(row["scopes"].split(";")),
            row["blends"] == "true",
            Fraction(row["percent_min"]),
            Fraction(row["reach_percent"] or 0),
            int(row["reach_year"] or 0),
            row["published"],
            row["valid_from"],
            row["valid_to"],
            row["source"],
        )
        for row in csv.DictReader(io.StringIO(text, newline=""))
    }
