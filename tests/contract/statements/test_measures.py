"""Measures against the ledger: effects are explained, and taken off nothing."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.contract.statements.conftest import TARGET, ask

MEASURE = ("start_date=2021-01-01", "state=running", "evidence=contract 7", "targets=half")


@pytest.mark.usefixtures("filled")
def test_effects_are_explained_and_taken_off_nothing(run, state):
    """A difference, one at the same IT, and solar by a stated factor."""
    before = ask(run, "inventory", "--by", "account")["rows"]
    state("target", "add", "half", *TARGET)
    state("measure", "add", "cooling", "display_name=Warm water", "method=difference",
          "accounts=scope2.location", "baseline_year_start=2020-01", *MEASURE)  # fmt: skip
    told = ask(run, "measure", "effect", "cooling", "--year", "2022-01")
    assert (told["effect_kg"], told["formula"]) == ("14400", "baseline - year")
    assert [(each["value"], each["unit"]) for each in told["terms"]] == [
        ("36000", "kg CO2e"),
        ("21600", "kg CO2e"),
    ]
    state("measure", "add", "schedule", "display_name=Scheduling", "method=normalised",
          "accounts=scope2.location", "driver_accounts=memo.it_energy",
          "baseline_year_start=2020-01", *MEASURE)  # fmt: skip
    told = ask(run, "measure", "effect", "schedule", "--year", "2022-01")
    assert told["effect_kg"] == "21600"  # 36,000 * 72,000 / 60,000 - 21,600
    state("measure", "add", "solar", "display_name=17 MW of solar", "method=per-kwh",
          "accounts=memo.renewable", "kg_co2e_per_kwh=0.5703", "factor_source=MEE 2022",
          *[each.replace("2021", "2022") for each in MEASURE])  # fmt: skip
    told = ask(run, "measure", "effect", "solar")
    assert Fraction(told["effect_kg"]) == Fraction("1234.5") * Fraction("0.5703")
    assert ask(run, "inventory", "--by", "account")["rows"] == before
    code, _, text = run("measure", "effect", "cooling", "--year", "2023-01")
    assert code == 1
    assert "none in 2023-01, 2023-02" in text
    code, _, text = run("measure", "effect", "solar", "--year", "2020-01")
    assert (code, "a year with days from 2022-01-01 on" in text) == (1, True)


@pytest.mark.usefixtures("filled")
def test_the_pipeline_counts_what_is_to_come(run, state):
    """3,600 kg are left to 18,000; 2,000 are planned, and what runs is in the ledger already."""
    state("target", "add", "half", *TARGET)
    for name, status, kg in (
        ("a", "planned", 1500),
        ("b", "decided", 500),
        ("c", "running", 9000),
    ):
        state("measure", "add", name, f"display_name={name}", "method=stated",
              f"state={status}", f"expected_kg_co2e={kg}", "start_date=2023-01-01",
              "evidence=plan", "targets=half")  # fmt: skip
    told = ask(run, "measure", "pipeline", "half")
    assert [(each["measure"], each["counts"]) for each in told["rows"]] == [
        ("a", True),
        ("b", True),
        ("c", False),
    ]
    assert (told["gap_kg"], told["expected_kg"], told["uncovered_kg"]) == ("3600", "2000", "1600")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"accounts": "memo.avoided"}, "accounts of the scopes"),
        ({"baseline_year_start": ""}, "it, which difference needs"),
        ({"driver_accounts": "memo.energy"}, "none of difference"),
        ({"method": "normalised", "driver_accounts": "memo.avoided"}, "accounts of energy"),
        ({"method": "stated"}, "none of stated"),
        ({"end_date": "2020-01-01"}, "a day after 2021-01-01"),
        ({"targets": "none"}, "the id of a target of the book: state it first"),
        ({"evidence": ""}, "expected a text"),
    ],
)
def test_a_measure_has_what_its_method_needs(run, state, changes, message):
    """And nothing that it does not."""
    state("target", "add", "half", *TARGET)
    fields = {"display_name": "x", "method": "difference", "accounts": "scope1",
              "baseline_year_start": "2020-01"}  # fmt: skip
    fields |= dict(each.split("=") for each in MEASURE) | changes
    words = [f"{name}={value}" for name, value in fields.items()]
    code, _, told = run("measure", "add", "bad", *words, "--reason", "r", "--author", "A")
    assert code == 1
    assert message in told
