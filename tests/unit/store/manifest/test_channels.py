"""Channels: epochs, life, totals."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from tests.support.stores.store import create_book, make_commit, make_move
from tonne import model
from tonne.errors import ChannelClosed, ChannelUnknown, StoreUnavailable
from tonne.store import PositionLost, faults


def test_opening_makes_the_channel_or_raises_its_epoch(manifest):
    """The first opening is epoch 1 at offset 0; each further one raises the epoch only."""
    create_book(manifest)
    first = manifest.open_channel("acme", "meter-1")
    assert (first.epoch, first.committed_offset) == (1, 0)
    assert first.state is model.ChannelState.OPEN
    assert first.totals == model.ControlTotals()
    assert first.commit_time is None
    second = manifest.open_channel("acme", "meter-1")
    assert (second.epoch, second.committed_offset) == (2, 0)
    assert second.create_time == first.create_time
    assert second.previous_owner == first.owner
    assert manifest.get_channel("acme", "meter-1") == replace(second, previous_owner="")


def test_every_opening_has_its_own_epoch(manifest):
    """Openers that come at once get different epochs, without a gap."""
    create_book(manifest)
    barrier = threading.Barrier(8)
    epochs: list[int] = []

    def run() -> None:
        barrier.wait()
        epochs.append(manifest.open_channel("acme", "meter-1").epoch)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(epochs) == list(range(1, 9))


def test_opening_fences_the_older_owner(manifest):
    """After another opening the older epoch commits nothing, the newer one goes on."""
    create_book(manifest)
    old = manifest.open_channel("acme", "meter-1")
    manifest.commit(make_commit("acme", make_move(old, 5)))
    new = manifest.open_channel("acme", "meter-1")
    assert new.committed_offset == 5
    late = manifest.get_channel("acme", "meter-1")
    stale = model.Channel(**{f: getattr(late, f) for f in late.__slots__} | {"epoch": old.epoch})
    with pytest.raises(PositionLost) as caught:
        manifest.commit(make_commit("acme", make_move(stale)))
    assert caught.value.channels == {"meter-1"}
    manifest.commit(make_commit("acme", make_move(new, 2)))
    assert manifest.get_channel("acme", "meter-1").committed_offset == 7


def test_totals_are_exact_beyond_64_bits(manifest):
    """Lifetime totals add up exactly, of either sign, at the edge of 57 digits."""
    create_book(manifest)
    total = 0
    for quantity in (2**62, 10**56, -(10**56) - 2**62, 1 - 10**57, 10**57 - 1, -1):
        channel = manifest.open_channel("acme", "meter-1")
        manifest.commit(make_commit("acme", make_move(channel, 3, quantity)))
        total += quantity
        assert manifest.get_channel("acme", "meter-1").totals.quantity_atto == total
    totals = manifest.get_channel("acme", "meter-1").totals
    assert (totals.record_count, totals.posted_count) == (18, 18)
    assert manifest.get_channel("acme", "meter-1").commit_time is not None


def test_a_closed_channel_takes_no_more(manifest):
    """Closing refuses commits and openings, keeps the totals, and may be repeated."""
    create_book(manifest)
    channel = manifest.open_channel("acme", "meter-1")
    manifest.commit(make_commit("acme", make_move(channel, 5, 7)))
    closed = manifest.close_channel("acme", "meter-1")
    assert closed.state is model.ChannelState.CLOSED
    assert closed.totals.quantity_atto == 7
    assert manifest.close_channel("acme", "meter-1") == closed
    with pytest.raises(ChannelClosed):
        manifest.open_channel("acme", "meter-1")
    with pytest.raises(PositionLost):
        manifest.commit(make_commit("acme", make_move(closed)))
    assert manifest.get_channel("acme", "meter-1") == closed


def test_an_unknown_channel_is_named(manifest):
    """Reading and closing what was never opened says so."""
    create_book(manifest)
    for call in (manifest.get_channel, manifest.close_channel):
        with pytest.raises(ChannelUnknown, match="meter-9"):
            call("acme", "meter-9")


def test_channels_are_listed_by_the_bytes_of_their_ids(manifest):
    """Pages follow each other, upper case before lower case, of one book only."""
    create_book(manifest)
    create_book(manifest, "other")
    for channel in ("b", "A", "a~1", "B", "a"):
        manifest.open_channel("acme", channel)
    manifest.open_channel("other", "c")
    first = manifest.list_channels("acme", "", 3)
    rest = manifest.list_channels("acme", first[-1].id, 3)
    assert [channel.id for channel in first + rest] == ["A", "B", "a", "a~1", "b"]


@pytest.mark.usefixtures("armed")
def test_an_opening_whose_reply_is_lost_has_happened(manifest):
    """After a fault behind the opening the epoch is raised, and opening again works."""
    create_book(manifest)
    faults.arm("open_channel.after_sql=raise")
    with pytest.raises(StoreUnavailable):
        manifest.open_channel("acme", "meter-1")
    assert manifest.open_channel("acme", "meter-1").epoch == 2
