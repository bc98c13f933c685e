"""Laws of aggregation: order, batches, slices, sessions and encodings change nothing."""

import itertools
import threading
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

import tonne_kernel as kernel
from tests.kernel import oracle, strategies, wire
from tests.kernel.harness import (
    FIELD_OF_RULE,
    RuleBook,
    answer_of,
    day_start,
    decode,
    period_starts,
    post_batches,
    post_rows,
    rows_of_table,
    table_of,
    whole_quantities,
)
from tests.kernel.oracle import Record, Totals

full_text_records = st.lists(
    strategies.valid_records(quantities=st.integers(-(10**17), 10**17).map(strategies.micro_text)),
    max_size=20,
)
doubles_records = st.lists(
    strategies.valid_records(quantities=strategies.ledger_doubles), max_size=20
)


def total_of(answer):
    """Sum of the slices' totals."""
    columns = zip(
        *(
            (
                t.record_count,
                t.posted_count,
                t.quarantined_count,
                t.suspended_count,
                t.quantity_atto,
            )
            for t in answer.totals
        ),
        strict=True,
    )
    return Totals(*map(sum, columns))


@given(strategies.streams(), strategies.rule_books, st.randoms(use_true_random=False))
def test_order_changes_nothing(stream, rule_book, random):
    """Any order of the records gives the same postings and totals."""
    zone_name, records = stream
    shuffled = random.sample(records, len(records))
    one = post_rows(wire.rows(records), rule_book, zone_name)
    other = post_rows(wire.rows(shuffled), rule_book, zone_name)
    assert one.postings == other.postings
    assert one.totals == other.totals


@st.composite
def cuts(draw, size_max=24):
    """Records cut into batches, and the number of a session for each batch."""
    zone_name, records = draw(strategies.streams(size_max))
    places = sorted(draw(st.lists(st.integers(0, len(records)), max_size=6)))
    bounds = [0, *places, len(records)]
    batches = [records[a:b] for a, b in itertools.pairwise(bounds)]
    sessions = draw(st.lists(st.integers(0, 2), min_size=len(batches), max_size=len(batches)))
    return zone_name, records, batches, sessions


@given(cuts(), strategies.rule_books)
def test_batches_shares_and_sessions_change_nothing(cut, rule_book):
    """Any cut into batches, each a slice of any session, gives the sums of the whole."""
    zone_name, records, batches, session_numbers = cut
    sessions = [kernel.Session() for _ in range(3)]
    decoded = [
        decode(sessions[number], wire.rows(batch), margin=number)
        for number, batch in zip(session_numbers, batches, strict=True)
    ]
    parts = answer_of(post_batches(decoded, rule_book, zone_name))
    whole = post_rows(wire.rows(records), rule_book, zone_name)
    assert parts.postings == whole.postings
    assert [total_of(parts)] == whole.totals
    assert [status for part in parts.statuses for status in part] == whole.statuses[0]


@given(cuts(), strategies.rule_books)
def test_postings_of_parts_add_up(cut, rule_book):
    """Posting batch by batch and adding gives what posting them together gives."""
    zone_name, records, batches, _ = cut
    session = kernel.Session()
    sums: dict = {}
    for batch in batches:
        posted = post_batches([decode(session, wire.rows(batch))], rule_book, zone_name)
        for cell, values in answer_of(posted).postings.items():
            old = sums.get(cell, (0, 0, 0))
            sums[cell] = tuple(a + b for a, b in zip(old, values, strict=True))
    assert sums == post_rows(wire.rows(records), rule_book, zone_name).postings


@given(full_text_records, strategies.rule_books, st.integers(1, 3))
def test_rows_and_arrow_are_the_same(records, rule_book, batch_count):
    """The same records as messages and as Arrow columns get the same answer."""
    batch = decode(
        kernel.Session(), wire.arrow_ipc(records, batches=batch_count), arrow=True, margin=3
    )
    answer = answer_of(post_batches([batch], rule_book))
    assert answer == post_rows(wire.rows(records), rule_book)


@given(doubles_records, strategies.rule_books)
def test_rows_and_arrow_are_the_same_for_doubles(records, rule_book):
    """Doubles in messages and in a float64 column are the same quantities."""
    body = wire.arrow_ipc(records, as_double=True)
    batch = decode(kernel.Session(), body, arrow=True)
    answer = answer_of(post_batches([batch], rule_book))
    assert answer == post_rows(wire.rows(records), rule_book)


@given(strategies.streams(), strategies.rule_books)
def test_records_of_the_segment_replay_to_the_postings(stream, rule_book):
    """What `records()` keeps is enough to make the same postings again."""
    zone_name, records = stream
    posted = post_batches([decode(kernel.Session(), wire.rows(records))], rule_book, zone_name)
    answer = answer_of(posted)
    table = whole_quantities(table_of(posted.records()))
    names = ["facility", "activity", "quantity", "unit", "start", "end", "region", "record_id"]
    kept = []
    for facility, activity, quantity, unit, start, end, region, record_id in rows_of_table(
        table.set_column(
            table.schema.get_field_index("start"), "start", table["start"].cast("int64")
        )
        .set_column(table.schema.get_field_index("end"), "end", table["end"].cast("int64"))
        .select(names)
    ):
        kept.append(
            Record(
                facility=facility.encode(),
                activity=activity.encode(),
                quantity=f"{quantity:f}".encode(),
                unit=unit.encode(),
                start=strategies.at(start),
                end=strategies.at(end),
                region=region.encode(),
                record_id=record_id.encode(),
            )
        )
    replayed = oracle.post(
        [kept],
        rule_book.runs_of,
        period_starts(zone_name),
        FIELD_OF_RULE,
        day_start=partial(day_start, zone_name),
    )
    assert replayed.postings == answer.postings
    statuses = [status for status, _ in answer.statuses[0]]
    stored = [s for s in statuses if oracle.kind_of(s) != "quarantined"]
    assert table["status"].to_pylist() == stored
    offsets = [n for n, s in enumerate(statuses) if oracle.kind_of(s) != "quarantined"]
    assert table["offset"].to_pylist() == offsets
    refused = table_of(posted.quarantine())
    assert refused["offset"].to_pylist() == sorted(set(range(len(records))) - set(offsets))


@given(strategies.streams())
def test_quarantine_keeps_the_bytes_of_each_refused_record(stream):
    """A refused record can be read again from `raw`, whatever is wrong with it."""
    zone_name, records = stream
    posted = post_batches([decode(kernel.Session(), wire.rows(records))], RuleBook(), zone_name)
    refused = table_of(posted.quarantine())
    raws = dict(zip(refused["offset"].to_pylist(), refused["raw"].to_pylist(), strict=True))
    assert raws == {offset: wire.record_bytes(records[offset]) for offset in raws}


def test_threads_post_their_own_sessions_alike():
    """Sessions in threads of their own share nothing: all give one thread's answer."""
    rule_book = RuleBook((((0, 1, 0), (600, 1, 1)), ((0, 1, -65),)))
    bodies = [
        wire.rows([Record(facility=b"f-%d" % (n * k), quantity=b"%d.5" % n) for n in range(500)])
        for k in range(1, 5)
    ]
    expected = [post_rows(body, rule_book) for body in bodies]
    found: list = [None] * len(bodies)

    def work(place):
        found[place] = [post_rows(bodies[place], rule_book) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[answer] * 5 for answer in expected]
