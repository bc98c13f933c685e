"""A register in memory follows the changes of the manifest's, and reads no more than these."""

from __future__ import annotations

import random

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tonne.ledger.book.book_state import BookStates
from tonne.ledger.book.facilities import (
    REGISTER_SCHEMA,
    in_order,
    look_up,
    register_frame,
    with_changes,
)
from tonne.ledger.pages import Ask
from tonne.model import Entity, Facility, Holding, Word, WordField
from tonne.store.sql import schema

IDS = st.text("ab\u00e9\U0001f3ed", min_size=1, max_size=3)
REGIONS = st.sampled_from(["", "GB", "FR"])


@given(st.dictionaries(IDS, REGIONS), st.dictionaries(IDS, REGIONS), st.lists(IDS))
def test_what_is_looked_up_is_what_a_dictionary_says(before, changed, asked):
    """Of a register and its changes: each id with its last value, and nothing for others."""

    def frame(regions):
        return in_order(
            register_frame([Facility(id_, region=each) for id_, each in regions.items()])
        )

    register = with_changes(frame(before), frame(changed))
    now = before | changed
    assert register["facility"].to_list() == sorted(now, key=str.encode)
    found = look_up(register["facility"], register["region"], pl.Series(asked, dtype=pl.String))
    assert found.to_list() == [now.get(each) for each in asked]
    assert found.dtype == pl.String


def plainly_read(bench) -> pl.DataFrame:
    """The register as its listing gives it, page by page."""
    found, token = [], ""
    while True:
        page = bench.ledger.register.list_facilities(
            bench.book, Ask(page_size=7, page_token=token)
        )
        found += page.items
        token = page.next_page_token
        if not token:
            return register_frame(found)


def test_a_state_follows_every_change_of_its_book(any_bench):
    """Any order of changes, seen by a process that looks now and then: as a plain reading is."""
    bench, chance = any_bench, random.Random(7)  # noqa: S311  # nothing secret
    register, states = bench.ledger.register, BookStates(bench.manifest)
    states.known(bench.book)
    for number in range(60):
        ids = [f"f-{chance.randrange(40):02d}" for _ in range(chance.randrange(1, 9))]
        acts = (
            lambda ids=ids: register.import_facilities(
                bench.book,
                [
                    Facility(id_, region=chance.choice(["GB", "FR"]), entity="e")
                    for id_ in dict.fromkeys(ids)
                ],
            ),
            lambda number=number: register.import_entities(
                bench.book,
                [
                    Entity(
                        "e",
                        holdings=(
                            Holding(valid_from=f"20{number + 10}-01-15", equity_share="0.5"),
                        ),
                    )
                ],
            ),
            lambda number=number: bench.ledger.words.add_word(
                bench.book,
                Word(WordField.UNIT, f"u{number}", "kWh", author="Ada", reason="the plant's"),
            ),
        )
        chance.choices(acts, (5, 1, 0))[0]()
        if chance.random() < 0.6:
            state = states.refresh(bench.book)
            assert state.register.equals(plainly_read(bench))
            assert state.register.schema == pl.Schema(REGISTER_SCHEMA)
            assert tuple(state.entities) == tuple(register.entities(bench.book))


@pytest.fixture
def counted(any_bench, monkeypatch):
    """How many facilities are read, by each reading."""
    counts = []
    read = any_bench.manifest.facility_parts

    def parts(book, after_revision=None):
        counts.append(0)
        for part in read(book, after_revision):
            counts[-1] += len(part[0])
            yield part

    monkeypatch.setattr(any_bench.manifest, "facility_parts", parts)
    return counts


def facilities(first, count, region="GB"):
    return [Facility(f"f-{number:04d}", region=region) for number in range(first, first + count)]


def test_a_change_reads_what_it_changed(any_bench, counted):
    """One of hundreds; and the resolver goes on with what it knows."""
    bench, states = any_bench, BookStates(any_bench.manifest)
    bench.ledger.register.import_facilities(bench.book, facilities(0, 300))
    before = states.known(bench.book)
    bench.ledger.register.import_facilities(bench.book, facilities(299, 2, "FR"))
    after = states.refresh(bench.book)
    assert counted == [300, 2]
    assert after.register.equals(plainly_read(bench))
    assert after._resolver is before._resolver


def test_a_revision_that_an_older_tonne_made_has_everything_read(any_bench, counted):
    """It notes no revision at its facilities, and leaves a gap in the names."""
    bench, states = any_bench, BookStates(any_bench.manifest)
    bench.ledger.register.import_facilities(bench.book, facilities(0, 3))
    states.known(bench.book)
    bench.ledger.register.import_facilities(bench.book, facilities(1, 1, "FR"))

    def forget(connection):
        connection.execute(sa.update(schema.facility).values(revision=0))
        newest = sa.select(sa.func.max(schema.revision.c.number)).scalar_subquery()
        connection.execute(sa.delete(schema.revision).where(schema.revision.c.number == newest))

    bench.manifest._database.write(forget)
    assert states.refresh(bench.book).register.equals(plainly_read(bench))
    for number in (2, 0):
        bench.ledger.register.import_facilities(bench.book, facilities(number, 1, "FR"))
        assert states.refresh(bench.book).register.equals(plainly_read(bench))
    assert counted == [3, 3, 3, 1]  # that revision has no name either: nothing follows it for sure


def test_a_database_that_lost_a_change_has_everything_read(any_bench, counted):
    """Its next change has the number of the lost one, and another name."""
    bench, states = any_bench, BookStates(any_bench.manifest)
    bench.ledger.register.import_facilities(bench.book, facilities(0, 3))
    number = bench.manifest.book_revision(bench.book)
    bench.ledger.register.import_facilities(bench.book, facilities(1, 1, "FR"))
    lost = states.known(bench.book)

    def restore(connection):
        table, names = schema.facility, schema.revision
        name = connection.execute(
            sa.select(names.c.name).where(names.c.number == number)
        ).scalar_one()
        connection.execute(sa.update(table).values(region="GB", revision=number))
        connection.execute(sa.delete(names).where(names.c.number > number))
        connection.execute(
            sa.update(schema.book).values(revision=number, revision_token=f"{number}.{name}")
        )

    bench.manifest._database.write(restore)
    bench.ledger.register.import_facilities(bench.book, facilities(2, 1, "FR"))
    now = states.refresh(bench.book)
    assert now.book.revision == lost.book.revision
    assert now.register["region"].to_list() == ["GB", "GB", "FR"]
    assert counted == [3, 3]
