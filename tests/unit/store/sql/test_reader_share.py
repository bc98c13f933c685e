"""Connections that readers leave to producers."""

from __future__ import annotations

import threading

import pytest

from tests.support.stores.store import create_book
from tonne.errors import StoreUnavailable
from tonne.store import Manifest
from tonne.store.sql.reader_share import ReaderShare
from tonne.work import NobodyWaits, Work, check_wanted, is_reading


def test_readers_leave_connections_to_producers(tmp_path):
    """While readers hold all that they may have, a producer's call gets its own at once."""
    manifest = Manifest.open(f"sqlite:///{tmp_path}/m.db", pool_size=3, pool_reserved=1)
    create_book(manifest, "acme")
    holding, done = threading.Barrier(3), threading.Event()

    def hold() -> None:
        with manifest._database.read():
            holding.wait(30)
            done.wait(30)

    readers = [threading.Thread(target=Work(is_reading=True).run(hold)) for _ in range(2)]
    for reader in readers:
        reader.start()
    holding.wait(30)
    assert manifest.open_channel("acme", "meter").epoch == 1
    done.set()
    for reader in readers:
        reader.join(30)
    manifest.close()


@pytest.mark.parametrize(("pool_size", "reserved", "reader_count"), [(3, 1, 2), (1, 5, 1)])
def test_a_reader_over_the_share_is_told(pool_size, reserved, reader_count):
    """It waits no longer than its time; one connection is always the readers'."""
    share = ReaderShare(pool_size, reserved, timeout_s=0.01)

    def enter(left: int) -> None:
        with share.connection():
            enter(left - 1) if left else None

    Work(is_reading=True).run(enter, reader_count - 1)()
    with pytest.raises(StoreUnavailable, match="manifest_pool_reserved"):
        Work(is_reading=True).run(enter, reader_count)()
    enter(9)  # a producer is not counted


def test_work_knows_whom_it_serves_and_when_to_end():
    """Only inside; whoever runs no call's work is always wanted."""
    work = Work(is_reading=True)
    assert work.run(is_reading)() is True
    work.run(check_wanted)()
    work.end()
    with pytest.raises(NobodyWaits):
        work.run(check_wanted)()
    check_wanted()
    assert is_reading() is False
