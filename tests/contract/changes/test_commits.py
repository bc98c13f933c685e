"""Bridges between two commits: what came, was corrected, was a copy, or left suspense."""

from __future__ import annotations

import json

import pytest

from tests.contract.changes.book import row
from tests.contract.changes.test_bridges import bridge
from tonne.model import Facility
from tonne.statements.statement import Kind

pytestmark = pytest.mark.usefixtures("filled")

WHY = {"reason": "read again", "author": "Ada"}


def commit(run):
    """The commit as of which an answer of now is."""
    code, out, told = run("bridge", "--from", "2024", "--format", "json")
    assert code == 0, told
    return json.loads(out)["to_commit"]


def test_every_cause_between_two_commits(run, client, stated_book):
    """New records, a correction, a reversal, a copy that is reversed, and what left suspense."""
    waiting = row(2024, "hq", "site.heat", "kWh", "10")
    client.post_records(stated_book, [waiting])
    with client.channel(stated_book, "meter") as meter:
        meter.append(
            [row(2024, "hq", "site.grid", "kWh", amount) for amount in ("100", "40", "8")]
        )
    reported = commit(run)
    client.correct_records(
        stated_book, "meter", [0], [row(2024, "hq", "site.grid", "kWh", "80")],
        reason_code="estimate", **WHY,
    )  # fmt: skip
    list(client.reverse_records(stated_book, source="meter", offsets=[1], **WHY))
    list(client.reverse_records(
        stated_book, source="meter", offsets=[2], reason_code="duplicate", **WHY
    ))  # fmt: skip
    client.post_records(stated_book, [row(2024, "hq", "site.grid", "kWh", "500")])
    client.import_edition(
        stated_book, "heat",
        b"activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,"
        b"table,note\nsite.heat,,kWh,2020-01-01,,0.2,,,,scope2.location,own,1,\n",
    )  # fmt: skip
    list(client.clear_suspense(stated_book))
    causes = [
        ("corrections", "-30"),  # 100 - 80 and 40 kWh at 0.5
        ("duplicates", "-4"),
        ("clearing", "2"),
        ("new_records", "250"),
    ]
    words = ("--from", "2024", "--from-as-of", reported)
    first, parts, last = bridge(run, *words)
    assert (first, sorted(parts), last) == ("628.1635", sorted(causes), "846.1635")
    # The other way round every sign is turned; a merge of the files changes nothing.
    back = bridge(run, "--from", "2024", "--to-as-of", reported)
    assert sorted(back[1]) == sorted(
        (cause, kg[1:] if kg.startswith("-") else f"-{kg}") for cause, kg in causes
    )
    _, by_facility, _ = run("bridge", *words, "--by", "facility,activity", "--format", "csv")
    assert "corrections,hq,site.grid,-30" in by_facility
    assert "clearing,hq,site.heat,2" in by_facility
    assert commit(run) == commit(run)


def test_a_correction_of_what_came_since_is_a_correction(run, client, stated_book):
    """What came with 100 and is 80 by now: 50 kg came, and 10 were taken back."""
    reported = commit(run)
    with client.channel(stated_book, "meter") as meter:
        meter.append([row(2024, "hq", "site.grid", "kWh", "100")])
    client.correct_records(
        stated_book, "meter", [0], [row(2024, "hq", "site.grid", "kWh", "80")], **WHY
    )
    assert sorted(bridge(run, "--from", "2024", "--from-as-of", reported)[1]) == [
        ("corrections", "-10"),
        ("new_records", "50"),
    ]
    # Of a corrected record the newest is corrected: both are corrections.
    client.correct_records(
        stated_book, "meter", [0], [row(2024, "hq", "site.grid", "kWh", "60")], **WHY
    )
    assert sorted(bridge(run, "--from", "2024", "--from-as-of", reported)[1]) == [
        ("corrections", "-20"),
        ("new_records", "50"),
    ]


def test_what_the_book_learns_of_a_facility_is_the_register(run, client, stated_book):
    """A facility that turns out to begin in July 2024: half of its year is no more."""
    client.import_facilities(stated_book, [Facility("hq"), Facility("late")])
    client.post_records(
        stated_book,
        [
            row(2024, "late", "site.grid", "kWh", "100") | {"end": "2024-07-01"},
            row(2024, "late", "site.grid", "kWh", "100") | {"start": "2024-07-01"},
        ],
    )
    reported = commit(run)
    client.update_facility(stated_book, "late", valid_from="2024-07-01")
    assert bridge(run, "--from", "2024", "--from-as-of", reported)[1] == [("register", "-50")]


def test_a_restatement_of_what_was_reported(run, client, stated_book):
    """As of the commit of the report and as of now; noted again by its name it is the same."""
    reported = commit(run)
    client.post_records(stated_book, [row(2024, "hq", "site.grid", "kWh", "100")])
    words = (
        "restate", "note", "r-1", "--metric", "Scope 2", "--months", "2024", "--cause", "error",
        "--known-then", "--reason", "a bill was missing", "--author", "Ada",
        "--from-as-of", reported, "--request-id", "once",
    )  # fmt: skip
    for _ in range(2):
        code, _, told = run(*words)
        assert code == 0, told
        assert "554.1635 kg CO2e reported, 604.1635 revised, a difference of 50" in told
        client.post_records(stated_book, [row(2025, "hq", "site.grid", "kWh", "1")])
    (kept,) = client.list_statements(stated_book, Kind.RESTATEMENT, all_versions=True)
    body = kept.body
    assert (body.reported.as_of, [part.cause for part in body.parts]) == (
        str(reported),
        ["new_records"],
    )
    # Both figures are to be had for ever by what is noted.
    assert bridge(
        run, "--from", "2024", "--from-as-of", body.reported.as_of,
        "--to-as-of", body.revised.as_of,
    ) == ("554.1635", [("new_records", "50")], "604.1635")  # fmt: skip


def test_a_base_year_as_it_was_reported(run, state, client, stated_book):
    """The figure of then against now: 100 kWh that came later are 9.02 %."""
    reported = commit(run)
    state("base-year", "add", "base", "year_start=2024-01", "threshold_percent=5",
          "accounts=scope1,scope2.location", f"as_of={reported}")  # fmt: skip
    client.post_records(stated_book, [row(2024, "hq", "site.grid", "kWh", "100")])
    code, out, told = run("restate", "check", "--format", "json")
    assert code == 0, told
    found = json.loads(out)
    assert (found["reported_kg_co2e"], found["current_kg_co2e"]) == ("554.1635", "604.1635")
    assert found["passes"]


@pytest.mark.parametrize("as_of", ["999999", "yesterday", "2999-01-01T00:00:00Z"])
def test_a_moment_that_is_none_is_refused(run, as_of):
    """A commit of nobody, no time, a time to come."""
    code, _, told = run("bridge", "--from", "2024", "--from-as-of", as_of)
    assert code == 1
    assert "as_of" in told
