"""What follows from statements and records, as of a commit: the same whatever comes later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.statements.conftest import TARGET, ask
from tests.contract.statements.test_claims import ENABLEMENT
from tests.contract.statements.test_measures import MEASURE
from tonne.client.wire.resources import source_of
from tonne.errors import FieldInvalid, StatementUnknown
from tonne.statements.statement import Kind, Statement

ENGAGED = (
    *("display_name=Engaged", "type=engagement", "attribute=verified_data", "weight=count"),
    *("target_value=95", "target_year_start=2030-01"),
)
SHOWN = ("supplier=s1", "attribute=verified_data", "evidence_date=2021-06-30", "source=report")
OWN = """\
[[indicator]]
id = "grid_per_it"
title = "Grid per IT"
source = "the board"
unit = "kg CO2e/kWh"
digits = 4
better = "lower"
numerator = [{ accounts = ["scope2.location"], measure = "kg_co2e" }]
denominator = [{ accounts = ["memo.it_energy"], measure = "kwh" }]
"""
KEY = """\
id = "leases"
basis = "area"
unit = "m2"
reason = "contracts"

[[spans]]
valid_from = 2020-01-01
whole = 8
weights = { alpha = 1, beta = 3 }
"""
MONTHS = ("--from", "2022-01", "--to", "2022-12")
QUESTIONS = (
    ("target", "progress", "half"),
    ("target", "progress", "engaged"),
    ("supplier", "coverage"),
    ("measure", "effect", "cooling", "--year", "2022-01"),
    ("measure", "pipeline", "half"),
    ("indicator", "value", "-i", "grid_per_it", *MONTHS),
    ("indicator", "explain", "grid_per_it", *MONTHS, "--replay"),
    ("meter", "reconcile", "--meter", "dc", "--key-id", "leases", *MONTHS),
    ("product", "totals"),
)
"""Each says of which commit it is."""

PARTS = (("enablement", "net"), ("target", "list"), ("supplier", "evidence", "list"))
"""What prints a part of an answer."""


@pytest.fixture
def told(run, state, filled, tmp_path):
    """A book that states one of each."""
    state("target", "add", "half", *TARGET)
    state("target", "add", "engaged", *ENGAGED)
    for name in ("s1", "s2"):
        state("supplier", "add", name, f"display_name={name}", "--valid-from", "2020-01-01")
    state("supplier", "evidence", "add", "e1", *SHOWN, "verifier=somebody")
    state("measure", "add", "cooling", "display_name=Water", "method=difference",
          "accounts=scope2.location", "baseline_year_start=2020-01", *MEASURE)  # fmt: skip
    state("enablement", "add", "meetings", *ENABLEMENT)
    keep(run, tmp_path, OWN, KEY)
    return filled


def keep(run, folder, own, key):
    """State an indicator, and a key of allocation."""
    files = {"own.toml": own, "key.toml": key}
    for name, text in files.items():
        (folder / name).write_text(text)
    why = ("--reason", "stated", "--author", "Ada")
    assert run("indicator", "define", folder / "own.toml", *why)[0] == 0
    assert run("meter", "key", "keep", folder / "key.toml", *why)[0] == 0


def change_all(run, state, client, book, folder):
    """Correct a record, and state all anew."""
    *_, grid = (e for e in client.list_records(book) if e.record["activity"] == "site.grid")
    row = {"facility": "dc", "activity": "site.grid", "quantity": "36000", "unit": "kWh"}
    row |= {"start": "2022-01-01", "end": "2023-01-01"}
    place = source_of(grid.channel)
    client.correct_records(book, place, [grid.offset], [row], reason="read anew", author="Ada")
    state("target", "add", "half", *TARGET[:-1], "change_percent=-60")
    client.add_statements(book, [Statement(Kind.SUPPLIER, "s2", None, "", "gone")], author="Ada")
    state("measure", "add", "cooling", "display_name=Warm water", "method=normalised",
          "driver_accounts=memo.it_energy",
          "accounts=scope2.location", "baseline_year_start=2020-01", *MEASURE)  # fmt: skip
    state(
        "enablement", "add", "meetings", *(each.replace("tier=1", "tier=2") for each in ENABLEMENT)
    )
    later = OWN.replace("digits = 4", "digits = 2")
    keep(run, folder, later, KEY.replace("beta = 3", "beta = 2"))


def test_answers_as_of_a_commit_stay(run, state, client, told, tmp_path):
    """After a correction, and after all is stated anew: by its number, and by its time."""
    first = {each: ask(run, *each) for each in QUESTIONS}
    parts = {each: ask(run, *each) for each in PARTS}
    (commit,) = {each["commit"] for each in first.values()}
    (time,) = {each["as_of_time"].replace("+00:00", "Z") for each in first.values()}
    change_all(run, state, client, told, tmp_path)
    for words, answer in (first | parts).items():
        for moment in (commit, time):
            assert ask(run, *words, "--as-of", moment) == answer, words
    for words in set(QUESTIONS) - {("product", "totals")} | {PARTS[0], PARTS[1]}:
        now = ask(run, *words)
        before = (first | parts)[words]
        if isinstance(now, dict):
            now.pop("commit"), now.pop("as_of_time")
            before = {key: value for key, value in before.items() if key in now}
        assert now != before, words


def test_what_was_stated_may_be_set_beside_the_records_of_now(client, run, state, told, tmp_path):
    """An older target, and the sums of today; and the same as of a moment."""
    before = client.target_progress(told, "half")
    change_all(run, state, client, told, tmp_path)
    now = client.target_progress(told, "half")
    mixed = client.target_progress(told, "half", stated_by=before.as_of_time)
    assert (mixed.version, mixed.current) != (now.version, now.current)
    assert mixed.version == before.version == 1
    assert mixed.current.value == now.current.value != before.current.value
    assert mixed.commit == now.commit
    as_of = client.target_progress(told, "half", as_of=before.commit, stated_by=now.as_of_time)
    assert as_of == before
    assert replace(as_of, notices=()) != replace(now, notices=())


def test_a_moment_that_there_is_not_is_refused(client, stated_book):
    """One that is yet to come, one without an offset; before it was stated nothing was there."""
    with pytest.raises(FieldInvalid, match="whose last one is"):
        client.supplier_coverage(stated_book, as_of=987_654)
    with pytest.raises(FieldInvalid, match="with its offset"):
        list(client.list_statements(stated_book, as_of="2025-01-01"))
    commit = client.claims(stated_book).commit
    state = Statement(Kind.SUPPLIER, "s", None, "", "r")
    with pytest.raises(FieldInvalid, match="in force"):
        client.add_statements(stated_book, [state], author="Ada")
    with pytest.raises(StatementUnknown):
        client.target_progress(stated_book, "half", as_of=commit)


def test_an_estimate_is_under_the_rules_of_a_commit(run, client, stated_book):
    """The command says of which; another edition that came later is not among them."""
    record = ("--activity", "electricity.grid", "--quantity", "10", "--unit", "kWh")
    span = ("--region", "GB", "--start", "2025-01-01", "--end", "2025-02-01")
    first = ask(run, "estimate", *record, *span)
    commit = client.inventory(stated_book).moment.commit
    client.import_edition(
        stated_book,
        "own",
        b"activity,region,unit,valid_from,kg_co2e,source,table\n"
        b"electricity.grid,GB,kWh,2020-01-01,7,own,1\n",
    )
    then = ask(run, "estimate", *record, *span, "--as-of", commit)
    assert then["commit"] == commit
    assert then["total"] == first["total"] != ask(run, "estimate", *record, *span)["total"]
    version = client.get_method(stated_book).version
    under = ask(run, "estimate", *record, *span, "--method", version)
    assert under["total"]["kg_co2e"] != first["total"]["kg_co2e"]
