"""Targets and measures against the ledger: exact, explained, refused where months are missing."""

from __future__ import annotations

from fractions import Fraction

import grpc
import pytest

from tests.contract.statements.conftest import EDITION, TARGET, ask
from tonne.errors import FieldInvalid, StatementUnknown
from tonne.model import Facility
from tonne.v1 import statements_pb2


@pytest.mark.usefixtures("filled")
def test_progress_path_need_and_projection(run, state):
    """Base 36,000 kg, target 18,000; 21,600 in 2022, where a straight path has 28,800."""
    state("target", "add", "half", *TARGET)
    told = ask(run, "target", "progress", "half")
    assert [each["value"] for each in told["years"]] == ["36000", "32400", "21600"]
    current = told["current"]
    assert (current["path_value"], current["difference"]) == ("28800", "-7200")
    assert (current["progress_percent"], current["standing"]) == ("80", "ahead")
    assert (told["needed_yearly"], told["needed_yearly_percent"][:7]) == ("-1200", "-3.3333")
    assert told["projected_value"] == "0"  # -7,200 a year, three years on
    assert "the mean from 2020-01 to 2022-01" in told["projection"]
    assert any("nothing is posted to scope1" in each for each in told["notices"])
    assert told["rests_on"].startswith("scope1, scope2.location (AR")
    # A year before is judged by itself; the inventory has the same number.
    told = ask(run, "target", "progress", "half", "--year", "2021-01")
    assert (told["current"]["progress_percent"], told["current"]["standing"]) == ("20", "on_path")
    inventory = ask(run, "inventory", "--by", "", "--from", "2022-01", "--to", "2022-12",
                    "--account", "scope1", "--account", "scope2.location")  # fmt: skip
    assert inventory["total"]["kg_co2e"] == current["value"]


@pytest.mark.parametrize(
    ("rule", "left"),
    [("sbti-v1-1.5c", Fraction(916, 1000)), ("sbti-v2-scope2", Fraction(90, 100))],
)
@pytest.mark.usefixtures("filled")
def test_a_rule_has_its_own_path(run, state, rule, left):
    """V1: 4.2 % a year; V2: to zero in 2040, 5 % a year from 2020. Who breaks it is told."""
    scope2 = [
        "accounts=scope2.location" if each.startswith("accounts") else each for each in TARGET
    ]
    state("target", "add", "ruled", *scope2, f"path={rule}")
    told = ask(run, "target", "progress", "ruled")
    assert Fraction(told["current"]["path_value"]) == 36000 * left
    assert not any("does not keep to its rule" in each for each in told["notices"])
    slow = [each.replace("-50", "-10") for each in scope2]
    state("target", "add", "ruled", *slow, f"path={rule}")
    notices = ask(run, "target", "progress", "ruled")["notices"]
    assert any("does not keep to its rule" in each for each in notices)


@pytest.mark.usefixtures("filled")
def test_a_base_year_without_data_is_refused_with_what_to_do(run, state):
    """Months are named where some are missing; a stated figure with its source helps."""
    early = [each.replace("2020-01", "2019-01") for each in TARGET]
    state("target", "add", "early", *early)
    code, _, told = run("target", "progress", "early")
    assert code == 1
    assert "a figure of the base year 2019-01 to 2019-12 of early" in told
    assert "state it with its source" in told
    stated = '[{"year_start": "2019-01", "value": "40000", "source": "report 2019"}]'
    state("target", "add", "early", *early, f"stated={stated}")
    found = ask(run, "target", "progress", "early")
    assert (found["base"]["basis"], found["base"]["value"]) == ("stated", "40000")
    assert "stated: report 2019" in found["rests_on"]


@pytest.mark.usefixtures("filled")
def test_a_stated_figure_beside_the_ledger_is_told(run, state):
    """Which of the two is taken, and that they differ."""
    stated = '[{"year_start": "2020-01", "value": "37000", "source": "report"}]'
    state("target", "add", "half", *TARGET, f"stated={stated}")
    found = ask(run, "target", "progress", "half")
    assert found["base"]["value"] == "37000"
    assert any("2020-01: the stated figure is taken" in each for each in found["notices"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"accounts": "scope1,scope2"}, "the two are two targets"),
        ({"accounts": "scope2.location,scope2.market"}, "the two are two targets"),
        ({"accounts": "scope1,memo.avoided"}, "what is avoided, outside or a memo is in no total"),
        ({"accounts": "outside.biogenic"}, "what is avoided, outside or a memo is in no total"),
        ({"accounts": "scope1,scope1.mobile"}, "none of which is counted twice"),
        ({"accounts": "scope9"}, "expected accounts of scope1.stationary"),
        ({"accounts": ""}, "accounts like scope1"),
        ({"change_percent": "50"}, "less, so a change below 0"),
        ({"change_percent": "-1/3"}, "a decimal number"),
        ({"target_value": "3"}, "one of change_percent, change_amount, target_value"),
        ({"base_year_start": "2020-04"}, "years that all begin in the same month"),
        ({"base_year_start": "2026-01"}, "a year after 2026-01"),
        ({"base_year_start": ""}, "the base year that the change is against"),
        ({"path": "sbti-v3"}, "linear or one of sbti-v1-1.5c"),
        ({"path": "sbti-v2-scope1"}, "scopes of which sbti-v2-scope1 speaks: scope1"),
        ({"indicator": "pue"}, "none of a target of absolute"),
        ({"attribute": "maturity"}, "none of a target of absolute"),
        ({"gwp_set": "AR9"}, "one of AR4"),
        ({"type": "share", "accounts": "", "indicator": "x", "change_percent": "",
          "target_value": "101"}, "a share of 0 to 100 percent"),
        ({"type": "engagement", "accounts": "", "change_percent": "", "target_value": "9"},
         "one of verified_data"),
    ],
)  # fmt: skip
def test_a_claim_that_does_not_fit_is_refused(run, changes, message):
    """Nothing is guessed: the field, what is expected, what was there."""
    fields = dict(each.split("=", 1) for each in TARGET) | changes
    words = [f"{name}={value}" for name, value in fields.items()]
    code, _, told = run("target", "add", "bad", *words, "--reason", "r", "--author", "A")
    assert code == 1
    assert message in told


def test_what_is_not_there_is_told(client, filled):
    """An id, a version, a year that is none of the target's."""
    with pytest.raises(StatementUnknown, match="has no target 'none'"):
        client.target_progress(filled, "none")
    with pytest.raises(StatementUnknown, match="has no measure 'none'"):
        client.measure_effect(filled, "none")
    with pytest.raises(StatementUnknown, match="version 7"):
        client.target_progress(filled, "none", version=7)


def test_an_engagement_by_spend_needs_the_spend(client, state, stated_book):
    """Without it nothing is guessed."""
    state("supplier", "add", "s1", "display_name=Boards")
    state("target", "add", "engaged", "display_name=Engaged", "type=engagement", "weight=spend",
          "attribute=public_target", "target_year_start=2026-01", "target_value=95")  # fmt: skip
    with pytest.raises(FieldInvalid, match="what was spent with each supplier"):
        client.target_progress(stated_book, "engaged")
    told = client.target_progress(
        stated_book, "engaged", spend={"s1": "10", "s2": "30"}, currency="CNY"
    )
    assert (told.current.value, told.target_value) == (0, 95)


def test_an_intensity_follows_the_indicator(client, run, state, filled):
    """kWh of the site over those of IT: the year's sums divided; a PUE below 1 is refused."""
    words = ["display_name=Energy per flow", "type=intensity", "indicator=kwh_per_traffic",
             "unit=kWh/TB", "base_year_start=2020-01", "target_year_start=2025-01",
             "change_percent=-20"]  # fmt: skip
    state("target", "add", "flow", *words)
    span = {"facility": "dc", "activity": "driver.traffic", "unit": "TB"}
    traffic = {2020: 100, 2021: 120, 2022: 125}
    client.post_records(
        filled,
        [
            span | {"quantity": str(tb), "start": f"{year}-01-01", "end": f"{year + 1}-01-01"}
            for year, tb in traffic.items()
        ],
    )
    code, _, text = run("target", "progress", "flow")
    assert (code, "no record in 2020-01, 2020-02" in text) == (1, True)
    grid = {"facility": "dc", "activity": "electricity.grid", "region": "GB", "unit": "kWh"}
    grid |= {"start": "2020-01-01", "end": "2023-01-01", "quantity": "7000"}
    client.post_records(filled, [grid])
    told = ask(run, "target", "progress", "flow")
    values = ask(run, "indicator", "value", "--indicator", "kwh_per_traffic", "--span", "year")
    for year, value in zip(told["years"], values["values"], strict=True):
        assert abs(Fraction(year["value"]) - Fraction(value["exact"])) <= Fraction(1, 2 * 10**18)
    assert told["current"]["standing"] == "behind"  # of the sun, too, in the last year
    bad = [each.replace("kwh_per_traffic", "pue_1") for each in words[:-1]] + ["target_value=0.9"]
    code, _, text = run("target", "add", "pue", *bad, "--reason", "r", "--author", "A")
    assert code == 1
    assert "cannot be below 1" in text


def test_spend_comes_from_the_ledger_where_no_question_brings_it(client, run, state, stated_book):
    """Records of driver.spend whose facility is the supplier; other currencies are not added."""
    for supplier in ("s1", "s2"):
        state("supplier", "add", supplier, f"display_name={supplier}", "--valid-from=2024-01-01")
    state("supplier", "evidence", "add", "e1", "supplier=s1", "attribute=public_target",
          "evidence_date=2024-01-01", "source=report")  # fmt: skip
    span = {"activity": "driver.spend", "start": "2024-04-01", "end": "2025-04-01"}
    client.post_records(
        stated_book,
        [
            span | {"facility": "s1", "quantity": "94", "unit": "CNY"},
            span | {"facility": "s2", "quantity": "6", "unit": "CNY"},
        ],
    )
    told = ask(run, "supplier", "coverage", "--on", "2025-03-31")
    (row,) = (each for each in told["rows"] if each["attribute"] == "public_target")
    assert (row["spend"], row["spend_percent"], told["currency"]) == ("94", "94", "CNY")
    client.post_records(stated_book, [span | {"facility": "s2", "quantity": "6", "unit": "USD"}])
    code, _, text = run("supplier", "coverage", "--on", "2025-03-31")
    assert (code, "spend of one currency" in text) == (1, True)


@pytest.mark.parametrize("text", ["1/0", "1e99999999", "-1e-99999999"])
def test_a_number_of_an_indicator_is_read_as_a_decimal_alone(running, stated_book, text):
    """Neither a division by nothing nor a power that takes minutes is computed."""
    says = {
        "display_name": "PUE", "type": "TARGET_TYPE_INTENSITY", "indicator": "pue_3",
        "target_year_start": "2029-01",
    }  # fmt: skip
    stated = statements_pb2.StatedFigure(year_start="2028-01", value=text, source="report")
    for given in ({"target_value": text}, {"target_value": "1.1", "stated": [stated]}):
        body = statements_pb2.Target(**says, **given)
        one = statements_pb2.Statement(id="t", reason="r", author="Ada", target=body)
        request = statements_pb2.CreateStatementsRequest(
            parent=f"books/{stated_book}", statements=[one]
        )
        with pytest.raises(grpc.RpcError) as refused:
            running.api.statement.CreateStatements(request, timeout=10)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "a decimal number" in refused.value.details()


def test_months_that_one_account_lacks_are_told(client, run, state, filled):
    """All months of the grid and but one of diesel: of the target, and of a measure."""
    fuel = {"facility": "dc", "activity": "site.diesel", "unit": "l", "quantity": "10"}
    client.post_records(filled, [fuel | {"start": "2022-01-01", "end": "2022-02-01"}])
    state("target", "add", "half", *TARGET)
    told = ask(run, "target", "progress", "half")["notices"]
    assert "nothing is posted to scope1 in 2020-01 to 2020-12" in told
    assert "nothing is posted to scope1 in 2022-02 to 2022-12" in told
    state("measure", "add", "cooling", "display_name=Cooling", "state=running",
          "method=difference", "accounts=scope1,scope2.location", "baseline_year_start=2020-01",
          "start_date=2022-01-01", "evidence=contract")  # fmt: skip
    told = ask(run, "measure", "effect", "cooling")["notices"]
    assert "nothing is posted to scope1 in 2020-01 to 2020-12" in told
    assert "nothing is posted to scope1 in 2022-02 to 2022-12" in told


def test_what_an_indicator_remarks_is_told_of_a_target(client, run, state, stated_book):
    """A site whose IT meter lacks a month, and records that wait: no figure without a word."""
    client.import_facilities(
        stated_book, [Facility(id=each, type="data_centre") for each in ("north", "south")]
    )
    client.import_edition(stated_book, "own", EDITION.replace(b"site.grid", b"electricity.grid"))
    span = {"unit": "kWh", "start": "2020-01-01", "end": "2021-01-01"}
    client.post_records(
        stated_book,
        [
            span | {"facility": site, "activity": activity, "quantity": quantity} | changes
            for site, activity, quantity, changes in (
                ("north", "electricity.grid", "366", {}),
                ("north", "electricity.it", "183", {}),
                ("south", "electricity.grid", "366", {}),
                ("south", "electricity.it", "167.5", {"end": "2020-12-01"}),
                ("south", "site.unknown", "1", {}),
            )
        ],
    )
    state("target", "add", "pue", "display_name=PUE", "type=intensity", "indicator=pue_3",
          "target_year_start=2025-01", "target_value=1.2")  # fmt: skip
    told = ask(run, "target", "progress", "pue")["notices"]
    assert "2020-01: no record of memo.it_energy: south in 2020-12" in told
    assert any("wait in suspense" in each for each in told)


@pytest.mark.parametrize(
    ("unit", "told"),
    [
        ("kWh/TB", ""),
        ("kWh/10^3 TB", "unit: expected kWh/TB, in which kwh_per_traffic is"),
        ("kgce/TB", "got 'kgce/TB'"),
    ],
)
def test_a_target_in_another_unit_than_its_indicator_is_refused(client, filled, run, unit, told):
    """A value per 10^3 beside one per unit would be a wrong number without a word."""
    run("target", "add", "flow", "display_name=Energy per flow", "type=intensity",
        "indicator=kwh_per_traffic", f"unit={unit}", "target_year_start=2022-01",
        "target_value=1.2", "--reason", "stated", "--author", "Ada")  # fmt: skip
    span = {"facility": "dc", "start": "2022-01-01", "end": "2023-01-01", "region": "GB"}
    client.post_records(
        filled,
        [
            span | {"activity": "driver.traffic", "unit": "TB", "quantity": "100"},
            span | {"activity": "electricity.grid", "unit": "kWh", "quantity": "110"},
        ],
    )
    code, _, text = run("target", "progress", "flow")
    assert (code, told in text) == (int(bool(told)), True), text
