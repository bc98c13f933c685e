"""Inventories for people: units of mass, titles of accounts, notices in a few lines."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.cli.terminal.output import counted, say
from tonne.quantities import shifted
from tonne.yearly.causes import causes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tonne.client.answers.report_results import Inventory

GASES_SHOWN = 4
"""Gases that a line below a table names, those with the most CO2e; the other forms have all."""

MASSES = ("kg_co2e", "kg_co2", "kg_ch4", "kg_n2o")
"""Columns of a row that are shown in the unit of masses."""


class MassUnit(enum.StrEnum):
    """In what a table shows masses of CO2e."""

    KG = "kg"
    T = "t"
    KT = "kt"

    def of(self, kg: Decimal) -> Decimal:
        """Give a mass of kg in this unit, with all its digits."""
        return shifted(kg, -3 * list(MassUnit).index(self))


UnitOption = Annotated[
    MassUnit,
    typer.Option("--unit", help="Of masses in a table; csv and json are in kg, always."),
]
NoticesOption = Annotated[
    bool, typer.Option("--notices", help="Tell each notice by itself, not by its cause.")
]


def in_unit(
    row: Mapping[str, object], unit: MassUnit, keys: Iterable[str] = MASSES
) -> dict[str, object]:
    """Give a printed row with its masses, which have these keys, in a unit."""
    masses = {key: kg for key in keys if isinstance(kg := row.get(key), Decimal)}
    return {**row, **{key: unit.of(kg) for key, kg in masses.items()}}


def title_of(group: Mapping[str, str]) -> str:
    """Give the title of the account of a group; nothing where it is of none."""
    return ACCOUNTS.get(group.get("account", ""), "")


def scope_2_text(accounts: Sequence[str]) -> str:
    """Say which method of scope 2 the total of a selection of accounts takes."""
    selected = {
        each
        for each in ("scope2.location", "scope2.market")
        if not accounts or any(f"{each}.".startswith(f"{one}.") for one in accounts)
    }
    if selected == {"scope2.market"}:
        return "the total takes scope 2 by the market-based method"
    if selected:
        return "the total takes scope 2 by the location-based method: scope2.market is not in it"
    return ""


def say_notices(inventory: Inventory, unit: MassUnit, *, each_by_itself: bool) -> None:
    """Tell the notices, those of one cause in one line."""
    for cause in causes_of(inventory.notices):
        if each_by_itself or len(cause.notices) == 1:
            for each in cause.notices:
                say(f"notice: {each.message} (records: {each.record_count:,})")
            continue
        touched = ""
        if cause.kg_co2e is not None:
            touched = f", {unit.of(cause.kg_co2e):,.1f} {unit} CO2e"
        say(
            f"notice: {cause.title}: {len(cause.notices)} notices, each of up to "
            f"{counted(cause.record_count, 'record')}{touched}"
        )
    grouped = [each for each in causes_of(inventory.notices) if len(each.notices) > 1]
    if grouped and not each_by_itself:
        say("(with --notices each is told by itself)")


def gases_first(gases: Iterable[tuple[str, Decimal | None]]) -> tuple[list[str], int]:
    """Name the gases with the most CO2e, and count the others."""
    ordered = sorted(gases, key=lambda each: (each[1] is None, -(each[1] or 0)))
    return [text for text, _ in ordered[:GASES_SHOWN]], max(len(ordered) - GASES_SHOWN, 0)
