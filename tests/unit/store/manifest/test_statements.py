"""Statements in the manifest: versions follow under the book's lock, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.stores.store import create_book
from tonne.errors import BookUnknown, ContentMustMatch
from tonne.store.manifest import statements
from tonne.store.rows import Window
from tonne.store.statement_rows import StatementRow, StatementView

EVERYTHING = StatementView(has_all_versions=True)
PAGE = Window(None, 1000)


def nothing(_ground, _rows):
    """Refuse nothing."""


def row(id_, body, kind="supplier"):
    return StatementRow(kind, id_, f'{{"says":"{body}"}}', "2025-01-01", "", "Ada", "why")


def test_many_who_state_the_same_thing_make_dense_versions(manifest):
    """Numbers and versions have no gap, times rise with them, whoever comes first."""
    create_book(manifest)

    def state(number):
        return manifest.put_statements("acme", [row("x", number), row(f"y{number}", 0)], nothing)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(state, range(24)))
    found = manifest.find_statements("acme", EVERYTHING, PAGE).items
    assert [each.number for each in found] == list(range(1, 49))
    assert [each.version for each in found if each.id == "x"] == list(range(1, 25))
    times = [each.create_time for each in found]
    assert times == sorted(times)
    last = {each.id: each for each in found}
    assert list(manifest.read_statements("acme", StatementView())) == sorted(
        last.values(), key=lambda each: each.number
    )


def test_a_request_states_once_whoever_repeats_it(manifest):
    """At once, too: one makes the version, the others have its answer."""
    create_book(manifest)

    def state(_):
        return manifest.put_statements("acme", [row("x", 1)], nothing, "r", "digest")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(state, range(12)))
    assert answers == [answers[0]] * 12
    assert [each.version for each in answers[0]] == [1]
    with pytest.raises(ContentMustMatch):
        manifest.put_statements("acme", [row("x", 2)], nothing, "r", "other")


def test_what_is_refused_leaves_nothing(manifest):
    """An error of the check rolls the whole call back; a book that is not there is told."""
    create_book(manifest)

    def refuse(_ground, _rows):
        raise BookUnknown.named("for the test")

    with pytest.raises(BookUnknown):
        manifest.put_statements("acme", [row("x", 1)], refuse, "r", "digest")
    assert manifest.find_statements("acme", EVERYTHING, PAGE).items == []
    with pytest.raises(BookUnknown):
        manifest.put_statements("none", [row("x", 1)], nothing)


def test_what_is_stated_meanwhile_is_not_read_beside_what_it_follows(manifest, monkeypatch):
    """A reading is of one moment: a statement that gets a version meanwhile comes once."""
    monkeypatch.setattr(statements, "_READ_ROWS", 1)
    create_book(manifest)
    first = manifest.put_statements("acme", [row("x", 1), row("y", 1)], nothing)
    reading = manifest.read_statements("acme", StatementView())
    found = [next(reading)]
    manifest.put_statements("acme", [row("x", 2), row("y", 2)], nothing)
    assert [*found, *reading] == first
