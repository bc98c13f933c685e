"""The suspense by cause: every record that waits is counted once, with its quantity."""

from __future__ import annotations

from collections import Counter, defaultdict

from tests.unit.ledger.conftest import record, records_of
from tonne.ledger.pages import Ask
from tonne.ledger.reading import causes as counting


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
