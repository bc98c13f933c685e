"""A resolution: what one unit of an activity is worth, account by account. Immutable.

It is named by the SHA-256 of its canonical JSON, so that equal outcomes are one resolution,
and a posting that names it can be explained when editions and books have long moved on.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from tonne.errors import LedgerInconsistent


@dataclass(frozen=True, slots=True)
class Notice:
    """A remark on how a resolution came about. `reason` is stable, UPPER_SNAKE_CASE."""

    reason: str
    message: str


REGION_FALLBACK = "REGION_FALLBACK"
"""Reason of the notice that a wider region's factor stands in for the record's region."""


@dataclass(frozen=True, slots=True)
class FactorMasses:
    """Kilograms per unit of a factor, as plain decimal texts; None is unknown, not zero."""

    kg_co2e: str
    kg_co2: str | None = None
    kg_ch4: str | None = None
    kg_n2o: str | None = None


@dataclass(frozen=True, slots=True)
class ResolutionEntry:
    """What goes to one account.

    Parameters
    ----------
    account : str
        Where it goes.
    edition : str
        Id of the edition that the factor is from.
    factor_row : int
        Row of the factor in the edition, from 1.
    factor : FactorMasses
        The factor's masses, in kg per unit of the factor.
    conversion : Fraction
        Units of the factor in one unit of the record, exact.
    notices : tuple[Notice, ...]
        How this came about, where that is not the plain way.
    """

    account: str
    edition: str
    factor_row: int
    factor: FactorMasses
    conversion: Fraction
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)  # no slots: the id is kept once it was computed
class Resolution:
    """The outcome of matching an activity, unit, region and period with the factors."""

    entries: tuple[ResolutionEntry, ...]

    @cached_property
    def id(self) -> str:
        """SHA-256 of `to_json()`, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Write the resolution as canonical JSON: sorted keys, no spaces, ASCII."""
        return json.dumps(
            {"entries": [_entry_to_data(entry) for entry in self.entries]},
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Resolution:
        """Read what `to_json` wrote.

        Raises
        ------
        LedgerInconsistent
            The text is no resolution.
        """
        try:
            return cls(tuple(_entry_from_data(data) for data in json.loads(text)["entries"]))
        except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
            raise LedgerInconsistent(
                f"a stored resolution cannot be read ({error!r}): {text[:200]!r}"
            ) from error


def _entry_to_data(entry: ResolutionEntry) -> dict[str, Any]:
    masses = {
        "kg_co2e": entry.factor.kg_co2e,
        "kg_co2": entry.factor.kg_co2,
        "kg_ch4": entry.factor.kg_ch4,
        "kg_n2o": entry.factor.kg_n2o,
    }
    return {
        "account": entry.account,
        "conversion": f"{entry.conversion.numerator}/{entry.conversion.denominator}",
        "edition": entry.edition,
        "factor": {gas: text for gas, text in masses.items() if text is not None},
        "factor_row": entry.factor_row,
        "notices": [{"message": item.message, "reason": item.reason} for item in entry.notices],
    }


def _entry_from_data(data: dict[str, Any]) -> ResolutionEntry:
    return ResolutionEntry(
        account=data["account"],
        edition=data["edition"],
        factor_row=data["factor_row"],
        factor=FactorMasses(**data["factor"]),
        conversion=Fraction(data["conversion"]),
        notices=tuple(Notice(item["reason"], item["message"]) for item in data["notices"]),
    )
