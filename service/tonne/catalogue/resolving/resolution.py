"""A resolution: what one unit of an activity is worth, account by account. Immutable.

It is named by the SHA-256 of its canonical JSON, so that equal ones are one resolution,
and a posting that names it can be explained when editions and books have long moved on.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from tonne.catalogue.editions.hours import HoursPart
from tonne.errors import LedgerInconsistent


@dataclass(frozen=True, slots=True)
class Notice:
    """A remark on how a resolution came about. `reason` is stable, UPPER_SNAKE_CASE."""

    reason: str
    message: str


REGION_FALLBACK = "REGION_FALLBACK"
"""Reason of the notice that a wider region's factor stands in for the record's region."""

REGION_PROXY = "REGION_PROXY"
"""Reason of the notice that another region's factor stands in for the record's region."""

ACTIVITY_READ = "ACTIVITY_READ"
"""Reason of the notice that a title was read as the id of its activity."""

REGION_READ = "REGION_READ"
"""Reason of the notice that a name was read as the id of a part of a country."""

WORD_READ = "WORD_READ"
"""Reason of the notice that a word of the book's own says what a text means."""

YEAR_FALLBACK = "YEAR_FALLBACK"
"""Reason of the notice that the nearest year's factor stands in for the record's month."""

YEAR_RULE = "YEAR_RULE"
"""Reason of the notice that a reporting year has its factors by majority or by days."""

UNIT_BASIS = "UNIT_BASIS"
"""Reason of the notice that a unit's calorific basis was taken to be gross, or converted."""

UNIT_PROPERTY = "UNIT_PROPERTY"
"""Reason of the notice that density, heat content or composition converted the unit."""

DEFAULT_FIGURE = "DEFAULT_FIGURE"
"""Reason of the notice that a published default stands for a figure that nobody measured."""

PRICE_YEAR = "PRICE_YEAR"
"""Reason of the notice that money was converted between price years or currencies."""

UNIT_RATE = "UNIT_RATE"
"""Reason of the notice that a rate of the method converted the unit."""

ACTIVITY_FALLBACK = "ACTIVITY_FALLBACK"
"""Reason of the notice that a wider activity's factor stands in for the record's activity."""

CO2_ONLY = "CO2_ONLY"
"""Reason of the notice that a factor states CO2 alone."""

LIFE_CYCLE_AVERAGE = "LIFE_CYCLE_AVERAGE"
"""Reason of the notice that a life-cycle average stands in for a factor of generation alone."""

RESIDUAL_MIX_MISSING = "RESIDUAL_MIX_MISSING"
"""Reason of the notice that the grid's average stands in for an unknown residual mix."""

LEG_MISSING = "LEG_MISSING"
"""Reason of the notice that an account got nothing, because no factor is known for it."""

METHANE_ORIGIN = "METHANE_ORIGIN"
"""Reason of the notice that methane counts by a figure that does not follow from its origin."""

GWP_SET_FALLBACK = "GWP_SET_FALLBACK"
"""Reason of the notice that a CO2e is of another GWP set than the valuation's."""


HOURS_MISSING = "HOURS_MISSING"
"""Reason of the notice that a factor stands in for hours that a series lacks."""


@dataclass(frozen=True, slots=True)
class Step:
    """One exact ratio on the way from a record's unit to the factor's.

    Parameters
    ----------
    kind : str
        `unit`, `property` (density, heat content), `energy` (kWh of a use), `loss`, `days`,
        `rate` (money, units of the book's own), `figure` (of a factor's own steps), `hours` (what
        hours make of a quantity: in explanations alone).
    text : str
        What it does, and where its numbers are from.
    ratio : Fraction
        Exact.
    """

    kind: str
    text: str
    ratio: Fraction


@dataclass(frozen=True, slots=True)
class FactorMasses:
    """What a unit of a factor is worth, as plain decimal texts; None is unknown, not zero.

    Parameters
    ----------
    kg_co2e : str or None
        The printed total under `gwp_set`.
    kg_co2, kg_ch4, kg_n2o : str or None
        Masses of the gases.
    co2e_ch4, co2e_n2o : str or None
        kg CO2e of the gas under `gwp_set`, where the publisher prints that.
    gases : tuple of (str, str)
        Masses of other gases, by name, sorted.
    gwp_set : str
        `AR4`, `AR5`, `AR6`, `CO2` (CO2 alone), or empty where it is not stated.
    kwh : str or None
        Energy, in entries of the accounts `memo.*`.
    methane : str
        Origin of the methane, `fossil` or `biogenic`; empty where it is unknown, or there is none.
    amount : str or None
        What is no mass and no energy, in entries of the accounts `memo.*`.
    unit : str
        Unit of `amount`.
    """

    kg_co2e: str | None = None
    kg_co2: str | None = None
    kg_ch4: str | None = None
    kg_n2o: str | None = None
    co2e_ch4: str | None = None
    co2e_n2o: str | None = None
    gases: tuple[tuple[str, str], ...] = ()
    gwp_set: str = ""
    kwh: str | None = None
    methane: str = ""
    amount: str | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ResolutionEntry:
    """What goes to one account.

    Parameters
    ----------
    account : str
        Where it goes.
    edition : str
        Id of the edition that the factor is from; empty in memo entries.
    factor_row : int
        Row of the factor in the edition, from 1; 0 in memo entries.
    factor : FactorMasses
        What a unit of the factor is worth.
    steps : tuple of Step
        From the record's unit to the factor's.
    stage : str
        Stage of the life cycle.
    cell : str
        Where the publisher printed it: source, table, row.
    notices : tuple[Notice, ...]
        Fallbacks and assumptions, if there are any.
    hours : HoursPart or None
        Which part of a quantity counts, and by what, where hours decide; else the whole.
    """

    account: str
    edition: str
    factor_row: int
    factor: FactorMasses
    steps: tuple[Step, ...] = ()
    stage: str = ""
    cell: str = ""
    notices: tuple[Notice, ...] = ()
    hours: HoursPart | None = None

    @property
    def conversion(self) -> Fraction:
        """Units of the factor in one unit of the record: the product of the steps."""
        return math.prod((step.ratio for step in self.steps), start=Fraction(1))


@dataclass(frozen=True)  # no slots: the id is kept once it was computed
class Resolution:
    """What an activity, unit, region and period come to, matched with the factors.

    Parameters
    ----------
    entries : tuple of ResolutionEntry
        What goes where.
    method_version : int
        Version of the book's method that made it.
    notices : tuple of Notice
        What is to be said about it as a whole.
    activity, region : str
        What the record's texts were read as; empty where they are what they mean.

    Notes
    -----
    An entry with `hours` gets a part of each quantity that follows from the times of its records.
    """

    entries: tuple[ResolutionEntry, ...]
    method_version: int = 0
    notices: tuple[Notice, ...] = ()
    activity: str = ""
    region: str = ""

    @cached_property
    def id(self) -> str:
        """SHA-256 of `to_json()`, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Write the resolution as canonical JSON: sorted keys, no spaces, ASCII."""
        return json.dumps(
            {
                "entries": [_entry_to_data(entry) for entry in self.entries],
                "method_version": self.method_version,
                "notices": _notices_to_data(self.notices),
                # Left out where there is nothing to say: most records write ids.
                **({"activity": self.activity} if self.activity else {}),
                **({"region": self.region} if self.region else {}),
            },
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Resolution:
        """Read what `to_json` wrote, in this form or in that of the first ledgers.

        Those knew neither methods nor steps: an entry had one `conversion`.

        Raises
        ------
        LedgerInconsistent
            The text is no resolution.
        """
        try:
            data = json.loads(text)
            return cls(
                tuple(_entry_from_data(entry) for entry in data["entries"]),
                data.get("method_version", 0),
                _notices_from_data(data.get("notices", [])),
                data.get("activity", ""),
                data.get("region", ""),
            )
        except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
            raise LedgerInconsistent(
                f"a stored resolution cannot be read ({error!r}): {text[:200]!r}"
            ) from error


_MASSES = ("kg_co2e", "kg_co2", "kg_ch4", "kg_n2o", "co2e_ch4", "co2e_n2o", "kwh", "amount")


def _entry_to_data(entry: ResolutionEntry) -> dict[str, Any]:
    factor: dict[str, Any] = {
        name: text for name in _MASSES if (text := getattr(entry.factor, name)) is not None
    }
    if entry.factor.gases:
        factor["gases"] = [list(pair) for pair in entry.factor.gases]
    others = ("gwp_set", "methane", "unit")
    factor |= {name: text for name in others if (text := getattr(entry.factor, name))}
    return {
        "account": entry.account,
        "cell": entry.cell,
        "edition": entry.edition,
        "factor": factor,
        "factor_row": entry.factor_row,
        "notices": _notices_to_data(entry.notices),
        "stage": entry.stage,
        "steps": [
            [step.kind, step.text, f"{step.ratio.numerator}/{step.ratio.denominator}"]
            for step in entry.steps
        ],
        **({"hours": [entry.hours.series, entry.hours.kind]} if entry.hours else {}),
    }


def _entry_from_data(data: dict[str, Any]) -> ResolutionEntry:
    factor = {name: value for name, value in data["factor"].items() if name != "gases"}
    gases = tuple((gas, kg) for gas, kg in data["factor"].get("gases", ()))
    steps = data["steps"] if "steps" in data else [["unit", "", data["conversion"]]]
    return ResolutionEntry(
        account=data["account"],
        edition=data["edition"],
        factor_row=data["factor_row"],
        factor=FactorMasses(**factor, gases=gases),
        steps=tuple(Step(kind, text, Fraction(ratio)) for kind, text, ratio in steps),
        stage=data.get("stage", ""),
        cell=data.get("cell", ""),
        notices=_notices_from_data(data["notices"]),
        hours=HoursPart(*data["hours"]) if "hours" in data else None,
    )


def _notices_to_data(notices: tuple[Notice, ...]) -> list[dict[str, str]]:
    return [{"message": item.message, "reason": item.reason} for item in notices]


def _notices_from_data(data: list[dict[str, str]]) -> tuple[Notice, ...]:
    return tuple(Notice(item["reason"], item["message"]) for item in data)
