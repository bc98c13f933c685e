"""Slices of postings: files of before there were any, months of slices, dates that came later."""

from __future__ import annotations

import datetime as dt
import itertools
import random

import polars as pl
import pytest

from tests.unit.ledger.conftest import EDITION, Bench, record
from tests.unit.ledger.reading.test_bit_rot import replace_object
from tonne.catalogue.words.method import MethodSettings
from tonne.ledger.files.files import POSTINGS, put_frame
from tonne.ledger.files.postings import POSTINGS_SCHEMA, as_postings, by_month
from tonne.ledger.files.sums import sum_by
from tonne.ledger.posting.writing.laid_out import POSTED_KEYS
from tonne.ledger.upkeep.check import BookCheck
from tonne.model import Entity, Facility, Holding
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.cutting import SHARE_BY_TIME
from tonne.reports.inventory.request import InventoryRequest

OWN_FROM_THE_15TH = b"""\
activity,region,unit,valid_from,kg_co2e
electricity.grid,DE,kWh,2015-03-15,1
"""

MARCH = (2015 - 1970) * 12 + 2


def march(day):
    return dt.datetime(2015, 3, 1, tzinfo=dt.UTC) + dt.timedelta(days=day - 1)


def span(first, stop, quantity="31", **fields):
    """A record from a day of March to the one before another."""
    return record(quantity=quantity, start=march(first), end=march(stop), **fields)


def frame_of(bench):
    return bench.ledger.snapshots.take("acme").frame()


def own(bench, *holdings):
    bench.ledger.register.import_entities("acme", [Entity("sub", holdings=holdings)])
    bench.ledger.register.import_facilities("acme", [Facility("dc-1", entity="sub")])


def total(bench, **request):
    return book_inventory(bench.ledger.snapshots.take("acme"), InventoryRequest(**request))


def test_a_file_without_slices_has_whole_months(bench):
    """Postings of the first ledgers are read on, and cut at a date as their records are."""
    bench.append("a", [span(1, 32), span(20, 21, "100")])
    (file,) = bench.manifest.live_postings("acme")
    old = bench.ledger.snapshots.take("acme").frame().drop("first_day", "last_day")
    new = put_frame(
        bench.objects, old, POSTINGS, book="acme", commit_id="", now=dt.datetime.now(dt.UTC)
    )
    lease = bench.manifest.acquire_lease("merge/acme", "test", 60)
    assert bench.manifest.replace_postings("acme", [file.id], new, lease)
    bench.ledger.balances.forget([file.id])
    found = frame_of(bench)
    assert found.select("first_day", "last_day").unique().rows() == [(1, 31)]
    own(bench, Holding(valid_from="2015-03-02"))
    assert total(bench).total.kg_co2e == "65"  # (30 + 100) x 0.5


def test_slices_add_up_to_their_month(bench):
    """Quantities and distinct records of a month, whatever cuts it."""
    own(bench, Holding("", "2015-03-11", "0.5"), Holding("2015-03-11", "", "0.83"))
    bench.append("a", [span(1, 32), span(5, 15, "10"), span(20, 21, "1"), span(-5, 40, "45")])
    found = frame_of(bench).filter(pl.col("period") == MARCH)
    assert sorted(found.select("first_day", "last_day").unique().rows()) == [(1, 10), (11, 31)]
    (row,) = sum_by(by_month(found), ["period"]).rows()
    assert row == (MARCH, 31 + 10 + 1 + 31, 4, 3)
    by_facility = total(bench, group_by=("facility", "period"), first_period=MARCH,
                        last_period=MARCH, consolidation="equity-share").rows  # fmt: skip
    # 0.5 kg a kWh: 10/31, 6/10 and 10 days at 0.5, the rest at 0.83.
    expected = 0.5 * (0.5 * (10 + 6 + 10) + 0.83 * (21 + 4 + 1 + 21))
    assert [(float(row.kg_co2e), row.record_count) for row in by_facility] == [(expected, 4)]


def test_records_that_wait_have_no_slices(bench):
    """What is resolved later is cut then, and takes back the whole month that it waited in."""
    own(bench, Holding(valid_from="2015-03-11"))
    bench.append("a", [span(1, 32, activity="steam.own", unit="kWh")])
    waiting = frame_of(bench)
    assert waiting.select("first_day", "last_day", "status").rows() == [(1, 31, 65)]
    bench.ledger.editions.import_edition(
        "acme",
        "own",
        b"activity,unit,valid_from,kg_co2e,account\nsteam.own,kWh,2015-01-01,1,scope2.location\n",
    )
    list(bench.ledger.suspense.clear("acme"))
    left = sum_by(frame_of(bench), POSTED_KEYS).filter(pl.col("quantity") != 0)
    assert sorted(left.select("first_day", "last_day").rows()) == [(1, 10), (11, 31)]
    assert total(bench, accounts=("scope2",)).total.kg_co2e == "21"
    bench.check()


@pytest.mark.parametrize("later", [False, True])
def test_two_resolutions_of_the_same_days_are_split_by_time_and_told(bench, later):
    """Another factor came between two commits, then a date: the records do not say whose is whose.

    31 kWh at 0.5 kg and 31 at 1 kg over all of March, 30 days of which count: 15 + 30 = 45.
    Where the date came first, the postings know.
    """
    if not later:
        own(bench, Holding(valid_from="2015-03-02"))
    bench.append("a", [span(1, 32)])
    bench.ledger.editions.import_edition(
        "acme", "own", b"activity,unit,valid_from,kg_co2e\nelectricity.grid,kWh,2015-01-01,1\n"
    )
    bench.ledger.methods.update_method(
        "acme", {"editions": ("own", "paper-2015")}, author="test", reason="test"
    )
    bench.append("a", [span(1, 32)])
    if later:
        own(bench, Holding(valid_from="2015-03-02"))
    found = total(bench)
    assert found.total.kg_co2e == "45"
    told = [each.record_count for each in found.notices if each.reason == SHARE_BY_TIME]
    assert told == ([2] if later else [])


def test_what_knew_a_date_is_taken_off_what_did_not(bench):
    """Records before and after the date was registered: both are cut, none counts twice."""
    bench.append("a", [span(1, 32)])
    own(bench, Holding(valid_from="2015-03-11"))
    bench.append("a", [span(1, 32, "62"), span(12, 13, "1")])
    found = total(bench)
    assert found.total.kg_co2e == "32"  # (21 + 42 + 1) x 0.5
    assert found.total.record_count == 3
    assert [each for each in found.notices if each.reason == SHARE_BY_TIME] == []


def test_a_frame_of_postings_keeps_its_slices():
    """What has slices is typed, and nothing else."""
    row = dict.fromkeys(POSTINGS_SCHEMA, None) | {"first_day": 2, "last_day": 9}
    assert as_postings(pl.DataFrame([row])).select("first_day", "last_day").rows() == [(2, 9)]


def test_a_merge_keeps_slices_and_a_check_finds_months_right(bench):
    """Files of before and after a date: their sums by slice stay, and their months agree."""
    bench.append("a", [span(1, 32)])
    own(bench, Holding(valid_from="2015-03-11"))
    for quantity in ("1", "2", "3"):
        bench.append("a", [span(5, 25, quantity), span(-5, 40, quantity)])
    before = total(bench)
    merged = sum_by(frame_of(bench), POSTED_KEYS).sort(POSTED_KEYS)
    other = bench.other(merge_files_max=2)
    assert other.ledger.merger.merge("acme")
    assert sum_by(frame_of(bench), POSTED_KEYS).sort(POSTED_KEYS).equals(merged)
    assert total(bench) == before
    assert BookCheck(bench.manifest, bench.objects, "acme").run().problems == []
    bench.check()


@pytest.mark.parametrize("later", [False, True])
def test_postings_are_made_again_with_the_slices_of_then_or_their_months(bench, later):
    """A date that came between the commits and the loss: what is lost has whole months then."""
    if not later:
        own(bench, Holding(valid_from="2015-03-11"))
    for quantity in ("1", "2", "4"):
        bench.append("a", [span(5, 25, quantity)])
    if later:
        own(bench, Holding(valid_from="2015-03-11"))
    before = total(bench)
    replace_object(bench, bench.manifest.live_postings("acme")[1].path, None)
    other = bench.other(cache_bytes_max=0)
    made = other.ledger.checks.rebuild("acme", on_file=lambda: None, assumes_regions=True)
    assert len(made.replaced) == 1
    assert total(other) == before
    other.ledger.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_date_gives_one_inventory_whenever_it_was_registered(bench, seed):
    """Records of any length with millionths, several dates a month: the same rows to the digit."""
    chance = random.Random(seed)  # noqa: S311  # a test's own
    days = sorted(chance.sample(range(2, 60), 5))
    dates = ["", *(f"{march(day):%Y-%m-%d}" for day in days), ""]
    holdings = [
        Holding(first, last, f"0.{chance.randrange(1, 99):02d}", is_operated=chance.random() < 0.7)
        for first, last in itertools.pairwise(dates)
    ]
    records = []
    for number in range(40):
        start = march(chance.randrange(-20, 60)) + dt.timedelta(seconds=chance.randrange(86_400))
        length = dt.timedelta(seconds=chance.choice((1, 900, 86_400, 30 * 86_400, 70 * 86_400)))
        records.append(
            record(
                record_id=f"r{number}",
                quantity=f"{chance.randrange(-(10**9), 10**9)}e-6",
                start=start,
                end=start + length,
                region=chance.choice(("DE", "")),
            )
        )
    rows = []
    for book in ("before", "after"):
        bench.ledger.books.create_book(book, method=MethodSettings())
        bench.ledger.editions.import_edition(book, "paper-2015", EDITION)
        bench.ledger.editions.import_edition(book, "own", OWN_FROM_THE_15TH)
        bench.ledger.methods.update_method(
            book, {"editions": ("own", "paper-2015")}, author="test", reason="test"
        )
        side = Bench(bench.manifest, bench.objects, bench.ledger, book)
        for step in ("own", "append") if book == "before" else ("append", "own"):
            if step == "append":
                side.append("a", records)
                continue
            bench.ledger.register.import_entities(book, [Entity("sub", holdings=tuple(holdings))])
            bench.ledger.register.import_facilities(book, [Facility("dc-1", entity="sub")])
        rows.append(
            [
                book_inventory(bench.ledger.snapshots.take(book), asked)
                for approach in ("equity-share", "operational-control")
                for by in ((), ("period",), ("facility", "account"))
                for asked in [InventoryRequest(group_by=by, consolidation=approach)]
            ]
        )
    before, after = rows
    assert [each.total for each in before] == [each.total for each in after]
    assert [each.rows for each in before] == [each.rows for each in after]
    assert SHARE_BY_TIME not in {notice.reason for each in after for notice in each.notices}
