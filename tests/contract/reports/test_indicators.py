"""Indicators by API, SDK and command: values, refusals, claims, roles."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.cli.terminal import output
from tonne.cli.terminal.indicator_texts import line_of
from tonne.client import Client
from tonne.errors import FieldInvalid
from tonne.model import Entity, Facility

FILE = """\
record_id,facility,activity,quantity,unit,start,end,region
1,dc-1,electricity.grid,1200,kWh,2025-01-01,2025-02-01,GB
2,dc-1,electricity.it,1000,kWh,2025-01-01,2025-02-01,GB
3,dc-1,electricity.grid,1500,kWh,2025-02-01,2025-03-01,GB
4,dc-1,electricity.it,1000,kWh,2025-02-01,2025-03-01,GB
5,dc-2,electricity.grid,300,kWh,2025-01-01,2025-02-01,GB
6,dc-2,electricity.it,200,kWh,2025-01-01,2025-02-01,GB
7,dc-2,electricity.grid,300,kWh,2025-02-01,2025-03-01,GB
8,hut,electricity.grid,100,kWh,2025-01-01,2025-03-01,GB
9,group,driver.traffic,10,TB,2025-01-01,2025-02-01,
10,group,driver.revenue,1000000,CNY2015,2025-01-01,2025-02-01,
11,group,driver.revenue,1000000,CNY2020,2025-02-01,2025-03-01,
12,dc-3,electricity.grid,50,kWh,2025-02-01,2025-03-01,GB
13,dc-3,electricity.it,100,kWh,2025-02-01,2025-03-01,GB
14,hut,electricity.onsite.solar,100,kWh,2025-02-01,2025-03-01,GB
15,hut,electricity.grid.renewable,60,kWh,2025-02-01,2025-03-01,GB
16,hut,cooling,40,kWh,2025-02-01,2025-03-01,GB
17,hut,driver.requests,0,unit,2025-02-01,2025-03-01,GB
18,hut,mystery,1,kWh,2025-02-01,2025-03-01,GB
"""
COOLING = b"""\
activity,region,unit,stage,valid_from,valid_to,kg_co2e,gwp_set,account,source
cooling,GB,kWh,generation,2000-01-01,,0.1,AR5,,own
"""


@pytest.fixture(scope="module")
def book(running):
    """A small operator: two data centres, one wrong meter, a hut."""
    with Client(running.server.address) as client:
        client.create_book("operator")
        client.import_edition("operator", "own", COOLING)
        client.import_entities("operator", [Entity("north")])
        client.import_facilities(
            "operator",
            [
                Facility("dc-1", type="data_centre", entity="north"),
                Facility("dc-2", type="data_centre", entity="north"),
                Facility("dc-3", type="data_centre"),
                Facility("hut", type="base_station"),
                Facility("group"),
            ],
        )
        with client.channel("operator", "erp") as channel:
            channel.append(csv.DictReader(io.StringIO(FILE)))
    return "operator"


@pytest.fixture
def ask(running, book):
    """Values by indicator and place."""

    def values(indicators, **asked):
        with Client(running.server.address) as client:
            found = client.indicators(book, indicators, **asked)
        return {(each.indicator, each.place, each.from_period): each for each in found.values}

    return values


@pytest.fixture
def run(running, monkeypatch):
    """Run a command; gives its exit code, output and remarks."""
    monkeypatch.setattr(output, "PIPE_WIDTH", 100)

    def invoke(*words):
        arguments = ["indicator", *map(str, words), "--server", running.server.address]
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    return invoke


def test_months_and_sites_are_no_mean_of_ratios(ask):
    """1.2 and 1.5 at one site; the ratio of the sums of both."""
    by_month = ask("pue_3", by="facility", span="month", facilities="dc-1")
    assert [each.exact for each in by_month.values()] == [Fraction("1.2"), Fraction("1.5")]
    (whole,) = ask("pue_3", facilities=["dc-1", "dc-2"], to_period="2025-01").values()
    assert whole.exact == Fraction(1200 + 300, 1000 + 200)


def test_a_site_without_its_meter_is_told(ask):
    """A PUE of two months with one meter is wrong: the site and the month are named."""
    (whole,) = ask("pue_3", facilities=["dc-1", "dc-2"]).values()
    assert whole.exact == Fraction(3300, 2200)
    assert whole.remarks == ("no record of memo.it_energy: dc-2 in 2025-02",)
    found = ask("pue_3", by="facility", span="month")
    refused = found["pue_3", "dc-2", "2025-02"]
    assert (refused.exact, refused.refusal) == (None, "DENOMINATOR_MISSING")
    assert refused.message == "no record of memo.it_energy: dc-2 in 2025-02"


def test_a_value_that_cannot_be_is_refused(ask):
    """PUE below 1, with what the records give and where to look."""
    found = ask("pue_3", by="facility", facilities="dc-3")["pue_3", "dc-3", "2025-02"]
    assert (found.value, found.refusal) == ("", "OUT_OF_BOUNDS")
    assert "cannot be below 1; the records give 0.5" in found.message


def test_two_price_years_are_refused(ask):
    """Neither added nor converted; each month alone has its own unit."""
    (whole,) = ask("energy_per_revenue").values()
    assert (whole.exact, whole.refusal) == (None, "UNITS_DIFFER")
    assert "CNY2015 and CNY2020" in whole.message
    months = ask("energy_per_revenue", span="month")
    assert [each.unit for each in months.values()] == ["kgce/10^6 CNY2015", "kgce/10^6 CNY2020"]


def test_unlike_months_are_told(ask):
    """Energy of two months by the traffic of one."""
    (whole,) = ask("energy_per_traffic").values()
    assert whole.remarks == ("no record of memo.traffic in 2025-02",)
    (zero,) = ask("co2e_per_request").values()
    assert zero.refusal == "DENOMINATOR_ZERO"
    assert "2025-02" in zero.message


def test_what_is_renewable_needs_an_instrument(running, book, ask):
    """Own solar counts; a purchase that is called renewable does not, without a contract."""
    (share,) = ask("renewable_electricity_share", facilities="hut").values()
    assert share.exact == Fraction(100 * 100, 100 + 100 + 60)
    with Client(running.server.address) as client:
        found = client.indicators(book, ("renewable_share", "energy_per_traffic"))
    told = [(each.reason, each.message.partition(":")[0]) for each in found.notices]
    assert told == [
        ("COAL_EQUIVALENT_BY_ENERGY", "cooling in kWh"),
        (
            "ENERGY_SOURCE_UNKNOWN",
            "electricity.grid.renewable is under no contract or certificate",
        ),
        ("ENERGY_SOURCE_UNKNOWN", "the source of cooling is not known"),
    ]
    assert found.suspended_count == 1
    assert found.coal_set == "GB/T 2589-2020"


def test_each_way_to_tell_parts_apart(ask):
    """Types, regions and entities: sums of the same numbers."""
    by_type = ask("kwh_per_traffic", by="facility_type")
    assert {place for _, place, _ in by_type} >= {"data_centre", "base_station"}
    entities = ask("pue_3", by="entity", to_period="2025-01")
    assert entities["pue_3", "north", "2025-01"].exact == Fraction(1500, 1200)
    regions = ask("pue_3", by="region", to_period="2025-01")
    assert regions["pue_3", "GB", "2025-01"].exact == Fraction(1500, 1200)


def test_a_question_that_makes_no_sense_is_refused(running, book):
    """An unknown indicator, place, span and set: each with what there is."""
    with Client(running.server.address) as client:
        for indicators, asked, told in (
            ("pue", {}, "no indicator is called 'pue'"),
            (("pue_3", "pue_3"), {}, "expected each once"),
            ((), {"by": "floor"}, "expected one of facility"),
            ((), {"span": "day"}, "expected one of month"),
            ((), {"coal_set": "x"}, "GB/T 2589-2020"),
            ((), {"gwp_set": "AR9"}, "AR5"),
        ):
            with pytest.raises(FieldInvalid, match=told):
                client.indicators(book, indicators, **asked)


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"ere": "over 80 %"}, "a share of reused heat is ERF"),
        ({"pue_3": "0.98"}, "cannot be below 1"),
        ({"renewable_share": "104 %"}, "cannot be above 100 %"),
        ({"erf": "1.2"}, "cannot be above 1"),
        ({"ere": "1.3", "pue_3": "1.2"}, "cannot exceed pue_3"),
        ({"wue": "40 %"}, "no share"),
        ({"renewable_share": "below 90 %"}, "higher is better"),
    ],
)
def test_a_claim_that_does_not_fit_is_refused(running, claims, told):
    """What cannot be, what boasts of the worse side, what is another indicator."""
    with Client(running.server.address) as client:
        checks = client.check_claims(list(claims.items()))
    assert told in checks[0].refusal


def test_a_claim_that_fits_has_its_grade(running):
    """Also with the word that goes before it, and per cent of a ratio."""
    claims = [("rm2", "below 1.3"), ("ere", "0.8"), ("erf", "27.27 %"), ("pue_3", "1.1")]
    with Client(running.server.address) as client:
        checks = client.check_claims(claims)
        with pytest.raises(FieldInvalid, match="expected a number"):
            client.check_claims([("pue_3", "good")])
    assert [(each.refusal, each.grade) for each in checks] == [
        ("", "2"),
        ("", ""),
        ("", ""),
        ("", ""),
    ]


def test_the_commands_print_for_people_and_programs(run, book):
    """Definitions, values with a line of months, refusals below, claims with their exit code."""
    code, text, _ = run("list", "PUE")
    assert code == 0
    assert "pue_3" in text
    assert "energy_per_traffic" not in text
    code, text, _ = run("show", "ere")
    assert "kWh of memo.energy (sites of type data_centre) - kWh of memo.reused_heat" in " ".join(
        text.split()
    )
    code, text, told = run("value", "--book", book, "-i", "pue_3", "-i", "rm2", "--by", "facility")
    assert code == 0
    assert "▁█" in text
    assert "dc-3: no value from 2025-02 to 2025-02" in told.replace("2025-01", "2025-02")
    code, text, _ = run("value", "--book", book, "--format", "json")
    document = json.loads(text)
    assert document["gwp_set"]
    values = {each["indicator"]: each for each in document["values"]}
    assert values["kwh_per_traffic"]["exact"] == "365"
    code, text, _ = run("value", "--book", book, "--span", "month", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["from_period"] for row in rows} == {"2025-01", "2025-02"}
    code, text, _ = run("check", "ere=over 80 %", "pue_3=1.1")
    assert code == 1
    assert "lower is better" in text
    assert run("check", "pue_3=1.1")[0] == 0


def test_a_line_of_months():
    """Between the least and the greatest; what is missing is a dot."""
    assert line_of([Fraction(1), None, Fraction(2)]) == "▁·█"
    assert line_of([Fraction(3), Fraction(3)]) == "▄▄"
    assert line_of([None, None]) == ""
