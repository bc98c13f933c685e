"""What each resolution adds to each group of accounts, as integers over one denominator.

Which accounts make one footprint, where a number stands for several of them (a total, or a row
that is not grouped by account or scope):

- `scope2.location` and `scope2.market` are two answers to one question: only
  `scope2.location` counts, unless the request selects market-based accounts and no
  location-based ones;
- `outside.*` and `memo.*` are reported apart from the scopes: they count only where the
  request names accounts, and these are among them;
- every other selected account counts.

Source: GHG Protocol Scope 2 Guidance chapter 7 (dual reporting); Corporate Standard chapter 9
(biogenic CO2 and gases outside the Kyoto Protocol are reported separately).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING

from tonne.catalogue.accounts import ACCOUNTS, scope_of
from tonne.catalogue.valuation import MASSES, kg_per_micro

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from tonne.catalogue.resolution import Resolution
    from tonne.reports.request import InventoryRequest


@dataclass(frozen=True, slots=True)
class Part:
    """What one millionth of a quantity adds to one group of accounts.

    Parameters
    ----------
    label : tuple[str, ...]
        The group's account and scope, as far as the request groups by them.
    numerators : tuple[tuple[int, int], ...]
        Pairs of m and the kilograms of `MASSES[m]`, over `Weights.denominators[m]`; what is
        zero is left out.
    stated, unstated : int
        Bit m is set where some factor states (does not state) `MASSES[m]`.
    """

    label: tuple[str, ...]
    numerators: tuple[tuple[int, int], ...]
    stated: int
    unstated: int


@dataclass(frozen=True, slots=True)
class Weights:
    """Parts of every resolution, for the rows and for the total."""

    denominators: tuple[int, ...]
    rows: Mapping[str, tuple[Part, ...]]
    total: Mapping[str, Part]


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


def weigh(resolutions: Mapping[str, Resolution], request: InventoryRequest) -> Weights:
    """Compute the parts of the resolutions that have a selected account.

    Parameters
    ----------
    resolutions : Mapping[str, Resolution]
        By id.
    request : InventoryRequest
        Says which accounts are selected and how they are grouped.
    """
    dimensions = tuple(name for name in request.group_by if name in {"account", "scope"})
    footprint = footprint_accounts(request)
    masses = {
        name: [
            (entry.account, tuple(kg_per_micro(entry, mass) for mass in MASSES))
            for entry in resolution.entries
            if request.selects_account(entry.account)
        ]
        for name, resolution in resolutions.items()
    }
    denominators = tuple(
        lcm(
            *(
                value.denominator
                for entries in masses.values()
                for _, values in entries
                if (value := values[index]) is not None
            )
        )
        for index in range(len(MASSES))
    )
    rows = {}
    total = {}
    for name, entries in masses.items():
        if not entries:
            continue
        counted = [values for account, values in entries if account in footprint]
        total[name] = _part((), counted, denominators)
        if dimensions:
            groups: dict[tuple[str, ...], list[tuple[Fraction | None, ...]]] = {}
            for account, values in entries:
                label = tuple(
                    account if name == "account" else scope_of(account) for name in dimensions
                )
                groups.setdefault(label, []).append(values)
            rows[name] = tuple(
                _part(label, values, denominators) for label, values in groups.items()
            )
        else:
            rows[name] = (total[name],)
    return Weights(denominators, rows, total)


def _part(
    label: tuple[str, ...],
    entries: list[tuple[Fraction | None, ...]],
    denominators: tuple[int, ...],
) -> Part:
    numerators = [0] * len(denominators)
    stated = unstated = 0
    for values in entries:
        for index, value in enumerate(values):
            if value is None:
                unstated |= 1 << index
            else:
                stated |= 1 << index
                numerators[index] += value.numerator * (denominators[index] // value.denominator)
    pairs = tuple((index, value) for index, value in enumerate(numerators) if value)
    return Part(label, pairs, stated, unstated)
