"""Posting by small examples: splits, rules, several sessions, totals."""

import threading
from array import array
from decimal import Decimal

import polars as pl
import pytest

import tonne_kernel as kernel
from tonne.model import RecordField, RowStatus
from tonne.v1 import ingest_pb2

DAY_US = 86_400_000_000
# Four periods of 10 days from 1970-01-01 on.
PERIODS = kernel.PeriodTable(array("q", [10 * DAY_US * index for index in range(5)]))
SUSPENDED = -RowStatus.FACTOR_MUST_EXIST
QUARANTINED = -RowStatus.UNIT_MUST_BE_KNOWN


def rows(*records):
    """Rows of (facility, quantity, first day, last day) and further fields."""
    message = ingest_pb2.Rows()
    for index, (facility, quantity, start_day, end_day, *more) in enumerate(records):
        message.records.add(
            record_id=f"r{index}",
            facility=facility,
            activity="electricity.grid",
            quantity=quantity,
            unit="kWh",
            start={"seconds": start_day * 86_400},
            end={"seconds": end_day * 86_400},
            **(more[0] if more else {}),
        )
    return message.SerializeToString()


def decode(*records, session=None):
    message = rows(*records)
    session = session or kernel.Session()
    batch = session.decode_rows(message, 0, len(message))
    new = session.key_count - session.ruled_key_count
    session.set_rules(session.ruled_key_count, array("i", [0] * new))
    return batch


def rule(*runs):
    firsts, dispositions = zip(*runs, strict=True)
    return kernel.RuleTable(
        array("i", [0, len(runs)]), array("i", firsts), array("i", dispositions)
    )


def sums(posted):
    frame = pl.DataFrame(posted.postings())
    return {
        (row["facility"], row["period"], row["disposition"]): (
            row["quantity"], row["record_count"], row["record_start_count"],
        )
        for row in frame.iter_rows(named=True)
    }  # fmt: skip


def test_records_of_one_period_add_up():
    """Sums are per facility and period, records come back in order."""
    batch = decode(("a", "1.5", 0, 1), ("b", "2", 0, 10), ("a", "-0.25", 9, 10))
    posted = kernel.post([kernel.BatchSlice(batch, "c", 40)], rule((0, 7)), PERIODS)
    assert sums(posted) == {
        ("a", 0, 7): (Decimal("1.250000"), 2, 2),
        ("b", 0, 7): (Decimal("2.000000"), 1, 1),
    }
    records = pl.DataFrame(posted.records())
    assert records["offset"].to_list() == [40, 41, 42]
    assert records["record_id"].to_list() == ["r0", "r1", "r2"]
    totals = posted.totals[0]
    assert (totals.record_count, totals.posted_count, totals.quantity_atto) == (3, 3, 325 * 10**16)
    assert totals.row_errors == []


def test_a_record_over_several_periods_is_split_by_time():
    """Parts are cut toward zero, the last takes the remainder."""
    batch = decode(("a", "0.000010", 5, 35), ("b", "-0.000010", 5, 35))
    posted = kernel.post([kernel.BatchSlice(batch, "c", 0)], rule((0, 7)), PERIODS)
    parts = [1, 3, 3, 3]  # 10 * 5/30, 10 * 10/30 twice, and what is left
    for facility, sign in (("a", 1), ("b", -1)):
        found = [sums(posted)[facility, period, 7] for period in range(4)]
        assert [int(quantity.scaleb(6)) for quantity, _, _ in found] == [sign * p for p in parts]
        assert [start for _, _, start in found] == [1, 0, 0, 0]


def test_times_outside_the_periods_count_to_the_outer_ones():
    """Nothing is lost before the first boundary or after the last."""
    periods = kernel.PeriodTable(array("q", [10 * DAY_US, 20 * DAY_US, 30 * DAY_US]))
    batch = decode(("a", "1", 0, 1), ("a", "2", 90, 91), ("b", "8", 0, 40))
    posted = kernel.post([kernel.BatchSlice(batch, "c", 0)], rule((0, 7)), periods)
    assert sums(posted) == {
        ("a", 0, 7): (Decimal("1.000000"), 1, 1),
        ("a", 1, 7): (Decimal("2.000000"), 1, 1),
        ("b", 0, 7): (Decimal("4.000000"), 1, 1),
        ("b", 1, 7): (Decimal("4.000000"), 1, 0),
    }


def test_a_rule_changes_with_the_period():
    """Each part takes the disposition of its own period."""
    batch = decode(("a", "4", 0, 40), ("a", "1", 35, 36), ("a", "1", 5, 6))
    posted = kernel.post([kernel.BatchSlice(batch, "c", 0)], rule((0, 7), (2, 8)), PERIODS)
    assert sums(posted) == {
        ("a", 0, 7): (Decimal("2.000000"), 2, 2),
        ("a", 1, 7): (Decimal("1.000000"), 1, 0),
        ("a", 2, 8): (Decimal("1.000000"), 1, 0),
        ("a", 3, 8): (Decimal("2.000000"), 2, 1),
    }


def test_suspense_holds_the_whole_record():
    """One part without a factor puts all parts in suspense; the record stays in the segment."""
    batch = decode(("a", "2", 0, 20), ("a", "1", 0, 1))
    posted = kernel.post([kernel.BatchSlice(batch, "c", 0)], rule((0, 7), (1, SUSPENDED)), PERIODS)
    assert sums(posted) == {
        ("a", 0, SUSPENDED): (Decimal("1.000000"), 1, 1),
        ("a", 1, SUSPENDED): (Decimal("1.000000"), 1, 0),
        ("a", 0, 7): (Decimal("1.000000"), 1, 1),
    }
    assert pl.DataFrame(posted.records())["status"].to_list() == [-SUSPENDED, 0]
    totals = posted.totals[0]
    assert totals.row_errors == [(0, -SUSPENDED, RecordField.ACTIVITY)]
    assert (totals.posted_count, totals.suspended_count) == (1, 1)
    assert totals.quantity_atto == 3 * 10**18


def test_quarantine_by_a_rule_keeps_the_record_apart():
    """It is in no sum and no segment, but in quarantine with its bytes."""
    batch = decode(
        ("a", "-2.5", 0, 20, {"region": "US", "evidence": "bill 7"}),
        ("a", "x", 0, 1, {"unread": '{"end": "01/03"}', "evidence": "bill 8"}),
        ("b", "1", 30, 31),
    )
    posted = kernel.post(
        [kernel.BatchSlice(batch, "c", 7)], rule((0, 7), (1, QUARANTINED), (2, 9)), PERIODS
    )
    assert sums(posted) == {("b", 3, 9): (Decimal("1.000000"), 1, 1)}
    refused = pl.DataFrame(posted.quarantine())
    assert refused["offset"].to_list() == [7, 8]
    assert refused["status"].to_list() == [-QUARANTINED, RowStatus.FIELD_MUST_BE_READABLE]
    assert refused["quantity"].to_list() == ["-2.500000", "x"]
    assert refused["region"].to_list() == ["US", ""]
    assert refused["evidence"].to_list() == ["bill 7", "bill 8"]
    assert refused["unread"].to_list() == ["", '{"end": "01/03"}']
    raw = [ingest_pb2.ActivityRecord.FromString(raw) for raw in refused["raw"].to_list()]
    assert [record.record_id for record in raw] == ["r0", "r1"]
    assert pl.DataFrame(posted.records())["record_id"].to_list() == ["r2"]


def test_sessions_are_unified_by_text():
    """The same key of two sessions is one key of the posting, under one name."""
    first = decode(("a", "1", 0, 1), ("b", "2", 0, 1))
    second = decode(("b", "4", 0, 1), ("a", "8", 0, 1, {"supplier": "s"}))
    slices = [kernel.BatchSlice(first, "x", 0), kernel.BatchSlice(second, "y", 9)]
    for _ in range(2):  # the second posting must not see the first one's places
        posted = kernel.post(slices, rule((0, 7)), PERIODS)
        assert sums(posted) == {
            ("a", 0, 7): (Decimal("9.000000"), 2, 2),
            ("b", 0, 7): (Decimal("6.000000"), 2, 2),
        }
        records = pl.DataFrame(posted.records())
        assert records["facility"].to_list() == ["a", "b", "b", "a"]
        assert records["channel"].to_list() == ["x", "x", "y", "y"]
        assert records["supplier"].to_list() == ["", "", "", "s"]
        assert [totals.quantity_atto for totals in posted.totals] == [3 * 10**18, 12 * 10**18]
        slices.reverse()
        posted = kernel.post(slices, rule((0, 7)), PERIODS)
        assert pl.DataFrame(posted.records())["facility"].to_list() == ["b", "a", "a", "b"]
        slices.reverse()


def test_texts_that_keys_share_stay_theirs():
    """More regions than a slice remembers, each of them met again by another facility."""
    regions = [f"region-{number:02}" for number in range(50)]
    met = [(f"f{turn}-{region}", region) for turn in range(3) for region in regions]
    batch = decode(*((facility, "1", 0, 1, {"region": region}) for facility, region in met))
    posted = kernel.post([kernel.BatchSlice(batch, "c", 0)], rule((0, 7)), PERIODS)
    for table in (posted.records(), posted.postings()):
        frame = pl.DataFrame(table)
        assert frame.select("facility", "region").rows() == met


def test_a_share_may_come_twice():
    """Two slices of one batch, or of one session, are counted each."""
    session = kernel.Session()
    batches = [decode(("a", "1", 0, 1), session=session) for _ in range(2)]
    slices = [kernel.BatchSlice(batch, "c", at) for at, batch in enumerate([*batches, batches[0]])]
    posted = kernel.post(slices, rule((0, 7)), PERIODS)
    assert sums(posted) == {("a", 0, 7): (Decimal("3.000000"), 3, 3)}


def test_sums_pass_64_bits():
    """A sum of many largest quantities does not wrap."""
    count = 30
    batch = decode(*[("a", "999999999999.999999", 0, 1)] * count)
    posted = kernel.post([kernel.BatchSlice(batch, "c", 0)], rule((0, 7)), PERIODS)
    assert posted.totals[0].quantity_atto == count * (10**30 - 10**12)
    assert sums(posted)["a", 0, 7][0] == count * Decimal("999999999999.999999")


def test_row_errors_are_listed_up_to_the_limit():
    """Beyond row_errors_max they are counted only."""
    batch = decode(*[("a", "x", 0, 1)] * 5)
    slices = [kernel.BatchSlice(batch, "c", 0), kernel.BatchSlice(batch, "d", 0)]
    posted = kernel.post(slices, rule((0, 7)), PERIODS, row_errors_max=2)
    for totals in posted.totals:
        assert [index for index, _, _ in totals.row_errors] == [0, 1]
        assert (totals.row_error_count, totals.quarantined_count) == (5, 5)


def test_a_key_without_a_rule_is_refused():
    """Posting never guesses a rule, and says so."""
    batch = decode(("a", "1", 0, 1))
    batch.session.set_rules(0, array("i", [1]))
    with pytest.raises(ValueError, match="no rule"):
        kernel.post([kernel.BatchSlice(batch, "c", 0)], rule((0, 7)), PERIODS)
    batch.session.forget_rules()
    with pytest.raises(ValueError, match="no rule"):
        kernel.post([kernel.BatchSlice(batch, "c", 0)], rule((0, 7)), PERIODS)
    batch.session.set_rules(0, array("i", [0]))
    assert kernel.post([kernel.BatchSlice(batch, "c", 0)], rule((0, 7)), PERIODS).record_count == 1


@pytest.mark.parametrize(
    "runs",
    [
        ([], [], []),
        ([1, 2], [0], [0]),
        ([0, 2], [0], [0]),
        ([0, 0, 1], [0], [0]),
        ([0, 1], [1], [0]),
        ([0, 2], [0, 0], [0, 0]),
        ([0, 3, 1], [0], [0]),
        ([0, 1], [0], [-256]),
        ([0, 1], [0], [0, 0]),
    ],
)
def test_rules_that_are_not_well_formed_are_refused(runs):
    """A rule has runs that begin at period 0 and ascend."""
    with pytest.raises(ValueError, match=r"run|rule|disposition"):
        kernel.RuleTable(*(array("i", part) for part in runs))


@pytest.mark.parametrize("boundaries", [[], [0], [0, 0], [0, 2, 1]])
def test_boundaries_that_do_not_ascend_are_refused(boundaries):
    """Periods follow one another."""
    with pytest.raises(ValueError, match="boundaries"):
        kernel.PeriodTable(array("q", boundaries))


def test_decoding_and_posting_of_one_session_take_turns():
    """One thread decodes new facilities while another posts: no sum is lost."""
    session = kernel.Session()
    batch = decode(*[(f"f{i % 50}", "1", 0, 1) for i in range(2000)], session=session)
    messages = [rows(*[(f"n{i}-{k}", "1", 0, 1) for k in range(200)]) for i in range(40)]
    thread = threading.Thread(target=lambda: [session.decode_rows(m, 0, len(m)) for m in messages])
    thread.start()
    sums_seen = {
        kernel.post([kernel.BatchSlice(batch, "c", 0)], rule((0, 7)), PERIODS)
        .totals[0]
        .quantity_atto
        for _ in range(40)
    }
    thread.join()
    assert sums_seen == {2000 * 10**18}
    assert session.key_count == 50 + 40 * 200


def test_what_begins_before_the_first_open_instant_is_refused():
    """It goes to quarantine before any rule is asked, and nothing else falls with it."""
    batch = decode(("a", "1", 0, 1), ("a", "2", 9, 11), ("a", "4", 10, 11), ("a", "8", 20, 21))
    slices = [
        kernel.BatchSlice(batch, "c", 0, 10 * DAY_US),
        kernel.BatchSlice(batch, "d", 0),
    ]
    posted = kernel.post(slices, rule((0, 7), (2, SUSPENDED)), PERIODS)
    fenced, free = posted.totals
    closed, start = RowStatus.PERIOD_MUST_BE_OPEN, RecordField.START
    assert fenced.row_errors == [
        (0, closed, start),
        (1, closed, start),
        (3, RowStatus.FACTOR_MUST_EXIST, RecordField.ACTIVITY),
    ]
    assert (fenced.posted_count, fenced.quarantined_count, fenced.suspended_count) == (1, 2, 1)
    assert (free.posted_count, free.quarantined_count, free.suspended_count) == (3, 0, 1)
    assert fenced.quantity_atto == 12 * 10**18
    assert pl.DataFrame(posted.quarantine())["offset"].to_list() == [0, 1]
