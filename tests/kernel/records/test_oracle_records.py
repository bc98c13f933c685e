"""Records: statuses, totals and postings of the kernel against the oracle."""

from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.kernel import oracle, strategies, wire
from tests.kernel.harness import FIELD_OF_RULE, RuleBook, day_start, period_starts, post_rows
from tests.kernel.oracle import Record

FEBRUARY_2024 = ((1_706_745_600, 0), (1_709_251_200, 0))  # 29 days


def oracle_answer(records, rule_book, zone_name="UTC"):
    """The oracle's answer for one slice."""
    return oracle.post(
        [records],
        rule_book.runs_of,
        period_starts(zone_name),
        FIELD_OF_RULE,
        day_start=partial(day_start, zone_name),
    )


@given(strategies.streams(), strategies.rule_books)
def test_any_records_under_any_rules_are_the_oracles(stream, rule_book):
    """Statuses, fields at fault, totals and postings are the oracle's, whatever comes."""
    zone_name, records = stream
    expected = oracle_answer(records, rule_book, zone_name)
    assert post_rows(wire.rows(records), rule_book, zone_name) == expected


@pytest.mark.parametrize("zone_name", strategies.ZONES)
def test_parts_of_a_record_are_the_oracles(zone_name):
    """A record over many months of any zone is split as fractions split it."""

    @given(strategies.valid_records(zone_name))
    def property_of_parts(record):
        rule_book = RuleBook()
        expected = oracle_answer([record], rule_book, zone_name)
        assert post_rows(wire.rows([record]), rule_book, zone_name) == expected

    property_of_parts()


@given(
    strategies.streams(),
    strategies.rule_books,
    strategies.near(
        st.sampled_from((1, 900 * oracle.MICRO, oracle.MONTH_US_MAX, 10**15)), 1
    ).filter(lambda span_us: span_us > 0),
)
def test_the_longest_span_is_the_oracles(stream, rule_book, span_us_max):
    """A record longer than the limit is refused by itself, whatever its rule would say."""
    zone_name, records = stream
    exact = [
        Record(
            start=(1_700_000_000, 0),
            end=(1_700_000_000 + us // oracle.MICRO, us % oracle.MICRO * 1000),
        )
        for us in (span_us_max, span_us_max + 1)
    ]
    expected = oracle.post(
        [records + exact],
        rule_book.runs_of,
        period_starts(zone_name),
        FIELD_OF_RULE,
        span_us_max,
        day_start=partial(day_start, zone_name),
    )
    assert expected.statuses[0][-1] == (oracle.SPAN_FIT, 8)
    answer = post_rows(wire.rows(records + exact), rule_book, zone_name, span_us_max=span_us_max)
    assert answer == expected


@given(
    st.integers(-(10**18) + 1, 10**18 - 1).map(lambda micro: micro * 10**12)
    | st.integers(-(10**30) + 1, 10**30 - 1)
    | st.integers(-(10**24) + 1, 10**24 - 1).map(lambda pico: pico * 10**6)
    | st.integers(-(10**13), 10**13),
    strategies.intervals("Europe/Berlin"),
)
@example(10**12, FEBRUARY_2024)
@example(1, FEBRUARY_2024)
@example(-(10**12), ((0, 0), (7_258_118_400, 0)))
@example(-1, ((0, 0), (7_258_118_400, 0)))
@example(10**30 - 10**12, ((0, 0), (7_258_114_800, 0)))
@example(10**30 - 1, ((0, 0), (7_258_114_800, 0)))
def test_parts_add_up_to_the_whole(quantity, interval):
    """Nothing is lost or made by splitting, and each part has the sign of the whole."""
    record = Record(quantity=strategies.atto_text(quantity), start=interval[0], end=interval[1])
    answer = post_rows(wire.rows([record]), zone_name="Europe/Berlin")
    parts = [part for part, _, _ in answer.postings.values()]
    assert sum(parts) == quantity == answer.totals[0].quantity_atto
    assert all(part * quantity >= 0 for part in parts)
    assert sum(started for _, _, started in answer.postings.values()) == 1


def test_the_first_refused_part_names_the_status():
    """Of several refusing runs the record takes that of its first part; suspense is posted
    under it in all periods, quarantine nowhere."""
    record = Record(quantity=b"4", start=(1_704_067_200, 0), end=(1_717_200_000, 0))
    january = 54 * 12
    suspended_first = RuleBook((((0, 1, 3), (january + 1, 1, -65), (january + 3, 1, -16)),))
    quarantined_first = RuleBook((((0, 1, 3), (january + 1, 1, -16), (january + 3, 1, -65)),))
    suspended = post_rows(wire.rows([record]), suspended_first)
    assert suspended.statuses == [[(65, 3)]]
    assert {cell[4:6] for cell in suspended.postings} == {(january + n, -65) for n in range(5)}
    quarantined = post_rows(wire.rows([record]), quarantined_first)
    assert quarantined.statuses == [[(16, 6)]]
    assert not quarantined.postings


@pytest.mark.parametrize("status", [*range(1, 16), oracle.SPAN_FIT])
def test_every_status_of_a_record_is_reached(status):
    """Each rule that a record alone can break is broken by a record of one fault."""
    body = {
        oracle.DECODE: b"\x0a\x05abc",
        oracle.UTF8: wire.record_bytes(Record(unit=b"\xff")),
        oracle.FIT: wire.record_bytes(Record(region=b"r" * 257)),
        oracle.FACILITY_PRESENT: wire.record_bytes(Record(facility=b"")),
        oracle.ACTIVITY_PRESENT: wire.record_bytes(Record(activity=b"")),
        oracle.UNIT_PRESENT: wire.record_bytes(Record(unit=b"")),
        oracle.QUANTITY_PRESENT: wire.record_bytes(Record(quantity=b"")),
        oracle.QUANTITY_NUMBER: wire.record_bytes(Record(quantity=b"12 kWh")),
        oracle.QUANTITY_FINITE: wire.record_bytes(Record(quantity=float("nan"))),
        oracle.QUANTITY_RANGE: wire.record_bytes(Record(quantity=b"1e12")),
        oracle.START_PRESENT: wire.record_bytes(Record(start=None)),
        oracle.END_PRESENT: wire.record_bytes(Record(end=None)),
        oracle.START_RANGE: wire.record_bytes(Record(start=(-1, 0))),
        oracle.END_RANGE: wire.record_bytes(Record(end=(7_258_118_400, 1_000))),
        oracle.END_FOLLOWS: wire.record_bytes(Record(end=Record().start)),
        oracle.SPAN_FIT: wire.record_bytes(Record(end=(1_700_000_901, 0))),
    }[status]
    good = wire.record_bytes(Record())
    answer = post_rows(wire.rows_of([good, body, good]), span_us_max=900 * oracle.MICRO)
    assert [found for found, _ in answer.statuses[0]] == [0, status, 0]


def test_a_false_split_is_caught():
    """The machinery runs: giving the remainder to the first part is told apart."""

    @example(Record(quantity=b"0.000007", end=(Record().start[0] + 90 * 86_400, 0)))
    @given(strategies.valid_records())
    def property_of_a_false_oracle(record):
        answer = post_rows(wire.rows([record]))
        parts = oracle.period_parts(
            oracle.instant_us(record.start), oracle.instant_us(record.end), period_starts("UTC")
        )
        false_split = oracle.split(oracle.atto_of(record.quantity), parts[::-1])
        assert {cell[4]: part for cell, (part, _, _) in answer.postings.items()} == dict(
            false_split
        )

    with pytest.raises(AssertionError):
        property_of_a_false_oracle()
