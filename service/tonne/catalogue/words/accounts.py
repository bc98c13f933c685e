"""The chart of accounts, and the account of an activity whose factor names none.

Source: GHG Protocol Corporate Standard chapter 4 (scopes 1 and 2), Scope 2 Guidance chapter 6
(the two methods of scope 2), Corporate Value Chain Standard chapter 5 (the 15 categories of
scope 3). `outside.*` is reported apart from the scopes, `memo.*` is no emission at all.
"""

from __future__ import annotations

import re

CHART_VERSION = 4
"""Version of the chart and of the posting rules; raised when an account or a rule changes."""

ACCOUNTS: dict[str, str] = {
    "scope1.stationary": "Fuel burnt in boilers, generators and furnaces",
    "scope1.mobile": "Fuel burnt in own or controlled vehicles",
    "scope1.process": "Emissions of chemical and physical processes",
    "scope1.fugitive": "Leaks: refrigerants, SF6, fire suppression",
    "scope2.location": "Purchased energy at the grid's average",
    "scope2.market": "Purchased energy by contracts and certificates",
    "scope3.01": "Purchased goods and services",
    "scope3.01.goods": "Purchased goods",
    "scope3.01.services": "Purchased services, clouds included",
    "scope3.01.water": "Water supply",
    "scope3.02": "Capital goods",
    "scope3.02.equipment": "Network, computing and production equipment",
    "scope3.02.buildings": "Buildings and towers",
    "scope3.03": "Fuel- and energy-related activities outside scopes 1 and 2",
    "scope3.03.wtt": "Upstream of fuels and of purchased energy",
    "scope3.03.losses": "Losses in transmission and distribution",
    "scope3.03.resale": "Energy that is sold on",
    "scope3.04": "Upstream transport and distribution",
    "scope3.04.transport": "Freight that the company pays for",
    "scope3.04.storage": "Warehousing by others",
    "scope3.04.wtt": "Upstream of the fuels of freight",
    "scope3.05": "Waste generated in operations",
    "scope3.05.waste": "Waste treatment",
    "scope3.05.wastewater": "Waste-water treatment",
    "scope3.06": "Business travel",
    "scope3.06.travel": "Travel by air, rail and road",
    "scope3.06.hotel": "Hotel nights",
    "scope3.06.wtt": "Upstream of the fuels of travel",
    "scope3.07": "Employee commuting",
    "scope3.07.commuting": "Ways to work",
    "scope3.07.homeworking": "Work from home",
    "scope3.07.wtt": "Upstream of the fuels of commuting",
    "scope3.08": "Upstream leased assets",
    "scope3.08.leased": "Leased sites and equipment, colocation",
    "scope3.09": "Downstream transport and distribution",
    "scope3.09.transport": "Freight that the customer pays for",
    "scope3.09.wtt": "Upstream of the fuels of downstream freight",
    "scope3.10": "Processing of sold products",
    "scope3.10.processing": "Processing by customers",
    "scope3.11": "Use of sold products",
    "scope3.11.use": "Energy in use over the lifetime",
    "scope3.12": "End-of-life treatment of sold products",
    "scope3.12.end_of_life": "Recycling and disposal by customers",
    "scope3.13": "Downstream leased assets",
    "scope3.13.leased": "Sites and equipment leased out",
    "scope3.14": "Franchises",
    "scope3.14.franchises": "Operation of franchises",
    "scope3.15": "Investments",
    "scope3.15.investments": "Share in the emissions of investees",
    "outside.biogenic": "CO2 of biomass, reported outside the scopes",
    "outside.montreal": "Gases outside the Kyoto Protocol, like those of the Montreal one",
    "memo.energy": "Energy that was used, in kWh (of fuels: net calorific value)",
    "memo.renewable": "Renewable energy of the company's own plants, in kWh",
    "memo.exported": "Energy that was fed into the grid, in kWh",
    "memo.it_energy": "Energy of IT equipment in data centres, in kWh",
    "memo.meter": "Energy at meters in the power path of a data centre, in kWh",
    "memo.meter.ups": "Energy at the output of uninterruptible power supplies, in kWh",
    "memo.meter.pdu": "Energy at the output of power distribution units, in kWh",
    "memo.calibrated": "Energy of data centres at five conditions, each by its hours, in kWh",
    "memo.calibrated.total": "Energy of whole data centres at five conditions, in kWh",
    "memo.calibrated.it": "Energy of IT equipment at five conditions, in kWh",
    "memo.reused_heat": "Heat of data centres that others use, in kWh",
    "memo.traffic": "Information flow, as an operator reports it",
    "memo.user_traffic": "Data traffic at the aggregation point of the user interface",
    "memo.business_volume": "Telecom business volume at constant prices",
    "memo.revenue": "Revenue",
    "memo.spend": "Spend with suppliers",
    "memo.freight": "Freight that was moved: mass times distance",
    "memo.output": "Products that were made, by the piece",
    "memo.requests": "Requests that a service answered",
    "memo.people": "People, over time",
    "memo.floor_area": "Floor area, over time",
    "memo.carriers": "Carrier frequencies of base stations, over time",
    "memo.water": "Water that was used",
    "memo.avoided": "Emissions that a grid does not have where electricity is saved",
    "memo.footprint": "Life-cycle footprint of electricity, for footprints of products",
}
"""Every account with what goes there."""

# The first row whose words begin the activity, and whose other words stand in it anywhere,
# gives the account. Words are what dots, underscores and hyphens divide.
_DERIVATIONS: tuple[tuple[str, str, str], ...] = (
    ("", "wtt", "scope3.03.wtt"),
    ("electricity", "losses", "scope3.03.losses"),
    ("electricity", "", "scope2.location"),
    ("district", "", "scope2.location"),
    ("steam", "", "scope2.location"),
    ("heat", "", "scope2.location"),
    ("heating", "", "scope2.location"),
    ("cooling", "", "scope2.location"),
    ("chilled water", "", "scope2.location"),
    ("hot water", "", "scope2.location"),
    ("refrigerant", "", "scope1.fugitive"),
    ("refrigerants", "", "scope1.fugitive"),
    ("sf6", "", "scope1.fugitive"),
    ("fugitive", "", "scope1.fugitive"),
    ("process", "", "scope1.process"),
    ("fleet", "", "scope1.mobile"),
    ("fuel", "mobile", "scope1.mobile"),
    ("fuel", "", "scope1.stationary"),
    ("other fuel", "", "scope1.stationary"),
    ("natural gas", "", "scope1.stationary"),
    ("diesel", "mobile", "scope1.mobile"),
    ("diesel", "", "scope1.stationary"),
    ("coal", "", "scope1.stationary"),
    ("lpg", "", "scope1.stationary"),
    ("freight", "", "scope3.04.transport"),
    ("travel", "hotel", "scope3.06.hotel"),
    ("travel", "", "scope3.06.travel"),
    ("flight", "", "scope3.06.travel"),
    ("flights", "", "scope3.06.travel"),
    ("hotel", "", "scope3.06.hotel"),
    ("commuting", "", "scope3.07.commuting"),
    ("waste water", "", "scope3.05.wastewater"),
    ("wastewater", "", "scope3.05.wastewater"),
    ("waste", "", "scope3.05.waste"),
    ("purchase", "", "scope3.01.goods"),
    ("purchases", "", "scope3.01.goods"),
    ("purchased electricity", "", "scope2.location"),
    ("purchased goods", "", "scope3.01.goods"),
    ("purchased services", "", "scope3.01.services"),
    ("water", "", "scope3.01.water"),
)


def account_of(activity: str) -> str | None:
    """Derive the account of an activity from its words, or None where that is not clear.

    `fuel.diesel.mobile` is `scope1.mobile`, `natural_gas` is `scope1.stationary`.
    """
    words = re.split(r"[._\-]", activity.lower())
    for first, anywhere, account in _DERIVATIONS:
        start = first.split()
        if words[: len(start)] == start and (not anywhere or anywhere in words):
            return account
    return None


def scope_of(account: str) -> str:
    """Scope of an account: scope1, scope2.location, scope2.market, scope3, outside or memo."""
    root, _, rest = account.partition(".")
    return f"scope2.{rest}" if root == "scope2" else root
