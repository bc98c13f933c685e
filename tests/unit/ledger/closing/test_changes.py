"""The log of changes: nothing is changed without its entry, and no entry is without its change."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import tonne.store.manifest.manifest as manifest_module
from tests.unit.ledger.conftest import record
from tonne.errors import FieldInvalid, StoreUnavailable
from tonne.ledger.pages import Ask
from tonne.model import Entity, Facility, FacilityRule, Holding, Word, WordField
from tonne.store import faults
from tonne.work import acting

MANIFEST = Path(manifest_module.__file__).parent

NOTES = {
    "note_changes",
    "_note",
    "_note_entities",
    "_note_facilities",
    "_note_periods",
    "insert_method",
    "_commit",
}
SILENT = {
    "draw_revision_token": "a name for a state of the book, which stays the same",
    "open_channel": "a producer begins: ListChannels tells it",
    "make_ledger": "there is no book yet",
    "mark_placed": "the ledger is the same",
    "advance_upkeep": "a clock",
    "key_state": "a key of hashes",
    "put_key_files": "what records of one id are found by",
    "forget_keys": "they are made anew",
    "mark_compared": "what is found waits for a decision, which is noted",
    "put_same_records": "as what is found",
    "put_overlaps": "as what is found",
    "mark_overlaps": "as what is found",
}
"""Writers of the manifest that change nothing that is known of a book, and why."""

UPKEEP = {"files.py", "merges.py", "publications.py", "unknowns.py", "leases.py"}
"""What keeps files well: none of it changes what a book says."""


def writers():
    """(module, function, names that it calls) of whatever writes to the manifest."""
    for path in sorted(MANIFEST.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef):
                continue
            calls = {
                ast.unparse(each.func).rpartition(".")[2]
                for each in ast.walk(node)
                if isinstance(each, ast.Call)
            }
            if "self._database.write" in ast.unparse(node):
                yield path.name, node.name, calls


def test_every_writer_notes_what_it_changes_or_says_why_not():
    """A new writer of the manifest cannot forget the log."""
    found = list(writers())
    assert len(found) > 20
    silent = {
        f"{module}:{name}"
        for module, name, calls in found
        if module not in UPKEEP and name not in SILENT and not calls & NOTES
    }
    assert silent == set()


def entries(bench, **wanted):
    """The entries of a kind, as they are told."""
    asked = " AND ".join(f'{name} = "{value}"' for name, value in wanted.items())
    return bench.ledger.changes.list_changes("acme", Ask(asked)).items


def test_each_kind_of_change_has_who_when_why_before_and_after(any_bench):
    """One of each: the caller and the reason are those of the call."""
    bench = any_bench
    ledger = bench.ledger
    with acting("ada", "the site was sold"):
        ledger.register.import_facilities("acme", [Facility("dc-1", region="DE")])
        ledger.register.update_facility("acme", "dc-1", {"region": "FR"})
        ledger.register.import_entities("acme", [Entity("sub", holdings=(Holding(),))])
        ledger.books.update_book("acme", {"facility_rule": FacilityRule.ANY})
        ledger.methods.update_method("acme", {"gwp_set": "AR6"}, author="bob", reason="new set")
        ledger.words.add_word(
            "acme", Word(WordField.UNIT, "einheiten", "kWh", author="bob", reason="a bill")
        )
        ledger.channels.open_channel("acme", "meter")
        ledger.channels.close_channel("acme", "meter")
    found = ledger.changes.list_changes("acme").items
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    assert [(each.kind, each.object) for each in found] == [
        ("book", "acme"),
        ("method", "1"),
        ("method", "2"),
        ("edition", "paper-2015"),
        ("facility", "dc-1"),
        ("facility", "dc-1"),
        ("entity", "sub"),
        ("book", "acme"),
        ("method", "3"),
        ("word", "unit/einheiten"),
        ("channel", "meter"),
    ]
    moved = found[5]
    assert (json.loads(moved.before), json.loads(moved.after)) == (
        {"region": "DE"},
        {"region": "FR"},
    )
    assert (moved.author, moved.caller, moved.reason) == ("ada", "ada", "the site was sold")
    assert moved.create_time is not None
    method = found[8]
    assert (method.author, method.caller, method.reason) == ("bob", "ada", "new set")
    assert json.loads(method.after)["gwp_set"] == "AR6"
    assert json.loads(found[10].after) == {"offset": 0, "state": "CLOSED"}


def test_what_changes_nothing_has_no_entry(bench):
    """The same facility again, the same rule again: nothing was changed."""
    bench.ledger.register.import_facilities("acme", [Facility("dc-1")])
    count = len(bench.ledger.changes.list_changes("acme").items)
    bench.ledger.register.import_facilities("acme", [Facility("dc-1")])
    bench.ledger.register.update_facility("acme", "dc-1", {"region": ""})
    book = bench.ledger.books.get_book("acme")
    bench.ledger.books.update_book("acme", {"facility_rule": book.facility_rule})
    bench.append("meter", [record()])
    assert len(bench.ledger.changes.list_changes("acme").items) == count


def test_what_is_refused_has_no_entry(bench, monkeypatch):
    """An entry stands in the transaction of its change: rolled back, neither is there."""
    count = len(bench.ledger.changes.list_changes("acme").items)
    with pytest.raises(FieldInvalid):
        bench.ledger.register.import_entities("acme", [Entity("a", parent="nobody")])
    real = faults.reach

    def fail(point):
        real(point)
        raise StoreUnavailable("broken off")

    monkeypatch.setattr("tonne.store.manifest.facilities._update", lambda *_: fail("x"))
    bench.ledger.register.import_facilities("acme", [Facility("dc-1")])
    with pytest.raises(StoreUnavailable):
        bench.ledger.register.update_facility("acme", "dc-1", {"region": "FR"})
    assert len(bench.ledger.changes.list_changes("acme").items) == count + 1


def test_entries_are_filtered_and_paged(bench):
    """By kind and object, by who, by time, the last one first."""
    with acting("ada", "new sites"):
        bench.ledger.register.import_facilities(
            "acme", [Facility(f"dc-{number}") for number in range(7)]
        )
    assert [each.object for each in entries(bench, kind="facility", object="dc-3")] == ["dc-3"]
    assert len(entries(bench, author="ada")) == 7
    assert entries(bench, author="bob") == ()
    ask = Ask('kind = "facility"', "number desc", page_size=3)
    page = bench.ledger.changes.list_changes("acme", ask)
    assert [each.object for each in page.items] == ["dc-6", "dc-5", "dc-4"]
    ask = Ask(ask.filter_by, ask.order_by, 3, page.next_page_token)
    assert [each.object for each in bench.ledger.changes.list_changes("acme", ask).items] == [
        "dc-3",
        "dc-2",
        "dc-1",
    ]
