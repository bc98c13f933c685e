"""Imports in the manifest: of those that bring the same records in, one does."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from tests.support.stores.store import create_book, make_commit, make_move
from tonne.errors import BookUnknown, ChannelUnknown, EpochStale, ImportsChanged
from tonne.store import ImportClaim, ImportRow, Manifest, PositionLost


def import_of(**changes) -> ImportRow:
    """An import of ten records into the channel `c`."""
    row = ImportRow("c", "a.csv", "ab" * 32, 0, 10, "", "", b"\x01" * 8, 1, "ann")
    return replace(row, **changes)


def durable_counts(manifest: Manifest) -> list[int]:
    """How many records of each import are durable."""
    return [each.durable_count for each in manifest.list_imports("acme", 0, 100)]


def test_an_import_is_noted_once(manifest):
    """The same file, profile and place; numbers rise, and tell how far the channel is."""
    with pytest.raises(BookUnknown):
        manifest.add_import("acme", import_of())
    create_book(manifest)
    first = manifest.add_import("acme", import_of())
    assert (first.number, first.durable_count) == (1, 0)
    assert manifest.add_import("acme", import_of(file_name="b.csv")) == first
    others = [
        manifest.add_import("acme", import_of(**changes))
        for changes in ({"first_offset": 10}, {"profile_sha256": "cd" * 32}, {"channel": "d"})
    ]
    assert [each.number for each in others] == [2, 3, 4]
    channel = manifest.open_channel("acme", "c")
    manifest.commit(make_commit("acme", make_move(channel, 14)))
    assert durable_counts(manifest) == [10, 4, 10, 0]
    assert [each.number for each in manifest.list_imports("acme", 2, 1)] == [3]


def test_a_claim_is_of_whoever_has_the_channel_open(manifest):
    """Without a channel, and after another has opened it, nothing is noted."""
    create_book(manifest)
    with pytest.raises(ChannelUnknown, match="no channel 'c'"):
        manifest.add_import("acme", import_of(), ImportClaim(1, 0))
    ours = manifest.open_channel("acme", "c", "ann")
    manifest.open_channel("acme", "c", "bob")
    with pytest.raises(EpochStale, match="another owner"):
        manifest.add_import("acme", import_of(), ImportClaim(ours.epoch, 0))
    assert manifest.list_imports("acme", 0, 10) == []


def test_a_claim_overlooks_no_import(manifest):
    """One that was noted after the look refuses it; the same claim again is the same entry."""
    create_book(manifest)
    first = manifest.open_channel("acme", "c", "ann")
    second = manifest.open_channel("acme", "d", "bob")
    noted = manifest.add_import("acme", import_of(), ImportClaim(first.epoch, 0))
    with pytest.raises(ImportsChanged, match="import 1 of the book was noted meanwhile"):
        manifest.add_import("acme", import_of(channel="d"), ImportClaim(second.epoch, 0))
    again = manifest.add_import("acme", import_of(), ImportClaim(first.epoch, 1))
    assert again == noted
    assert len(manifest.list_imports("acme", 0, 10)) == 1


def test_what_is_superseded_never_becomes_durable(manifest):
    """Its channel is fenced; where its records are durable by now the claim is refused."""
    create_book(manifest)
    first = manifest.open_channel("acme", "c", "ann")
    second = manifest.open_channel("acme", "d", "bob")
    manifest.add_import("acme", import_of(), ImportClaim(first.epoch, 0))
    claim = ImportClaim(second.epoch, 1, (1,))
    manifest.add_import("acme", import_of(channel="d"), claim)
    with pytest.raises(PositionLost):
        manifest.commit(make_commit("acme", make_move(first, 10)))
    assert manifest.get_channel("acme", "c").owner not in {"ann", "bob"}
    manifest.commit(make_commit("acme", make_move(second, 10)))
    third = manifest.open_channel("acme", "e", "eve")
    with pytest.raises(ImportsChanged, match="records of import 2 have become durable"):
        manifest.add_import("acme", import_of(channel="e"), ImportClaim(third.epoch, 2, (1, 2)))
    assert durable_counts(manifest) == [0, 10]


def test_what_another_import_put_in_its_place_is_not_of_an_import(manifest):
    """It stays where it was when the other one took the place, until it is claimed again."""
    create_book(manifest)
    channel = manifest.open_channel("acme", "c")
    manifest.add_import("acme", import_of(), ImportClaim(channel.epoch, 0))
    manifest.commit(make_commit("acme", make_move(channel, 4)))
    channel = manifest.open_channel("acme", "c")
    other = import_of(sha256="cd" * 32, first_offset=4)
    manifest.add_import("acme", other, ImportClaim(channel.epoch, 1))
    manifest.commit(make_commit("acme", make_move(channel, 10)))
    assert durable_counts(manifest) == [4, 10]
    manifest.add_import("acme", import_of(), ImportClaim(channel.epoch, 2))
    assert durable_counts(manifest) == [10, 10]


def test_of_many_that_bring_one_file_in_at_once_one_does(manifest_url):
    """Each to a channel of its own, through two servers; the last to claim is never fenced."""
    servers = [Manifest.open(manifest_url) for _ in range(2)]
    create_book(servers[0])
    for turn in range(4):
        posted: list[int] = []
        barrier = threading.Barrier(6)

        def bring(number: int, turn=turn, posted=posted, barrier=barrier) -> None:
            server, name = servers[number % 2], f"c{turn}-{number}"
            channel = server.open_channel("acme", name, name)
            row = import_of(channel=name, sha256=f"{turn:064}")
            barrier.wait()
            while True:
                rivals = server.list_imports("acme", 0, 100)
                last = rivals[-1].number if rivals else 0
                rivals = [each for each in rivals if each.sha256 == row.sha256]
                if any(each.durable_count for each in rivals):
                    return
                dead = tuple(each.number for each in rivals if each.channel != name)
                try:
                    server.add_import("acme", row, ImportClaim(channel.epoch, last, dead))
                    server.commit(make_commit("acme", make_move(channel, 10)))
                except ImportsChanged:
                    continue
                except PositionLost:
                    return
                posted.append(number)
                return

        threads = [threading.Thread(target=bring, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(posted) == 1
    for server in servers:
        server.close()
