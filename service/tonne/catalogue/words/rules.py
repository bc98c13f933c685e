"""Posting rules: which accounts a record of an activity posts to, and under which factors.

A rule is a list of legs. A leg that must be there and finds no factor leaves the record in
suspense; one that finds none and may be missing is told by a notice where an accountant would
expect it (`is_expected`).

Source: GHG Protocol Corporate Standard chapter 4 (scopes); Scope 2 Guidance chapters 6 and 7
(both methods, the hierarchy of the market-based one); Scope 3 Standard chapter 5 and Scope 3
Calculation Guidance chapters 1 to 15 (categories, category 3 above all).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

LegKind = Literal[
    "factor",
    "average",
    "market",
    "upstream",
    "losses",
    "biogenic",
    "energy",
    "electricity",
    "charging",
    "charging_market",
    "charging_losses",
    "charging_wtt",
    "driving",
    "amount",
]

DIRECT = ("", "combustion", "generation", "operation", "release", "production", "treatment")
"""Stages that are the activity itself. Life-cycle factors are none of them."""

LIFE_CYCLE = ("life_cycle",)
"""Stage of a figure that holds the upstream too: never together with the stage `wtt`."""

CHARGING = "generation"
"""Stage of a vehicle's factor that is the generation of its electricity, by distance."""

DRIVING = ("energy", "charging")
"""Stages of a vehicle's factors that state kWh by distance: of its fuel, of its electricity."""

_BURNT = ("", "combustion", "operation")


@dataclass(frozen=True, slots=True)
class Leg:
    """One account of a rule.

    Parameters
    ----------
    account : str
        Where it posts to.
    stages : tuple of str
        Stages of the factors that serve.
    kind : str
        `factor`: a factor's masses; `average`: that of the grid, or its life-cycle average where
        no other is known; `market`: the hierarchy of the Scope 2 Guidance; `upstream`: what a
        life-cycle average does not hold yet; `losses`: losses by the method's convention;
        `biogenic`: CO2 of biomass; `energy`: the energy itself; `electricity`: the electricity
        that a use takes; `charging`, `charging_market`, `charging_losses`, `charging_wtt`: the
        electricity of a vehicle by distance, at the grid's average, by the market, lost on its
        way, upstream; `driving`: the energy of a vehicle by distance; `amount`: what was
        recorded, whatever it is.
    is_needed : bool
        Whether the record waits in suspense without it.
    is_expected : bool
        Whether its absence is told by a notice.
    gases : str
        `all`, or of a composition only those that are `kyoto` or `other`.
    unit : str
        What an `amount` is kept in; empty of money, which is kept in its own unit.
    """

    account: str
    stages: tuple[str, ...] = DIRECT
    kind: LegKind = "factor"
    is_needed: bool = False
    is_expected: bool = False
    gases: Literal["all", "kyoto", "other"] = "all"
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ActivityContext:
    """Whose activity it is, as a word before the activity's id.

    Parameters
    ----------
    title : str
        What it means.
    accounts : tuple of (str, str)
        Beginnings of accounts of the activity's own rule, each with the account that takes
        their place; legs of other accounts post nothing.
    """

    title: str
    accounts: tuple[tuple[str, str], ...]

    def account(self, account: str) -> str | None:
        """Account in this context, or None where nothing is posted."""
        for beginning, target in self.accounts:
            if account.startswith(beginning):
                return target
        return account if account.startswith("outside.") else None


def _needed(account: str) -> Leg:
    return Leg(account, is_needed=True)


def _upstream(account: str) -> Leg:
    return Leg(account, stages=("wtt",), is_expected=True)


_BIOGENIC = Leg("outside.biogenic", stages=("biogenic",), kind="biogenic")
_ENERGY = Leg("memo.energy", stages=(), kind="energy")
_DRIVING = Leg("memo.energy", stages=DRIVING, kind="driving")

# The UK's factors of scope 1 hold the fuel of a plug-in hybrid alone, and zeros for a battery car:
# "you should IN ADDITION use" those of electricity and of its losses (UK Government GHG Conversion
# Factors 2025, sheet Passenger vehicles, guidance). Nothing burns in a battery car, so it needs
# no factor of scope 1.
_CHARGED = (
    Leg("scope2.location", stages=(CHARGING,), kind="charging", is_needed=True),
    Leg("scope2.market", stages=(CHARGING,), kind="charging_market"),
    Leg("scope3.03.wtt", stages=("wtt",), kind="charging_wtt", is_expected=True),
    Leg("scope3.03.losses", stages=("losses",), kind="charging_losses", is_expected=True),
    _BIOGENIC,
    _DRIVING,
)

_PURCHASED_ENERGY = (
    Leg("scope2.location", kind="average", is_needed=True),
    Leg("scope2.market", kind="market"),
    Leg("scope3.03.wtt", stages=("wtt",), kind="upstream", is_expected=True),
    Leg("scope3.03.losses", kind="losses", is_expected=True),
    _BIOGENIC,
    _ENERGY,
)


def _driver(account: str, kind: LegKind = "amount", unit: str = "") -> tuple[Leg, ...]:
    """Give the rule of what an indicator divides by: no gas, no factor."""
    return (Leg(account, stages=(), kind=kind, is_needed=True, unit=unit),)


RULES: dict[str, tuple[Leg, ...]] = {
    "electricity": _PURCHASED_ENERGY,
    "heat": _PURCHASED_ENERGY,
    "steam": _PURCHASED_ENERGY,
    "cooling": _PURCHASED_ENERGY,
    "footprint": (Leg("memo.footprint", stages=LIFE_CYCLE, is_needed=True),),
    "avoided": (_needed("memo.avoided"),),
    "fuel_stationary": (
        _needed("scope1.stationary"),
        _upstream("scope3.03.wtt"),
        _BIOGENIC,
        _ENERGY,
    ),
    "fuel_mobile": (_needed("scope1.mobile"), _upstream("scope3.03.wtt"), _BIOGENIC, _ENERGY),
    "vehicle": (_needed("scope1.mobile"), _upstream("scope3.03.wtt"), _BIOGENIC, _DRIVING),
    "vehicle_battery": (Leg("scope1.mobile", stages=_BURNT), *_CHARGED),
    "vehicle_plug_in": (Leg("scope1.mobile", stages=_BURNT, is_needed=True), *_CHARGED),
    # CH4 and N2O by distance or fuel, where the CO2 is a record of the fuel: its upstream too.
    "vehicle_gases": (_needed("scope1.mobile"),),
    "managed_vehicle": (_needed("scope3.08.leased"),),
    "managed_electricity": (_needed("scope3.08.leased"),),
    "release": (
        Leg("scope1.fugitive", gases="kyoto"),
        Leg("outside.montreal", gases="other"),
    ),
    "process": (_needed("scope1.process"), _BIOGENIC),
    "goods": (_needed("scope3.01.goods"),),
    "services": (_needed("scope3.01.services"),),
    "spend_goods": (_needed("scope3.01.goods"),),
    "spend_services": (_needed("scope3.01.services"),),
    "water_supply": (_needed("scope3.01.water"),),
    "freight": (_needed("scope3.04.transport"), _upstream("scope3.04.wtt")),
    "waste": (_needed("scope3.05.waste"),),
    "wastewater": (_needed("scope3.05.wastewater"),),
    "travel": (_needed("scope3.06.travel"), _upstream("scope3.06.wtt")),
    "hotel": (_needed("scope3.06.hotel"),),
    "homeworking": (_needed("scope3.07.homeworking"),),
    "ict": (Leg("scope3.01.services", kind="electricity", is_needed=True),),
    "memo_it": (Leg("memo.it_energy", stages=(), kind="energy", is_needed=True),),
    "onsite_renewable": (
        Leg("memo.energy", stages=(), kind="energy", is_needed=True),
        Leg("memo.renewable", stages=(), kind="energy"),
    ),
    "export": (Leg("memo.exported", stages=(), kind="energy", is_needed=True),),
    "driver_meter_ups": _driver("memo.meter.ups", "energy"),
    "driver_meter_pdu": _driver("memo.meter.pdu", "energy"),
    "driver_calibrated_total": _driver("memo.calibrated.total", "energy"),
    "driver_calibrated_it": _driver("memo.calibrated.it", "energy"),
    "driver_reused_heat": _driver("memo.reused_heat", "energy"),
    "driver_traffic": _driver("memo.traffic", unit="TB"),
    "driver_user_traffic": _driver("memo.user_traffic", unit="TB"),
    "driver_business_volume": _driver("memo.business_volume"),
    "driver_revenue": _driver("memo.revenue"),
    "driver_spend": _driver("memo.spend"),
    "driver_freight": _driver("memo.freight", unit="t.km"),
    "driver_output": _driver("memo.output", unit="unit"),
    "driver_requests": _driver("memo.requests", unit="unit"),
    "driver_people": _driver("memo.people", unit="person.year"),
    "driver_floor_area": _driver("memo.floor_area", unit="m2.year"),
    "driver_carriers": _driver("memo.carriers", unit="carrier.year"),
    "driver_water": _driver("memo.water", unit="m3"),
    "resale": (
        Leg("scope3.03.resale", kind="average", is_needed=True),
        Leg("scope3.03.resale", stages=("wtt",), kind="upstream", is_expected=True),
    ),
}
"""Legs by the name of the rule."""

REGION_BOUND = frozenset(
    {
        "electricity",
        "heat",
        "steam",
        "cooling",
        "resale",
        "ict",
        "footprint",
        "avoided",
        "managed_electricity",
    }
)
"""Rules for which no other region's factor may stand in."""

GRID_RULES = frozenset({"electricity", "resale", "ict"})
"""Rules that look for the electricity of a region's grid."""
NETWORKS = frozenset({"heat", "steam", "cooling"})
"""Rules of energy from the network that a site is connected to: there is no residual mix of it,
and one factor serves both methods. Source: Scope 2 Guidance, chapters 5 and 6."""

TRANSPORT_WTT = frozenset({"scope3.04.wtt", "scope3.06.wtt", "scope3.07.wtt", "scope3.09.wtt"})
"""Accounts that a method without `transport_wtt` leaves out."""


def _all_of_scopes_1_and_2(account: str) -> tuple[tuple[str, str], ...]:
    return (("scope1.", account), ("scope2.location", account))


CONTEXTS: dict[str, ActivityContext] = {
    "capital": ActivityContext(
        "Capital goods",
        (("scope3.01.", "scope3.02.equipment"),),
    ),
    "leased": ActivityContext(
        "Upstream leased assets: scopes 1 and 2 of the lessor's sites and equipment",
        _all_of_scopes_1_and_2("scope3.08.leased"),
    ),
    "downstream": ActivityContext(
        "Transport and distribution that the customer pays for",
        (("scope3.04.transport", "scope3.09.transport"), ("scope3.04.wtt", "scope3.09.wtt")),
    ),
    "commuting": ActivityContext(
        "Ways of employees to work",
        (("scope3.06.travel", "scope3.07.commuting"), ("scope3.06.wtt", "scope3.07.wtt")),
    ),
    "processing": ActivityContext(
        "Processing of sold products by others",
        _all_of_scopes_1_and_2("scope3.10.processing"),
    ),
    "use": ActivityContext(
        "Use of sold products over their lifetime",
        _all_of_scopes_1_and_2("scope3.11.use"),
    ),
    "end_of_life": ActivityContext(
        "End-of-life treatment of sold products",
        (("scope3.05.", "scope3.12.end_of_life"),),
    ),
    "leased_out": ActivityContext(
        "Downstream leased assets: scopes 1 and 2 of the lessee",
        _all_of_scopes_1_and_2("scope3.13.leased"),
    ),
    "franchise": ActivityContext(
        "Franchises: scopes 1 and 2 of the franchisee",
        _all_of_scopes_1_and_2("scope3.14.franchises"),
    ),
    "investment": ActivityContext(
        "Investments: the share in scopes 1 and 2 of the investee",
        _all_of_scopes_1_and_2("scope3.15.investments"),
    ),
}
"""Contexts by their word."""


def legs_of(rule: str, context: ActivityContext | None = None) -> tuple[Leg, ...]:
    """Legs of a rule in a context; none where the context does not fit the rule.

    `goods` in the context `leased` has no legs: there are no scopes 1 and 2 in a purchase.
    """
    legs = RULES[rule]
    if context is None:
        return legs
    moved = []
    for leg in legs:
        account = context.account(leg.account)
        if account is not None:
            moved.append(replace(leg, account=account))
    has_core = any(not leg.account.startswith("outside.") for leg in moved)
    return tuple(moved) if has_core else ()
