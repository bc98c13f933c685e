"""What rests on a factor, an edition, a version of the method or a facility; and the alternative.

    resting = sum over the balances that have such a factor, and over its entries, of
              quantity * conversion * factor * share

Postings are linear in the factor: the sums by resolution are enough, whatever the records were.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.catalogue.resolving.valuation import decimal_text, entry_worth
from tonne.ledger.reading.changes.under_method import UNPOSTED, UnderMethod
from tonne.quantities import ATTO_PER_ONE
from tonne.reports.bridge.answers import EVERYTHING, Scope
from tonne.reports.bridge.book import check_side
from tonne.reports.hours.weighing import amount_of
from tonne.reports.inventory.footprint import INVESTMENTS, footprint_accounts, is_invested
from tonne.reports.inventory.gathering import Gathering
from tonne.reports.inventory.inventory import grouped_sums
from tonne.reports.inventory.parts.meanings import Meanings
from tonne.reports.inventory.selection import Selector
from tonne.statements.changes.bridges import Side
from tonne.statements.changes.restatements import EstimateRow
from tonne.statements.fields import invalid, is_number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tonne.catalogue.resolving.resolution import Resolution, ResolutionEntry
    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.changes.sights import Sights
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.inventory.boundary import Portion
    from tonne.reports.inventory.request import InventoryRequest

ZERO = Fraction(0)

_ALL_MONTHS: Final = Side()


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about, and the alternative; exactly one of the first four is given.

    Parameters
    ----------
    factor : str
        `{edition}/{row}`.
    edition : str
    posted_version : int
        Version of the method that made the resolutions; 0: not asked about.
    facility : str
    side : Side
        Months, GWP set and approach; its version is that of the alternative.
    factor_kg_co2e : str
        Of a factor, instead of a version: kg CO2e per unit of it.

    Raises
    ------
    FieldInvalid
        It asks about nothing, or about several things, or the alternative does not fit.
    """

    factor: str = ""
    edition: str = ""
    posted_version: int = 0
    facility: str = ""
    side: Side = _ALL_MONTHS
    factor_kg_co2e: str = ""

    def __post_init__(self) -> None:
        """Check the question."""
        check_side("selection", self.side, EVERYTHING)
        asked = [
            name
            for name in ("factor", "edition", "posted_version", "facility")
            if getattr(self, name)
        ]
        if len(asked) != 1:
            raise invalid(
                "factor",
                "one of factor, edition, posted_version, facility",
                ", ".join(asked) or "nothing",
            )
        if self.posted_version < 0:
            raise invalid("posted_version", "a version from 1", str(self.posted_version))
        edition, slash, row = self.factor.rpartition("/")
        if self.factor and not (edition and slash and row.isdecimal() and row.isascii()):
            raise invalid("factor", "an edition and a row of it, like uk-ghg-2025/17", self.factor)
        if self.factor_kg_co2e:
            if not self.factor:
                raise invalid(
                    "factor_kg_co2e", "nothing where no factor is asked about", self.factor_kg_co2e
                )
            if not is_number(self.factor_kg_co2e):
                raise invalid(
                    "factor_kg_co2e", "a decimal number like 0.2071", self.factor_kg_co2e
                )
            if self.side.method_version:
                raise invalid(
                    "method_version",
                    "nothing beside factor_kg_co2e: one alternative",
                    str(self.side.method_version),
                )

    @property
    def asks_factors(self) -> bool:
        """Whether it is about factors, and not about all that balances have."""
        return bool(self.factor or self.edition)

    def has(self, entry: ResolutionEntry) -> bool:
        """Whether an entry rests on what is asked about, as far as that is a factor."""
        if self.factor:
            edition, _, row = self.factor.rpartition("/")
            return entry.edition == edition and entry.factor_row == int(row)
        return not self.edition or entry.edition == self.edition

    def rests(self, resolution: Resolution) -> bool:
        """Whether balances of a resolution rest on it."""
        if self.posted_version:
            return resolution.method_version == self.posted_version
        return not self.asks_factors or any(map(self.has, resolution.entries))


@dataclass(slots=True)
class Resting:
    """Sums by account: what rests on the subject, what its balances have, and would have."""

    resting: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    now: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    then: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    resolutions: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    unposted_count: int = 0
    footprint: Collection[str] = ()

    def total(self, sums: dict[str, Fraction]) -> Fraction:
        """Sum the accounts of one footprint."""
        return sum((kg for account, kg in sums.items() if account in self.footprint), ZERO)

    def rows(self) -> Iterator[EstimateRow]:
        """Give the sums account by account; they are rounded here alone."""
        for account in sorted({*self.now, *self.then}):
            now, then = self.now[account], self.then[account]
            yield EstimateRow(
                account,
                decimal_of(self.resting[account]),
                decimal_of(now),
                decimal_of(then),
                decimal_of(then - now),
                len(self.resolutions[account]),
            )

    def notices(self) -> list[str]:
        """Say what is to be known beside the sums."""
        if not self.unposted_count:
            return []
        told = (
            f"{self.unposted_count:,} balances are not posted under the version: their records "
            "would wait, and count for nothing in its figure"
        )
        return [told]


def resting_of(
    sights: Sights,
    subject: Subject,
    hold: Hold | None,
    accounts: tuple[str, ...] = (),
) -> Resting:
    """Sum what rests on a subject, as it is posted and under the alternative.

    Parameters
    ----------
    accounts : tuple of str
        Only these; none: all.

    Raises
    ------
    FieldInvalid, SelectionMustFit, ReadsExhausted, LedgerInconsistent, QuantityOverflow
        As an inventory does.
    """
    number = sights.point(subject.side.as_of).number
    snapshot = sights.at(number)
    facilities = (subject.facility,) if subject.facility else ()
    scope = Scope(facilities=facilities, accounts=accounts)
    asked = replace(scope.request(subject.side), group_by=("account",)).under(snapshot.settings)
    found = Resting(footprint=footprint_accounts(asked))
    keep = _Keep(snapshot, subject)
    new = Fraction(subject.factor_kg_co2e) if subject.factor_kg_co2e else None
    for id_, account, entry, units in _entries(sights.at(number, keep=keep), asked, hold):
        kg = entry_worth(entry, asked.gwp_set).kg_co2e * units
        found.now[account] += kg
        found.resolutions[account].add(id_)
        mine = subject.has(entry)
        if mine:
            found.resting[account] += kg
        if new is not None:
            found.then[account] += entry.conversion * units * new if mine else kg
    if new is None:
        version = subject.side.method_version or snapshot.book.method_version
        other = sights.at(number, version, keep)
        for _, account, entry, units in _entries(other, asked, hold):
            found.then[account] += entry_worth(entry, asked.gwp_set).kg_co2e * units
        assert isinstance(other, UnderMethod)  # noqa: S101  a version was asked for
        found.unposted_count = other.counts[UNPOSTED]
    return found


class _Keep:
    """Keeps the balances that rest on a subject, from parts of a book."""

    def __init__(self, snapshot: Snapshot, subject: Subject) -> None:
        self._snapshot = snapshot
        self._subject = subject
        self._rests: dict[str, bool] = {"": False}

    def __call__(self, part: pl.DataFrame) -> pl.DataFrame:
        names = part["resolution"].cast(pl.String).fill_null("")
        new = [each for each in names.unique().to_list() if each not in self._rests]
        for id_, resolution in self._snapshot.resolutions(new).items() if new else ():
            self._rests[id_] = self._subject.rests(resolution)
        return part.filter(names.is_in([id_ for id_, rests in self._rests.items() if rests]))


def _entries(
    snapshot: Snapshot, asked: InventoryRequest, hold: Hold | None
) -> Iterator[tuple[str, str, ResolutionEntry, Fraction]]:
    """Give the id of each resolution, account, entry, and units of its record that count there."""
    selector = Selector(
        snapshot.register,
        asked,
        snapshot.entities,
        Meanings(snapshot.resolutions, snapshot.texts),
    )
    gathering = Gathering(snapshot, selector, hold)
    chosen = gathering.select()
    for _, bucket, atto, weighted in grouped_sums(chosen, ()):
        portion = chosen.portions[bucket[1] if len(bucket) > 1 else 0]
        for account, entry, share in _counted(gathering.resolutions[bucket[0]], portion):
            if asked.selects_account(account):
                amount = atto if entry.hours is None else amount_of(weighted, entry.hours)
                yield bucket[0], account, entry, Fraction(amount) / ATTO_PER_ONE * share


def _counted(
    resolution: Resolution, portion: Portion
) -> Iterator[tuple[str, ResolutionEntry, Fraction]]:
    """Give what of a resolution counts: account, entry, share."""
    for entry in resolution.entries:
        if portion.share:
            yield entry.account, entry, portion.share
        if portion.invested and is_invested(entry.account):
            yield INVESTMENTS, entry, portion.invested


def decimal_of(value: Fraction) -> Decimal:
    """Write a rational as a decimal: exact within 18 places, else rounded there, half-even."""
    return Decimal(decimal_text(value))
