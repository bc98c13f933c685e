"""Published figures of ICT enterprises: targets on both bases, products, suppliers."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.acceptance.conftest import published_folder
from tonne.model import FacilityRule
from tonne.statements.statement import statement_of
from tonne.statements.targets import StatedFigure, Target, TargetType

# Lenovo's reports FY15/16 to FY19/20, tonnes: scope 1, scope 2 by location and by market.
# Source: ESG report 2019/20, pp. 104 and 135.
LENOVO = {
    "2018-04": (6_031, 201_321, 26_029),
    "2019-04": (7_766, 162_597, 23_852),
}

EDITION = b"""\
activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,note
report.scope1,,t,2010-01-01,,1000,,,,scope1.stationary,report,104,
report.location,,t,2010-01-01,,1000,,,,scope2.location,report,104,
report.market,,t,2010-01-01,,1000,,,,scope2.market,report,104,
"""


@pytest.fixture(scope="module")
def lenovo(client):
    """A book with the two years that the target's progress rests on."""
    client.create_book("lenovo", facility_rule=FacilityRule.ANY)
    client.import_edition("lenovo", "report", EDITION)
    records = [
        {
            "facility": "group",
            "activity": f"report.{name}",
            "quantity": str(tonnes),
            "unit": "t",
            "start": f"{year}-01",
            "end": f"{int(year[:4]) + 1}-04-01",
        }
        for year, figures in LENOVO.items()
        for name, tonnes in zip(("scope1", "location", "market"), figures, strict=True)
    ]
    client.post_records("lenovo", records)
    return "lenovo"


def places(value, count=3):
    """A number with so many places, half-even."""
    return str(round(value, count))


def test_one_target_has_two_verdicts(lenovo, client, tonne):
    """By market 2.757 % of the way in a year, by location 35.677 %: behind, and ahead."""
    applied = tonne("template", "apply", "ict-manufacturer", "--book", lenovo, "--author", "Ada")
    assert applied.returncode == 0, applied.stderr
    for method, base, now, percent, standing in (
        ("market", 32_060, 31_618, "2.757", "behind"),
        ("location", 207_352, 170_363, "35.677", "ahead"),
    ):
        told = client.target_progress(lenovo, f"scope12-{method}")
        assert (told.base.value, told.current.value) == (base * 1000, now * 1000)
        assert told.target_value == base * 500
        path = Fraction(base * 1000) * (1 - Fraction(1, 22))
        assert abs(Fraction(told.current.path_value) - path) <= Fraction(1, 2 * 10**18)
        assert places(told.current.progress_percent) == percent
        assert (told.current.standing, told.base.basis) == (standing, "ledger")
        assert f"scope2.{method}" in told.rests_on
        if method == "location":  # -36,989 t a year for ten more years
            assert (told.projected_value, "where it stops at 0" in told.projection) == (0, True)
        shown = tonne("target", "progress", f"scope12-{method}", "--book", lenovo)
        assert f"{percent} % of the way by 2019-04, {standing}" in shown.stdout
        exact = tonne(
            "target", "progress", f"scope12-{method}", "--book", lenovo, "--format", "json"
        )
        way = Fraction((base - now) * 100, base - base // 2)
        found = Fraction(json.loads(exact.stdout)["current"]["progress_percent"])
        assert abs(found - way) <= Fraction(1, 2 * 10**18)


def test_a_year_without_all_its_months_has_no_verdict(lenovo, client):
    """What is missing is named; the year that is whole is judged."""
    half = {"facility": "group", "activity": "report.scope1", "quantity": "1", "unit": "t"}
    client.post_records(lenovo, [half | {"start": "2020-04-01", "end": "2020-10-01"}])
    told = client.target_progress(lenovo, "scope12-market")
    assert told.current.year_start == "2019-04"
    assert told.years[-1].missing_periods == (
        *("2020-10", "2020-11", "2020-12"),
        *("2021-01", "2021-02", "2021-03"),
    )


def test_a_target_has_versions(lenovo, client):
    """The one of 2020 and the one of 2023, each on its day; the second changes no past."""
    first = client.get_statement(lenovo, "target", "use-of-sold-products")
    second = Target(
        "Use of sold products per comparable product, -35 %",
        TargetType.INTENSITY,
        "2029-04",
        "2018-04",
        indicator="use_per_product",
        change_percent="-35",
        stated=(StatedFigure("2018-04", "100", "index"), StatedFigure("2021-04", "90", "index")),
    )
    new = statement_of("use-of-sold-products", second, valid_from="2023-01-01", reason="validated")
    client.add_statements(lenovo, [new], author="Ada")
    for day, change in (("2021-06-30", "-25"), ("2023-06-30", "-35")):
        (found,) = client.list_statements(
            lenovo, "target", valid_on=day, filter_by='id = "use-of-sold-products"'
        )
        assert found.body.change_percent == change
    (then,) = client.list_statements(
        lenovo, "target", as_of=first.create_time, filter_by='id = "use-of-sold-products"'
    )
    assert then == first
    told = client.target_progress(lenovo, "use-of-sold-products")
    assert (told.version, told.reason, told.target_value) == (2, "validated", 65)
    assert (told.base.basis, told.base.source) == ("stated", "index")


def test_a_pue_from_1_89_to_1_1_saves_41_799_percent(lenovo, client):
    """At the same energy of IT: 0.79 of 1.89, which the notes cut off at 41.798."""
    told = client.target_progress(lenovo, "pue")
    years = 11
    saved = -years * Fraction(told.needed_yearly_percent)
    assert abs(saved - Fraction(79, 189) * 100) < Fraction(1, 10**16)


def test_365_footprints_add_up_and_one_source_is_found(client, tonne):
    """233,007.709 kg, 134,254.46747 embodied, 98,753.24153 in use; by the naive sum too."""
    file = published_folder("ict") / "lenovo_pcf.csv"
    client.create_book("pcf")
    run = tonne(
        "product", "import", file, "--book", "pcf", "--author", "Ada", "--reason", "Boavizta",
        "--column", "display_name=name", "--column", "category=subcategory",
        "--column", "total_kg=gwp_total", "--column", "use_share=gwp_use_ratio",
        "--column", "source=sources", "--column", "source_id=sources_hash",
        "--column", "lifetime_years=lifetime", "--column", "use_region=use_location",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "365 products" in run.stderr
    totals = client.product_totals("pcf")
    (row,) = totals.totals
    assert (row.footprint_count, row.total_kg) == (365, Decimal("233007.709"))
    assert (row.embodied_kg, row.use_kg) == (Decimal("134254.46747"), Decimal("98753.24153"))
    with file.open(encoding="utf-8") as lines:
        naive = list(csv.DictReader(lines))
    for each in totals.rows:
        own = [one for one in naive if one["subcategory"] == each.category]
        total = sum(Fraction(one["gwp_total"]) for one in own)
        use = sum(Fraction(one["gwp_total"]) * Fraction(one["gwp_use_ratio"]) for one in own)
        assert (Fraction(each.total_kg), Fraction(each.use_kg)) == (total, use)
    (repeat,) = totals.repeats
    assert repeat.source_id == "1fcf346bb9721c06eeacd357d6921aa6"
    assert len(repeat.footprints) == 2
    shown = tonne("product", "totals", "--book", "pcf")
    assert "233,007.709" in shown.stdout
    assert "have the same source 1fcf346b" in shown.stderr


SHARES = {
    "public_target": 94,
    "renewable_tracking": 92,
    "verified_data": 78,
    "science_based_target": 28,
}


def test_the_shares_of_the_seed_by_spend(client, tonne, tmp_path):
    """94, 92, 78 and 28 % of the spend with 200 suppliers of a made-up register; aim 95 %."""
    client.create_book("supply")
    lines = ["id,display_name,attribute,evidence_date,source,verifier", "idle,Nothing bought,,,,"]
    spend = ["supplier,amount,currency"]
    # A hundred groups of one to three suppliers, each with the same spend in other parts.
    for group in range(100):
        parts = [Decimal("7.25"), Decimal("11.5")][: group % 3]
        for number, amount in enumerate([50 - sum(parts), *parts]):
            supplier = f"s{group}.{number}"
            spend.append(f"{supplier},{amount},CNY")
            lines += [
                f"{supplier},Supplier {supplier},{name},2024-06-30,report,TUV"
                for name, percent in SHARES.items()
                if group < percent
            ]
            lines.append(f"{supplier},Supplier {supplier},,,,")
    register, paid = tmp_path / "register.csv", tmp_path / "spend.csv"
    register.write_text("\n".join(lines))
    paid.write_text("\n".join(spend))
    who = ("--book", "supply", "--author", "Ada", "--reason", "register")
    assert (
        tonne("supplier", "import", register, *who, "--valid-from", "2024-04-01").returncode == 0
    )
    run = tonne("supplier", "coverage", "--book", "supply", "--spend", paid, "--format", "json")
    found = json.loads(run.stdout)
    shares = {row["attribute"]: row["spend_percent"] for row in found["rows"]}
    assert {name: shares[name] for name in SHARES} == {
        name: str(percent) for name, percent in SHARES.items()
    }
    (row,) = (row for row in found["rows"] if row["attribute"] == "science_based_target")
    assert (row["supplier_count"], row["supplier_total_count"]) == (55, 200)
    assert Fraction(row["count_percent"]) == Fraction(55, 2)
    assert row["evidence_date_min"] == "2024-06-30"
    assert any(
        "1 suppliers of the register have no spend: idle" in each for each in found["notices"]
    )
    told = tonne("template", "apply", "ict-manufacturer", "--book", "supply", "--author", "Ada")
    assert told.returncode == 0, told.stderr
    run = tonne(
        "target", "progress", "suppliers-with-targets", "--book", "supply", "--spend", paid,
        "--on", "2025-06-30", "--format", "json",
    )  # fmt: skip
    engaged = json.loads(run.stdout)
    assert (engaged["current"]["value"], engaged["target_value"]) == ("28", "95")
    assert "55 of 200 suppliers on 2025-06-30" in engaged["current"]["source"]
