"""Late records at the fence: two servers, delayed commits, and several corrections at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.unit.ledger.closing.test_fence import JANUARY, WHY, servers
from tests.unit.ledger.conftest import T0, record
from tests.unit.ledger.correcting.conftest import correction_of
from tonne.errors import PeriodMustBeOpen
from tonne.ledger.files.postings import counted_months
from tonne.ledger.posting.entries import Durable
from tonne.model import LateRecords, RowStatus, month_of_period
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import COUNTED, HAPPENED, InventoryRequest
from tonne.store import faults
from tonne.store.rows import Commit

__all__ = ["servers"]


@pytest.fixture
def taking(servers):
    """The two servers; their book takes late records."""
    servers[0].ledger.books.update_book("acme", {"late_records": LateRecords.NEXT_OPEN})
    return servers


def months(ledger, by=COUNTED):
    """kg CO2e by month."""
    answer = book_inventory(
        ledger.snapshots.take("acme"), InventoryRequest(group_by=("period",), months_by=by)
    )
    return {row.group[0]: row.kg_co2e for row in answer.rows}


@contextmanager
def delayed(bench):
    """Hold a record of January up with its files durable; what is done meanwhile comes first."""
    faults.arm("commit.before_sql=hang")
    with ThreadPoolExecutor(1) as pool:
        try:
            late = pool.submit(bench.append, "meter", [record(quantity="100", record_id="2")])
            assert faults.await_arrival("commit.before_sql")
            yield late
        finally:
            faults.release()


def test_a_commit_that_began_before_a_close_counts_behind_it(taking):
    """It is delayed with its files durable, another server closes: it is posted again, as late."""
    first, second = taking
    first.append("meter", [record(quantity="2")])
    with delayed(first) as late:
        second.periods.close_period("acme", JANUARY, **WHY)
    assert late.result().totals.posted_count == 1
    for ledger in (first.ledger, second):
        assert months(ledger) == {"2015-01": "1", "2015-02": "50"}
        assert months(ledger, HAPPENED) == {"2015-01": "51"}
    first.check()


def test_a_commit_delayed_over_two_closes_counts_behind_both(taking):
    """The month in which it would have counted is closed, too."""
    first, second = taking
    first.append("meter", [record(quantity="2")])
    second.periods.close_period("acme", JANUARY, **WHY)
    with delayed(first) as late:
        second.periods.close_period("acme", JANUARY + 1, **WHY)
    late.result()
    assert months(first.ledger) == {"2015-01": "1", "2015-03": "50"}
    first.check()


def test_a_server_that_goes_by_the_old_rule_is_refused(taking):
    """The book refuses late records again while a late one is on its way."""
    first, second = taking
    first.append("meter", [record(quantity="2")])
    second.periods.close_period("acme", JANUARY, **WHY)
    with delayed(first) as late:
        second.books.update_book("acme", {"late_records": LateRecords.REFUSE})
    (error,) = late.result().row_errors
    assert error.status is RowStatus.PERIOD_MUST_BE_OPEN
    assert months(first.ledger) == {"2015-01": "1"}


def test_the_manifest_compares_the_months_in_which_a_commit_counts(taking):
    """Whatever a server took for granted: what would count in a closed month is refused."""
    first, second = taking
    first.append("meter", [record(quantity="2")])
    second.periods.close_period("acme", JANUARY, **WHY)
    book = first.manifest.get_book("acme")
    commit = Commit("c" * 32, "acme", book.revision, periods=(JANUARY,), counts_from=JANUARY)
    with pytest.raises(PeriodMustBeOpen, match="2015-01"):
        first.manifest.commit(commit)


def test_corrections_written_together_count_each_by_itself(taking):
    """One corrects a late record, one a record of the closed month: neither moves the other."""
    first, second = taking
    first.append("meter", [record(quantity="2")])
    second.periods.close_period("acme", JANUARY, **WHY)
    first.append("late", [record(quantity="10", record_id="2")])
    entries = [
        correction_of(first, [0], [record(quantity="4")]),
        correction_of(first, [0], [record(quantity="30", record_id="2")], source="late"),
    ]
    outcomes = first.write(entries)
    assert all(isinstance(each, Durable) for each in outcomes)
    assert months(first.ledger) == {"2015-01": "2", "2015-02": "15"}
    assert months(first.ledger, HAPPENED) == {"2015-01": "17"}
    first.check()


def test_a_late_record_opens_the_month_in_which_it_counts(taking):
    """A later month is not closed before it: it has postings."""
    first, second = taking
    first.append("meter", [record(quantity="2")])
    second.periods.close_period("acme", JANUARY, **WHY)
    first.append("late", [record(quantity="10", record_id="2", start=T0)])
    listed = second.periods.list_periods("acme")
    assert [month_of_period(each.period) for each in listed] == ["2015-01", "2015-02"]
    assert counted_months(first.ledger.snapshots.take("acme").frame()) == (JANUARY, JANUARY + 1)
