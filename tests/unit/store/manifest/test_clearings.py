"""Clearings in the manifest: a segment's count of what waits is compared, and strictly falls."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from tests.support.stores.store import create_book, make_commit, make_file, make_move, new_id
from tonne import model
from tonne.errors import LedgerInconsistent, PeriodMustBeOpen
from tonne.store import BookChanged, Clearing, Commit, Manifest, SuspenseChanged, faults
from tonne.store.sql import schema

WAITING = 6


def suspend(manifest, channel="meter", count=WAITING):
    """Commit a segment of `count` records of a channel, all in suspense; gives its row."""
    opened = manifest.open_channel("acme", channel)
    totals = model.ControlTotals(count, 0, 0, count, 100)
    move = replace(make_move(opened, count), totals=totals)
    commit = make_commit("acme", move)
    segment = replace(commit.files[0], suspended_count=count)
    manifest.commit(replace(commit, files=(segment, *commit.files[1:])))
    return manifest.get_files([segment.id])[segment.id]


def clearing(segment, before, after, channel="meter", **changes):
    """Make a commit that clears records of a segment."""
    commit_id = new_id()
    cleared = Clearing(segment.id, before, after, ((channel, before - after),))
    file = replace(make_file("acme", "clearing", commit_id), segment=segment.id)
    postings = make_file("acme", "postings", commit_id)
    values = {"clearings": (cleared,), "files": (file, postings), "periods": (600,), **changes}
    return Commit(id=commit_id, book="acme", revision=1, **values)


def waiting(manifest, segment):
    return manifest.get_files([segment.id])[segment.id].suspended_count


def test_a_clearing_moves_counts_and_stands_beside_its_segment(manifest):
    """What waits falls by what was cleared, in the segment and in its channel's totals."""
    create_book(manifest)
    segment, other = suspend(manifest), suspend(manifest, "other", 3)
    assert manifest.suspended_segments("acme", limit=9) == [segment, other]
    assert manifest.suspended_extent("acme") == (2, other.seq)
    assert manifest.clearings_of([segment.id]) == {}
    first, second = clearing(segment, 6, 2), clearing(segment, 2, 0)
    manifest.commit(first)
    assert waiting(manifest, segment) == 2
    totals = manifest.get_channel("acme", "meter").totals
    assert totals == model.ControlTotals(6, 4, 0, 2, 100)
    manifest.commit(second)
    found = manifest.clearings_of([segment.id, other.id])
    assert [each.id for each in found.pop(segment.id)] == [first.files[0].id, second.files[0].id]
    assert found == {}
    assert manifest.suspended_segments("acme", limit=9) == [other]
    assert manifest.suspended_extent("acme") == (1, other.seq)
    assert manifest.get_channel("acme", "meter").totals == model.ControlTotals(6, 6, 0, 0, 100)
    assert manifest.get_channel("acme", "other").totals == model.ControlTotals(3, 0, 0, 3, 100)
    live = {file.id for file in manifest.live_postings("acme")}
    assert {first.files[1].id, second.files[1].id} <= live


def test_segments_that_wait_are_paged(manifest):
    """Pages follow the order of the commits, up to where the caller began."""
    create_book(manifest)
    segments = [suspend(manifest, f"m{n}") for n in range(4)]
    manifest.commit(make_commit("acme"))  # nothing of it waits
    first = manifest.suspended_segments("acme", limit=2)
    stop = segments[2].seq
    rest = manifest.suspended_segments("acme", after_seq=first[-1].seq, stop_seq=stop, limit=9)
    assert [*first, *rest] == segments[:3]
    create_book(manifest, "bare")
    assert manifest.suspended_extent("bare") == (0, 0)


def test_a_clearing_that_counts_otherwise_changes_nothing(manifest):
    """Who saw other records in suspense than there are is told, and nothing happens."""
    create_book(manifest)
    segment = suspend(manifest)
    manifest.commit(clearing(segment, 6, 4))
    before = manifest.live_postings("acme")
    for stale in (6, 5, 3):
        with pytest.raises(SuspenseChanged) as caught:
            manifest.commit(clearing(segment, stale, 1))
        assert caught.value.segments == {segment.id}
    assert waiting(manifest, segment) == 4
    assert manifest.live_postings("acme") == before
    assert manifest.get_channel("acme", "meter").totals.suspended_count == 4


@pytest.mark.parametrize(("before", "after"), [(6, 6), (6, 7), (6, -1)])
def test_a_clearing_that_clears_nothing_is_a_defect(manifest, before, after):
    """The count strictly falls and never below nothing."""
    create_book(manifest)
    segment = suspend(manifest)
    with pytest.raises(LedgerInconsistent):
        manifest.commit(clearing(segment, before, after))
    assert waiting(manifest, segment) == 6


def test_a_clearing_asserts_revision_and_periods(manifest):
    """As every commit does: nothing is posted under older rules, or into a closed month."""
    create_book(manifest)
    segment = suspend(manifest)
    with pytest.raises(BookChanged):
        manifest.commit(replace(clearing(segment, 6, 0), revision=2))
    closed = schema.book.update().values(closed_before=model.PERIOD_COUNT_MAX)
    manifest._database.write(lambda connection: connection.execute(closed) and None)
    with pytest.raises(PeriodMustBeOpen):
        manifest.commit(clearing(segment, 6, 0))
    assert waiting(manifest, segment) == 6
    assert manifest.get_channel("acme", "meter").totals.suspended_count == 6


def test_a_clearing_that_is_tried_again_happens_once(manifest):
    """The same commit again, after it happened, is fine and counts once."""
    create_book(manifest)
    segment = suspend(manifest)
    commit = clearing(segment, 6, 1)
    manifest.commit(commit)
    manifest.commit(commit)
    assert waiting(manifest, segment) == 1
    assert manifest.get_channel("acme", "meter").totals.posted_count == 5


@pytest.mark.usefixtures("armed")
def test_a_lost_reply_is_settled(manifest):
    """A commit whose reply was lost is found to have happened."""
    create_book(manifest)
    segment = suspend(manifest)
    faults.arm("commit.after_sql=raise")
    manifest.commit(clearing(segment, 6, 0))
    assert waiting(manifest, segment) == 0


def test_of_many_clearings_of_the_same_records_one_wins(manifest_url):
    """Servers that saw the same records at once: one clears them, the others are told."""
    servers = [Manifest.open(manifest_url, pool_size=3) for _ in range(2)]
    create_book(servers[0])
    segments = [suspend(servers[0], f"m{n}") for n in range(3)]
    won, lost, errors = [], [], []
    barrier = threading.Barrier(6)

    def clear(number):
        barrier.wait()
        order = segments if number % 2 else segments[::-1]
        for segment in order:
            index = segments.index(segment)
            try:
                servers[number % 2].commit(clearing(segment, 6, 0, f"m{index}"))
            except SuspenseChanged:
                lost.append(segment.id)
            except BaseException as error:  # noqa: BLE001  looked at below
                errors.append(error)
            else:
                won.append(segment.id)

    threads = [threading.Thread(target=clear, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(won) == sorted(segment.id for segment in segments)
    assert len(lost) == 5 * len(segments)
    for channel in servers[1].list_channels("acme", "", 9):
        assert channel.totals == model.ControlTotals(6, 6, 0, 0, 100)
    for each in servers:
        each.close()


def test_clearings_and_appends_of_one_channel_queue(manifest_url):
    """A producer that streams while its older records are cleared loses nothing to it."""
    servers = [Manifest.open(manifest_url, pool_size=3) for _ in range(2)]
    create_book(servers[0])
    segment = suspend(servers[0], count=40)
    opened = servers[0].open_channel("acme", "meter")
    errors = []

    def run(work):
        try:
            work()
        except BaseException as error:  # noqa: BLE001  looked at below
            errors.append(error)

    def append():
        held = opened
        for _ in range(20):
            servers[0].commit(make_commit("acme", make_move(held)))
            held = servers[0].get_channel("acme", "meter")

    def clear():
        for left in range(40, 0, -2):
            servers[1].commit(clearing(segment, left, left - 2))

    threads = [threading.Thread(target=run, args=(work,)) for work in (append, clear)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    totals = servers[0].get_channel("acme", "meter").totals
    assert totals == model.ControlTotals(60, 60, 0, 0, 120)
    assert waiting(servers[0], segment) == 0
    for each in servers:
        each.close()
