"""Batches that come again are compared with what is kept, record by record."""

from __future__ import annotations

import pytest

from tests.unit.ledger.conftest import EDITION, decode, embedded_bench, record, records_of
from tonne.errors import ContentMustMatch
from tonne.model import Facility, period_of_month
from tonne_kernel import Session


def check(bench, offset, records, form="rows", channel="meter"):
    """Compare records as if they came again at `offset`, on a new stream."""
    bench.ledger.repeats.check("acme", channel, offset, decode(Session(), records, form))


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A channel of 90 records in uneven groups and formats, beside another channel."""
    with embedded_bench(tmp_path_factory.mktemp("repeat")) as bench:
        yield fill(bench)


def fill(bench):
    """Write the 90 records."""
    records = records_of(90, seed=2, invalid=True)
    records[4] |= {"supplier": "s", "evidence": "e", "data_quality": 2, "attributes": "{}"}
    bench.write([bench.entry("other", records_of(9, seed=8)), bench.entry("meter", records[:7])])
    bench.append("meter", records[7:40], "arrow")
    bench.append("meter", records[40:])
    return bench, records


@pytest.mark.parametrize("form", ["arrow", "rows"])
@pytest.mark.parametrize(("start", "stop"), [(0, 90), (0, 1), (5, 41), (39, 40), (60, 90)])
def test_the_same_records_match(filled, form, start, stop):
    """Whatever the boundaries and formats were, the same content is fine."""
    bench, records = filled
    check(bench, start, records[start:stop], form)


@pytest.mark.parametrize(
    "change",
    [
        {"record_id": "z"},
        {"facility": "z"},
        {"activity": "z"},
        {"unit": "MJ"},
        {"region": "z"},
        {"quantity": "0.000001"},
        {"quantity": "x"},
        {"start": record()["start"]},
        {"end": record()["end"].replace(year=2019)},
        {"supplier": "z"},
        {"product": "z"},
        {"data_quality": 1},
        {"evidence": "z"},
        {"attributes": '{"z":1}'},
        {"unread": '{"end":"01/03"}'},
    ],
    ids=str,
)
@pytest.mark.parametrize("form", ["arrow", "rows"])
def test_another_field_is_named_by_its_offset(filled, change, form):
    """One field of one good record that differs is found."""
    bench, records = filled
    changed = [*records[30:35], records[35] | change, *records[36:60]]
    assert not records[35]["quantity"].startswith("much")
    with pytest.raises(ContentMustMatch) as caught:
        check(bench, 30, changed, form)
    assert caught.value.metadata["offset"] == "35"


def test_a_quarantined_record_must_match_too(filled):
    """A record that was wrong must come again equally wrong."""
    bench, records = filled
    wrong = next(i for i, each in enumerate(records) if each["quantity"] == "much")
    with pytest.raises(ContentMustMatch) as caught:
        check(bench, wrong, [records[wrong] | {"quantity": "1"}])
    assert caught.value.metadata["offset"] == str(wrong)
    with pytest.raises(ContentMustMatch):
        check(bench, wrong, [records[wrong] | {"quantity": "more"}])


def test_a_record_of_a_refused_unit_must_match(filled):
    """A record whose unit the book refused is compared by its fields."""
    bench, records = filled
    ruled = next(
        i for i, each in enumerate(records)
        if each["unit"] == "cubits" and each["quantity"] != "much"
    )  # fmt: skip
    with pytest.raises(ContentMustMatch):
        check(bench, ruled, [records[ruled] | {"quantity": "1"}])


def test_a_record_of_a_closed_month_must_match(bench):
    """Sent again after a lost reply it is the same record; with another content it is not."""
    bench.append("meter", [record()])
    bench.ledger.periods.close_period(
        "acme", period_of_month("2015-01"), author="ada", reason="over"
    )
    late = record(quantity="7")
    assert bench.append("meter", [late]).totals.quarantined_count == 1
    check(bench, 0, [record(), late])
    with pytest.raises(ContentMustMatch):
        check(bench, 1, [record(quantity="8")])


def test_offsets_of_another_channel_do_not_count(filled):
    """The same record at another channel's offset does not match, though one file has both."""
    bench, records = filled
    for offset in range(7):
        check(bench, offset, [records[offset]])
        with pytest.raises(ContentMustMatch) as caught:
            check(bench, offset, [records[offset]], channel="other")
        assert caught.value.metadata["offset"] == str(offset)


def test_a_change_of_the_book_does_not_change_content(bench):
    """What was posted, suspended or refused then matches whatever the book says now."""
    records = [record(), record(unit="cubits"), record(activity="process.lime", unit="t")]
    bench.append("meter", records)
    header = EDITION.splitlines(keepends=True)[0]
    more = header + b"process.lime,,t,2015-01-01,,70,,,,scope2.location,p,1,\n"
    more += b"electricity.grid,,cubits,2015-01-01,,70,,,,,p,1,\n"
    bench.ledger.editions.import_edition("acme", "more", more)
    bench.ledger.register.import_facilities("acme", [Facility("elsewhere")])
    check(bench, 0, records)
    assert bench.append("meter", records).totals.suspended_count == 3
    check(bench, 0, records + records, "arrow")
