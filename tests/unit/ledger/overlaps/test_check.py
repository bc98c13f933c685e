"""The check of months: what is found, written down, looked at again, left alone."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from tests.unit.ledger.conftest import HOUR, T0, record
from tests.unit.ledger.overlaps.conftest import DAY, JANUARY, found, readings
from tonne.ledger.closing.overlaps import check as checking
from tonne.ledger.pages import Ask
from tonne.ledger.posting.correcting.selection import Selection
from tonne.model import Word, WordField
from tonne.store.sql import schema
from tonne.store.statement_rows import Correction, CorrectionKind, ReasonCode

FEBRUARY = JANUARY + 1
ALL = Ask(page_size=1000)
SPAN = ("first_period", "last_period", "first_facility", "last_facility")


def look(bench, **options):
    """Look at all months that were touched."""
    return bench.ledger.overlaps.check(bench.book, **options)


def reverse(bench, source, first, stop):
    """Reverse some records of a channel."""
    entry = Correction(CorrectionKind.REVERSAL, "", "ada", ReasonCode.ERROR, "came twice")
    chosen = Selection(source=source, first_offset=first, stop_offset=stop)
    return [*bench.ledger.reversals.reverse(bench.book, chosen, entry)]


def test_daily_and_hourly_of_one_meter_are_one_finding(any_bench):
    """Both sides have all of what counts twice; what meets nothing is in neither."""
    bench = any_bench
    bench.append("hourly", readings(24 * 3))
    bench.append("daily", readings(2, DAY, name="d", quantity="36"))
    assert look(bench).months == (JANUARY,)
    assert found(bench) == [
        ("dc-1", "daily", "hourly", JANUARY, 50, 48, {"kWh": 72.0}, {"kWh": 72.0})
    ]


def test_a_month_is_looked_at_again_where_it_was_touched(any_bench):
    """Nothing is read twice for nothing; a reversal and a later record are seen."""
    bench = any_bench
    bench.append("hourly", readings(4))
    bench.append("daily", [record(record_id="d", end=T0 + 4 * HOUR)])
    assert look(bench).overlap_count == 1
    assert look(bench).months == ()
    bench.append("hourly", readings(2, first=dt.datetime(2015, 2, 1, tzinfo=dt.UTC), name="f"))
    assert look(bench).months == (FEBRUARY,)
    reverse(bench, "daily", 0, 1)
    assert look(bench).months == (JANUARY, FEBRUARY)
    assert found(bench) == []
    assert bench.ledger.overlaps.get_overlap("acme", 1).months[0].record_count == 0
    bench.append("daily", [record(record_id="e", end=T0 + 2 * HOUR)])
    look(bench)
    assert [each[4:6] for each in found(bench)] == [(3, 2)]
    bench.check()


def test_a_record_over_months_is_cut_at_their_ends(bench):
    """A bill of two months lies over the readings of each, with its part of it."""
    start = T0 + 30 * DAY
    bench.append("bill", [record(record_id="b", start=start, end=start + 4 * DAY, quantity="8")])
    bench.append("daily", readings(4, DAY, first=start, quantity="1"))
    look(bench)
    assert found(bench) == [
        ("dc-1", "bill", "daily", JANUARY, 2, 1, {"kWh": 2.0}, {"kWh": 1.0}),
        ("dc-1", "bill", "daily", FEBRUARY, 4, 3, {"kWh": 6.0}, {"kWh": 3.0}),
    ]


def test_what_counts_once_is_none(bench):
    """One id, other facilities and activities, pieces of purchases, what is refused."""
    bench.append("a", [record(record_id="x")])
    bench.append("b", [record(record_id="x", quantity="2")])
    bench.append("a", [record(record_id="y", facility="dc-2")])
    bench.append("a", [record(record_id="z", activity="fuel.diesel.stationary", unit="l")])
    goods = {"activity": "purchase.electronics", "unit": "USD"}
    bench.append("a", [record(record_id=f"p{number}", **goods) for number in range(3)])
    look(bench)
    assert found(bench) == []


def test_units_and_names_are_no_difference(bench):
    """What counts twice does so in any unit, and by any word for it."""
    word = Word(WordField.ACTIVITY, "Strom", "electricity.grid", author="ada", reason="a bill")
    bench.ledger.words.add_word("acme", word)
    bench.append("a", [record(record_id="x", quantity="1500")])
    bench.append("b", [record(record_id="y", activity="Strom", unit="MWh", quantity="1.5")])
    look(bench)
    assert found(bench) == [("dc-1", "a", "b", JANUARY, 2, 1, {"kWh": 1500.0}, {"MWh": 1.5})]


def test_records_that_wait_are_laid_too(bench):
    """An overlap is found before the records of it count."""
    bench.append("a", [record(record_id="x", activity="process.unheard")])
    bench.append("b", [record(record_id="y", activity="process.unheard")])
    look(bench)
    assert [each[1:3] for each in found(bench)] == [("a", "b")]


def test_only_segments_of_the_months_are_read(bench):
    """The manifest says of each segment which months it has."""
    march = dt.datetime(2015, 3, 1, tzinfo=dt.UTC)
    bench.append("a", readings(2))
    bench.append("a", readings(2, first=march, name="m"))
    (first, second) = bench.manifest.segments("acme", limit=9)
    assert (first.span.first_period, first.span.last_period) == (JANUARY, JANUARY)
    months = bench.manifest.segments_of_months
    assert [each.id for each in months("acme", JANUARY, FEBRUARY, 0, 9)] == [first.id]
    assert [each.id for each in months("acme", FEBRUARY, FEBRUARY + 1, 0, 9)] == [second.id]
    assert look(bench, months=(JANUARY, JANUARY)).record_count == 2


def test_months_that_nobody_noted_are_noted_by_the_look(any_bench):
    """An older Tonne commits segments without: they are read once, and known from then on."""
    bench = any_bench
    bench.append("a", [record(record_id="x", end=T0 + 40 * DAY)])
    bench.append("b", [record(record_id="y")])
    spans = [each.span for each in bench.manifest.segments("acme", limit=9)]
    unnoted = dict.fromkeys(SPAN)
    bench.manifest._database.write(
        lambda connection: connection.execute(sa.update(schema.file).values(unnoted))
    )
    assert len(bench.manifest.segments_of_months("acme", 0, 0, 0, 9)) == 2
    assert look(bench).overlap_count == 1
    assert bench.manifest.segments_of_months("acme", 0, 0, 0, 9) == []
    assert [each.span for each in bench.manifest.segments("acme", limit=9)] == spans
    assert (spans[0].first_period, spans[0].last_period) == (JANUARY, FEBRUARY)


def test_of_two_looks_the_later_commits_hold(bench):
    """A check that began before another one, and ends after it, brings nothing back."""
    bench.append("a", [record(record_id="x")])
    bench.append("b", [record(record_id="y")])
    manifest, late = bench.manifest, []
    real = manifest.put_overlaps
    manifest.put_overlaps = lambda *arguments: late.append(arguments)
    look(bench)
    manifest.put_overlaps = real
    reverse(bench, "b", 0, 1)
    look(bench)
    real(*late[0])
    manifest.mark_overlaps("acme", late[0][2], {JANUARY: 7})
    assert found(bench) == []
    assert manifest.undecided_overlaps("acme", JANUARY, JANUARY) == 0


def test_so_many_are_written_down_and_the_rest_counted(bench, monkeypatch):
    """Beyond the limit overlaps are counted: they stand against a close all the same."""
    monkeypatch.setattr(checking, "OVERLAPS_MAX", 2)
    for channel in "ab":
        bench.append(
            channel,
            [
                record(record_id=f"{channel}{number}", facility=f"dc-{number}")
                for number in range(5)
            ],
        )
    assert look(bench).overlap_count == 5
    assert len(found(bench)) == 2
    assert bench.manifest.undecided_overlaps("acme", JANUARY, JANUARY) == 5


def test_spilled_or_not_the_same_is_found(any_bench):
    """In memory, in a folder, in several shares of it: the same overlaps."""
    bench = any_bench
    for channel in "abc":
        bench.append(
            channel,
            [
                record(
                    record_id=f"{channel}{number}",
                    facility=f"dc-{number % 50}",
                    start=T0 + number * HOUR,
                    end=T0 + (number + 2) * HOUR,
                )
                for number in range(600)
            ],
        )
    look(bench)
    expected = sorted(found(bench, ask=ALL), key=str)
    assert len(expected) == 50 * 3
    for options in ({"overlap_bytes_max": 50_000}, {"read_bytes_max": 80 << 20}):
        bench.append("z", [record(record_id=str(options), facility=str(options))])
        other = bench.other(**options)
        other.ledger.overlaps._check._part_rows = 100
        assert other.ledger.overlaps.check("acme").overlap_count == 150
        assert sorted(found(other, ask=ALL), key=str) == expected


def test_one_subject_that_is_too_much_is_told(bench, caplog):
    """It is not laid, stands against a close, and the log says which it is."""
    bench.append("a", readings(30))
    other = bench.other()
    other.ledger.reads.bytes_max = checking.PART_BYTES + 29 * checking.PIECE_BYTES
    other.ledger.overlaps.check("acme")
    assert bench.manifest.undecided_overlaps("acme", JANUARY, JANUARY) == 1
    assert "30 records of facility dc-1 and activity electricity.grid in 2015-01" in caplog.text
