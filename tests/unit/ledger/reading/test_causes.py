"""The suspense by cause: every record that waits is counted once, with its quantity."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from fractions import Fraction

from tests.unit.ledger.conftest import EDITION, T0, record, records_of
from tonne.ledger.pages import Ask
from tonne.ledger.reading import causes as counting
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest

DAY = dt.timedelta(days=1)
HEADER = EDITION.splitlines(keepends=True)[0]


def total(bench):
    """kg CO2e of the book."""
    snapshot = bench.ledger.snapshots.take("acme")
    return Fraction(book_inventory(snapshot, InventoryRequest()).total.kg_co2e)


def waiting(bench):
    """All records in suspense, with what each waits for."""
    items, token = [], ""
    while True:
        page = bench.ledger.records.list_suspense("acme", Ask(page_size=1000, page_token=token))
        items += page.items
        token = page.next_page_token
        if not token:
            return items


def test_causes_are_what_the_list_adds_up_to(bench):
    """Counts and exact sums by unit, of many records in several segments, some cleared."""
    for seed in range(3):
        bench.append(f"meter-{seed}", records_of(120, seed=seed))
    list(bench.ledger.suspense.clear("acme"))
    items = waiting(bench)
    assert len(items) > 20
    found = bench.ledger.causes.count("acme")
    assert found.omitted_count == 0
    assert sum(each.record_count for each in found.causes) == len(items)
    assert {each.cause.field for each in found.causes} == {
        each.message.partition(":")[0] for each in items
    }
    sums: dict[str, int] = defaultdict(int)
    for each in items:
        sums[each.unit] += int(each.quantity * 10**18)
    counted = Counter()
    for each in found.causes:
        counted.update(each.quantities_atto)
    assert dict(counted) == dict(sums)
    assert min(each.start for each in found.causes) == min(each.start for each in items)
    assert max(each.end for each in found.causes) == max(each.end for each in items)
    counts = [each.record_count for each in found.causes]
    assert counts == sorted(counts, reverse=True)


def test_more_causes_than_an_answer_has_are_counted_together(bench, monkeypatch):
    """The first ones keep their counts."""
    monkeypatch.setattr(counting, "CAUSES_MAX", 2)
    names = ["strom", "strom", "gas?", "heat?", "heat?"]
    bench.append("meter", [record(activity=name) for name in names])
    found = bench.ledger.causes.count("acme")
    assert [(each.cause.got, each.record_count) for each in found.causes] == [
        ("strom", 2),
        ("gas?", 1),
    ]
    assert found.omitted_count == 2


def test_what_can_be_cleared_by_now_says_so(bench):
    """It has no text at fault, and names the command."""
    bench.append("meter", [record(activity="process.lime", unit="t")] * 2)
    bench.ledger.editions.import_edition(
        "acme",
        "lime",
        b"activity,region,unit,valid_from,valid_to,kg_co2e,account,source,table,note\n"
        b"process.lime,,t,2015-01-01,,70,scope1.process,p,1,\n",
    )
    (only,) = bench.ledger.causes.count("acme").causes
    assert (only.cause.got, only.record_count) == ("", 2)
    assert "`tonne suspense clear --book acme`" in only.cause.message


def test_what_a_clearing_will_post_is_told_before_it(any_bench):
    """Where the book has the factors by now, to the digit; nothing is guessed before."""
    bench = any_bench
    rows = [
        record(record_id="a", activity="process.lime", quantity="1.5"),
        record(record_id="b", activity="process.lime", quantity="2500", unit="Wh"),
        record(record_id="c", activity="process.clay"),
    ]
    bench.append("meter", rows)
    assert {each.kg_co2e for each in bench.ledger.causes.count("acme").causes} == {None}
    lime = b"process.lime,,kWh,2010-01-01,,0.3,,,,scope1.process,p,1,\n"
    bench.ledger.editions.import_edition("acme", "lime", HEADER + lime)
    before = total(bench)
    told = {each.cause.got: each.kg_co2e for each in bench.ledger.causes.count("acme").causes}
    assert told[""] == Fraction(4) * Fraction("0.3")
    assert [kg for got, kg in told.items() if got] == [None]
    list(bench.ledger.suspense.clear("acme"))
    assert total(bench) - before == told[""]


def test_factors_that_differ_within_a_cause_are_no_one_number(bench):
    """It is unknown rather than summed by one of them."""
    bench.append("meter", [record(activity="process.lime"), record(activity="process.lime")])
    rows = b"process.lime,,kWh,2010-01-01,2015-01-15,1,,,,scope1.process,p,1,\n"
    rows += b"process.lime,,kWh,2015-01-15,,2,,,,scope1.process,p,1,\n"
    bench.append(
        "meter", [record(record_id="l", activity="process.lime", start=T0, end=T0 + 40 * DAY)]
    )
    bench.ledger.editions.import_edition("acme", "lime", HEADER + rows)
    (cause,) = bench.ledger.causes.count("acme").causes
    assert (cause.cause.got, cause.kg_co2e) == ("", None)
