"""Suppliers, and what shows that something holds of one of them.

Source: JAC Scope 3 Supplier Engagement Programme (five levels of maturity); the attributes are
those of which reports of ICT manufacturers publish the share of their suppliers.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from tonne.statements.fields import Day, Id, Required, invalid

MATURITY_MAX: Final = 5
"""Highest level of maturity."""


class Attribute(enum.StrEnum):
    """What may hold of a supplier."""

    NONE = ""
    VERIFIED_DATA = "verified_data"
    PUBLIC_TARGET = "public_target"
    RENEWABLE_TRACKING = "renewable_tracking"
    SCIENCE_BASED_TARGET = "science_based_target"
    MATURITY = "maturity"


class EvidenceKind(enum.StrEnum):
    """On what a number of scope 3 rests, the best first.

    Source: GHG Protocol, Technical Guidance for Calculating Scope 3 Emissions (2013), chapter 1:
    supplier-specific, average-data and spend-based method.
    """

    NONE = ""
    SUPPLIER_VERIFIED = "supplier_verified"
    SUPPLIER_SPECIFIC = "supplier_specific"
    AVERAGE_DATA = "average_data"
    SPEND_BASED = "spend_based"


@dataclass(frozen=True, slots=True)
class Supplier:
    """A supplier of the book; the facility of its spend is its id.

    Parameters
    ----------
    display_name : str
        Name for people.
    region : str
        Where it is.
    category : str
        What it supplies, as the book divides it.
    """

    display_name: Required
    region: str = ""
    category: str = ""

    def check(self, place: str) -> None:
        """Nothing here depends on something else."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that shows that an attribute holds of a supplier for some time.

    Parameters
    ----------
    supplier : str
        Its id.
    attribute : Attribute
    evidence_date : str
        Date of the document, and the first day that it counts.
    source : str
        Where it can be read.
    valid_to : str
        First day on which it no longer counts; empty: it has no end.
    maturity_level : int
        1 to 5, of MATURITY alone.
    verifier : str
        The third party of VERIFIED_DATA.
    """

    supplier: Id
    attribute: Attribute
    evidence_date: Day
    source: Required
    valid_to: Day = ""
    maturity_level: int = 0
    verifier: str = ""

    @property
    def own_day(self) -> str:
        """From when on it speaks, unless that is stated."""
        return self.evidence_date

    def has_expired(self, day: str) -> bool:
        """Whether it counted before a day, and no longer does."""
        return self.evidence_date <= day and bool(self.valid_to) and self.valid_to <= day

    def counts_on(self, day: str) -> bool:
        """Whether it counts on a day."""
        return self.evidence_date <= day and not self.has_expired(day)

    def check(self, place: str) -> None:
        """Check what depends on the attribute. Raises `FieldInvalid`."""
        if self.valid_to and self.valid_to <= self.evidence_date:
            raise invalid(
                f"{place}.valid_to", f"a day after {self.evidence_date}, or nothing", self.valid_to
            )
        is_maturity = self.attribute is Attribute.MATURITY
        if is_maturity != (1 <= self.maturity_level <= MATURITY_MAX):
            expected = f"1 to {MATURITY_MAX}" if is_maturity else f"none of {self.attribute}"
            raise invalid(f"{place}.maturity_level", expected, self.maturity_level)
        if self.attribute is Attribute.VERIFIED_DATA and not self.verifier.strip():
            raise invalid(f"{place}.verifier", "the third party that verified the data", "")
