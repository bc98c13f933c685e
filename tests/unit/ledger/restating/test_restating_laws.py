"""Laws of restatements: the book is as if it had been posted so, and each record once."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import polars as pl
import pytest

from tests.unit.ledger.conftest import EDITION, Bench, record, records_of
from tests.unit.ledger.restating.conftest import NEW, OLD, asked
from tonne.catalogue.words.method import MethodSettings
from tonne.ledger.posting.restating.criteria import Criteria
from tonne.model import RowStatus

HEADER = EDITION.splitlines(keepends=True)[0]
LATER = (
    HEADER
    + b"""\
electricity.grid,,kWh,2015-01-01,2016-03-15,0.55,,,,,paper,1,
electricity.grid,,kWh,2016-03-15,,0.45,,,,,paper,1,
electricity.grid,DE,kWh,2015-07-01,,0.3,0.29,0.0001,,,paper,2,
fuel.diesel.stationary,,l,2015-01-01,,2.68779,2.66134,0.00028,0.02617,,paper,3,
"""
)
"""Other dates, one within a month; DE from July alone; diesel as it was."""


def book_of(store, name, *editions):
    """A book of its own in a store, whose method has the editions in their order."""
    bench = store.other()
    bench.ledger.books.create_book(name, method=MethodSettings())
    made = Bench(bench.manifest, bench.objects, bench.ledger, name)
    for id_, text in editions:
        made.ledger.editions.import_edition(name, id_, text)
    return made


def put_first(bench):
    bench.ledger.methods.update_method(
        bench.book, {"editions": (NEW, OLD)}, author="ada", reason="corrected"
    )


def balances(bench):
    """What is posted, by key, slice and content of the resolution: quantity and counts."""
    frame = bench.ledger.snapshots.take(bench.book).frame()
    texts = frame.with_columns(pl.col(pl.Categorical).cast(pl.String))
    ids = texts["resolution"].drop_nulls().unique().to_list()
    known = bench.ledger.editions.resolutions(bench.book, ids)
    found = {}
    for row in texts.iter_rows(named=True):
        content = known[row["resolution"]] if row["resolution"] else row["status"]
        if row["resolution"]:
            content = replace(content, method_version=0)
        key = (
            *(row[name] or "" for name in ("facility", "activity", "unit", "region")),
            *(row[name] for name in ("period", "first_day", "last_day")),
            content,
        )
        sums = found.setdefault(key, [Fraction(0), 0, 0])
        for at, name in enumerate(("quantity", "record_count", "record_start_count")):
            sums[at] += Fraction(row[name])
    return {key: sums for key, sums in found.items() if any(sums)}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_restated_book_is_one_that_was_posted_so(bench, seed):
    """Records over months and dates: every balance, slice by slice, is that of the other book."""
    given = records_of(80, seed=seed, invalid=True)
    one = book_of(bench, f"one-{seed}", (OLD, EDITION))
    for at in range(0, len(given), 16):
        one.append("meter", given[at : at + 16])
    one.ledger.editions.import_edition(one.book, NEW, LATER)
    put_first(one)
    was = balances(one)
    *_, done = one.ledger.restating.restate(one.book, asked())
    other = book_of(bench, f"other-{seed}", (OLD, EDITION), (NEW, LATER))
    put_first(other)
    for at in range(0, len(given), 16):
        other.append("meter", given[at : at + 16])
    assert balances(one) == balances(other) != was
    assert done.left_count == 0
    listed = one.ledger.records.list_records(one.book).items
    posted = [each for each in listed if each.status is RowStatus.POSTED]
    assert done.restated_count + done.unchanged_count == len(posted)
    assert sum(bool(each.restatement) for each in listed) == done.restated_count
    one.check()


def test_a_record_is_left_alone_that_is_posted_so_already(bench):
    """Of records that share a note, those on whose dates another figure counts, and no others."""
    days = [
        ("2015-12-01", "2016-01-01"),
        ("2016-02-01", "2016-03-01"),
        ("2016-03-01", "2016-04-01"),
    ]
    rows = [
        record(
            record_id=str(at),
            quantity="31",
            start=pl.Series([start]).str.to_datetime(time_zone="UTC")[0],
            end=pl.Series([end]).str.to_datetime(time_zone="UTC")[0],
        )
        for at, (start, end) in enumerate(days)
    ]
    one = book_of(bench, "one", (OLD, EDITION))
    one.append("meter", rows)
    same_but_march = (
        HEADER
        + b"""\
electricity.grid,,kWh,2015-01-01,2016-01-01,0.5,,,,,paper,1,
electricity.grid,,kWh,2016-01-01,2016-03-15,0.4,,,,,paper,1,
electricity.grid,,kWh,2016-03-15,,0.2,,,,,paper,1,
"""
    )
    # The same edition's rows with a row more: what the first ones say is of another edition.
    one.ledger.editions.import_edition("one", NEW, same_but_march)
    put_first(one)
    *_, done = one.ledger.restating.restate("one", asked())
    assert (done.restated_count, done.unchanged_count) == (3, 0)  # named anew, all of them
    later = same_but_march.replace(b"0.2,", b"0.1,")
    one.ledger.editions.import_edition("one", "paper-2017", later)
    one.ledger.methods.update_method(
        "one", {"editions": (NEW, "paper-2017", OLD)}, author="ada", reason="behind"
    )
    *_, done = one.ledger.restating.restate("one", asked("r-2", facility="dc-1"))
    assert (done.restated_count, done.unchanged_count) == (0, 3)
    one.ledger.methods.update_method(
        "one", {"editions": ("paper-2017", NEW, OLD)}, author="ada", reason="first"
    )
    march = Criteria(factor=f"{NEW}/3")
    *_, done = one.ledger.restating.restate("one", replace(asked("r-3"), criteria=march))
    assert (done.restated_count, done.unchanged_count) == (1, 0)
    # 14 days at 0.4 and 17 at 0.1, of 31 kWh: the record is cut on the 15th.
    figures = [row for row in done.figures.rows() if row[0] == "scope2.location"]
    assert [(before, after) for _, _, before, after in figures] == [
        (14 * Fraction("0.4") + 17 * Fraction("0.2"), 14 * Fraction("0.4") + 17 * Fraction("0.1"))
    ]
    one.check()
