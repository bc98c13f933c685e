"""Leases: one holder at a time, and a fence that rises."""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tonne.store.sql import schema

if TYPE_CHECKING:
    from tonne.store import Manifest


def expire(manifest: Manifest, name: str) -> None:
    """Let a lease be over by the database's clock."""
    past = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    statement = sa.update(schema.lease).where(schema.lease.c.name == name)
    manifest._database.write(lambda c: c.execute(statement.values(expire_time=past)) and None)


def test_a_lease_has_one_holder(manifest):
    """While it is held nobody else gets it; the holder keeps its fence."""
    lease = manifest.acquire_lease("merge/acme", "pod-1", 60)
    assert lease is not None
    assert (lease.name, lease.holder) == ("merge/acme", "pod-1")
    assert manifest.acquire_lease("merge/acme", "pod-2", 60) is None
    again = manifest.acquire_lease("merge/acme", "pod-1", 120)
    assert again is not None
    assert again.fence == lease.fence > 0
    assert again.expire_time > lease.expire_time
    assert manifest.acquire_lease("merge/other", "pod-2", 60) is not None


def test_an_expired_lease_goes_to_the_next_with_a_higher_fence(manifest):
    """After its time another holder gets it; the older one cannot renew, nor release it."""
    old = manifest.acquire_lease("merge", "pod-1", 60)
    expire(manifest, "merge")
    new = manifest.acquire_lease("merge", "pod-2", 60)
    assert new is not None
    assert new.fence > old.fence
    assert manifest.renew_lease(old, 60) is None
    manifest.release_lease(old)
    assert manifest.acquire_lease("merge", "pod-3", 60) is None


def test_a_lease_that_expired_comes_back_with_a_higher_fence(manifest):
    """Who acquires after its own time was over has a new fence: others may have held it."""
    old = manifest.acquire_lease("merge", "pod-1", 60)
    expire(manifest, "merge")
    assert manifest.acquire_lease("merge", "pod-1", 60).fence > old.fence


def test_renewing_moves_the_end(manifest):
    """A renewed lease ends later, with the same fence, also when nobody took it in between."""
    lease = manifest.acquire_lease("merge", "pod-1", 1)
    renewed = manifest.renew_lease(lease, 600)
    assert renewed.fence == lease.fence
    assert (renewed.expire_time - lease.expire_time).total_seconds() > 590
    expire(manifest, "merge")
    assert manifest.renew_lease(renewed, 600).fence == lease.fence
    assert manifest.acquire_lease("merge", "pod-2", 60) is None


def test_a_released_lease_is_free_and_its_fence_goes_on(manifest):
    """Release lets the next one in at once; the fence never starts again."""
    before = 0
    for number in range(3):
        lease = manifest.acquire_lease("merge", f"pod-{number}", 600)
        assert lease.fence > before
        before = lease.fence
        manifest.release_lease(lease)


def test_of_many_that_ask_at_once_one_holds(manifest):
    """Servers that ask for a free lease at once: exactly one gets it."""
    barrier = threading.Barrier(8)
    got: list[object] = []

    def ask(number: int) -> None:
        barrier.wait()
        got.append(manifest.acquire_lease("merge", f"pod-{number}", 60))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len([lease for lease in got if lease is not None]) == 1


def test_times_are_the_databases(embedded, clock):
    """On SQLite the injected clock decides when a lease is over."""
    lease = embedded.acquire_lease("merge", "pod-1", 60)
    assert lease.expire_time == clock() + dt.timedelta(seconds=60)
    clock.advance(59.9)
    assert embedded.acquire_lease("merge", "pod-2", 60) is None
    clock.advance(0.1)
    assert embedded.acquire_lease("merge", "pod-2", 60).fence > lease.fence


def test_a_fence_that_the_database_lost_is_not_given_out_again(manifest):
    """The lease goes back to what it was; the same holder's next one has another fence."""
    manifest.release_lease(manifest.acquire_lease("merge", "pod-0", 60))
    table = schema.lease
    with manifest._database.read() as connection:
        before = connection.execute(sa.select(table)).one()._asdict()
    lost = manifest.acquire_lease("merge", "pod-1", 60)
    manifest._database.write(lambda c: c.execute(sa.update(table).values(**before)) and None)
    again = manifest.acquire_lease("merge", "pod-1", 60)
    assert again.fence != lost.fence
    assert manifest.renew_lease(lost, 60) is None


def test_a_clock_that_is_put_back_leaves_no_lease_in_the_future(embedded, clock):
    """Given back while the clock was hours ahead, or never given back by a process that died."""
    clock.advance(5 * 3600)
    embedded.release_lease(embedded.acquire_lease("merge", "pod-1", 60))
    dead = embedded.acquire_lease("garbage", "pod-1", 60)
    clock.advance(-5 * 3600)
    assert embedded.acquire_lease("merge", "pod-2", 60) is not None
    taken = embedded.acquire_lease("garbage", "pod-2", 60)
    assert taken.fence > dead.fence
    assert embedded.renew_lease(dead, 60) is None
    assert embedded.acquire_lease("garbage", "pod-3", 60) is None


def test_a_long_lease_is_not_taken_for_one_of_another_clock(manifest):
    """Two servers with other settings: who wants it for a second waits for who has it for long."""
    manifest.acquire_lease("merge", "pod-1", 500)
    assert manifest.acquire_lease("merge", "pod-2", 1) is None
    manifest.acquire_lease("publish", "pod-1", 2_000)
    assert manifest.acquire_lease("publish", "pod-2", 1_500) is None
