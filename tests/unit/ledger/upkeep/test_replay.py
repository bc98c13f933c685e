"""The check of a book finds what contradicts what, and finds nothing in a sound book."""

from __future__ import annotations

import polars as pl
import pytest

from tests.support.checks.recompute import REPOST_KEYS, Recompute, as_reposted
from tests.unit.ledger.conftest import decode, record, records_of
from tonne.ledger.posting.entries import RequestEntry
from tonne.store.sql import schema


@pytest.fixture
def filled(bench):
    """A book with two channels, a request, suspense and quarantine."""
    bench.append("a", records_of(60, seed=1, invalid=True))
    bench.append("b", records_of(30, seed=2, invalid=True))
    request = RequestEntry(decode(bench.session, [record(), record(unit="cubits")]), "77", "aa")
    bench.write([request, bench.entry("a", records_of(10, seed=3))])
    bench.check()
    return bench


def problems(bench):
    """What a server with an empty memory finds."""
    other = bench.other(cache_bytes_max=0)
    try:
        return Recompute(bench.manifest, bench.objects).check_book(other.ledger, "acme")
    finally:
        other.ledger.close()


def tamper(bench, statement):
    """Change the manifest behind its back."""
    bench.manifest._database.write(lambda connection: connection.execute(statement) and None)


def test_a_replay_is_the_balances(filled):
    """Posting the segments' records again gives the same sums and counts."""
    replayed = Recompute(filled.manifest, filled.objects).postings("acme")
    postings = (
        filled.ledger.snapshots.take("acme")
        .frame()
        .with_columns(pl.col(pl.Categorical).cast(pl.String))
    )
    balances = as_reposted(postings).select(replayed.columns)
    assert replayed.sort(REPOST_KEYS).equals(balances.sort(REPOST_KEYS))
    assert replayed["quantity"].n_unique() > 10


def test_the_replay_of_an_empty_book_is_empty(bench):
    """No records give no postings, and no problems."""
    assert Recompute(bench.manifest, bench.objects).postings("acme").is_empty()
    assert problems(bench) == ()


def test_a_lost_postings_file_is_found(filled):
    """Balances that miss a group are not those of the segments."""
    (_, file, *_) = filled.manifest.live_postings("acme")
    tamper(filled, schema.file.update().where(schema.file.c.id == file.id).values(state="dead"))
    found = problems(filled)
    assert any("sums of the balances differ from those of the records" in each for each in found)


def test_a_lost_segment_is_found(filled):
    """Offsets are no longer dense, totals and balances no longer right."""
    (file, *_) = filled.manifest.segments("acme", limit=9)
    tamper(filled, schema.file.update().where(schema.file.c.id == file.id).values(state="dead"))
    found = problems(filled)
    assert any(each.startswith("a: expected the offsets from 0, each once") for each in found)
    assert any(each.startswith("a: the records add up to") for each in found)
    assert any("sums of the balances differ from those of the records" in each for each in found)


@pytest.mark.parametrize(
    "column", ["committed_offset", "posted_count", "quarantined_count", "suspended_count"]
)
def test_a_wrong_position_or_total_is_found(filled, column):
    """Each number of a channel is compared."""
    table = schema.channel
    tamper(filled, table.update().where(table.c.id == "b").values({column: table.c[column] + 1}))
    assert all(each.startswith("b: ") for each in problems(filled))
    assert problems(filled)


def test_a_wrong_request_is_found(filled):
    """A request's records are those of its totals."""
    table = schema.request
    tamper(filled, table.update().values(posted_count=table.c.posted_count + 1))
    (found,) = problems(filled)
    assert found.startswith("requests/77: ")


def test_a_digest_a_count_and_a_resolution_are_compared(filled):
    """Files are those that were committed, and what postings rest on is there."""
    table = schema.file
    tamper(filled, table.update().where(table.c.kind == "segment").values(sha256="00" * 32))
    found = problems(filled)
    assert sum("the SHA-256 " + "00" * 32 in each for each in found) == 3
    assert sum("It holds the offsets of " in each for each in found) == 3
    assert any("the balances were not compared with the records" in each for each in found)
    tamper(filled, table.update().where(table.c.kind == "quarantine").values(row_count=1000))
    assert sum("the manifest says 1000" in each for each in problems(filled)) == 3
    tamper(filled, schema.resolution.delete())
    assert any("a resolution that is missing" in each for each in problems(filled))
