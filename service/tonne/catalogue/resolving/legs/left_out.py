"""What is said of legs that post nothing: nobody shall take silence for a zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.catalogue.resolving.resolution import LEG_MISSING, Notice

if TYPE_CHECKING:
    from tonne.catalogue.resolving.legs.entries import Assembly
    from tonne.catalogue.words.rules import Leg

ENERGY_KINDS = frozenset({"energy", "driving"})
"""Kinds of legs that state the energy of the activity itself, whatever is emitted for it."""


def beside(named: tuple[Leg, ...], legs: tuple[Leg, ...]) -> tuple[Leg, ...]:
    """Legs of a rule whose accounts an import does not name, though it names others of them.

    The energy goes with the leg that is needed: what names another leg alone may stand beside
    records of the activity itself, which have it.
    """
    accounts = {leg.account for leg in named}
    if accounts.isdisjoint(leg.account for leg in legs):
        return ()  # the import gives the activity another place
    has_core = any(leg.is_needed and leg.account in accounts for leg in legs)
    return tuple(
        leg
        for leg in legs
        if leg.account not in accounts and (has_core or leg.kind not in ENERGY_KINDS)
    )


def missing(assembly: Assembly, leg: Leg, day: int) -> list[Notice]:
    """Tell of a leg of the plan that found no factor, where an accountant expects it."""
    if leg.kind == "biogenic":
        return _biogenic_of_others(assembly, leg, day)
    is_held = leg.kind == "upstream" and assembly.holds_upstream(day)
    if not leg.is_expected or is_held:
        return []
    what = "losses" if leg.kind == "losses" else "stage " + " or ".join(filter(None, leg.stages))
    where = assembly.region or "everywhere"
    return [_nothing(assembly, leg, f"no factor of {what} for region {where!r}")]


def left_out(of_rule: Assembly, leg: Leg, day: int) -> list[Notice]:
    """Tell of a leg of the rule that an import leaves out by naming the accounts of others."""
    if not (leg.is_needed or leg.is_expected or of_rule.entries(leg, day)):
        return missing(of_rule, leg, day)
    why = (
        "the imported factors name their accounts, and not this one; import one for it, or leave "
        "the column account empty to have the rule's other accounts"
    )
    return [_nothing(of_rule, leg, why)]


def _biogenic_of_others(assembly: Assembly, leg: Leg, day: int) -> list[Notice]:
    """Tell that the direct factor states no CO2 of biomass where another edition's does."""
    direct, others = assembly.direct(day), assembly.picks(leg, day)
    silent = [each for each in direct if each.candidate.factor.kg_biogenic_co2 is None]
    if not silent or not others:
        return []
    why = (
        f"the factor of edition {silent[0].candidate.edition} states no kg_biogenic_co2, and that "
        f"of {', '.join(sorted({pick.candidate.edition for pick in others}))} is of another "
        "mixture; a factor says by 0 that there is none"
    )
    return [_nothing(assembly, leg, why)]


def _nothing(assembly: Assembly, leg: Leg, why: str) -> Notice:
    text = f"{assembly.activities[0]}: nothing posted to {leg.account}: {why}"
    return Notice(LEG_MISSING, text)
