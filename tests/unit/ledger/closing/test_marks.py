"""What a closed month held stays readable, at the cost of what it holds now."""

from __future__ import annotations

from itertools import pairwise

from tests.unit.ledger.conftest import HOUR, T0, record
from tonne.ledger.as_of import read_as_of
from tonne.model import period_of_month
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.store.statement_rows import StatementRow

JANUARY = period_of_month("2015-01")
WHY = {"author": "ada", "reason": "over"}


def total(bench, commit):
    """kg CO2e of the book as of a commit number."""
    snapshot = bench.ledger.snapshots.take(bench.book, read_as_of(str(commit)))
    return book_inventory(snapshot, InventoryRequest()).total.kg_co2e


def merge(bench):
    """Merge all that may be merged."""
    other = bench.other(merge_files_max=1)
    other.ledger.merger.merge(bench.book)
    other.ledger.close()


def february(number):
    """A record of a day of the month after."""
    return record(
        record_id=f"f{number}",
        quantity="2",
        start=T0.replace(month=2, day=number),
        end=T0.replace(month=2, day=number + 1),
    )


def test_each_revision_of_a_month_is_read_as_of_its_close(any_bench):
    """Closed, reopened with a later one, posted into, closed again and sealed; merged between."""
    bench, periods = any_bench, any_bench.ledger.periods
    bench.append("meter", [record(record_id="a", quantity="10")])
    bench.append("meter", [february(1)])
    periods.close_period("acme", JANUARY, **WHY)
    bench.append("meter", [february(2)])
    merge(bench)
    periods.close_period("acme", JANUARY + 1, **WHY)
    merge(bench)
    periods.reopen_period("acme", JANUARY, **WHY)
    bench.append(
        "meter", [record(record_id="b", quantity="100", start=T0 + HOUR, end=T0 + 2 * HOUR)]
    )
    merge(bench)
    periods.close_period("acme", JANUARY, **WHY)
    periods.seal_period("acme", JANUARY, **WHY)
    bench.append("meter", [february(3)])
    merge(bench)

    closes = bench.manifest.period_closes("acme")
    told = [(each.period, each.revision, total(bench, each.closed.seq)) for each in closes]
    assert told == [(JANUARY, 1, "6"), (JANUARY, 2, "57"), (JANUARY + 1, 1, "7")]
    acts = sorted(
        [("close", each.closed.seq) for each in closes]
        + [("seal", each.sealed.seq) for each in closes if each.sealed],
        key=lambda each: each[1],
    )
    marks = [each for each in bench.manifest.marks("acme") if each.kind in {"close", "seal"}]
    assert [(each.kind, each.number) for each in marks] == acts
    for number in (number for _, number in acts):
        at = bench.manifest.book_moment("acme", number, dead=False).at
        assert at.first == 0  # nothing is summed again
        assert len(at.files) <= len(acts)
    for each in closes:
        by_time = bench.manifest.find_point("acme", time=each.closed.time)
        assert total(bench, by_time.number) == total(bench, each.closed.seq)
    assert all(earlier.at <= later.at for earlier, later in pairwise(marks))
    bench.check()


def test_a_statement_does_not_hold_a_close_up(bench, monkeypatch):
    """It is a moment of the book in which nothing was posted: what was checked is so still."""
    bench.append("meter", [record()])
    real, grounds = bench.ledger.periods._manifest.close_period, []

    def late(book, period, at, **given):
        grounds.append(at.seq)
        row = StatementRow("target", "t", "{}", "2015-01-01", author="ada", reason="a plan")
        bench.manifest.put_statements("acme", [row], lambda *_: None)
        return real(book, period, at, **given)

    monkeypatch.setattr(bench.ledger.periods._manifest, "close_period", late)
    bench.ledger.periods.close_period("acme", JANUARY, **WHY)
    assert len(grounds) == 1
