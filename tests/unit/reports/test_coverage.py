"""What records cover, against a program that ticks off every minute."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.reports.books import register
from tonne.catalogue.resolving.texts import Texts
from tonne.errors import SelectionMustFit
from tonne.ledger.budget import PART_BYTES, Budget
from tonne.model import Book, FacilityRule, period_of_month
from tonne.reports import coverage
from tonne.reports.coverage import CoverageRequest, Gap, book_coverage

NOON = dt.datetime(2025, 3, 1, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
SCHEMA = {"facility": pl.String, "activity": pl.String, "start": pl.Int64, "end": pl.Int64}


@dataclass
class Moment:
    """A book whose segments hold these records: (facility, activity, start, end)."""

    segments: list
    register: pl.DataFrame
    time_zone: str = "UTC"
    texts: Texts = field(default_factory=lambda: Texts(()))

    @property
    def evidence(self):
        return self

    @property
    def book(self):
        return Book("acme", "", self.time_zone, FacilityRule.ANY, 1, NOON, (), 1, "")

    def spans(self, moment, hold):
        assert moment is self
        assert hold is None or hold.size_bytes >= PART_BYTES
        for rows in self.segments:
            micros = [
                (*row[:2], *(int(time.timestamp()) * 10**6 for time in row[2:])) for row in rows
            ]
            yield pl.DataFrame(micros, schema=SCHEMA, orient="row")


def cover(*rows, request=CoverageRequest(), homes=(), zone="UTC"):  # noqa: B008  it is frozen
    return list(book_coverage(Moment([rows], register(*homes), zone), request))


def at(minutes):
    return NOON + minutes * MINUTE


def day(number, month=3):
    return dt.datetime(2025, month, number, tzinfo=dt.UTC)


def records_of(starts, lengths):
    """Records of a few subjects that come one among the other."""
    subjects = (st.sampled_from(["a", "b"]), st.sampled_from(["grid", "gas"]))
    return st.lists(st.tuples(*subjects, starts, lengths), max_size=30)


RECORDS = st.one_of(
    records_of(st.integers(0, 200), st.integers(1, 60)),
    records_of(st.integers(0, 6), st.integers(1, 2)),  # most begin where another one ends
)


def runs_of(minutes):
    """Runs of adjoining minutes, as pairs."""
    found = []
    for minute in sorted(minutes):
        if found and found[-1][1] == minute:
            found[-1][1] = minute + 1
        else:
            found.append([minute, minute + 1])
    return [(at(first), at(last)) for first, last in found]


@settings(deadline=None)
@given(records=RECORDS, cuts=st.integers(1, 5), pending=st.sampled_from([1, 5, 100]))
def test_gaps_and_overlaps_are_what_ticking_off_minutes_finds(records, cuts, pending):
    """However the records are cut into segments, and however often they are laid together."""
    rows = [
        (who, what, at(2 * start), at(2 * (start + length)))
        for who, what, start, length in records
    ]
    moment = Moment([rows[first::cuts] for first in range(cuts)], register())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "PENDING_ROWS", pending)
        found = list(book_coverage(moment, CoverageRequest()))
    counts = {}
    for who, what, start, length in records:
        ticks = counts.setdefault((who, what), {})
        for minute in range(2 * start, 2 * (start + length)):
            ticks[minute] = ticks.get(minute, 0) + 1
    assert [(row.facility, row.activity) for row in found] == sorted(counts)
    last = max((max(ticks) for ticks in counts.values()), default=0) + 1
    for row in found:
        ticks = counts[row.facility, row.activity]
        assert (row.start, row.end) == (at(min(ticks)), at(last))
        gaps = [(gap.start, gap.end) for gap in row.gaps]
        assert gaps == runs_of(set(range(min(ticks), last)) - ticks.keys())
        assert list(row.overlaps) == runs_of({each for each, count in ticks.items() if count > 1})
        assert row.record_count == sum(
            (who, what) == (row.facility, row.activity) for who, what, *_ in records
        )


def test_days_that_are_missing_are_named():
    """Of the book's time zone; a day that is missing in part is none of them."""
    rows = [("a", "grid", day(number), day(number + 1)) for number in (1, 2, 5)]
    (row,) = cover(*rows)
    assert row.gaps == (Gap(day(3), day(5), dt.date(2025, 3, 3), dt.date(2025, 3, 4)),)
    (row,) = cover(*rows, zone="Asia/Shanghai")  # from 08:00 of the 3rd to 08:00 of the 5th
    assert row.gaps == (Gap(day(3), day(5), dt.date(2025, 3, 4), dt.date(2025, 3, 4)),)
    (row,) = cover(("a", "grid", at(0), at(60)), ("a", "grid", at(120), at(180)))
    assert row.gaps == (Gap(at(60), at(120)),)


@pytest.mark.parametrize(
    ("zone", "month", "number"),
    [("Europe/London", 3, 30), ("Europe/London", 10, 26), ("America/Santiago", 9, 7)],
)
def test_a_day_on_which_the_clocks_change_is_a_day(zone, month, number):
    """Of 23 hours, of 25, and one whose midnight the clocks pass over."""
    missing = dt.date(2025, month, number)

    def midnight(offset):
        local = dt.datetime.combine(missing + dt.timedelta(days=offset), dt.time())
        return local.replace(tzinfo=coverage.ZoneInfo(zone)).astimezone(dt.UTC)

    rows = [("a", "grid", midnight(first), midnight(first + 1)) for first in (-1, 1)]
    (row,) = cover(*rows, zone=zone)
    assert [(gap.first_day, gap.last_day) for gap in row.gaps] == [(missing, missing)]


def test_an_end_written_as_a_minute_before_midnight_makes_no_gap():
    """23:59 and 23:59:59 are how people write the end of a day; two minutes are a gap."""
    for seconds, count in ((1, 0), (60, 0), (61, 1)):
        end = day(2) - dt.timedelta(seconds=seconds)
        (row,) = cover(("a", "grid", day(1), end), ("a", "grid", day(2), day(3)))
        assert len(row.gaps) == count


def test_a_meter_that_stopped_is_told_and_one_that_began_late_where_it_is_asked():
    """Without --to the last record of all is the end; without --from each begins by itself."""
    rows = [
        ("stopped", "grid", day(1), day(10)),
        ("late", "grid", day(20), day(25)),
        ("whole", "grid", day(1), day(25)),
    ]
    assert {row.facility: len(row.gaps) for row in cover(*rows)} == {
        "late": 0,
        "stopped": 1,
        "whole": 0,
    }
    march = period_of_month("2025-03")
    found = cover(*rows, request=CoverageRequest(march, march))
    late, stopped, whole = (row.gaps for row in found)
    assert [(gap.start, gap.end) for gap in late] == [(day(1), day(20)), (day(25), day(1, 4))]
    assert [(gap.start, gap.end) for gap in stopped] == [(day(10), day(1, 4))]
    assert [(gap.start, gap.end) for gap in whole] == [(day(25), day(1, 4))]


def test_a_meter_without_any_record_in_the_period_is_missing_wholly():
    """It had records before: nobody said that it is gone."""
    april = period_of_month("2025-04")
    rows = [("a", "grid", day(1), day(10)), ("b", "grid", day(1, 4), day(1, 5))]
    found = cover(*rows, request=CoverageRequest(april, april))
    assert [(row.facility, row.record_count, len(row.gaps)) for row in found] == [
        ("a", 0, 1),
        ("b", 1, 0),
    ]
    assert (found[0].gaps[0].first_day, found[0].gaps[0].last_day) == (
        dt.date(2025, 4, 1),
        dt.date(2025, 4, 30),
    )


def test_nothing_is_missed_before_a_facility_opens_and_after_it_closes():
    """The register says when; its days are exclusive at the end, and of the book's time zone."""
    march = period_of_month("2025-03")
    homes = [
        ("a", "office", "", "", "2025-03-05", "2025-03-20"),
        ("gone", "", "", "", "", "2025-02-01"),
    ]
    rows = [("a", "grid", day(6), day(19)), ("gone", "grid", day(1, 1), day(1, 2))]
    (row,) = cover(*rows, request=CoverageRequest(march, march), homes=homes)
    assert [(gap.first_day, gap.last_day) for gap in row.gaps] == [
        (dt.date(2025, 3, 5), dt.date(2025, 3, 5)),
        (dt.date(2025, 3, 19), dt.date(2025, 3, 19)),
    ]


def test_only_what_is_asked_for_is_looked_at():
    rows = [(who, what, day(1), day(2)) for who in "ab" for what in ("gas", "grid")]
    found = cover(*rows, request=CoverageRequest(facilities=("a",), activities=("grid", "x")))
    assert [(row.facility, row.activity) for row in found] == [("a", "grid")]
    assert cover(*rows, request=CoverageRequest(facilities=("x",))) == []
    assert cover() == []


def test_what_is_kept_is_counted_against_the_memory_of_calls():
    """Records that meet are one run, however many; those that do not are held, and refused."""
    budget = Budget(PART_BYTES + 2_000 * coverage.RUN_BYTES)

    def read(length):
        rows = [("a", "grid", at(3 * each), at(3 * each + length)) for each in range(4_000)]
        segments = [rows[first : first + 100] for first in range(0, 4_000, 100)]
        with budget.holding(PART_BYTES) as hold:
            return list(book_coverage(Moment(segments, register()), CoverageRequest(), hold))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "PENDING_ROWS", 1)
        (row,) = read(3)
        assert (row.record_count, row.gaps) == (4_000, ())
        with pytest.raises(SelectionMustFit):
            read(1)
    assert budget.held_bytes == 0
