"""What the storage changed is an error that names the file: never a number, never merged on."""

from __future__ import annotations

import random

import polars as pl
import pytest

from tests.unit.ledger.conftest import EDITION, decode, record, records_of
from tonne.errors import DefectError
from tonne.ledger.evidence import Question
from tonne_kernel import Session

FLIPS = {"sqlite": 60, "postgres": 4}
"""Single bits that are turned over in each kind of file: in a directory, and in a bucket."""

SEED = 20260401

UNHEARD = EDITION + b"process.unheard,,kWh,2015-01-01,,1.5,,,,scope1.process,paper,4,\n"


def replace_object(bench, path, content):
    """Put other bytes where an object lies, as a storage that rots would."""
    bench.objects.delete(path)
    if content is not None:
        bench.objects.put(path, content)


def files_of(bench):
    """One live file of each kind."""
    (segment,) = [file for file in bench.manifest.segments("acme", limit=9) if file.seq < 4]
    (clearing,) = bench.manifest.clearings_of([segment.id])[segment.id]
    (quarantine, *_) = bench.manifest.quarantine_files("acme", 0, 9)
    (postings, *_) = bench.manifest.live_postings("acme")
    found = {"segment": segment, "postings": postings}
    return found | {"quarantine": quarantine, "clearing": clearing}


@pytest.fixture
def filled(any_bench):
    """A book with posted, cleared, waiting and refused records."""
    records = records_of(40, seed=5, invalid=True)
    records += [record(record_id="waits", activity="process.unheard.still")]
    any_bench.append("meter", records)
    any_bench.ledger.import_edition("acme", "paper-2016", UNHEARD)
    list(any_bench.ledger.clear_suspense("acme"))
    any_bench.append("late", records_of(3, seed=6))
    any_bench.check()
    return any_bench


def pages(lister):
    """All pages of a list."""
    items, token = [], ""
    while True:
        page = lister("acme", page_size=1000, page_token=token)
        items += page.items
        token = page.next_page_token
        if not token:
            return items


def replayed(ledger):
    """The replay of everything, as far as it goes: differences are its way to refuse."""
    snapshot = ledger.evidence.snapshot("acme")
    postings = snapshot.postings.with_columns(pl.col(pl.Categorical).cast(pl.String))
    keys = postings.filter(pl.col("status") == 0).select(
        "facility", "activity", "unit", pl.col("region").fill_null(""), "period"
    )
    question = Question(keys.unique(), 0, 900)
    found = ledger.evidence.replay(snapshot, question)
    if found.differences:
        raise DefectError(found.differences[0])
    return sorted(found.sums.rows(), key=str)


def repeated(ledger):
    """A producer sends everything again: it is what was committed, or nobody can say."""
    records = records_of(40, seed=5, invalid=True)
    records += [record(record_id="waits", activity="process.unheard.still")]
    ledger.check_repeat("acme", "meter", 0, decode(Session(), records))
    return "the same"


def balances(ledger):
    """Every posting."""
    frame = ledger.postings("acme").with_columns(pl.col(pl.Categorical).cast(pl.String))
    return sorted(frame.rows(), key=str)


def answers(bench):
    """What each way to read says, or that it refuses: by a server that remembers nothing."""
    other = bench.other(cache_bytes_max=0)
    ways = {
        "balances": balances,
        "records": lambda ledger: pages(ledger.list_records),
        "suspense": lambda ledger: pages(ledger.list_suspense),
        "quarantine": lambda ledger: pages(ledger.list_quarantine),
        "replay": replayed,
        "repeat": repeated,
    }
    found = {}
    for name, read in ways.items():
        try:
            found[name] = read(other.ledger)
        except DefectError:
            found[name] = None
    other.ledger.close()
    return found


RESTS_ON = {
    "segment": {"records", "suspense", "replay", "repeat"},
    "postings": {"balances", "replay"},
    "quarantine": {"quarantine", "repeat"},
    "clearing": {"records", "suspense", "replay"},
}
"""What refuses to answer where a file of a kind is corrupt; all else answers as before."""


@pytest.mark.parametrize("kind", RESTS_ON)
def test_a_bit_that_turned_over_is_never_another_answer(filled, kind, request):
    """Wherever it is: what rests on the file refuses, and all else says what it said before."""
    good = answers(filled)
    assert None not in good.values()
    file = files_of(filled)[kind]
    whole = filled.objects.get(file.path)
    chance = random.Random(f"{SEED} {kind}")  # noqa: S311  # a seeded choice, no secret
    for _ in range(FLIPS[request.node.callspec.params["any_bench"]]):
        content = bytearray(whole)
        content[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        replace_object(filled, file.path, bytes(content))
        expected = {name: None if name in RESTS_ON[kind] else good[name] for name in good}
        assert answers(filled) == expected
    replace_object(filled, file.path, whole)
    assert answers(filled) == good
