"""Of which suppliers something is shown, by their number and by what is spent with them.

    coverage = sum of spend(suppliers with the attribute) / sum of spend(all suppliers)

Source: the CDP and RBA practice of spend-weighted shares; JAC for maturity.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tonne.reports.statements.numbers import maybe, share_percent
from tonne.statements.answers import CoverageRow, SupplierCoverage
from tonne.statements.fields import invalid
from tonne.statements.suppliers import MATURITY_MAX, Attribute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tonne.statements.statement import Statement

NAMES_SHOWN: Final = 5
"""Suppliers that a notice names."""

SUPPLIER_BYTES: Final = 2_000
"""Memory of a supplier and its evidence while coverage is computed."""


@dataclass(frozen=True, slots=True)
class Spend:
    """What is spent with suppliers in some time, by supplier, in one currency."""

    amounts: Mapping[str, Fraction]
    currency: str


@dataclass(slots=True)
class _Shown:
    """Of one supplier: dates of what counts, by attribute and level, and what has expired."""

    dates: dict[tuple[Attribute, int], list[str]] = field(default_factory=dict)
    expired: set[Attribute] = field(default_factory=set)


def read_spend(rows: Iterable[tuple[str, str, str]]) -> Spend | None:
    """Read spend by supplier: supplier, amount, currency of each row; None of no rows.

    Raises
    ------
    FieldInvalid
        Two currencies stand there, or a supplier twice.
    """
    amounts: dict[str, Fraction] = {}
    currency = ""
    for index, (supplier, amount, unit) in enumerate(rows):
        if not unit or (currency and unit != currency):
            raise invalid(f"spend[{index}].currency", currency or "a currency, like CNY", unit)
        if supplier in amounts:
            raise invalid(f"spend[{index}].supplier", "each supplier once", supplier)
        currency = unit
        amounts[supplier] = Fraction(amount)
    return Spend(amounts, currency) if currency else None


def supplier_coverage(
    suppliers: Iterable[Statement],
    evidence: Iterable[Statement],
    spend: Spend | None,
    day: str,
    grow: Callable[[int], None],
) -> SupplierCoverage:
    """Compute of which suppliers each attribute holds on a day.

    Parameters
    ----------
    suppliers, evidence : iterable of Statement
        What speaks of the day.
    spend : Spend, optional
        By supplier; suppliers outside the register count in the whole.
    day : str
        YYYY-MM-DD.
    grow : callable
        Is told the memory that is taken.

    Raises
    ------
    FieldInvalid
        There is no supplier, or the spend adds up to nothing.
    """
    shown = {each.id: _Shown() for each in suppliers}
    grow(len(shown) * SUPPLIER_BYTES)
    if not shown:
        raise invalid("valid_on", "a day on which the book has suppliers: state them first", day)
    for each in evidence:
        _add(shown, each, day)
    total = None
    if spend is not None:
        total = sum(spend.amounts.values(), Fraction(0))
        if total <= 0:
            raise invalid("spend", "amounts that add up to more than 0", str(total))
    wanted = [(attribute, 0) for attribute in Attribute if attribute not in ("", "maturity")]
    wanted += [(Attribute.MATURITY, level) for level in range(1, MATURITY_MAX + 1)]
    rows = tuple(_row(shown, spend, total, *each) for each in wanted)
    return SupplierCoverage(
        day, spend.currency if spend else "", rows, tuple(_notices(shown, spend))
    )


def _add(shown: dict[str, _Shown], each: Statement, day: str) -> None:
    says = each.body
    of = shown.get(says.supplier)
    if of is None:
        return
    if says.has_expired(day):
        of.expired.add(says.attribute)
    elif says.counts_on(day):
        of.dates.setdefault((says.attribute, says.maturity_level), []).append(says.evidence_date)


def _row(
    shown: dict[str, _Shown],
    spend: Spend | None,
    total: Fraction | None,
    attribute: Attribute,
    level_min: int,
) -> CoverageRow:
    dates: list[str] = []
    with_it: list[str] = []
    expired = 0
    for id_, of in shown.items():
        found = [
            date
            for (one, level), those in of.dates.items()
            if one is attribute and level >= level_min
            for date in those
        ]
        if found:
            with_it.append(id_)
            dates.append(max(found))
        elif attribute in of.expired:
            expired += 1
    spent = None
    if spend is not None:
        spent = sum((spend.amounts.get(each, Fraction(0)) for each in with_it), Fraction(0))
    return CoverageRow(
        attribute,
        level_min,
        len(with_it),
        len(shown),
        share_percent(Fraction(len(with_it)), Fraction(len(shown))),
        maybe(spent),
        maybe(total),
        None if spent is None or total is None else share_percent(spent, total),
        min(dates, default=""),
        max(dates, default=""),
        expired,
    )


def _notices(shown: dict[str, _Shown], spend: Spend | None) -> Iterable[str]:
    if spend is None:
        yield "there is no spend: shares are by number alone"
        return
    groups: dict[str, list[str]] = defaultdict(list)
    for each in spend.amounts:
        if each not in shown:
            groups["have spend and are not in the register; they count in the whole"].append(each)
    for each in shown:
        if each not in spend.amounts:
            groups["of the register have no spend"].append(each)
    for told, names in groups.items():
        more = ", ..." if len(names) > NAMES_SHOWN else ""
        yield f"{len(names)} suppliers {told}: {', '.join(sorted(names)[:NAMES_SHOWN])}{more}"
    if any(amount < 0 for amount in spend.amounts.values()):
        yield "some spend is below 0: credits are taken off the sums"
