"""Lists give every record exactly once, whatever is committed meanwhile."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.ledger.conftest import HOUR, T0, decode, encode_rows, record, records_of
from tonne.errors import BookUnknown, PageTokenInvalid
from tonne.ledger import budget as budget_module
from tonne.ledger.pages import Ask
from tonne.ledger.posting.entries import RequestEntry
from tonne.ledger.reading import records as records_module
from tonne.model import RecordField, RowStatus
from tonne_kernel import Session


def pages(list_, **arguments):
    """Follow the tokens to the end."""
    token = ""
    while True:
        page = list_("acme", Ask(page_token=token, **arguments))
        yield page.items
        token = page.next_page_token
        if not token:
            return


def items(list_, **arguments):
    """All items of all pages."""
    return [item for page in pages(list_, **arguments) for item in page]


def test_a_record_comes_back_as_it_came(bench):
    """All fields of a record are kept, optional ones too; absent ones are empty."""
    full = record(
        record_id="r-1", quantity="-12.5", region="DE", supplier="s", product="p",
        data_quality=2, evidence="e", attributes='{"a":1}',
    )  # fmt: skip
    bench.append("meter", [record(record_id=""), full])
    plain, kept = items(bench.ledger.records.list_records)
    assert (plain.source, plain.offset, plain.supplier, plain.data_quality) == (
        "channels/meter", 0, "", 0,
    )  # fmt: skip
    assert (kept.record_id, kept.facility, kept.activity) == ("r-1", "dc-1", "electricity.grid")
    assert (kept.quantity, kept.unit, kept.region) == (Decimal("-12.500000"), "kWh", "DE")
    assert (kept.start, kept.end) == (T0, T0 + HOUR)
    assert (kept.supplier, kept.product, kept.data_quality) == ("s", "p", 2)
    assert (kept.evidence, kept.attributes) == ("e", '{"a":1}')
    assert (kept.status, kept.message) == (RowStatus.POSTED, "")
    (segment,) = bench.manifest.segments("acme", limit=2)
    assert (kept.segment, kept.commit_time) == (segment.id, segment.create_time)


@pytest.mark.parametrize("page_size", [1, 7, 100])
def test_filters_select_and_pages_are_whole(bench, page_size):
    """Facility, activity and channel together select what a loop over all selects."""
    for number in range(4):
        name = f"c{number % 2}"
        bench.append(name, records_of(25, seed=number))
    everything = items(bench.ledger.records.list_records)
    assert len(everything) == 100
    assert len({(each.source, each.offset) for each in everything}) == 100
    wanted = (
        'record.facility = "site-3" AND record.activity = "electricity.grid" '
        'AND channel = "books/acme/channels/c1"'
    )
    found = items(bench.ledger.records.list_records, filter_by=wanted, page_size=page_size)
    assert found == [
        each
        for each in everything
        if (each.facility, each.activity, each.source)
        == ("site-3", "electricity.grid", "channels/c1")
    ]
    assert found
    wanted = 'channel = "books/acme/channels/c0"'
    by_size = list(pages(bench.ledger.records.list_records, filter_by=wanted, page_size=page_size))
    assert all(len(page) == page_size for page in by_size[:-1])
    assert 0 < len(by_size[-1]) <= page_size


def test_paging_under_commits_gives_each_record_once(bench):
    """What is committed between pages comes later, nothing twice, nothing is missed."""
    bench.append("meter", records_of(10, seed=0))
    seen = []
    for number, page in enumerate(pages(bench.ledger.records.list_records, page_size=3)):
        seen += [each.offset for each in page]
        if number < 7:
            bench.append("meter", records_of(2, seed=number))
    assert seen == list(range(24))


def test_a_page_reads_few_files(bench, monkeypatch):
    """A page that finds nothing stops after its files and goes on by its token."""
    monkeypatch.setattr(records_module, "FILES_PER_PAGE_MAX", 3)
    for number in range(7):
        bench.append("meter", records_of(2, seed=number))
    got = list(pages(bench.ledger.records.list_records, filter_by='record.facility = "nowhere"'))
    assert got == [(), (), ()]


def test_suspense_lists_what_waits_and_why(bench):
    """Suspended records of all commits come with their status and a remedy."""
    bench.append("meter", [record()])
    bench.append("meter", [record(), record(activity="unheard")])
    bench.append("meter", [record(activity="unheard", quantity="2")])
    found = items(bench.ledger.records.list_suspense, page_size=1)
    assert [(each.offset, each.status, each.quantity) for each in found] == [
        (2, RowStatus.FACTOR_MUST_EXIST, Decimal("1.5")),
        (3, RowStatus.FACTOR_MUST_EXIST, Decimal(2)),
    ]
    assert "got 'unheard'" in found[0].message
    assert "import an edition" in found[0].message


def test_quarantine_lists_what_was_wrong_as_it_came(bench):
    """Quarantined records come with what could be read of them and their own bytes."""
    wrong = record(quantity="much", record_id="r-9")
    request = RequestEntry(decode(Session(), [record(), wrong]), "77", "aa")
    bench.write([request, bench.entry("meter", [record(end=T0), record(unit="cubits")])])
    by_request, by_end, by_unit = items(bench.ledger.records.list_quarantine, page_size=2)
    assert (by_request.source, by_request.offset) == ("requests/77", 1)
    assert by_request.status is RowStatus.QUANTITY_MUST_BE_A_NUMBER
    assert by_request.field is RecordField.QUANTITY
    assert (by_request.record_id, by_request.quantity) == ("r-9", "much")
    assert by_request.message.startswith("quantity: ")
    assert "got 'much'" in by_request.message
    assert by_request.raw in encode_rows([wrong])
    assert (by_end.start, by_end.end) == (T0, T0)
    assert (by_unit.status, by_unit.unit) == (RowStatus.UNIT_MUST_BE_KNOWN, "cubits")
    assert Decimal(by_unit.quantity) == Decimal("1.5")


def test_a_page_of_large_records_has_fewer(bench, monkeypatch):
    """Their bytes are bounded; each comes once, and one that is larger alone."""
    monkeypatch.setattr(records_module, "PAGE_TEXT_BYTES_MAX", 3_000)
    sizes = [1_000, 1_000, 1_000, 5_000, 10, 10, 2_000, 9_000]
    wrong = [record(unit="u" * size) for size in sizes]
    bench.append("meter", wrong[:5])
    bench.append("meter", [record(), *wrong[5:]])
    got = list(pages(bench.ledger.records.list_quarantine))
    assert [each.offset for page in got for each in page] == [0, 1, 2, 3, 4, 6, 7, 8]
    raw_sizes = [[len(each.raw) for each in page] for page in got]
    assert all(sum(page) <= 3_000 or len(page) == 1 for page in raw_sizes)
    assert [len(page) for page in got] == [2, 1, 1, 3, 1]


def test_a_page_holds_the_memory_of_its_large_records(bench, monkeypatch):
    """What its texts and their copies take is asked for, and given back."""
    reads = bench.ledger.reads
    held = []
    grow_to = budget_module.Hold.grow_to
    monkeypatch.setattr(
        budget_module.Hold,
        "grow_to",
        lambda hold, size: (held.append(size), grow_to(hold, size))[1],
    )
    bench.append("meter", [record(facility="f" * 300_000) for _ in range(3)])
    assert len(bench.ledger.records.list_quarantine("acme").items) == 3
    assert max(held) > 4 * 3 * 300_000
    assert reads.held_bytes == 0


@pytest.mark.parametrize("token", ["?", "aGFs", "bnVsbA", "WzEsMiwzXQ", "é"])
def test_a_made_up_token_is_refused(bench, token):
    """Only tokens that were given out are taken."""
    with pytest.raises(PageTokenInvalid):
        bench.ledger.records.list_records("acme", Ask(page_token=token))


def test_a_token_goes_with_its_query(bench):
    """A token of one call or filter is refused by another."""
    bench.append("meter", records_of(3, seed=1))
    wanted = 'channel = "books/acme/channels/meter"'
    first = Ask(filter_by=wanted, page_size=1)
    token = bench.ledger.records.list_records("acme", first).next_page_token
    again = Ask(filter_by=wanted, page_token=token)
    assert bench.ledger.records.list_records("acme", again).items
    with pytest.raises(PageTokenInvalid):
        bench.ledger.records.list_records("acme", Ask(page_token=token))
    with pytest.raises(PageTokenInvalid):
        bench.ledger.records.list_suspense("acme", Ask(page_token=token))


def test_lists_of_an_unknown_book_are_errors(bench):
    """An unknown book is no empty list."""
    records = bench.ledger.records
    for list_ in (records.list_records, records.list_suspense, records.list_quarantine):
        with pytest.raises(BookUnknown):
            list_("nobody")
