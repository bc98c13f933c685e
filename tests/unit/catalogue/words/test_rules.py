"""Posting rules over the shipped catalogue: which accounts, which factors, what is told."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest

from docs.writers.rules import PAGE, write_page
from tests.unit.catalogue.small_editions import write_edition
from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.editions.library import default_settings, shipped_editions
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.resolving.valuation import entry_worth
from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.catalogue.words.method import MethodSettings, Rate
from tonne.catalogue.words.rules import CONTEXTS, RULES, legs_of
from tonne.catalogue.words.taxonomy import activities
from tonne.model import RowStatus, first_day_of, period_of_month


def resolver(*imports, **changes):
    """A resolver over imported editions (lists of rows), then the shipped ones in their order."""
    editions = [
        (f"own-{number}", parse_edition(write_edition(*rows)))
        for number, rows in enumerate(imports, start=1)
    ]
    default = default_settings()
    fields = {name: getattr(default, name) for name in MethodSettings.__slots__}
    settings = MethodSettings(**{**fields, **changes})
    editions += [(name, shipped_editions()[name].factors) for name in settings.editions]
    return Resolver(editions, settings, 1)


SHIPPED = resolver()


def resolution(found, activity, unit, region, month="2025-03"):
    """What holds in a month."""
    day = first_day_of(period_of_month(month))
    return [
        run.disposition for run in found.resolve(activity, unit, region) if run.first_day <= day
    ][-1]


def postings(found, activity, unit, region, month="2025-03", *, gwp_set="AR5"):
    """Kg CO2e by account of one unit, exact."""
    outcome = resolution(found, activity, unit, region, month)
    assert not isinstance(outcome, RowStatus), outcome
    sums = defaultdict(Fraction)
    for entry in outcome.entries:
        sums[entry.account] += entry_worth(entry, gwp_set).kg_co2e
    return dict(sums)


def reasons(outcome):
    """Reasons of all notices."""
    return {notice.reason for entry in outcome.entries for notice in entry.notices} | {
        notice.reason for notice in outcome.notices
    }


def test_electricity_of_the_uk_posts_both_methods_and_category_3():
    """DESNZ 2025: 0.177, T&D 0.01853, WTT 0.0459, WTT of T&D 0.00397, biogenic 0.11507."""
    assert postings(SHIPPED, "electricity.grid", "kWh", "GB") == {
        "scope2.location": Fraction("0.177"),
        "scope2.market": Fraction("0.177"),
        "scope3.03.wtt": Fraction("0.0459"),
        "scope3.03.losses": Fraction("0.01853") + Fraction("0.00397"),
        "outside.biogenic": Fraction("0.11507"),
        "memo.energy": 0,
    }
    outcome = resolution(SHIPPED, "electricity.grid", "kWh", "GB")
    assert reasons(outcome) == {"RESIDUAL_MIX_MISSING"}
    assert outcome.method_version == 1


def test_the_ghg_protocol_takes_the_loss_of_the_life_cycle():
    """Loss = T&D / (generated + T&D); times 0.177 + 0.0459, or times 0.177 alone."""
    loss = Fraction("0.01853") / (Fraction("0.177") + Fraction("0.01853"))
    whole = postings(resolver(loss_convention="ghg-protocol"), "electricity.grid", "kWh", "GB")
    assert whole["scope3.03.losses"] == loss * (Fraction("0.177") + Fraction("0.0459"))
    part = resolver(loss_convention="ghg-protocol-combustion")
    by_combustion = postings(part, "electricity.grid", "kWh", "GB")
    assert by_combustion["scope3.03.losses"] == loss * Fraction("0.177")


def test_a_grid_loss_becomes_a_factor_by_either_convention():
    """EPA prints a grid gross loss: loss / (1 - loss) per kWh consumed, or loss."""
    rows = [
        {"activity": "electricity.grid", "region": "XX", "kg_co2e": "0.4", "stage": "generation"},
        {"activity": "electricity.grid", "region": "XX", "kg_co2e": "", "loss": "0.05"},
    ]
    for stage in rows[1:]:
        stage["stage"] = "losses"
    defra = postings(resolver(rows), "electricity.grid", "kWh", "XX")
    assert defra["scope3.03.losses"] == Fraction("0.4") * Fraction(5, 95)
    protocol = resolver(rows, loss_convention="ghg-protocol")
    assert postings(protocol, "electricity.grid", "kWh", "XX")["scope3.03.losses"] == Fraction(
        "0.02"
    )


def test_the_market_takes_the_most_precise_that_there_is():
    """Contract before supplier before residual mix before the grid's average."""
    rows = [
        {"activity": "electricity.grid", "region": "GB", "stage": "residual", "kg_co2e": "0.3"}
    ]
    for stage, kg in (("residual", "0.3"), ("supplier", "0.2"), ("contract", "0")):
        rows.append({**rows[0], "stage": stage, "kg_co2e": kg})
        found = resolver(rows[1:])
        posted = postings(found, "electricity.grid", "kWh", "GB")
        assert posted["scope2.market"] == Fraction(kg)
        assert posted["scope2.location"] == Fraction("0.177")
        assert reasons(resolution(found, "electricity.grid", "kWh", "GB")) == set()


def test_a_tariff_is_an_id_below_the_grid():
    """Its market-based factor is its own, all else is the grid's, and that is said."""
    rows = [
        {
            "activity": "electricity.grid.green_tariff",
            "region": "GB",
            "stage": "supplier",
            "kg_co2e": "0.01",
        }
    ]
    found = resolver(rows)
    posted = postings(found, "electricity.grid.green_tariff", "kWh", "GB")
    assert (posted["scope2.market"], posted["scope2.location"]) == (
        Fraction("0.01"),
        Fraction("0.177"),
    )
    outcome = resolution(found, "electricity.grid.green_tariff", "kWh", "GB")
    assert "ACTIVITY_FALLBACK" in reasons(outcome)
    other = resolution(found, "electricity.grid.gren_tariff", "kWh", "GB")
    assert other == RowStatus.FACTOR_MUST_EXIST  # a typing error is no wider activity


def test_a_footprint_is_no_grid_factor_and_no_scope():
    """China 2024: 0.5777 life cycle, beside the grid factor and never instead of it."""
    assert postings(SHIPPED, "electricity.footprint.average", "kWh", "CN", "2024-05") == {
        "memo.footprint": Fraction("0.5777")
    }
    posted = postings(SHIPPED, "electricity.grid", "kWh", "CN", "2023-05")
    assert posted["scope2.location"] == Fraction("0.5306")
    only = Resolver(
        [("cn-mee-footprint-2024", shipped_editions()["cn-mee-footprint-2024"].factors)]
    )
    assert resolution(only, "electricity.grid", "kWh", "CN") == RowStatus.FACTOR_MUST_EXIST


def test_a_province_takes_its_own_factor_then_its_grid_then_the_nation():
    """Each step is told, and so is the year."""
    own = resolution(SHIPPED, "electricity.grid", "kWh", "CN-GD", "2023-05").entries[0]
    assert "REGION_FALLBACK" not in {notice.reason for notice in own.notices}
    rows = [{"activity": "electricity.grid", "region": "CN-GRID-SOUTH", "kg_co2e": "0.4042"}]
    alone = Resolver([("grid", parse_edition(write_edition(*rows)))])
    outcome = resolution(alone, "electricity.grid", "kWh", "CN-GD-Shenzhen")
    assert "REGION_FALLBACK" in reasons(outcome)
    later = resolution(SHIPPED, "electricity.grid", "kWh", "CN-GD", "2025-05")
    assert "YEAR_FALLBACK" in reasons(later)


def test_what_a_grid_factor_lacks_is_told():
    """China prints CO2 alone and neither upstream nor losses: three notices, no zero."""
    outcome = resolution(SHIPPED, "electricity.grid", "kWh", "CN-GD", "2023-05")
    assert {"CO2_ONLY", "LEG_MISSING"} <= reasons(outcome)
    missing = [notice.message for notice in outcome.notices]
    assert ["scope3.03.wtt" in missing[0], "scope3.03.losses" in missing[1]] == [True, True]
    assert not any(entry.account.startswith("scope3") for entry in outcome.entries)


def test_a_fuel_posts_combustion_upstream_biomass_and_energy():
    """DESNZ 2025, diesel with average biofuel blend, per litre."""
    for activity, account in (
        ("fuel.diesel.stationary", "scope1.stationary"),
        ("fuel.diesel.mobile", "scope1.mobile"),
        ("fuel.diesel", "scope1.stationary"),
    ):
        assert postings(SHIPPED, activity, "l", "GB") == {
            account: Fraction("2.57082"),
            "scope3.03.wtt": Fraction("0.61101"),
            "outside.biogenic": Fraction("0.14"),
            "memo.energy": 0,
        }
    entries = resolution(SHIPPED, "fuel.diesel", "l", "GB").entries
    (energy,) = [entry for entry in entries if entry.account == "memo.energy"]
    # litres x kg/m3 x GJ/t of net calorific value, as DESNZ prints them
    by_hand = Fraction("0.832361") * Fraction("42.839") / Fraction("3.6")
    assert entry_worth(energy, "AR5").kwh == by_hand


def test_another_regions_factor_stands_in_and_says_so_but_never_for_a_grid():
    """A proxy is the method's choice; without one the record waits."""
    freight = resolution(SHIPPED, "freight.road.hgv.all.average_laden", "t.km", "BR")
    assert "REGION_PROXY" in reasons(freight)
    without = resolver(proxy_regions=())
    waiting = resolution(without, "freight.road.hgv.all.average_laden", "t.km", "BR")
    assert waiting == RowStatus.FACTOR_MUST_EXIST
    grid = resolution(SHIPPED, "electricity.grid", "kWh", "BR")
    assert grid == RowStatus.FACTOR_MUST_EXIST


def test_no_biomass_is_borrowed_from_another_regions_blend():
    """The biofuel in British diesel is not in a Chinese one."""
    assert "outside.biogenic" not in postings(SHIPPED, "fuel.diesel", "l", "CN")


def test_leaks_part_by_protocol_and_blends_are_their_composition():
    """R-410A is Kyoto's, R-22 is Montreal's, R-402A is both."""
    assert postings(SHIPPED, "refrigerant.r410a", "kg", "CN") == {
        "scope1.fugitive": Fraction("1923.5")
    }
    assert postings(SHIPPED, "refrigerant.r410a", "kg", "CN", gwp_set="AR6") == {
        "scope1.fugitive": Fraction("2255.5")
    }
    assert postings(SHIPPED, "gas.sf6", "kg", "CN") == {"scope1.fugitive": 23500}
    assert postings(SHIPPED, "refrigerant.r22", "kg", "CN") == {"outside.montreal": 1760}
    both = postings(SHIPPED, "refrigerant.r402a", "kg", "CN")
    assert both["scope1.fugitive"] == Fraction("0.6") * 3170
    assert set(both) == {"scope1.fugitive", "outside.montreal"}


def test_a_published_figure_of_a_blend_is_a_choice():
    """DESNZ and EPA round R-410A to 1924; the composition counts unless they are chosen."""
    published = resolver(blend_gwp="published")
    for region in ("GB", "US", "CN"):
        exact = postings(SHIPPED, "refrigerant.r410a", "kg", region)
        assert exact == {"scope1.fugitive": Fraction("1923.5")}
        rounded = postings(published, "refrigerant.r410a", "kg", region)
        assert rounded == {"scope1.fugitive": 1924}


def test_money_converts_by_the_methods_rates_or_says_that_it_does_not():
    """EPA's factors are of 2022 dollars; yuan wait until the method has a rate."""
    spend = "purchase.electronic_computers"
    assert postings(SHIPPED, spend, "USD2022", "US") == {"scope3.01.goods": Fraction("0.058")}
    nominal = resolution(SHIPPED, spend, "USD", "US")
    assert reasons(nominal) == {"PRICE_YEAR"}
    assert resolution(SHIPPED, spend, "CNY", "CN") == RowStatus.FACTOR_MUST_EXIST
    rated = resolver(rates=(Rate("CNY", "USD2022", "0.1486", "a bank"),))
    assert postings(rated, spend, "CNY", "CN") == {
        "scope3.01.goods": Fraction("0.058") * Fraction("0.1486")
    }
    assert resolution(SHIPPED, spend, "kg", "US") == RowStatus.UNIT_MUST_FIT_ACTIVITY


# What a record says, and the accounts that it reaches.
EVERY_CATEGORY = [
    ("purchase.electronic_computers", "USD2022", "US", {"scope3.01.goods"}),
    ("water.supply", "m3", "GB", {"scope3.01.water"}),
    ("capital.purchase.electronic_computers", "USD2022", "US", {"scope3.02.equipment"}),
    ("fuel.diesel", "l", "GB", {"scope3.03.wtt"}),
    ("electricity.resale", "kWh", "GB", {"scope3.03.resale"}),
    ("freight.road", "t.km", "GB", {"scope3.04.transport", "scope3.04.wtt"}),
    ("waste.weee_mixed.landfill", "t", "GB", {"scope3.05.waste"}),
    ("water.treatment", "m3", "GB", {"scope3.05.wastewater"}),
    ("travel.rail.national", "passenger.km", "GB", {"scope3.06.travel", "scope3.06.wtt"}),
    ("travel.hotel", "room.night", "DE", {"scope3.06.hotel"}),
    ("commuting.travel.bus.local", "passenger.km", "GB", {"scope3.07.commuting"}),
    ("homeworking", "FTE.hour", "GB", {"scope3.07.homeworking"}),
    ("leased.electricity.grid", "kWh", "GB", {"scope3.08.leased"}),
    ("downstream.freight.road", "t.km", "GB", {"scope3.09.transport", "scope3.09.wtt"}),
    ("processing.electricity.grid", "kWh", "GB", {"scope3.10.processing"}),
    ("use.electricity.grid", "kWh", "GB", {"scope3.11.use"}),
    ("end_of_life.waste.weee_mixed.landfill", "t", "GB", {"scope3.12.end_of_life"}),
    ("leased_out.electricity.grid", "kWh", "GB", {"scope3.13.leased"}),
    ("franchise.fuel.natural_gas", "kWh_gross", "GB", {"scope3.14.franchises"}),
    ("investment.electricity.grid", "kWh", "GB", {"scope3.15.investments"}),
    ("electricity.onsite.solar", "kWh", "CN", {"memo.energy", "memo.renewable"}),
    ("electricity.export", "kWh", "CN", {"memo.exported"}),
    ("electricity.it", "kWh", "CN", {"memo.it_energy"}),
    ("ict.network", "GB", "GB", {"scope3.01.services"}),
]


@pytest.mark.parametrize(("activity", "unit", "region", "accounts"), EVERY_CATEGORY)
def test_every_category_is_reached(activity, unit, region, accounts):
    """All fifteen categories of scope 3 have activities that the catalogue alone resolves."""
    assert accounts <= set(postings(SHIPPED, activity, unit, region))


def test_the_cases_are_all_fifteen():
    """The list above leaves no category out."""
    reached = {account[:9] for *_, accounts in EVERY_CATEGORY for account in accounts}
    assert {f"scope3.{number:02}" for number in range(1, 16)} <= reached


def test_a_context_that_fits_no_leg_posts_nothing():
    """There are no scopes 1 and 2 in a leased purchase: it waits, and is not posted somewhere."""
    outcome = resolution(SHIPPED, "leased.purchase.electronic_computers", "USD2022", "US")
    assert outcome == RowStatus.FACTOR_MUST_EXIST
    # Nor does the biomass in a fuel make a purchase of capital goods of it.
    outcome = resolution(SHIPPED, "capital.fuel.diesel", "l", "GB")
    assert outcome == RowStatus.FACTOR_MUST_EXIST


def test_the_upstream_of_carriers_can_be_left_out():
    """The method's choice; category 3 of the own fuels stays."""
    found = resolver(transport_wtt=False)
    assert set(postings(found, "freight.road", "t.km", "GB")) == {"scope3.04.transport"}
    assert "scope3.03.wtt" in postings(found, "fuel.diesel", "l", "GB")


def test_an_import_that_names_accounts_makes_its_own_rule():
    """Each account that it names, and the energy; what the rule has beside them is told."""
    row = {"activity": "electricity.grid", "region": "GB", "valid_to": "2025-07-01"}
    rows = [
        {**row, "account": "scope2.location", "kg_co2e": "0.2"},
        {**row, "account": "scope3.03.wtt", "kg_co2e": "0.05", "stage": "wtt"},
    ]
    found = resolver(rows)
    assert postings(found, "electricity.grid", "kWh", "GB") == {
        "scope2.location": Fraction("0.2"),
        "scope3.03.wtt": Fraction("0.05"),
        "memo.energy": 0,
    }
    told = [each.message for each in resolution(found, "electricity.grid", "kWh", "GB").notices]
    assert [each.partition(" posted to ")[2].partition(":")[0] for each in told] == [
        "scope2.market",
        "scope3.03.losses",
        "outside.biogenic",
    ]
    assert postings(found, "electricity.grid", "kWh", "GB", "2025-08")[
        "scope2.location"
    ] == Fraction("0.177")


@pytest.mark.parametrize(
    ("rule", "month", "expected"),
    [
        ("month", "2025-05", "0.177"),
        ("month", "2024-12", "0.20705"),
        ("majority", "2025-05", "0.177"),
        ("majority", "2026-02", "0.177"),
        ("days", "2025-05", None),
    ],
)
def test_a_reporting_year_takes_its_sets_by_the_rule(rule, month, expected):
    """April to March: 275 days of 2025; what 2026 lacks is taken from the nearest set."""
    found = resolver(year_rule=rule, reporting_year_start=4)
    posted = postings(found, "electricity.grid", "kWh", "GB", month)["scope2.location"]
    assert posted == Fraction(expected or "0.177")


def test_two_sets_blend_by_days():
    """DEFRA's own example: 220 and 145 of 365 days; here 275 and 90 from April on."""
    found = resolver(year_rule="days", reporting_year_start=4)
    outcome = resolution(found, "electricity.grid", "kWh", "GB", "2024-05")
    posted = sum(
        entry_worth(entry, "AR5").kg_co2e
        for entry in outcome.entries
        if entry.account == "scope2.location"
    )
    # April 2024 to March 2025 has 275 days of 2024 and 90 of 2025.
    by_hand = (275 * Fraction("0.20705") + 90 * Fraction("0.177")) / 365
    assert posted == by_hand
    assert "YEAR_RULE" in reasons(outcome)
    majority = resolver(year_rule="majority", reporting_year_start=4)
    assert postings(majority, "electricity.grid", "kWh", "GB", "2025-02")[
        "scope2.location"
    ] == Fraction("0.20705")


def test_the_rules_name_accounts_of_the_chart_and_the_taxonomy_names_rules():
    """No leg and no context posts to an account that the chart does not have."""
    for rule in RULES:
        for context in (None, *CONTEXTS.values()):
            assert {leg.account for leg in legs_of(rule, context)} <= set(ACCOUNTS)
    assert {activity.rule for activity in activities().values()} <= set(RULES)


def test_the_page_of_rules_is_the_code():
    """docs/posting-rules.md is what the code says; write it again with `rules_page`."""
    assert PAGE.read_text(encoding="utf-8") == write_page()


def test_fallbacks_of_losses_and_of_the_energy_of_a_use_are_told():
    """The loss of a country at a region's own factor, and a network's energy of elsewhere."""
    found = resolver(
        [
            {"activity": "electricity.grid", "region": "CN-GD", "kg_co2e": "0.4"},
            {"activity": "electricity.grid", "region": "CN", "stage": "losses", "loss": "0.05"},
            {"activity": "ict.network", "unit": "GB", "region": "CN", "kwh": "0.002"},
        ]
    )
    told = {
        entry.account: [each.message for each in entry.notices if each.reason == "REGION_FALLBACK"]
        for activity, unit in (("electricity.grid", "kWh"), ("ict.network", "GB"))
        for entry in resolution(found, activity, unit, "CN-GD").entries
    }
    where = "no factor of region 'CN-GD'; took the one of region 'CN'"
    assert told["scope3.03.losses"] == [f"electricity.grid (losses): {where}"]
    assert told["scope3.01.services"] == [f"ict.network: {where}"]
    assert told["scope2.location"] == []
