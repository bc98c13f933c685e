"""The inventory as a naive program finds it: records, sets and fractions, one by one.

It shares no arithmetic with the product: GWPs, shares of entities and the valuation are written
out again here.
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from tests.unit.reports.books import outcome_of
from tonne.catalogue.resolving.resolution import Notice
from tonne.catalogue.resolving.valuation import decimal_text
from tonne.catalogue.words.accounts import ACCOUNTS, scope_of
from tonne.model import FinancialControl, month_of_period

MAIN = ("CO2", "CH4", "N2O")
GWPS = {
    "AR4": {
        "CO2": "1",
        "CH4": "25",
        "N2O": "298",
        "SF6": "22800",
        "HFC-32": "675",
        "HFC-125": "3500",
    },
    "AR5": {
        "CO2": "1",
        "CH4": "28",
        "N2O": "265",
        "SF6": "23500",
        "HFC-32": "677",
        "HFC-125": "3170",
    },
    "AR6": {
        "CO2": "1",
        "CH4": "27",
        "N2O": "273",
        "SF6": "24300",
        "HFC-32": "771",
        "HFC-125": "3740",
    },
}


FOSSIL = {"AR4": "25", "AR5": "30", "AR6": "29.8"}
METHANE = {"": "CH4", "fossil": "CH4-fossil", "biogenic": "CH4-biogenic"}


def potential(gas, gwp_set, stated):
    """GWP of a gas; a factor of AR4 or AR5 has one figure for methane under its own set."""
    if gas == "CH4-fossil" and not (gwp_set == stated and stated != "AR6"):
        return Fraction(FOSSIL[gwp_set])
    return Fraction(GWPS[gwp_set].get("CH4" if gas.startswith("CH4") else gas, 0))


def methane_notices(entry, gwp_set):
    """What is told of methane whose figure does not follow from its origin."""
    stated, masses = entry.factor.gwp_set, worth(entry, gwp_set)[1]
    taken, fossil = {"AR6": "27.0"}.get(gwp_set, GWPS[gwp_set]["CH4"]), FOSSIL[gwp_set]
    if is_printed(entry.factor, gwp_set) or taken == fossil:
        return
    if masses.get("CH4-fossil") and potential("CH4-fossil", gwp_set, stated) != Fraction(fossil):
        yield Notice(
            "METHANE_ORIGIN",
            f"CH4 of fossil origin counts {taken} and not {fossil}: the factor's publisher states "
            f"{gwp_set} with one figure for all CH4",
        )
    if masses.get("CH4") and stated != gwp_set:
        yield Notice(
            "METHANE_ORIGIN",
            f"CH4 of unknown origin counts as not fossil: {taken} under {gwp_set}, and {fossil} "
            "if it were fossil; a factor says which by CH4-fossil or CH4-biogenic in its gases",
        )


def is_printed(factor, gwp_set):
    """Whether a printed total counts, and not the gases."""
    of_gases = (factor.kg_co2, factor.kg_ch4, factor.kg_n2o, factor.co2e_ch4, factor.co2e_n2o)
    has_gases = any(text is not None for text in of_gases) or factor.gases
    return factor.kg_co2e is not None and (factor.gwp_set in {"", "CO2", gwp_set} or not has_gases)


def worth(entry, gwp_set):
    """kg CO2e, kg by gas and kWh of one unit of the record; gases that nobody states are left out.

    Where a printed total is of another set than `gwp_set`, the gases count alone.
    """
    factor = entry.factor
    ratio = Fraction(1)
    for step in entry.steps:
        ratio *= step.ratio
    has_own = factor.gases and "CO2-biogenic" not in dict(factor.gases)
    masses = {gas: Fraction(0) for gas in MAIN} if has_own else {}
    stated = (factor.kg_co2, factor.kg_ch4, factor.kg_n2o)
    equivalents = (None, factor.co2e_ch4, factor.co2e_n2o)
    for gas, text, equivalent in zip(MAIN, stated, equivalents, strict=True):
        if text is not None:
            masses[gas] = Fraction(text)
        elif equivalent is not None:
            masses[gas] = Fraction(equivalent) / potential(gas, factor.gwp_set, factor.gwp_set)
    masses |= {gas: Fraction(text) for gas, text in factor.gases}
    if "CH4" in masses:
        masses[METHANE[factor.methane]] = masses.pop("CH4")
    if is_printed(factor, gwp_set):
        kg_co2e = Fraction(factor.kg_co2e)
    else:
        kg_co2e = sum(
            (mass * potential(gas, gwp_set, factor.gwp_set) for gas, mass in masses.items()),
            Fraction(0),
        )
    kwh = None if factor.kwh is None else Fraction(factor.kwh) * ratio
    return kg_co2e * ratio, {gas: mass * ratio for gas, mass in masses.items()}, kwh


def entity_share(entities, entity_id, approach, day):
    """Share of an entity, up the tree."""
    by_id = {entity.id: entity for entity in entities}
    share = Fraction(1)
    while entity_id in by_id:
        entity = by_id[entity_id]
        if entity.holdings:
            held = [
                each
                for each in entity.holdings
                if each.valid_from <= day and (not each.valid_to or day < each.valid_to)
            ]
            if not held:
                return Fraction(0)
            equity = Fraction(held[0].equity_share)
            controlled = {
                FinancialControl.FULL: Fraction(1),
                FinancialControl.JOINT: equity,
                FinancialControl.NONE: Fraction(0),
            }
            share *= {
                "equity-share": equity,
                "financial-control": controlled[held[0].financial_control],
                "operational-control": Fraction(held[0].is_operated),
            }[approach]
        entity_id = entity.parent
    return share


def portion(facilities, entities, facility, approach, period):
    """Share of a facility's month, and what is held in equity beyond it."""
    day = dt.date(1970 + period // 12, period % 12 + 1, 1).isoformat()
    for row in facilities.iter_rows(named=True):
        if row["facility"] == facility:
            if day < row["valid_from"] or (row["valid_to"] and day >= row["valid_to"]):
                return Fraction(0), Fraction(0)
            share = entity_share(entities, row["entity"], approach, day)
            equity = entity_share(entities, row["entity"], "equity-share", day)
            return share, max(equity - share, Fraction(0))
    return Fraction(1), Fraction(0)


class Naive:
    """Goes through records and parts one by one; keeps sets of records."""

    def __init__(self, records, outcomes, request, facilities, entities=()):
        self.request = request
        self.facilities = facilities
        self.entities = entities
        self.homes = {
            row["facility"]: (row["type"], row["region"])
            for row in facilities.iter_rows(named=True)
        }
        self.groups = {}
        self.total = self.fresh()
        self.suspended = set()
        self.notices = {}
        self.used = {}
        self.versions = set()
        for number, record in enumerate(records):
            self.add(number, record, outcome_of(record, outcomes))

    @staticmethod
    def fresh():
        return {
            "records": set(),
            "kg": Fraction(0),
            "gases": {},
            "silent": set(),
            "kwh": None,
            "amounts": {},
        }

    def add(self, number, record, resolved):
        request = self.request
        facility_type, home = self.homes.get(record.facility, ("", ""))
        place = record.region or home
        if (request.facilities and record.facility not in request.facilities) or (
            request.activities and record.activity not in request.activities
        ):
            return
        if request.regions and place not in request.regions:
            return
        for index, (period, part) in enumerate(record.parts()):
            if not request.first_period <= period <= request.last_period:
                continue
            if resolved is None:
                self.suspended.add(number)
                continue
            known = {
                "facility": record.facility,
                "activity": record.activity,
                "period": month_of_period(period),
                "region": place,
                "facility_type": facility_type,
            }
            share, invested = portion(
                self.facilities, self.entities, record.facility, request.consolidation, period
            )
            self.add_part(
                number,
                record,
                (period, part),
                resolved[index],
                shares=(share, invested),
                known=known,
            )

    def add_part(self, number, record, month, resolution, *, shares, known):
        """Add what a record has in a month, in its own accounts and in category 15."""
        (period, part), (share, invested) = month, shares
        found = [(one.account, share, one) for one in resolution.entries if share]
        found += [
            ("scope3.15.investments", invested, one)
            for one in resolution.entries
            if invested and (one.account.startswith("scope1.") or one.account == "scope2.location")
        ]
        found = [each for each in found if self.selects(each[0])]
        # A driver is in no number that stands for all accounts, unless its own is named, or it is
        # the number of one activity.
        drives = all(one.factor.amount for _, _, one in found) and not self.request.accounts
        told = {"account", "scope"} & set(self.request.group_by)
        if not found or (drives and not told and "activity" not in self.request.group_by):
            return
        for account, ratio, one in found:
            quantity = Fraction(part, 10**6) * ratio
            self.add_entry(number, quantity, account, one, known, in_total=not drives)
        if drives and not told:
            return
        for notice in resolution.notices:
            self.note(number, notice)
        if not drives:
            group = (record.facility, record.activity, month_of_period(period))
            self.used.setdefault(group, []).append((number, record.unit, Fraction(part, 10**6)))
            self.versions.add(resolution.method_version)

    def negative(self):
        """(beginning of the notice, records) of each month that used less than nothing."""
        kwh = {"kWh": 1, "MWh": 1000}
        for group, used in sorted(self.used.items()):
            total = sum(kwh[unit] * part for _, unit, part in used)
            if total < 0:
                shown = min(unit for _, unit, _ in used)
                amount = f"{decimal_text(total / kwh[shown])} {shown}"
                count = len({number for number, _, _ in used})
                yield f"{', '.join(group)}: the quantities add up to {amount}, ", count

    def selects(self, account):
        roots = self.request.accounts
        return not roots or any(
            account == root or account.startswith(root + ".") for root in roots
        )

    def energy(self):
        """The account whose energy stands for all: of several the energy, then the renewable."""
        found = [each for each in ACCOUNTS if each.startswith("memo.") and self.selects(each)]
        for name in ("memo.energy", "memo.renewable"):
            if name in found:
                return name
        return found[0] if len(found) == 1 else ""

    def note(self, number, notice):
        self.notices.setdefault((notice.reason, notice.message), set()).add(number)

    def add_entry(self, number, quantity, account, one, known, *, in_total):
        request = self.request
        if in_total or {"account", "scope"} & set(request.group_by):
            for notice in (*one.notices, *methane_notices(one, request.gwp_set)):
                self.note(number, notice)
        known = known | {"account": account, "scope": scope_of(account)}
        alone = "account" in request.group_by or "scope" in request.group_by
        if request.group_by:
            group = tuple(known[name] for name in request.group_by)
            self.value(
                self.groups.setdefault(group, self.fresh()),
                number,
                quantity,
                account,
                one,
                alone=alone,
            )
        if in_total:
            self.value(self.total, number, quantity, account, one, alone=False)

    def value(self, sums, number, quantity, account, one, *, alone):
        sums["records"].add(number)
        kg_co2e, masses, kwh = worth(one, self.request.gwp_set)
        by_account = alone and "account" in self.request.group_by
        energy = self.energy()
        if kwh is not None and account.startswith("memo.") and (by_account or account == energy):
            sums["kwh"] = (sums["kwh"] or 0) + kwh * quantity
        named = self.request.accounts
        if not alone:
            if account == "scope2.market" and self.selects("scope2.location"):
                return
            by_activity = sums is not self.total and "activity" in self.request.group_by
            is_told = by_activity and one.factor.amount
            if account.startswith(("outside.", "memo.")) and not (named or is_told):
                return
        if one.factor.amount:
            key, ratio = (account, one.factor.unit), Fraction(1)
            for step in one.steps:
                ratio *= step.ratio
            amount = Fraction(one.factor.amount) * ratio * quantity
            sums["amounts"][key] = sums["amounts"].get(key, 0) + amount
        sums["kg"] += kg_co2e * quantity
        masses = {"CH4" if gas.startswith("CH4") else gas: kg for gas, kg in masses.items()}
        for gas, mass in masses.items():
            sums["gases"][gas] = sums["gases"].get(gas, 0) + mass * quantity
        if not account.startswith("memo."):
            sums["silent"] |= set(MAIN) - set(masses)

    def row(self, group, sums):
        """The row as plain data."""
        gases = sums["gases"]
        potentials = GWPS[self.request.gwp_set]
        return {
            "group": group,
            "kg_co2e": decimal_text(sums["kg"]),
            **{
                f"kg_{gas.lower()}": decimal_text(gases[gas]) if gas in gases else None
                for gas in MAIN
            },
            "record_count": len(sums["records"]),
            "partial_gases": tuple(
                gas.lower() for gas in MAIN if gas in gases and gas in sums["silent"]
            ),
            "gases": tuple(
                (
                    gas,
                    decimal_text(mass),
                    decimal_text(mass * Fraction(potentials[gas])) if gas in potentials else None,
                )
                for gas, mass in sorted(gases.items())
                if gas not in MAIN
            ),
            "energy_kwh": None if sums["kwh"] is None else decimal_text(sums["kwh"]),
            "amounts": tuple(
                (*key, decimal_text(amount)) for key, amount in sorted(sums["amounts"].items())
            ),
        }
