"""Lists group what is meant: one row for `UK`, `GB` and a facility in `Great Britain`."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest

from tests.unit.ledger.conftest import HOUR, T0, record
from tonne.catalogue.words.method import MethodSettings
from tonne.model import Facility, Word, WordField, period_of_month
from tonne.reports.coverage import CoverageRequest, book_coverage
from tonne.reports.explanation.explain import ExplainLine, ReplayOutcome, explain
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest

EDITION = b"""\
activity,region,unit,valid_from,valid_to,kg_co2e,account,source,table,note
electricity.grid,GB,kWh,2015-01-01,,0.5,,p,1,
electricity.grid,XA-1,kWh,2015-01-01,,0.25,,p,1,
fuel.natural_gas,,kWh,2015-01-01,,0.2,scope1.stationary,p,2,
"""
WRITTEN = {
    ("electricity.grid", "GB"): ("electricity.grid", "GB"),
    ("electricity.grid", "UK"): ("electricity.grid", "GB"),
    ("ELECTRICITY GRID", "英国"): ("electricity.grid", "GB"),
    ("electricity.grid", "Werk 1"): ("electricity.grid", "XA-1"),
    ("electricity.grid", "xa-1"): ("electricity.grid", "XA-1"),
    ("Natural gas", "GBR"): ("fuel.natural_gas", "GB"),
    ("fuel.natural_gas", "gb"): ("fuel.natural_gas", "GB"),
    ("electricity.grid", ""): ("electricity.grid", "GB"),
}
"""Activity and region as records write them, and what they mean."""


@pytest.fixture
def written(bench):
    """A record of each way to write, whose facility is in `Great Britain`, and one that waits."""
    bench.ledger.editions.import_edition("acme", "own", EDITION)
    alone = MethodSettings(editions=("own",))
    bench.ledger.methods.set_method("acme", alone, author="Ada", reason="nothing else")
    bench.ledger.register.import_facilities("acme", [Facility("dc-1", region="Great Britain")])
    word = Word(WordField.REGION, "Werk 1", "XA-1", author="Ada", reason="the plant")
    bench.ledger.words.add_word("acme", word)
    records = [
        record(activity=activity, region=region, quantity=str(2**place))
        for place, (activity, region) in enumerate(WRITTEN)
    ]
    bench.append("meter", [*records, record(activity="strom", region="UK")])
    return bench


def rows(bench, *group_by, **selection):
    """kg CO2e and records by group."""
    snapshot = bench.ledger.snapshots.take("acme")
    found = book_inventory(snapshot, InventoryRequest(group_by=group_by, **selection))
    return {row.group: (Fraction(row.kg_co2e), row.record_count) for row in found.rows}


def expected(*columns, only=lambda _: True):
    """The same from the records themselves."""
    factors = {("electricity.grid", "GB"): "0.5", ("electricity.grid", "XA-1"): "0.25"}
    found = defaultdict(lambda: (Fraction(0), 0))
    for place, meant in enumerate(WRITTEN.values()):
        if only(meant):
            group = tuple(meant[("activity", "region").index(column)] for column in columns)
            kg, count = found[group]
            found[group] = (kg + 2**place * Fraction(factors.get(meant, "0.2")), count + 1)
    return dict(found)


GROUPS = (("region",), ("activity",), ("activity", "region"), ("region", "activity"))


def test_a_group_is_what_is_meant(written):
    """Whatever is written, in the order of the request."""
    assert {by: rows(written, *by) for by in GROUPS} == {by: expected(*by) for by in GROUPS}


SELECTIONS = (
    ({"regions": ("GB",)}, lambda meant: meant[1] == "GB"),
    ({"regions": ("united kingdom",)}, lambda meant: meant[1] == "GB"),
    ({"regions": ("Werk 1",)}, lambda meant: meant[1] == "XA-1"),
    ({"activities": ("natural gas",)}, lambda meant: meant[0] == "fuel.natural_gas"),
    ({"activities": ("electricity.grid",)}, lambda meant: meant[0] == "electricity.grid"),
)


def test_a_selection_takes_what_is_meant(written):
    """A request may write a word as records do."""
    for selection, only in SELECTIONS:
        assert rows(written, "region", **selection) == expected("region", only=only), selection


def test_evidence_keeps_the_text(written):
    """The lines of an explanation say what the records say, and add up to the same."""
    snapshot = written.ledger.snapshots.take("acme")
    asked = InventoryRequest(regions=("GB",))
    found = list(explain(snapshot, asked, replay=True, records_max=9))
    lines = [each for each in found if isinstance(each, ExplainLine)]
    assert {line.region for line in lines} == {"GB", "UK", "英国", "GBR", "gb", "Great Britain"}
    total = sum((line.kg_co2e for line in lines), Fraction(0))
    assert total == sum(kg for kg, _ in expected("region", only=lambda m: m[1] == "GB").values())
    (replayed,) = [each for each in found if isinstance(each, ReplayOutcome)]
    assert (replayed.kg_co2e, replayed.differences) == (total, ())


def test_what_waits_is_counted_where_it_will_be(written):
    """The record that waits is in the region that it means."""
    snapshot = written.ledger.snapshots.take("acme")
    counts = {
        region: book_inventory(snapshot, InventoryRequest(regions=(region,))).suspended_count
        for region in ("GB", "DE")
    }
    assert counts == {"GB": 1, "DE": 0}


def test_what_was_posted_keeps_the_meaning_of_then(written):
    """A word that means something else later moves nothing to another group."""
    before = rows(written, "region")
    word = Word(WordField.REGION, "Werk 1", "GB", author="Ada", reason="a mistake")
    written.ledger.words.add_word("acme", word)
    assert rows(written, "region") == before


def test_records_that_span_months_count_once(bench):
    """In every group, as ever."""
    long = {"start": T0, "end": T0 + 24 * 40 * HOUR}
    bench.append("meter", [record(region="Germany", **long), record(region="DE", **long)])
    months = {
        "first_period": period_of_month("2015-01"),
        "last_period": period_of_month("2015-03"),
    }
    assert [count for _, count in rows(bench, "region", **months).values()] == [2]
    assert [count for _, count in rows(bench, "region", "period", **months).values()] == [2, 2]


def test_coverage_lays_what_is_meant_side_by_side(written):
    """Two names of one activity overlap."""
    found = book_coverage(
        written.ledger.snapshots.take("acme"), CoverageRequest(activities=("NATURAL_GAS",))
    )
    (row,) = found
    assert (row.activity, row.record_count, len(row.overlaps)) == ("fuel.natural_gas", 2, 1)


LOOK_ALIKE = ("DC 1", "dc-1 ", "\uff24\uff23-1", "Dc_1", "dc\u200b-1", "dc\u20111")


def test_facilities_that_look_alike_are_told(bench):
    """They are counted apart, and whoever asks for numbers hears of it."""
    names = ("dc-1", *LOOK_ALIKE)
    bench.append("meter", [record(facility=name) for name in (*names, "dc-2")])
    found = book_inventory(bench.ledger.snapshots.take("acme"), InventoryRequest())
    (told,) = [each for each in found.notices if each.reason == "FACILITY_LOOKALIKE"]
    assert [name for name in names if repr(name) not in told.message] == []
    assert ("dc-2" in told.message, told.record_count) == (False, len(names))


def test_an_unregistered_facility_that_looks_like_one_is_told(bench):
    """The message names the registered one."""
    bench.ledger.register.import_facilities("acme", [Facility("DC-1"), Facility("dc-3")])
    bench.append("meter", [record(facility="dc 1"), record(facility="dc-2")])
    first, second = bench.ledger.records.list_suspense("acme").items
    assert "the register has 'DC-1', which looks like it" in first.message
    assert "looks like" not in second.message
