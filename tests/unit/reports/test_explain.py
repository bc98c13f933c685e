"""An explanation adds up to its number, line by line, and rests on the records that are there."""

from __future__ import annotations

import datetime as dt
import io
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from tests.unit.ledger.conftest import embedded_bench, record
from tests.unit.reports.naive import portion, worth
from tests.unit.reports.test_estimate import (
    ENTITIES,
    ORIGIN,
    RECORDS,
    REQUESTS,
    make_book,
    post,
)
from tonne.catalogue.resolving.valuation import (
    SUM_AND_REST,
    SUM_OF_GASES,
    decimal_text,
    factor_worth,
)
from tonne.errors import BookUnknown, LedgerInconsistent
from tonne.model import Facility
from tonne.reports.explanation.explain import ExplainRecord, explain
from tonne.reports.explanation.lines import ExplainLine
from tonne.reports.explanation.replay import ReplayOutcome
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.inventory import InventoryRow
from tonne.reports.inventory.request import InventoryRequest
from tonne.store.sql import schema

LATER = b"""\
activity,unit,valid_from,kg_co2e,account
mystery,kg,2020-01-01,2.5,scope3.01.goods
mystery,kWh,2020-01-01,0.125,scope1.process
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """One ledger, with many books."""
    with embedded_bench(tmp_path_factory.mktemp("ledger")) as made:
        yield made


def ask(bench, book, request, **options):
    """The parts of an explanation by their kind."""
    found = list(explain(bench.ledger.snapshots.take(book), request, **options))
    kinds = (ExplainLine, ExplainRecord, ReplayOutcome, InventoryRow)
    parts = [[one for one in found if isinstance(one, kind)] for kind in kinds]
    assert [one for part in parts for one in part] == found, "lines, records, replay, total"
    assert len(parts[3]) == 1
    return (*parts[:3], parts[3][0])


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(records=RECORDS, later=RECORDS, request_=REQUESTS)
def test_lines_add_up_and_the_replay_agrees(bench, records, later, request_):
    """Whatever is selected: each line by itself, their sum, the records, the replay."""
    book = make_book(bench)
    post(bench, book, [records])
    bench.ledger.editions.import_edition(book, "later", LATER)
    bench.ledger.register.import_facilities(
        book, [Facility("unknown"), Facility("bs-2", region="DE")]
    )
    list(bench.ledger.suspense.clear(book))
    post(bench, book, [later], channel="later")
    lines, listed, (replay,), total = ask(bench, book, request_, replay=True, records_max=10_000)
    inventory = book_inventory(bench.ledger.snapshots.take(book), replace(request_, group_by=()))
    assert total == inventory.total
    assert decimal_text(sum((line.kg_co2e for line in lines), Fraction(0))) == total.kg_co2e
    facilities = bench.ledger.register.facilities(book)
    for line in lines:
        check_line(line, inventory, facilities)
    assert replay.differences == ()
    assert decimal_text(replay.kg_co2e) == total.kg_co2e
    check_records(lines, listed, request_)


def check_line(line, inventory, facilities):
    """A line's number follows from what stands in it, by a program of its own."""
    kg_co2e, masses, _ = worth(line.entry, inventory.gwp_set)
    if line.basis != SUM_AND_REST:  # which the tests of valuation look at
        assert line.kg_co2e == Fraction(line.quantity) * kg_co2e * line.share
    shares = portion(facilities, ENTITIES, line.facility, inventory.consolidation, line.period)
    assert line.share == shares[line.account == "scope3.15.investments"]
    for gas in line.gases:
        assert gas.kg == Fraction(line.quantity) * masses[gas.gas] * line.share
    if line.basis == SUM_OF_GASES:
        assert sum(gas.kg_co2e or 0 for gas in line.gases) == line.kg_co2e
    if line.entry.edition:
        assert line.source.factor is not None
        assert line.source.factor.row == line.entry.factor_row


def check_records(lines, listed, request):
    """The records' parts are the balances, where their regions tell them apart."""
    balances, parts = defaultdict(Fraction), defaultdict(Fraction)
    for line in lines:
        key = (line.facility, line.activity, line.unit, line.period)
        balances[(*key, line.region, line.resolution)] = Fraction(line.quantity)
    sums = defaultdict(Fraction)
    for key, quantity in balances.items():
        sums[key[:4]] += quantity
    for one in listed:
        assert one.parts
        for period, quantity in one.parts:
            assert request.first_period <= period <= request.last_period
            key = (one.record.facility, one.record.activity, one.record.unit, period)
            parts[key] += Fraction(quantity)
    assert set(parts) == set(sums)


def test_the_parts_of_the_records_are_the_balances(bench):
    """Month by month, to the last digit; the list ends where it was asked to."""
    book = make_book(bench)
    records = [
        record(record_id=str(number), facility="dc-1", activity="power", quantity="10",
               start=ORIGIN + number * dt.timedelta(days=9),
               end=ORIGIN + number * dt.timedelta(days=9) + dt.timedelta(days=30))
        for number in range(8)
    ]  # fmt: skip
    post(bench, book, [records[:3], records[3:]])
    request = InventoryRequest(first_period=661, last_period=662)
    lines, listed, replays, _ = ask(bench, book, request, records_max=100)
    assert replays == []
    assert [one.record.record_id for one in listed] == [str(each) for each in range(8)][1:]
    for line in lines:
        parts = [dict(one.parts).get(line.period, 0) for one in listed]
        assert sum(parts) == line.quantity
        assert sum(1 for part in parts if part) == line.record_count
    assert {one.record.source for one in listed} == {"channels/c"}
    assert len({one.record.segment for one in listed}) == 2
    _, few, _, _ = ask(bench, book, request, records_max=2)
    assert few == listed[:2]


def test_region_of_records_and_region_of_facilities(bench):
    """A facility that moved: each record is under the region of its time."""
    book = make_book(bench)
    one = record(facility="bs-2", activity="power", start=ORIGIN, quantity="1",
                 end=ORIGIN + dt.timedelta(hours=1))  # fmt: skip
    post(bench, book, [[one]])
    bench.ledger.register.import_facilities(book, [Facility("bs-2", region="DE")])
    post(bench, book, [[one, one | {"region": "FR"}, one | {"region": "DE"}]], channel="d")
    for regions, count in ((("GB",), 1), (("DE",), 2), (("FR",), 1), ((), 4)):
        request = InventoryRequest(regions=regions, accounts=("scope2.location",))
        lines, _, (replay,), total = ask(bench, book, request, replay=True)
        assert sum(line.record_count for line in lines) == total.record_count == count
        assert replay.differences == ()
        assert decimal_text(replay.kg_co2e) == total.kg_co2e


def test_where_a_factor_is_from(bench):
    """Imported ones are the book's, shipped ones the library's, with the licence of either."""
    book = make_book(bench)
    records = [record(facility="bs-2", activity=activity, unit="kWh", start=ORIGIN,
                      end=ORIGIN + dt.timedelta(hours=1), region="GB")
               for activity in ("power", "electricity.grid")]  # fmt: skip
    post(bench, book, [records])
    lines, _, _, _ = ask(bench, book, InventoryRequest(accounts=("scope2.location",)))
    found = {line.activity: line.source for line in lines}
    assert (found["power"].book, found["power"].edition) == (book, "own")
    assert found["power"].factor.source == "paper"
    grid = found["electricity.grid"]
    assert (grid.book, grid.edition) == ("", "uk-ghg-2025")
    assert "Government" in grid.licence


def test_what_is_committed_meanwhile_is_left_out(bench, monkeypatch):
    """Postings, segments and clearings are those of one moment, also beside merged files."""
    book = make_book(bench)
    one = record(facility="bs-2", activity="power", start=ORIGIN, quantity="1",
                 end=ORIGIN + dt.timedelta(hours=1))  # fmt: skip
    waiting = one | {"activity": "mystery", "unit": "kWh"}
    for channel in "abc":
        post(bench, book, [[one, waiting]], channel=channel)
    monkeypatch.setattr(bench.ledger.merger, "_files_max", 1)
    assert bench.ledger.merger.merge(book) == 3
    post(bench, book, [[one, waiting]], channel="d")
    bench.ledger.editions.import_edition(book, "later", LATER)
    snapshots = bench.ledger.snapshots
    look = snapshots.take

    def look_and_go_on(book_id):
        snapshot = look(book_id)
        post(bench, book, [[one]], channel="e")
        list(bench.ledger.suspense.clear(book))
        return snapshot

    monkeypatch.setattr(snapshots, "take", look_and_go_on)
    _, listed, (replay,), total = ask(
        bench, book, InventoryRequest(), replay=True, records_max=100
    )
    assert replay.differences == ()
    assert (replay.record_count, replay.segment_count, len(listed)) == (4, 4, 4)
    monkeypatch.setattr(snapshots, "take", look)
    _, listed, (replay,), later = ask(
        bench, book, InventoryRequest(), replay=True, records_max=100
    )
    assert replay.differences == ()
    assert (replay.record_count, replay.segment_count, len(listed)) == (9, 5, 9)
    assert Fraction(later.kg_co2e) > Fraction(total.kg_co2e)


class Tampered:
    """A book with a number, whose store can be tampered with."""

    def __init__(self, bench):
        self.bench = bench
        self.book = make_book(bench)
        records = [
            record(record_id=str(number), facility="dc-1", activity="power", quantity="10",
                   start=ORIGIN, end=ORIGIN + dt.timedelta(days=1))
            for number in range(3)
        ]  # fmt: skip
        post(bench, self.book, [records])

    def replay(self):
        """What a replay of the whole book says."""
        (replay,) = ask(self.bench, self.book, InventoryRequest(), replay=True)[2]
        return replay

    def change(self, folder, change):
        """Change the bytes of the one object in a folder; gives its path."""
        (path,) = [info.path for info in self.bench.objects.list(f"{self.book}/{folder}")]
        content = change(self.bench.objects.get(path))
        self.bench.objects.delete(path)
        self.bench.objects.put(path, content)
        return path


@pytest.fixture
def tampered(bench):
    """A fresh book with three records in one commit."""
    return Tampered(bench)


def test_a_segment_that_was_changed_is_named(tampered):
    """By its digest; nothing is made of its records, so that the balance lacks all of them."""

    def change(content):
        frame = pl.read_parquet(io.BytesIO(content))
        buffer = io.BytesIO()
        changed = frame.with_columns(
            quantity=pl.when(pl.col("record_id") == "1")
            .then(11)
            .otherwise("quantity")
            .cast(pl.Decimal(18, 6))
        )
        changed.write_parquet(buffer)
        return buffer.getvalue()

    assert tampered.replay().agrees
    path = tampered.change("segments", change)
    replay = tampered.replay()
    assert not replay.agrees
    assert [each for each in replay.differences if path in each and "SHA-256" in each]
    (sums, *_) = [each for each in replay.differences if each.startswith("dc-1, power, kWh")]
    assert "the balances have 30.000000 kWh of 3 records" in sums
    assert "the segments nothing" in sums


def test_a_segment_that_cannot_be_read_is_named(tampered):
    """And everything that it held is missing."""
    path = tampered.change("segments", lambda content: content[:100])
    replay = tampered.replay()
    assert [each for each in replay.differences if path in each]
    assert [each for each in replay.differences if "the segments nothing" in each]


def test_a_postings_file_that_was_changed_is_named(tampered):
    """Its digest is not that of the manifest."""
    path = tampered.change("postings", lambda content: content + b"\0")
    replay = tampered.replay()
    assert [each for each in replay.differences if path in each and "postings file" in each]


def test_a_resolution_that_was_changed_is_named(tampered):
    """Its body must have the hash that is its id."""
    table = schema.resolution
    changed = sa.func.replace(table.c.body, '"0.35"', '"0.36"')

    def work(connection):
        connection.execute(
            sa.update(table).where(table.c.book == tampered.book).values(body=changed)
        )

    tampered.bench.manifest._database.write(work)
    replay = tampered.replay()
    assert [each for each in replay.differences if each.startswith("resolution ")]


def test_lines_that_do_not_add_up_are_a_defect(bench, monkeypatch):
    """The check can fail: were a line computed otherwise, nothing would be shown as explained."""
    book = Tampered(bench).book

    def twice(factor, gwp_set):
        return factor_worth(factor, gwp_set).times(Fraction(2))

    monkeypatch.setattr("tonne.reports.explanation.lines.factor_worth", twice)
    with pytest.raises(LedgerInconsistent, match="add up to"):
        list(explain(bench.ledger.snapshots.take(book), InventoryRequest()))


def test_an_unknown_book_is_told(bench):
    """Before anything else."""
    with pytest.raises(BookUnknown):
        next(explain(bench.ledger.snapshots.take("nobody"), InventoryRequest()))
