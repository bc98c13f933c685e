"""Restatements: what was reported, what it is by now, and why; and the year that targets rest on.

Source: IFRS S1 B50 and B51 (revised comparatives), ESRS 1 paragraphs 96 to 98 (errors of earlier
periods), GHG Protocol Corporate Standard chapter 5 (base years, thresholds, structural changes).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal  # noqa: TC003  dataclass fields are read at run time by tools
from fractions import Fraction

from tonne.catalogue.words.method import CONSOLIDATIONS, GWP_SETS
from tonne.statements.changes.bridges import BridgePart, Cause  # noqa: TC001  see Decimal
from tonne.statements.fields import Amount, Day, Month, Number, Required, invalid
from tonne.statements.targets import check_accounts


class RestatementCause(enum.StrEnum):
    """Why a figure that was reported is restated."""

    ERROR = "error"
    ESTIMATE = "estimate"
    METHOD = "method"
    STRUCTURE = "structure"
    FACTOR_ERRATUM = "factor_erratum"


class Treatment(enum.StrEnum):
    """What follows: it is noted alone, or what is new holds from now on."""

    NOTED = "noted"
    PROSPECTIVE = "prospective"


@dataclass(frozen=True, slots=True)
class RestatedFigure:
    """A figure of the ledger, and the question that it answers.

    Parameters
    ----------
    kg_co2e : str
        As the ledger computed it.
    as_of : str
        Number of the commit as of which it is.
    gwp_set, consolidation : str
        Of the valuation.
    method_version : int
        Version under which everything was taken to be posted; 0: as it was.
    structure_on : str
        The day whose shares count in all months; empty: each day its own.
    """

    kg_co2e: Number
    gwp_set: Required
    consolidation: Required
    as_of: Required
    method_version: int = 0
    structure_on: Day = ""


@dataclass(frozen=True, slots=True)
class RestatedPart:
    """What one cause makes of the difference, as the bridge of the two figures has it."""

    cause: Cause
    kg_co2e: Number


@dataclass(frozen=True, slots=True)
class Restatement:
    """A figure that was reported, and what it is by now. The ledger computes every number.

    Parameters
    ----------
    metric : str
        What is restated, as the report calls it.
    from_period, to_period : str
        Months that it is of, both inclusive.
    accounts, facilities, activities, regions : tuple of str
        The selection; none: all.
    reported, revised : RestatedFigure
    difference_kg_co2e : str
        The revised less the reported figure.
    parts : tuple of RestatedPart
        They add up to the difference.
    cause : RestatementCause
    evidence_existed_then : bool
        Whether what shows it could have been known when the figure was reported.
    treatment : Treatment
    """

    metric: Required
    from_period: Month
    to_period: Month
    reported: RestatedFigure
    revised: RestatedFigure
    difference_kg_co2e: Number
    cause: RestatementCause
    evidence_existed_then: bool
    treatment: Treatment
    accounts: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    parts: tuple[RestatedPart, ...] = ()

    def check(self, place: str) -> None:
        """Check what of it goes together. Raises `FieldInvalid`."""
        check_evidence(place, self.cause, existed=self.evidence_existed_then)
        difference = Fraction(self.revised.kg_co2e) - Fraction(self.reported.kg_co2e)
        if difference != Fraction(self.difference_kg_co2e):
            raise invalid(
                f"{place}.difference_kg_co2e", "revised less reported", self.difference_kg_co2e
            )
        if sum((Fraction(each.kg_co2e) for each in self.parts), Fraction(0)) != difference:
            raise invalid(f"{place}.parts", "parts that add up to the difference", "others")


def check_evidence(place: str, cause: RestatementCause, *, existed: bool) -> None:
    """Refuse to restate what nobody could have known. Raises `FieldInvalid`."""
    if existed or cause not in (RestatementCause.ERROR, RestatementCause.ESTIMATE):
        return
    told = {
        RestatementCause.ERROR: "an error is what was to be known when it was reported; what "
        "came to be known later is a change of an estimate (ESRS 1 paragraphs 96 to 98)",
        RestatementCause.ESTIMATE: "an estimate is revised backwards where evidence shows what "
        "was the case then; evidence of what came later changes the current period alone (IFRS "
        "S1 B50)",
    }[cause]
    raise invalid(f"{place}.evidence_existed_then", f"true of {cause}: {told}", "false")


@dataclass(frozen=True, slots=True)
class BaseYear:
    """The year that targets rest on, and from which change on it is restated.

    Parameters
    ----------
    year_start : str
        First month of the year.
    threshold_percent : str
        Of the base year's figure: what the changes since come to together, up or down, restates
        it from here on. There is no default: whoever has a base year says it.
    accounts : tuple of str
        Accounts of scopes that the figure sums, of one method of scope 2.
    gwp_set, consolidation : str
        As in an inventory; empty: those of the book's method.
    method_version : int
        Version under which the figure stands; 0: as it was posted.
    structure_on : str
        The day whose shares of entities the figure has; empty: each day its own.
    source : str
        Where the policy is published.
    as_of : str
        The figure as of this moment, like when it was reported: the number of a commit, or a
        time; empty: as it is now.
    """

    year_start: Month
    threshold_percent: Amount
    accounts: tuple[str, ...] = ()
    gwp_set: str = ""
    consolidation: str = ""
    method_version: int = 0
    structure_on: Day = ""
    source: str = ""
    as_of: str = ""

    def check(self, place: str) -> None:
        """Check the accounts and the words. Raises `FieldInvalid`."""
        check_accounts(f"{place}.accounts", self.accounts)
        for field, value, known in (
            ("gwp_set", self.gwp_set, GWP_SETS),
            ("consolidation", self.consolidation, CONSOLIDATIONS),
        ):
            if value and value not in known:
                raise invalid(f"{place}.{field}", f"one of {', '.join(known)}, or nothing", value)


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """What of an account rests on what is asked about, now and under the alternative.

    `resting_kg_co2e` is what the factors asked about make; `now_kg_co2e` is all that the balances
    with such a factor have in the account, by `resolution_count` resolutions.
    """

    account: str
    resting_kg_co2e: Decimal
    now_kg_co2e: Decimal
    then_kg_co2e: Decimal
    difference_kg_co2e: Decimal
    resolution_count: int


@dataclass(frozen=True, slots=True)
class RestatementEstimate:
    """What rests on a factor, an edition, a version or a facility, and what would change.

    The sums are those of the accounts that make one footprint; rows are there for every account.
    `unposted_count` balances rest on it that the alternative does not post: they would wait.
    What is said of the base year is of the accounts of its figure.
    """

    resting_kg_co2e: Decimal
    now_kg_co2e: Decimal
    then_kg_co2e: Decimal
    difference_kg_co2e: Decimal
    rows: tuple[EstimateRow, ...]
    unposted_count: int
    base_year_start: str
    base_year_kg_co2e: Decimal | None
    base_year_resting_kg_co2e: Decimal | None
    base_year_difference_kg_co2e: Decimal | None
    base_year_share_percent: Decimal | None
    base_year_change_percent: Decimal | None
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BaseYearCheck:
    """Whether what has changed since restates the base year.

    `gross_percent` adds up what the causes come to whatever their signs; `passes` goes by
    `change_percent`, which is what they come to together.
    """

    year_start: str
    version: int
    structure_on: str
    threshold_percent: Decimal
    reported_kg_co2e: Decimal
    current_kg_co2e: Decimal
    change_kg_co2e: Decimal
    change_percent: Decimal | None
    gross_percent: Decimal | None
    passes: bool
    parts: tuple[BridgePart, ...]
    restatements: tuple[str, ...]
    notices: tuple[str, ...]
