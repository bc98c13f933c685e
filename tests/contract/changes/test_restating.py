"""`tonne restate` and `tonne base-year`: what rests on something, notes, and thresholds."""

from __future__ import annotations

import json

import pytest

from tests.contract.changes.book import revise
from tonne.errors import FieldInvalid
from tonne.statements.changes.bridges import Side
from tonne.statements.statement import Kind, statement_of

pytestmark = pytest.mark.usefixtures("filled")

POLICY = (
    "year_start=2024-01", "threshold_percent=5", "accounts=scope1,scope2.location",
    "source=policy of 2025",
)  # fmt: skip
NOTE = (
    "--metric", "Scope 1 and 2", "--months", "2024", "--cause", "factor_erratum",
    "--known-then", "--reason", "errata of the publisher", "--author", "Ada",
)  # fmt: skip


def ask(run, *words):
    code, out, told = run(*words, "--format", "json")
    assert code == 0, told
    return json.loads(out)


def test_what_rests_on_a_factor_and_what_it_would_be(run, state):
    """Row 1 is the grid of 2024: 1,000 kWh at 0.5; at 0.45 it would be 50 kg less."""
    state("base-year", "add", "base", *POLICY)
    found = ask(run, "restate", "estimate", "--factor", "own/1", "--kg-co2e", "0.45")
    (row,) = [each for each in found["rows"] if each["account"] == "scope2.location"]
    assert (row["resting_kg_co2e"], row["then_kg_co2e"]) == ("500", "450")
    assert (found["resting_kg_co2e"], found["difference_kg_co2e"]) == ("500", "-50")
    assert (found["base_year_start"], found["base_year_kg_co2e"]) == ("2024-01", "554.1635")
    assert found["base_year_resting_kg_co2e"] == "500"
    assert found["base_year_share_percent"].startswith("90.22607")  # 500 / 554.1635
    assert found["base_year_change_percent"].startswith("-9.022607")
    code, out, _ = run("restate", "estimate", "--factor", "own/1", "--kg-co2e", "0.45")
    assert code == 0
    assert "500 of 554.164 kg CO2e rest on it (90.226 %)" in out
    assert max(map(len, out.splitlines())) <= 100


def test_what_rests_on_an_edition_under_another_version(run, client, stated_book):
    """The errata: 50 kg less of the grid, and the coach in one more account of scope 3."""
    revise(client, stated_book)
    found = ask(run, "restate", "estimate", "--edition", "own")
    moved = {each["account"]: each["difference_kg_co2e"] for each in found["rows"]}
    assert moved["scope2.location"] == "-50"
    assert (moved["scope3.06"], moved["scope3.07"]) == ("0", "1.5")
    assert found["difference_kg_co2e"] == "-48.5"
    assert found["base_year_kg_co2e"] is None
    one = ask(run, "restate", "estimate", "--facility", "hq", "--from", "2025-01")
    assert one["difference_kg_co2e"] == "1.5"
    assert one["now_kg_co2e"] == "441.5"
    none = ask(run, "restate", "estimate", "--edition", "revised")
    assert (none["rows"], none["now_kg_co2e"]) == ([], "0")
    before = ask(run, "restate", "estimate", "--posted-version", "2")
    assert before["difference_kg_co2e"] == "-48.5"


def test_what_an_older_version_does_not_post_is_told(run):
    """Version 1 knows no factor of the book: all of it would wait."""
    found = ask(run, "restate", "estimate", "--facility", "hq", "--method", "1")
    assert found["then_kg_co2e"] == "0"
    assert found["unposted_count"] > 0
    assert any("count for nothing" in each for each in found["notices"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "one of factor, edition, posted_version, facility"),
        (("--factor", "own/1", "--edition", "own"), "one of factor, edition"),
        (("--factor", "own"), "an edition and a row of it"),
        (("--edition", "own", "--kg-co2e", "1"), "nothing where no factor"),
        (("--factor", "own/1", "--kg-co2e", "1e3"), "a decimal number"),
        (("--factor", "own/1", "--kg-co2e", "1", "--method", "2"), "one alternative"),
        (("--edition", "own", "--method", "99"), "has no version 99"),
    ],
)
def test_a_question_that_is_none_is_refused(run, words, told):
    """The field, and what is expected there."""
    code, _, remarks = run("restate", "estimate", *words)
    assert code == 1
    assert told in remarks


def test_a_restatement_has_the_ledgers_figures(run, client, stated_book):
    """Both figures, their difference, its parts: computed; listed with who, why and since when."""
    revise(client, stated_book)
    version = client.get_method(stated_book).version
    code, _, told = run("restate", "note", "r-1", *NOTE, "--to-method", version)
    assert code == 0
    assert "554.1635 kg CO2e reported, 504.1635 revised, a difference of -50" in told
    (kept,) = client.list_statements(stated_book, Kind.RESTATEMENT)
    assert (kept.author, kept.reason) == ("Ada", "errata of the publisher")
    body = kept.body
    assert [(part.cause, part.kg_co2e) for part in body.parts] == [("factor", "-50")]
    assert (body.reported.gwp_set, body.revised.method_version) == ("AR5", version)
    assert body.reported.as_of == body.revised.as_of
    assert body.evidence_existed_then
    code, out, _ = run("restate", "list")
    assert code == 0
    assert "r-1" in out
    assert "-50" in out
    assert max(map(len, out.splitlines())) <= 100
    code, out, _ = run("restate", "show", "r-1")
    assert json.loads(out)[0]["says"]["difference_kg_co2e"] == "-50"
    # Withdrawn it is listed no more.
    run("restate", "withdraw", "r-1", "--reason", "a slip", "--author", "Ada")
    assert ask(run, "restate", "list") == []


def test_no_figure_of_a_restatement_is_typed(run, client, stated_book):
    """A restatement that somebody wrote is refused, whatever its figures."""
    revise(client, stated_book)
    version = client.get_method(stated_book).version
    run("restate", "note", "r-1", *NOTE, "--to-method", version)
    (kept,) = client.list_statements(stated_book, Kind.RESTATEMENT)
    with pytest.raises(FieldInvalid, match="NoteRestatement"):
        client.add_statements(stated_book, [statement_of("r-2", kept.body, reason="mine")])


def test_what_nobody_could_know_is_no_restatement(run, client, stated_book):
    """An error or an estimate without evidence of then; no difference; other months."""
    later = [each for each in NOTE if each != "--known-then"]
    for cause in ("error", "estimate"):
        words = [cause if each == "factor_erratum" else each for each in later]
        code, _, told = run("restate", "note", "r", *words, "--known-later",
                            "--to-gwp-set", "AR4")  # fmt: skip
        assert code == 1
        assert f"true of {cause}" in told
    code, _, told = run("restate", "note", "r", *NOTE)
    assert code == 1
    assert "there is nothing to restate" in told
    with pytest.raises(FieldInvalid, match="the months of the reported figure"):
        client.note_restatement(
            stated_book, "r", "m", Side("2024-01", "2024-12"), Side("2024-01", "2025-12"),
            cause="error", evidence_existed_then=True, reason="x", author="A",
        )  # fmt: skip
    with pytest.raises(FieldInvalid, match=r"reported\.from_period"):
        client.note_restatement(
            stated_book, "r", "m", Side(), Side(gwp_set="AR4"),
            cause="error", evidence_existed_then=True, reason="x", author="A",
        )  # fmt: skip


def test_a_base_year_is_restated_by_what_is_bought_and_not_by_growth(run, state, bought):
    """The plant's 100 kg of 2024 are 18 % of 554.1635: restate. Before July 2025 it stays."""
    code, _, told = run("restate", "check")
    assert code == 1
    assert "no threshold is assumed" in told
    state("base-year", "add", "base", *POLICY)
    passed = ask(run, "restate", "check", "--structure", "2025-12-31")
    assert (passed["reported_kg_co2e"], passed["current_kg_co2e"]) == ("554.1635", "654.1635")
    assert passed["change_percent"].startswith("18.0452")
    assert passed["passes"]
    assert [each["cause"] for each in passed["parts"]] == ["structure"]
    stays = ask(run, "restate", "check", "--structure", "2025-06-30")
    assert (stays["change_kg_co2e"], stays["passes"]) == ("0", False)
    code, out, _ = run("restate", "check", "--structure", "2025-12-31")
    assert code == 0
    assert "threshold 5 %: restate it" in out
    # The threshold itself restates; a hair above it does not. Down counts as up.
    state("base-year", "add", "base", *[
        each.replace("=5", "=18.0452") for each in POLICY
    ])  # fmt: skip
    assert ask(run, "restate", "check", "--structure", "2025-12-31")["passes"]
    state("base-year", "add", "base", *[each.replace("=5", "=18.05") for each in POLICY])
    assert not ask(run, "restate", "check", "--structure", "2025-12-31")["passes"]
    state("base-year", "add", "base", *[each.replace("=5", "=15") for each in POLICY],
          "structure_on=2025-12-31")  # fmt: skip
    down = ask(run, "restate", "check", "--structure", "2025-06-30")
    assert (down["change_kg_co2e"], down["passes"]) == ("-100", True)
    assert bought


def test_a_policy_has_a_threshold_and_one_method_of_scope_2(run):
    """There is no default, and no base year of two answers to one question."""
    why = ("--reason", "x", "--author", "A")
    code, _, told = run("base-year", "add", "b", "year_start=2024-01", "accounts=scope1", *why)
    assert code == 1
    assert "threshold_percent" in told
    code, _, told = run("base-year", "add", "b", "year_start=2024-01", "threshold_percent=5",
                        "accounts=scope2", *why)  # fmt: skip
    assert code == 1
    assert "one method of scope 2" in told


def test_of_several_base_years_one_is_named(run, state):
    """Which one is meant is asked, not guessed."""
    state("base-year", "add", "one", *POLICY)
    state("base-year", "add", "two", *POLICY)
    code, _, told = run("restate", "check")
    assert code == 1
    assert "one of the base years of the book: one, two" in told
    assert ask(run, "restate", "check", "--base-year", "two")["version"] == 1
