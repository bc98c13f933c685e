"""As of a moment: which one is meant, where marks are, and what is refused."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.unit.ledger.conftest import EDITION, Bench, record
from tests.unit.ledger.correcting.conftest import ENTRY
from tonne.catalogue.words.method import MethodSettings
from tonne.errors import FieldInvalid, LedgerInconsistent
from tonne.ledger.as_of import read_as_of
from tonne.ledger.ledger import Ledger
from tonne.ledger.pages import Ask
from tonne.ledger.posting.correcting.selection import Selection
from tonne.model import Facility
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.store.manifest.manifest import Manifest
from tonne.store.manifest.marks import put_mark
from tonne.store.manifest.tables import lock_book
from tonne.store.objects.objects import open_objects
from tonne.store.pair import meet

LATER = EDITION.splitlines(keepends=True)[0] + (
    b"electricity.grid,,kWh,2015-01-01,,0.7,,,,,p,1,\n"
)


def total(bench, as_of="", method=0):
    """kg CO2e of the book, and of which commit it is."""
    snapshot = bench.ledger.snapshots.take(bench.book, read_as_of(str(as_of)), method=method)
    return book_inventory(snapshot, InventoryRequest()).total.kg_co2e, snapshot.point


def mark(bench):
    """Put a mark where the book is, as a close does."""
    database = bench.manifest._database

    def work(connection):
        lock_book(connection, bench.book)
        return put_mark(connection, database, bench.book, "close")

    return database.write(work)


def merge(bench):
    """Merge all that may be merged."""
    other = bench.other(merge_files_max=1)
    other.ledger.merger.merge(bench.book)
    other.ledger.close()


def test_what_was_said_is_said_again_on_both_stores(any_bench):
    """After corrections, another region, another method, merges, and a mark between."""
    bench, said = any_bench, {}

    def note():
        value, point = total(bench)
        said[point.number] = (value, point.time)

    bench.append("meter", [record(quantity="10"), record(record_id="s", quantity="4")])
    note()
    mark(bench)
    bench.append("meter", [record(record_id="t", quantity="2")])
    note()
    chosen = Selection(source="meter", offsets=(0,))
    list(bench.ledger.reversals.reverse(bench.book, chosen, ENTRY))
    note()
    bench.ledger.register.import_facilities(bench.book, [Facility("dc-1", region="DE")])
    bench.append("meter", [record(record_id="u", quantity="100")])
    note()
    merge(bench)
    bench.append("meter", [record(record_id="v", quantity="1")])
    merge(bench)
    assert [value for value, _ in said.values()] == ["7", "8", "3", "38"]
    for number, (value, time) in said.items():
        assert total(bench, number)[0] == value
        found, point = total(bench, time.isoformat())
        assert (found, point.number) == (value, number)
    bench.check()


def test_no_merge_crosses_a_mark(bench):
    """What lies before it becomes one run, and so does what lies behind it."""
    for number in range(6):
        bench.append("meter", [record(record_id=str(number), quantity="1")])
        if number == 2:
            put = mark(bench)
    merge(bench)
    files = bench.manifest.live_postings("acme")
    assert [each.last_commit <= put.number for each in files].count(True) == 1
    moment = bench.manifest.book_moment("acme", put.number)
    assert (len(moment.postings), moment.at.first) == (1, 0)
    assert total(bench, put.number)[0] == "1.5"
    with pytest.raises(LedgerInconsistent, match="would cross the mark"):
        bench.manifest.replace_postings("acme", [each.id for each in files], files[0])


def test_a_day_ends_with_a_mark(tmp_path):
    """In the book's time zone, behind its last commit; a day without one has none."""
    now = [dt.datetime(2026, 3, 28, 20, tzinfo=dt.UTC)]
    manifest = Manifest.open(f"sqlite:///{tmp_path}/m.sqlite", clock=lambda: now[0])
    objects = open_objects((tmp_path / "objects").as_uri(), {})
    meet(manifest, objects)
    ledger = Ledger(manifest, objects, holder="test")
    ledger.books.create_book("acme", time_zone="Europe/Berlin", method=MethodSettings())
    ledger.editions.import_edition("acme", "paper", EDITION)
    bench = Bench(manifest, objects, ledger)
    bench.append("meter", [record(quantity="10")])
    before = total(bench)[1].number
    now[0] = dt.datetime(2026, 3, 29, 22, 30, tzinfo=dt.UTC)  # the 30th there: clocks went on
    bench.append("meter", [record(record_id="s", quantity="10")])
    marks = manifest.marks("acme")
    assert [(each.kind, each.number) for each in marks] == [("start", 0), ("day", before)]
    assert marks[1].at == dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC)
    assert total(bench, marks[1].at.isoformat())[0] == "5"
    now[0] = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)  # a clock that goes back
    bench.append("meter", [record(record_id="t", quantity="10")])
    assert total(bench)[1].time > dt.datetime(2026, 3, 29, tzinfo=dt.UTC)
    ledger.close()
    manifest.close()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("999999", "whose last one is"),
        ("2999-01-01T00:00:00Z", "a time that has come"),
        ("2001-01-01T00:00:00Z", "the book was not there yet"),
        ("2026-03-31", "with its offset"),
        ("2026-02-31T00:00:00Z", "with its offset"),
        ("2026-03-31T00:00:00", "with its offset"),
        ("-1", "with its offset"),
    ],
)
def test_a_moment_that_there_is_not_is_refused(bench, text, told):
    """Each says what is possible."""
    with pytest.raises(FieldInvalid, match=told) as caught:
        total(bench, text)
    assert caught.value.metadata["field"] == "as_of"


def test_pages_of_a_moment_are_of_one_moment(bench):
    """Whatever comes between two pages."""
    for number in range(4):
        bench.append("meter", [record(record_id=str(number))])
    point = total(bench)[1]
    ask = Ask(page_size=2, as_of=read_as_of(point.time.isoformat()))
    first = bench.ledger.records.list_records("acme", ask)
    list(bench.ledger.reversals.reverse("acme", Selection(source="meter", offsets=(3,)), ENTRY))
    bench.append("meter", [record(record_id="late")])
    again = Ask(page_size=9, as_of=ask.as_of, page_token=first.next_page_token)
    rest = bench.ledger.records.list_records("acme", again)
    assert (first.point, rest.point) == (point, point)
    assert [each.record_id for each in (*first.items, *rest.items)] == ["0", "1", "2", "3"]
    assert {each.status.name for each in rest.items} == {"POSTED"}


def test_another_version_of_the_method_may_be_asked_for(bench):
    """What January would have been; a version with a date within the month is refused."""
    bench.append("meter", [record(quantity="10")])
    version = bench.manifest.get_book("acme").method_version
    number = total(bench)[1].number
    bench.ledger.editions.import_edition("acme", "later", LATER)
    bench.ledger.methods.update_method(
        "acme", {"editions": ("later", "paper-2015")}, author="a", reason="r"
    )
    newest = bench.manifest.get_book("acme").method_version
    assert total(bench)[0] == total(bench, number)[0] == "5"
    assert total(bench, number, newest)[0] == "7"
    assert total(bench, "", version)[0] == "5"


def test_a_rebuild_keeps_to_its_side_of_a_mark(bench):
    """Files on both sides that are lost are made again apart, and every moment says the same."""
    said = {}
    for number in range(4):
        bench.append("meter", [record(record_id=str(number), quantity="2")])
        value, point = total(bench)
        said[point.number] = value
        if number == 1:
            mark(bench)
    merge(bench)
    for file in bench.manifest.live_postings("acme"):
        bench.objects.delete(file.path)
    other = bench.other(cache_bytes_max=0)
    rebuilt = other.ledger.checks.rebuild("acme", on_file=lambda: None)
    assert len(rebuilt.replaced) == 2
    for number, value in said.items():
        assert total(other, number)[0] == value
    other.check()
    other.ledger.close()
