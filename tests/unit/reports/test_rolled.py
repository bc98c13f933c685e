"""An answer from rollups is the answer from postings, and what a naive program finds."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from dataclasses import replace
from unittest.mock import patch

import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.reports.books import post, register
from tests.unit.reports.indicators import test_values as indicator_tests
from tests.unit.reports.naive import Naive
from tests.unit.reports.test_inventory import (
    ENTITIES,
    OUTCOMES,
    OWNED,
    RECORDS,
    REQUESTS,
    fields,
)
from tonne.catalogue.resolving.texts import Texts
from tonne.catalogue.words.method import MethodSettings
from tonne.ledger.files.files import (
    POSTINGS,
    ROLLUP,
    ROLLUP_MEMBERS,
    ROLLUP_SITES,
)
from tonne.ledger.files.postings import as_postings
from tonne.ledger.reading.rollups import RolledRun, members_differ
from tonne.ledger.reading.snapshot import Snapshot
from tonne.ledger.upkeep.rollups.rolling import Roller
from tonne.model import Book, FacilityRule
from tonne.reports.indicators.book import SITES_NOT_COMPARED, book_indicators
from tonne.reports.indicators.request import IndicatorRequest
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.store.manifest.moments import Point, PostingsAt
from tonne.store.rows import FileRow


class Held:
    """Postings files in memory, a run each, and the rollups of some of them."""

    def __init__(self, frames, facilities, rolled):
        now = dt.datetime.now(dt.UTC)
        self.frames = {}
        self.rollups = {}
        self.files = []
        self.used = 0
        for number, frame in enumerate(frames):
            name = f"{number:032x}"
            path = f"acme/postings/2015-01-01/{name}-0.parquet"
            row = FileRow(name, "acme", POSTINGS, path, frame.height, 0, "", "", now)
            self.files.append(row)
            self.frames[name] = frame
            if number in rolled:
                roller = Roller(facilities)
                for part in as_postings(frame).iter_slices(3):
                    roller.add(part)
                if (made := roller.finish()) is not None:
                    self.rollups[name] = made.frames

    def parts(self, _moment, files, *_, **__):
        """Read files in parts."""
        for file in files:
            yield from self.frames[file.id].iter_slices(5)

    def runs(self, _book, files):
        """Runs with a rollup."""
        return [
            RolledRun(
                each.id, (each,), dict.fromkeys((ROLLUP, ROLLUP_MEMBERS, ROLLUP_SITES), each)
            )
            for each in files
            if each.id in self.rollups
        ]

    def sums(self, run):
        """A rollup."""
        self.used += 1
        return self.rollups[run.name][ROLLUP]

    def is_right(self, run, facilities):
        """Whether the register says the same."""
        return members_differ(self.rollups[run.name][ROLLUP_MEMBERS], facilities).is_empty()

    def sites(self, run):
        """Sites of a rollup."""
        return self.rollups[run.name][ROLLUP_SITES]

    def snapshot(self, like, *, with_rollups=True):
        """A book with these files."""
        return replace(
            like,
            at=PostingsAt(tuple(self.files)),
            parts=self.parts,
            rollups=self if with_rollups else None,
        )


class Kept:
    """The resolutions of a book."""

    def __init__(self, outcomes):
        self.known = {each.id: each for each in outcomes.values() if each}

    def resolutions(self, _book, ids):
        return {id_: self.known[id_] for id_ in ids}


def book_of(outcomes, facilities, entities):
    """A book without files."""
    method = MethodSettings()
    now = dt.datetime.now(dt.UTC)
    return Snapshot(
        Book("acme", "", "UTC", FacilityRule.ANY, 1, now, (), 1, method.to_json()),
        Point("acme", 0, now, 1),
        PostingsAt(()),
        method,
        facilities,
        Texts(()),
        entities,
        0,
        None,
        Kept(outcomes),
        evidence=None,
        again=None,
    )


def always_rolled():
    """Use rollups whatever they gain."""
    stack = ExitStack()
    stack.enter_context(patch("tonne.reports.inventory.gathering.DETAIL_KEPT_ROWS", 0))
    stack.enter_context(patch("tonne.ledger.upkeep.rollups.rolling.GAIN_MIN", 1))
    return stack


RUNS = st.sets(st.integers(0, 2))
DATED = st.builds(
    lambda kind, entity, days: register(
        ("dc-1", kind, "US-WA", entity, min(days), max(days)),
        ("bs-1", "base_station", "", "", "", ""),
    ),
    st.sampled_from(["data_centre", "office"]),
    st.sampled_from(["", "joint"]),
    st.lists(st.sampled_from(["2015-02-01", "2015-04-01", "2015-06-01"]), min_size=2, max_size=2),
).filter(lambda frame: frame["valid_from"][0] < frame["valid_to"][0])


@settings(deadline=None, max_examples=150)
@given(
    records=RECORDS,
    outcomes=OUTCOMES,
    asked=REQUESTS,
    entities=ENTITIES,
    now=OWNED | DATED,
    then=OWNED | DATED | st.none(),
    rolled=RUNS,
    fences=st.tuples(*[st.sampled_from([0, 540, 541, 543, 545])] * 3),
)
def test_an_inventory_by_rollups(*, records, outcomes, asked, entities, now, then, rolled, fences):
    """Whatever is grouped and chosen, what the register said then, and what came late."""
    frames = [
        post(records[start::3], outcomes, counts_from=fence) for start, fence in enumerate(fences)
    ]
    assume(all(frame.height for frame in frames))
    with always_rolled():
        held = Held(frames, now if then is None else then, rolled)
        like = book_of(outcomes, now, entities)
        found = book_inventory(held.snapshot(like), asked)
        assert found == book_inventory(held.snapshot(like, with_rollups=False), asked)
    if asked.is_counted and any(fences):
        return
    naive = Naive(records, outcomes, asked.under(MethodSettings()), now, entities)
    expected = [naive.row(group, sums) for group, sums in sorted(naive.groups.items())]
    assert [fields(row) for row in found.rows] == expected
    assert fields(found.total) == naive.row((), naive.total)
    assert found.suspended_count == len(naive.suspended)


def test_rollups_are_used():
    """Where they hold: a total whatever the register, types where it says what it said."""
    frame = pl.concat([rows("dc-1", 7), rows("bs-1", 5)])
    then = register(("dc-1", "data_centre", "KR"), ("bs-1", "base_station", "KR"))
    moved = register(("dc-1", "office", "KR"), ("bs-1", "base_station", "KR"))
    more = register(("bs-1", "base_station", "KR"), ("dc-1", "data_centre", "KR"), ("x", "office"))
    with always_rolled():
        held = Held([frame], then, {0})

        def reads(request, facilities):
            seen = []
            snapshot = held.snapshot(book_of(indicator_tests.OUTCOMES, facilities, ()))
            snapshot.parts = lambda _, files, *__, **___: iter(
                seen.extend(files) or self_parts(None, files)
            )
            self_parts = held.parts
            book_inventory(snapshot, request)
            return len(seen)

        by_type = InventoryRequest(group_by=("facility_type",))
        assert reads(InventoryRequest(group_by=("account", "period")), moved) == 0
        assert reads(by_type, then) == 0
        assert reads(by_type, more) == 0
        assert reads(by_type, moved) == 1
        assert reads(InventoryRequest(group_by=("facility",)), then) == 1
        assert reads(InventoryRequest(facilities=("dc-1",)), then) == 1
    held = Held([frame], then, {0})
    assert reads(InventoryRequest(), then) == 1  # of so few postings facilities are told apart


def rows(facility, months):
    """Postings of a facility, a record in each month."""
    records = [
        indicator_tests.Record(facility, "electricity.grid", "", 540 + month, (10**6,))
        for month in range(months)
    ]
    return post(records, indicator_tests.OUTCOMES)


@settings(deadline=None, max_examples=100)
@given(
    records=indicator_tests.RECORDS,
    by=st.sampled_from(list(indicator_tests.PLACES_OF)),
    span=st.sampled_from(["", "month", "year", "rolling_year"]),
    first=st.integers(540, 548),
    rolled=RUNS,
)
def test_indicators_by_rollups(records, by, span, first, rolled):
    """Values, and which sites lack which months."""
    frames = [post(records[start::3], indicator_tests.OUTCOMES) for start in range(3)]
    request = IndicatorRequest(
        InventoryRequest(first, 556), indicators=tuple(indicator_tests.PLAIN), by=by, span=span
    )
    with always_rolled():
        like = indicator_tests.snapshot_of(frames[0])
        held = Held(frames, like.register, rolled)
        found, plain = (
            book_indicators(held.snapshot(like, with_rollups=each), request)
            for each in (True, False)
        )
    assert list(found.values) == list(plain.values)
    assert replace(found, values=None) == replace(plain, values=None)
    if by in {"", "facility_type"} and rolled & set(range(3)) and held.rollups:
        assert held.used


def test_sites_that_are_too_many_are_compared_where_an_indicator_is_named():
    """All of a book are answered from the rollup, and say so; one by its name reads the sites."""
    frame = pl.concat([rows("dc-1", 7), rows("dc-2", 5)])
    with always_rolled(), patch("tonne.ledger.upkeep.rollups.rolling.SITES_OF_TYPE_MAX", 1):
        like = indicator_tests.snapshot_of(frame)
        held = Held([frame], like.register, {0})
        read = []

        def answer(*names, with_rollups=True):
            read.clear()
            snapshot = held.snapshot(like, with_rollups=with_rollups)
            snapshot.parts = lambda _, files, *__, **___: iter(
                read.extend(files) or held.parts(None, files)
            )
            found = book_indicators(snapshot, IndicatorRequest(InventoryRequest(), names))
            return list(found.values), found.notices

        values, notices = answer()
        assert read == []
        (told,) = [each for each in notices if each.reason == SITES_NOT_COMPARED]
        assert {"pue_3", "cue"} < set(told.indicators)
        assert "base_station_efficiency" not in told.indicators
        assert "data_centre" in told.message
        plain, others = answer(with_rollups=False)
        assert SITES_NOT_COMPARED not in {each.reason for each in others}
        assert [(each.definition.id, each.value, each.refusal) for each in values] == [
            (each.definition.id, each.value, each.refusal) for each in plain
        ]
        named, notices = answer("pue_3")
        assert read
        assert named == [each for each in plain if each.definition.id == "pue_3"]
        assert SITES_NOT_COMPARED not in {each.reason for each in notices}
