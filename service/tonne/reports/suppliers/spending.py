"""What was spent with suppliers: as a question brings it, or as records of the ledger say."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.model import period_of_month
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.reports.statements.sums import YEAR_MONTHS
from tonne.reports.suppliers.coverage import Spend
from tonne.statements.fields import invalid

if TYPE_CHECKING:
    from collections.abc import Collection

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot

SPEND_ACCOUNT: Final = "memo.spend"

NAMED_MAX: Final = 2_000
"""Facilities up to which the question names them, so that files without them are not read."""


def ledger_spend(snapshot: Snapshot, day: str, hold: Hold) -> Spend | None:
    """Add up the spend of the twelve months that end with the month of a day, by facility.

    Records of `driver.spend` name the supplier as their facility. None: there is none.

    Raises
    ------
    FieldInvalid
        It is in several currencies or price years, which are not added.
    """
    last = period_of_month(day[:7])
    first = max(last - (YEAR_MONTHS - 1), 0)
    by_type = InventoryRequest(first, last, group_by=("facility_type",), accounts=(SPEND_ACCOUNT,))
    # Rollups have types and no facilities: of what nobody spent, and of other sites, no posting
    # is read.
    types = {row.group[0] for row in book_inventory(snapshot, by_type, hold).rows}
    if not types:
        return None
    request = replace(
        by_type, group_by=("facility",), facilities=_of_types(snapshot.register, types)
    )
    amounts: dict[str, Fraction] = {}
    currency = ""
    for row in book_inventory(snapshot, request, hold).rows:
        for amount in row.amounts:
            if currency and amount.unit != currency:
                raise invalid(
                    "spend",
                    f"spend of one currency and price year in the year to {day[:7]}; give it with "
                    "the question",
                    f"{currency} and {amount.unit}",
                )
            currency = amount.unit
            supplier = row.group[0]
            amounts[supplier] = amounts.get(supplier, Fraction(0)) + Fraction(amount.amount)
    return Spend(amounts, currency) if currency else None


def _of_types(register: pl.DataFrame, types: Collection[str]) -> tuple[str, ...]:
    """Give the facilities of types; none, which means all, where they cannot be named or are many.

    A facility that is not registered has no type.
    """
    if "" in types:
        return ()
    found = register.filter(pl.col("type").is_in(sorted(types)))["facility"]
    return tuple(found) if len(found) <= NAMED_MAX else ()
