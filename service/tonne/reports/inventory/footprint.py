"""What each resolution adds to each group of accounts, as integers over one denominator.

Which accounts make one footprint, where a number stands for several of them (a total, or a row
that is not grouped by account or scope):

- `scope2.location` and `scope2.market` are two answers to one question: only
  `scope2.location` counts, unless the request selects market-based accounts and no
  location-based ones;
- `outside.*` and `memo.*` are reported apart from the scopes: they count only where the
  request names accounts, and these are among them;
- every other selected account counts.

Energy stands beside the masses: the kWh of `memo.energy` where that is selected, whatever else
a number stands for; those of `memo.renewable`, which are among them, only where a number is of
that account and not of `memo.energy`; those of any other account only where a number is of it
alone.

Amounts, of drivers of indicators, stand in a column for each account and unit: no unit of one
account is added to those of another. They count only where a number is of their account, or of one
activity; a record that adds nothing else is in no other number that stands for all accounts.
Energy of other accounts (a meter of a UPS, IT energy) is such an amount where a number is of one
activity: in the column of energy it would stand beside the energy that it is a part of.

Source: GHG Protocol Scope 2 Guidance chapter 7 (dual reporting); Corporate Standard chapter 9
(biogenic CO2 and gases outside the Kyoto Protocol are reported separately).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import MAIN_GASES, by_gas, entry_worth
from tonne.catalogue.words.accounts import ACCOUNTS, scope_of
from tonne.quantities import ATTO_PER_ONE
from tonne.reports.inventory.boundary import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tonne.catalogue.editions.hours import HoursPart
    from tonne.catalogue.resolving.resolution import Notice, Resolution
    from tonne.reports.inventory.boundary import Portion
    from tonne.reports.inventory.request import InventoryRequest

KG_CO2E, KWH, FIRST_GAS = 0, 1, 2
"""Columns: kg CO2e, energy, then the gases, of which `MAIN_GASES` come first, then amounts."""

FIRST_OTHER_GAS = FIRST_GAS + len(MAIN_GASES)

ColumnSet = int
"""A set of columns: bit N is set where column N is in it. `|`, `&` and `~` are those of sets. One
bit for each, since every sum of an inventory joins sets."""

NO_COLUMNS: ColumnSet = 0
ALL_COLUMNS: ColumnSet = ~NO_COLUMNS


def set_of(columns: Iterable[int]) -> ColumnSet:
    """Make a set of columns."""
    found = NO_COLUMNS
    for column in columns:
        found |= 1 << column
    return found


def has(columns: ColumnSet, column: int) -> bool:
    """Whether a column is in a set."""
    return bool(columns >> column & 1)


def columns_from(columns: ColumnSet, first: int) -> Iterator[int]:
    """Give the columns of a set from one on, ascending."""
    rest = columns >> first << first
    while rest:
        lowest = rest & -rest
        yield lowest.bit_length() - 1
        rest ^= lowest


MAIN_GAS_COLUMNS = set_of(range(FIRST_GAS, FIRST_OTHER_GAS))
ENERGY_COLUMN = set_of((KWH,))

Bucket = tuple[str, int] | tuple[str]
"""What postings of one resolution and one portion of their facility have in common: the id of
the resolution, and the number of the portion where a boundary is drawn."""

Numerators = tuple[tuple[int, int], ...]
"""Pairs of a column and what it gets."""

INVESTMENTS = "scope3.15.investments"
ENERGY, RENEWABLE = "memo.energy", "memo.renewable"
_KWH_UNIT = "kWh"


@dataclass(frozen=True, slots=True)
class Contribution:
    """What 10^-18 of a quantity adds to one group of accounts.

    Parameters
    ----------
    label : tuple[str, ...]
        The group's account and scope, as far as the request groups by them.
    numerators : tuple[tuple[int, int], ...]
        Pairs of a column and what it gets, over `Weights.denominators`; what is zero is left
        out.
    by_hours : tuple of (HoursPart, numerators)
        The same of 10^-18 of what hours make of the quantity, by its part.
    stated, unstated : ColumnSet
        Columns that some factor states, and those of the main gases that some does not.
    """

    label: tuple[str, ...]
    numerators: Numerators
    stated: ColumnSet
    unstated: ColumnSet
    by_hours: tuple[tuple[HoursPart, Numerators], ...] = ()


@dataclass(frozen=True, slots=True)
class Weights:
    """Parts of every bucket that adds something, for the rows and for the total.

    `gases` names the columns from `FIRST_GAS` on, `amounts` those after them by account and unit;
    `notices` are those of what adds something.
    """

    gases: tuple[str, ...]
    amounts: tuple[tuple[str, str], ...]
    denominators: tuple[int, ...]
    rows: Mapping[Bucket, tuple[Contribution, ...]]
    total: Mapping[Bucket, Contribution]
    notices: Mapping[Bucket, frozenset[Notice]]


def footprint_accounts(request: InventoryRequest) -> frozenset[str]:
    """Accounts that make one footprint under a request, as the module's rule says."""
    selected = {account for account in ACCOUNTS if request.selects_account(account)}
    has_location = "scope2.location" in selected
    return frozenset(
        account
        for account in selected
        if not (account == "scope2.market" and has_location)
        and (request.accounts or scope_of(account) not in {"outside", "memo"})
    )


def energy_account(request: InventoryRequest) -> str:
    """Account whose energy stands for all accounts of a request."""
    selected = [each for each in (ENERGY, RENEWABLE) if request.selects_account(each)]
    if not selected:
        memos = [each for each in ACCOUNTS if scope_of(each) == "memo"]
        selected = [each for each in memos if request.selects_account(each)]
        selected = selected if len(selected) == 1 else []
    return selected[0] if selected else ENERGY


def is_invested(account: str) -> bool:
    """Whether an account of an investee counts in category 15."""
    return account == "scope2.location" or scope_of(account) == "scope1"


def weigh(
    resolutions: Mapping[str, Resolution],
    buckets: Iterable[Bucket],
    request: InventoryRequest,
    portions: Sequence[Portion] = (WHOLE,),
) -> Weights:
    """Compute the parts of the buckets that have a selected account.

    Parameters
    ----------
    resolutions : Mapping[str, Resolution]
        By id.
    buckets : Iterable[Bucket]
        What occurs.
    request : InventoryRequest
        Says which accounts are selected, how they are grouped, and the GWP set.
    portions : Sequence[Portion]
        By the number in a bucket.
    """
    worths = {name: _worths(resolution, request) for name, resolution in resolutions.items()}
    named = {gas for worth in worths.values() for each in worth for gas in each.masses}
    gases = (*MAIN_GASES, *sorted(named - set(MAIN_GASES)))
    amounts = sorted(
        {name for worth in worths.values() for each in worth if (name := each.amount_of)}
    )
    columns: dict[object, int] = {
        name: FIRST_GAS + index for index, name in enumerate((*gases, *amounts))
    }
    shares = lcm(
        *(value.denominator for each in portions for value in (each.share, each.invested))
    )
    denominators = _denominators(worths.values(), columns)
    laid_out = {
        name: [_lay_out(each, columns, denominators) for each in worth]
        for name, worth in worths.items()
    }
    grouping = _Grouping(request)
    rows: dict[Bucket, tuple[Contribution, ...]] = {}
    total: dict[Bucket, Contribution] = {}
    notices: dict[Bucket, frozenset[Notice]] = {}
    for bucket in buckets:
        portion = portions[bucket[1]] if len(bucket) > 1 else WHOLE
        own, invested = int(portion.share * shares), int(portion.invested * shares)
        entries = laid_out[bucket[0]]
        added = [each.times(each.account, own) for each in entries if own]
        if invested:
            added += [
                each.times(INVESTMENTS, invested) for each in entries if is_invested(each.account)
            ]
        added = [each for each in added if request.selects_account(each.account)]
        if added:
            whole = grouping.total(added)
            if whole is not None:
                total[bucket] = whole
            parts = grouping.rows(added)
            if not parts:
                continue
            rows[bucket] = parts
            if whole is None and not grouping.dimensions:
                continue  # a driver has a row, and nothing to be said of an emission
            found = {notice for each in added for notice in each.notices}
            notices[bucket] = frozenset(found.union(resolutions[bucket[0]].notices))
    return Weights(
        gases,
        tuple(amounts),
        tuple(each * shares for each in denominators),
        rows,
        total,
        notices,
    )


@dataclass(frozen=True, slots=True)
class _Worth:
    """What 10^-18 of a record's unit is worth in one entry."""

    account: str
    kg_co2e: Fraction
    kwh: Fraction | None
    masses: Mapping[str, Fraction]
    notices: tuple[Notice, ...]
    hours: HoursPart | None
    amount: Fraction | None = None
    unit: str = ""
    is_energy: bool = False
    """Whether the amount is energy of an account that is not the one whose energy is told."""

    @property
    def amount_of(self) -> tuple[str, str] | None:
        """Account and unit of the amount, where there is one."""
        return None if self.amount is None else (self.account, self.unit)


@dataclass(frozen=True, slots=True)
class _Added:
    """An entry's worth in an account, as numerators by column."""

    account: str
    numerators: tuple[tuple[int, int], ...]
    stated: ColumnSet
    unstated: ColumnSet
    notices: tuple[Notice, ...]
    hours: HoursPart | None
    is_amount: bool = False
    has_amount: bool = False

    def times(self, account: str, count: int) -> _Added:
        if count == 1 and account == self.account:
            return self
        numerators = tuple((column, value * count) for column, value in self.numerators)
        return replace(self, account=account, numerators=numerators)


def _worths(resolution: Resolution, request: InventoryRequest) -> list[_Worth]:
    found = []
    energies = {ENERGY, RENEWABLE, energy_account(request)}
    is_by_activity = "activity" in request.group_by and not {"account", "scope"}.intersection(
        request.group_by
    )
    for entry in resolution.entries:
        is_of_interest = request.selects_account(entry.account) or (
            is_invested(entry.account) and request.selects_account(INVESTMENTS)
        )
        if not is_of_interest:
            continue
        worth = entry_worth(entry, request.gwp_set).times(Fraction(1, ATTO_PER_ONE))
        has_energy = scope_of(entry.account) == "memo" and entry.factor.kwh is not None
        kwh = worth.kwh if has_energy else None
        is_energy = is_by_activity and kwh is not None and entry.account not in energies
        if is_energy:
            amount, unit, kwh = kwh, _KWH_UNIT, None
        else:
            amount, unit = worth.amount, entry.factor.unit
        notices = (*entry.notices, *worth.notices)
        found.append(
            _Worth(
                entry.account,
                worth.kg_co2e,
                kwh,
                by_gas(worth.masses),
                notices,
                entry.hours,
                amount,
                unit,
                is_energy,
            )
        )
    return found


def _denominators(worths: Iterable[list[_Worth]], columns: Mapping[object, int]) -> list[int]:
    denominators = [1] * (FIRST_GAS + len(columns))
    for each in (each for entries in worths for each in entries):
        pairs = [(KG_CO2E, each.kg_co2e), (KWH, each.kwh or Fraction(0))]
        pairs += [(columns[gas], mass) for gas, mass in each.masses.items()]
        if each.amount is not None:
            pairs.append((columns[each.amount_of], each.amount))
        for column, value in pairs:
            denominators[column] = lcm(denominators[column], value.denominator)
    return denominators


def _lay_out(worth: _Worth, columns: Mapping[object, int], denominators: Sequence[int]) -> _Added:
    values = {KG_CO2E: worth.kg_co2e}
    if worth.kwh is not None:
        values[KWH] = worth.kwh
    values |= {columns[gas]: mass for gas, mass in worth.masses.items()}
    if worth.amount is not None:
        values[columns[worth.amount_of]] = worth.amount
    stated = set_of(values)
    return _Added(
        worth.account,
        tuple(
            (column, value.numerator * (denominators[column] // value.denominator))
            for column, value in values.items()
        ),
        stated,
        NO_COLUMNS if scope_of(worth.account) == "memo" else MAIN_GAS_COLUMNS & ~stated,
        worth.notices,
        worth.hours,
        is_amount=worth.amount is not None and not worth.is_energy,
        has_amount=worth.amount is not None,
    )


class _Grouping:
    """Puts what entries add together, by what a request groups by."""

    def __init__(self, request: InventoryRequest) -> None:
        self.dimensions = tuple(name for name in request.group_by if name in {"account", "scope"})
        self._by_activity = "activity" in request.group_by
        self._footprint = footprint_accounts(request)
        self._energy = energy_account(request)

    def total(self, added: Sequence[_Added], *, amounts: bool = False) -> Contribution | None:
        """Add up what stands for all accounts; None where that is no amount's."""
        counts = self._footprint
        counted = [one for one in added if one.account in counts or (amounts and one.has_amount)]
        if not counted and all(each.is_amount for each in added):
            return None
        beside = [each for each in added if each.account not in self._footprint]
        energy = [each for each in beside if each.account == self._energy]
        return self._part((), self._energy, counted, energy)

    def rows(self, added: Sequence[_Added]) -> tuple[Contribution, ...]:
        """Add up what each account or scope gets; amounts of all accounts only of an activity."""
        if not self.dimensions:
            whole = self.total(added, amounts=self._by_activity)
            return () if whole is None else (whole,)
        groups: defaultdict[tuple[str, ...], list[_Added]] = defaultdict(list)
        for each in added:
            label = tuple(
                each.account if name == "account" else scope_of(each.account)
                for name in self.dimensions
            )
            groups[label].append(each)
        by_account = "account" in self.dimensions
        return tuple(
            self._part(label, each[0].account if by_account else self._energy, each, ())
            for label, each in groups.items()
        )

    @staticmethod
    def _part(
        label: tuple[str, ...],
        energy: str,
        counted: Sequence[_Added],
        energy_alone: Sequence[_Added],
    ) -> Contribution:
        by_hours: defaultdict[HoursPart | None, defaultdict[int, int]]
        by_hours = defaultdict(lambda: defaultdict(int))
        stated = unstated = NO_COLUMNS
        for each in counted:
            kept = ALL_COLUMNS if each.account == energy else ~ENERGY_COLUMN
            stated |= each.stated & kept
            unstated |= each.unstated
            for column, value in each.numerators:
                if has(kept, column):
                    by_hours[each.hours][column] += value
        for each in energy_alone:
            stated |= each.stated & ENERGY_COLUMN
            for column, value in each.numerators:
                if column == KWH:
                    by_hours[each.hours][column] += value
        pairs = {
            hours: tuple((column, value) for column, value in numerators.items() if value)
            for hours, numerators in by_hours.items()
        }
        whole = pairs.pop(None, ())
        hourly = tuple((hours, found) for hours, found in pairs.items() if hours is not None)
        return Contribution(label, whole, stated, unstated, hourly)
