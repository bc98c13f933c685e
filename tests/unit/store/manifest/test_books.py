"""Books, editions, factors, facilities, resolutions."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.support.stores.store import add_edition, create_book, make_commit
from tonne import model
from tonne.errors import (
    BookExists,
    BookUnknown,
    EditionExists,
    EditionUnknown,
    FactorUnknown,
)
from tonne.store import FactorRow, NewMethod
from tonne.store.sql import schema


def factor(row: int, activity: str = "electricity.grid", **changes: str) -> FactorRow:
    plain = FactorRow(row, activity, "DE", "kWh", "2020-01-01", "", "0.3800")
    return replace(plain, **changes)


def test_a_book_comes_back_as_it_was_created(manifest):
    """A created book has revision 1, an aware time, and the fields it was given."""
    made = create_book(manifest)
    assert manifest.get_book("acme") == made
    assert (made.revision, made.editions) == (1, ())
    assert (made.display_name, made.time_zone) == ("Acme", "Europe/Berlin")
    assert made.facility_rule is model.FacilityRule.ANY
    assert made.create_time.utcoffset().total_seconds() == 0


def test_a_book_is_created_once(manifest):
    """A second book of the same id is refused and changes nothing."""
    made = create_book(manifest)
    with pytest.raises(BookExists):
        create_book(manifest)
    assert manifest.get_book("acme") == made


def test_an_unknown_book_is_named(manifest):
    """Everything that needs a book says which one is not there."""
    for call in (
        lambda: manifest.get_book("nobody"),
        lambda: manifest.book_revision("nobody"),
        lambda: manifest.periods("nobody"),
        lambda: manifest.put_method("nobody", NewMethod(1, "{}")),
        lambda: manifest.get_method("nobody"),
        lambda: manifest.list_methods("nobody", 0, 10),
        lambda: manifest.add_edition("nobody", "e", "0", [], NewMethod(1, "{}")),
        lambda: manifest.list_editions("nobody", 0, 10),
        lambda: manifest.factors("nobody", "e"),
        lambda: manifest.get_factor("nobody", "e", 1),
        lambda: manifest.put_facilities("nobody", []),
        lambda: list(manifest.facility_parts("nobody")),
        lambda: manifest.put_entities("nobody", []),
        lambda: manifest.list_entities("nobody"),
        lambda: manifest.open_channel("nobody", "c"),
        lambda: manifest.get_channel("nobody", "c"),
        lambda: manifest.list_channels("nobody", "", 10),
        lambda: manifest.close_channel("nobody", "c"),
        lambda: manifest.live_postings("nobody"),
        lambda: manifest.segments("nobody", limit=10),
        lambda: manifest.quarantine_files("nobody", 0, 10),
        lambda: manifest.commit(make_commit("nobody")),
    ):
        with pytest.raises(BookUnknown, match="nobody"):
            call()


def test_books_are_listed_by_the_bytes_of_their_ids(manifest):
    """Pages follow each other without overlap, in the same order on both databases."""
    for book in ("b", "a.b", "a-b", "ab", "a_b"):
        create_book(manifest, book)
    add_edition(manifest, "e1", "0", [], book="ab")
    first = manifest.list_books("", 3)
    rest = manifest.list_books(first[-1].id, 3)
    assert [book.id for book in first + rest] == ["a-b", "a.b", "a_b", "ab", "b"]
    assert (rest[0].editions, rest[0].method_version) == (("e1",), 2)
    assert (rest[1].editions, rest[1].method_version, rest[1].method_body) == ((), 1, "{}")


def test_an_edition_comes_with_its_method_and_raises_the_revision(manifest):
    """Editions take rank by arrival; each one that is created is one revision, one method."""
    create_book(manifest)
    first, created = add_edition(manifest, "e1", "aa", [factor(1), factor(2)])
    assert created
    assert (first.rank, first.factor_count, first.sha256) == (1, 2, "aa")
    assert add_edition(manifest, "e0", "bb", [])[0].rank == 2
    book = manifest.get_book("acme")
    assert (book.revision, book.editions) == (3, ("e1", "e0"))
    assert (book.method_version, book.method_body) == (3, '[2, "e0"]')
    assert [edition.id for edition in manifest.list_editions("acme", 1, 10)] == ["e0"]


def test_an_edition_of_the_same_content_is_the_old_one(manifest):
    """Importing again changes nothing; other content under the same id is refused."""
    create_book(manifest)
    made, _ = add_edition(manifest, "e1", "aa", [factor(1)])
    assert add_edition(manifest, "e1", "aa", [factor(1)]) == (made, False)
    with pytest.raises(EditionExists):
        add_edition(manifest, "e1", "bb", [factor(2)])
    assert manifest.book_revision("acme") == 2
    assert [row.row for row in manifest.factors("acme", "e1")] == [1]


def test_one_edition_of_many_imports_at_once_is_created(manifest):
    """Of importers that bring the same edition at once, exactly one creates it and its method."""
    create_book(manifest)
    barrier = threading.Barrier(6)
    created: list[bool] = []
    new = NewMethod(1, '["e1"]')

    def run() -> None:
        barrier.wait()
        created.append(manifest.add_edition("acme", "e1", "aa", [factor(1)], new)[1])

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(created) == [False] * 5 + [True]
    book = manifest.get_book("acme")
    assert (book.revision, book.method_version) == (2, 2)


def test_factors_keep_the_publishers_text(manifest):
    """Decimals and empty cells come back digit by digit; factors are paged by row and activity."""
    create_book(manifest)
    rows = [
        factor(1, kg_co2e="0.3800", kg_co2="0.10e-3", note="Blatt 3, Zelle Ü7"),
        factor(2, "fuel.diesel.stationary", kg_co2e="000.1"),
        factor(3, kg_co2e="-1.0000000000000000000000000000000000000001"),
        factor(4, "refrigerant.r410a", kg_co2e="", gases="HFC-32=0.5;HFC-125=0.50", cell="T. 8 b"),
    ]
    add_edition(manifest, "e1", "aa", rows)
    assert manifest.factors("acme", "e1") == rows
    assert manifest.factors("acme", "e1", activity="electricity.grid") == [rows[0], rows[2]]
    assert manifest.factors("acme", "e1", after_row=1, limit=1) == [rows[1]]
    assert manifest.get_factor("acme", "e1", 3) == rows[2]
    with pytest.raises(FactorUnknown):
        manifest.get_factor("acme", "e1", 5)
    with pytest.raises(EditionUnknown):
        manifest.factors("acme", "e2")


def facilities(manifest, book, after_revision=None):
    """The register of a book, or what was changed in it after a revision."""
    parts = manifest.facility_parts(book, after_revision)
    return [model.Facility(*row) for part in parts for row in zip(*part, strict=True)]


def test_facilities_are_added_or_replaced(manifest):
    """What is new is created, what differs is updated; the revision rises only if any did."""
    create_book(manifest)
    dc = model.Facility("dc-1", "Rechenzentrum", "data_centre", "DE", "Acme AG", "owned")
    site = model.Facility("bs-1", type="base_station", valid_from="2020-01-01")
    assert manifest.put_facilities("acme", [dc, site]) == (2, 0)
    assert manifest.put_facilities("acme", [dc, site]) == (0, 0)
    assert manifest.book_revision("acme") == 2
    moved = replace(site, region="DE-BY")
    assert manifest.put_facilities("acme", [moved, dc, model.Facility("x")]) == (1, 1)
    assert manifest.book_revision("acme") == 3
    assert facilities(manifest, "acme") == [moved, dc, model.Facility("x")]
    assert facilities(manifest, "acme", 2) == [moved, model.Facility("x")]
    assert facilities(manifest, "acme", 3) == []


def test_the_last_facility_of_an_id_counts(manifest):
    """An id that comes twice in one import is one facility."""
    create_book(manifest)
    twice = [model.Facility("a", "old"), model.Facility("a", "new")]
    assert manifest.put_facilities("acme", twice) == (1, 0)
    assert facilities(manifest, "acme") == [model.Facility("a", "new")]


def test_many_facilities_are_one_import(manifest):
    """A register beyond the size of one IN list is written and compared whole."""
    create_book(manifest)
    many = [model.Facility(f"bs-{number:05d}") for number in range(5_500)]
    assert manifest.put_facilities("acme", many) == (5_500, 0)
    assert manifest.put_facilities("acme", many) == (0, 0)


def test_a_commit_inserts_the_resolutions_that_are_missing(manifest):
    """A resolution stays as it was first put; unknown ids are left out of what is got."""
    create_book(manifest)
    manifest.commit(make_commit("acme", resolutions={"r1": '{"a": 1}', "r2": "{}"}))
    manifest.commit(make_commit("acme", resolutions={"r2": "never looked at", "r3": "[]"}))
    found = manifest.get_resolutions("acme", ["r1", "r2", "r2", "r3", "r4"])
    assert found == {"r1": '{"a": 1}', "r2": "{}", "r3": "[]"}
    assert manifest.get_resolutions("acme", []) == {}


def test_a_commit_puts_back_a_resolution_that_the_database_lost(manifest):
    """Whoever put it before, and remembers that: the next commit that names it asks for it."""
    create_book(manifest)
    manifest.commit(make_commit("acme", resolutions={"r1": "{}", "r2": "[]"}))
    gone = sa.delete(schema.resolution).where(schema.resolution.c.id == "r1")
    manifest._database.write(lambda c: c.execute(gone) and None)
    manifest.commit(make_commit("acme", resolutions={"r1": "{}", "r2": "[]"}))
    assert manifest.get_resolutions("acme", ["r1", "r2"]) == {"r1": "{}", "r2": "[]"}


def test_a_commit_names_more_resolutions_than_one_list_holds(manifest):
    """Beyond the size of one IN list all are looked for, and those missing inserted."""
    create_book(manifest)
    many = {f"r{number:05d}": "{}" for number in range(5_500)}
    manifest.commit(make_commit("acme", resolutions=dict(list(many.items())[::2])))
    manifest.commit(make_commit("acme", resolutions=many))
    assert manifest.get_resolutions("acme", many) == many
