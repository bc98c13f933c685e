"""What a round of upkeep says of the worklists: how many records wait, and for how long."""

from __future__ import annotations

import datetime as dt

from tests.unit.ledger.conftest import decode, record
from tonne.catalogue.words.method import MethodSettings
from tonne.ledger.posting.entries import RequestEntry
from tonne.model import Facility
from tonne.store.manifest.clearings import Refused

NONE_WAIT = {"suspense": 0.0, "duplicate": 0.0, "conflict": 0.0}


def said(bench):
    """What a round says of records that count for nothing, and of what waits."""
    done = bench.ledger.upkeep.maintain()
    return dict(done.waiting_counts), dict(done.waiting_ages_s)


def test_a_round_says_what_waits_and_for_how_long(any_bench, monkeypatch):
    """In suspense until it is cleared, in quarantine until it is mended, undecided till then."""
    bench = any_bench
    # A check rests as long as it took, several times over: on a slow machine until after the next.
    monkeypatch.setattr("tonne.ledger.upkeep.same.check._REST_FACTOR", 0)
    assert said(bench) == ({"suspense": 0, "quarantine": 0}, NONE_WAIT)
    waiting = [record(record_id=str(number), activity="process.lime") for number in range(3)]
    bench.append("a", [*waiting, record(record_id="b", quantity="much")])
    bench.append("a", [record(record_id="c", quantity="4")])
    bench.append("b", [record(record_id="c", quantity="5")])
    counts, ages_s = said(bench)
    assert counts == {"suspense": 3, "quarantine": 1}
    assert ages_s["suspense"] > 0
    # The round that finds a conflict says of it.
    assert (ages_s["conflict"] > 0, ages_s["duplicate"]) == (True, 0.0)
    again = said(bench)[1]
    assert again["suspense"] > ages_s["suspense"]
    bench.ledger.same.decide(bench.book, 1, [1], "ada", "read")
    edition = (
        b"activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source"
    )
    edition += b",table,note\nprocess.lime,,kWh,2010-01-01,,2,,,,scope1.process,p,1,\n"
    bench.ledger.editions.import_edition(bench.book, "lime", edition)
    bench.ledger.register.import_facilities(bench.book, [Facility("dc-1")])
    list(bench.ledger.suspense.clear(bench.book))
    counts, ages_s = said(bench)
    assert counts == {"suspense": 0, "quarantine": 1}
    assert ages_s == NONE_WAIT


def test_refused_records_are_counted_from_where_the_last_round_was(any_bench):
    """By book: those that came since, those that were mended since; a book at rest is not read."""
    bench = any_bench
    bench.ledger.books.create_book("still", method=MethodSettings())
    found = bench.manifest.refused({})
    for number in range(3):
        bench.append("a", [record(record_id=f"x{number}", quantity="much")] * 2)
        found = bench.manifest.refused(found)
        assert found["acme"].left_count == 2 * number + 2
        assert found == bench.manifest.refused({})
    mends = bench.ledger.mends.supersede(bench.book, "a", [0], "r")
    bench.write([RequestEntry(decode(bench.session, [record()]), "r", "r", mends)])
    assert bench.manifest.refused(found)["acme"].left_count == 5
    # What is known of a number is not looked up again, unless the manifest went back.
    seq = bench.manifest.refused({})["acme"].commit_seq
    assert bench.manifest.refused({"acme": Refused(seq, 70)})["acme"].left_count == 70
    assert bench.manifest.refused({"acme": Refused(seq + 1, 70)})["acme"].left_count == 5
    assert found["still"] == Refused()


def test_a_clock_that_goes_back_makes_no_age_negative(any_bench, monkeypatch):
    """What was made later than now waits for no time."""
    bench = any_bench
    bench.append("a", [record(activity="process.lime")])
    upkeep = bench.ledger.upkeep
    monkeypatch.setattr(upkeep, "_clock", lambda: dt.datetime(2001, 1, 1, tzinfo=dt.UTC))
    assert upkeep._age_s(bench.manifest.waiting().suspended_since) == 0.0
