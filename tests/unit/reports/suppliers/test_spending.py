"""What was spent with each supplier, whether its files are found by type or all are read."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import defaultdict
from fractions import Fraction

import pytest

from tests.unit.ledger.conftest import T0, embedded_bench, record
from tonne.errors import FieldInvalid
from tonne.model import Facility
from tonne.reports.suppliers import spending

DAY = f"{T0:%Y-%m}-28"
MONTH = dt.timedelta(days=31)
SUPPLIERS = [f"s{number:02d}" for number in range(12)]


@pytest.fixture
def bench(tmp_path):
    """A ledger with spend of two years, beside electricity of other sites."""
    with embedded_bench(tmp_path) as made:
        spent = [
            record(
                record_id=f"{supplier}-{month}",
                facility=supplier,
                activity="driver.spend",
                quantity=str(number * 7 - 5),
                unit="CNY",
                start=T0 - month * MONTH,
                end=T0 - month * MONTH + dt.timedelta(hours=1),
            )
            for number, supplier in enumerate(SUPPLIERS)
            for month in (0, 5, 18)
        ]
        made.append("spend", spent)
        made.append("power", [record(record_id=str(number)) for number in range(3)])
        yield made


def spend_of(bench):
    with bench.ledger.reads.holding(1) as hold:
        return spending.ledger_spend(bench.ledger.snapshots.take(bench.book), DAY, hold)


def register(bench, count, type_="supplier_site"):
    bench.ledger.register.import_facilities(
        bench.book, [Facility(each, type=type_) for each in SUPPLIERS[:count]]
    )


@pytest.mark.parametrize("registered", [0, 5, len(SUPPLIERS)])
@pytest.mark.parametrize("named_max", [3, spending.NAMED_MAX])
def test_each_supplier_has_what_its_records_say_of_a_year(
    bench, monkeypatch, registered, named_max
):
    monkeypatch.setattr(spending, "NAMED_MAX", named_max)
    bench.ledger.register.import_facilities(bench.book, [Facility("dc-1", type="data_centre")])
    register(bench, registered)
    wanted = defaultdict(Fraction)
    for number, supplier in enumerate(SUPPLIERS):
        wanted[supplier] += 2 * (number * 7 - 5)
    found = spend_of(bench)
    assert (found.amounts, found.currency) == (dict(wanted), "CNY")


def test_of_other_sites_no_posting_is_read(bench, monkeypatch):
    """Where all that was spent is with facilities of one type, the question names these."""
    register(bench, len(SUPPLIERS))
    asked = []
    plain = spending.book_inventory

    def told(snapshot, request, hold):
        asked.append(request)
        return plain(snapshot, request, hold)

    monkeypatch.setattr(spending, "book_inventory", told)
    spend_of(bench)
    assert [each.facilities for each in asked] == [(), tuple(SUPPLIERS)]


def test_where_nothing_was_spent_facilities_are_not_told_apart(bench, monkeypatch):
    asked = []
    plain = spending.book_inventory

    def told(snapshot, request, hold):
        asked.append(dataclasses.asdict(request)["group_by"])
        return plain(snapshot, request, hold)

    monkeypatch.setattr(spending, "book_inventory", told)
    with bench.ledger.reads.holding(1) as hold:
        snapshot = bench.ledger.snapshots.take(bench.book)
        assert spending.ledger_spend(snapshot, "1999-12-31", hold) is None
    assert asked == [("facility_type",)]


def test_two_currencies_are_not_added(bench):
    usd = record(record_id="usd", facility="s00", activity="driver.spend", unit="USD")
    bench.append("more", [usd])
    with pytest.raises(FieldInvalid, match="one currency"):
        spend_of(bench)
