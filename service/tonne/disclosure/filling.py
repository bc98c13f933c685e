"""Fills the lines of a template with what a book has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonne.disclosure.templates import UNITS
from tonne.quantities import exact_sum

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal
    from fractions import Fraction

    from tonne.disclosure.templates import Line, Template


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """What an inventory has of an account: kg CO2e, and kg by gas as far as factors state it.

    `partial` names gases that some of the factors state and others do not.
    """

    kg_co2e: Decimal
    gases_kg: Mapping[str, Decimal] = field(default_factory=dict)
    partial: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class IndicatorFigures:
    """An indicator of the year; `exact` is None where there is none, and `message` says why."""

    unit: str
    printed: str
    exact: Fraction | None
    numerator: Fraction
    denominator: Fraction
    message: str = ""


@dataclass(frozen=True, slots=True)
class FilledLine:
    """A line with its figure.

    `exact` is in kg, in kWh or in the unit of the indicator, `divisor` of them are one `unit`;
    None where nothing is posted to it. `remarks` say why there is none, or what it lacks.
    """

    line: Line
    exact: Decimal | Fraction | None
    unit: str
    divisor: int = 1
    printed: str = ""
    remarks: tuple[str, ...] = ()


def fill(
    template: Template,
    accounts: Mapping[str, AccountFigures],
    indicators: Mapping[str, IndicatorFigures],
) -> tuple[FilledLine, ...]:
    """Fill the lines of a template.

    Parameters
    ----------
    template : Template
    accounts : Mapping[str, AccountFigures]
        By account, of the year. An account without a record is not there.
    indicators : Mapping[str, IndicatorFigures]
        By id, of the same year.
    """
    return tuple(
        _from_indicator(line, indicators.get(line.indicator))
        if line.indicator
        else _from_accounts(line, accounts)
        for line in template.lines
    )


def _from_accounts(line: Line, accounts: Mapping[str, AccountFigures]) -> FilledLine:
    found = {name: each for name, each in accounts.items() if is_below(name, line.accounts)}
    lacking = [each for each in line.needed if not any(is_below(name, (each,)) for name in found)]
    remarks = [line.note] if line.note else []
    values = [each.kg_co2e for each in found.values()]
    if line.gas:
        values = [each.gases_kg[line.gas] for each in found.values() if line.gas in each.gases_kg]
        stated = len(values)
        if stated and (
            stated < len(found) or any(line.gas in each.partial for each in found.values())
        ):
            remarks.append(f"partial: some factors do not state {line.gas}")
    if not values:
        remarks.append(
            f"no factor states {line.gas}" if line.gas and found else "nothing is posted to it"
        )
        return FilledLine(line, None, line.unit, UNITS[line.unit], remarks=tuple(remarks))
    if lacking:
        remarks.append(f"nothing is posted to {', '.join(lacking)}")
    return FilledLine(line, exact_sum(values), line.unit, UNITS[line.unit], remarks=tuple(remarks))


def _from_indicator(line: Line, found: IndicatorFigures | None) -> FilledLine:
    remarks = [line.note] if line.note else []
    if found is None or found.exact is None:
        remarks.append("no such indicator" if found is None else found.message)
        return FilledLine(line, None, line.unit, remarks=tuple(remarks))
    if line.side == "value":
        return FilledLine(
            line, found.exact, found.unit, printed=found.printed, remarks=tuple(remarks)
        )
    exact = found.numerator if line.side == "numerator" else found.denominator
    return FilledLine(line, exact, line.unit, UNITS[line.unit], remarks=tuple(remarks))


def is_below(account: str, names: Iterable[str]) -> bool:
    """Whether an account is one of these or below one of them."""
    return any(account == each or account.startswith(f"{each}.") for each in names)
