"""Leases: who alone may do a background job, by the database's clock and with a fence number."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tonne.store.errors import LeaseLost
from tonne.store.manifest.tables import Tables, draw_step
from tonne.store.rows import Lease
from tonne.store.sql import schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

LEASE_S_MAX = 600.0
"""A lease that ends later than this from now, and than twice what is asked for, was given by
another clock. Were it taken from a holder who lives, the fence keeps the two apart."""

LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class LeaseTable(Tables):
    """The leases of the manifest.

    All times are by the database's clock, so that servers whose own clocks differ agree. A
    holder that was paused may still believe in a lease that another one has taken since; so
    what it does carries the lease, and the transaction that takes effect compares the fence
    (`check_lease`).
    """

    def acquire_lease(self, name: str, holder: str, ttl_s: float) -> Lease | None:
        """Take the lease for `ttl_s` seconds, or None while another one holds it.

        `holder` is unique to a process's life. The fence rises whenever the lease was free or
        expired, by a step that is drawn: no database that lost its last transactions gives the
        same one out again. Who holds it already keeps its fence. One that ends later than any
        lease does was given by a clock that has been put back since: it is over.
        """
        table = schema.lease
        now = self._database.now()
        step = draw_step()
        insert = self._database.insert(table).values(
            name=name, holder=holder, fence=step, expire_time=self._database.now(after_s=ttl_s)
        )
        stepped = self._database.now(after_s=max(2 * ttl_s, LEASE_S_MAX))
        held = sa.and_(table.c.holder == holder, table.c.expire_time > now)
        statement = insert.on_conflict_do_update(
            index_elements=[table.c.name],
            set_={
                "holder": insert.excluded.holder,
                "fence": sa.case((held, table.c.fence), else_=table.c.fence + step),
                "expire_time": insert.excluded.expire_time,
            },
            where=sa.or_(
                table.c.holder == holder,
                table.c.expire_time <= now,
                table.c.expire_time > stepped,
            ),
        ).returning(table)

        def work(connection: Connection) -> Lease | None:
            return _lease_of(connection.execute(statement).one_or_none())

        return self._database.write(work)

    def renew_lease(self, lease: Lease, ttl_s: float) -> Lease | None:
        """Hold the lease `ttl_s` seconds from now, or None if another one has taken it since."""
        table = schema.lease
        statement = (
            sa.update(table)
            .where(*_same(lease))
            .values(expire_time=self._database.now(after_s=ttl_s))
            .returning(table)
        )

        def work(connection: Connection) -> Lease | None:
            return _lease_of(connection.execute(statement).one_or_none())

        return self._database.write(work)

    def release_lease(self, lease: Lease) -> None:
        """Give the lease back; lost already is fine. Its row stays, and with it the fence."""
        table = schema.lease
        # Not the present, which is far ahead for everybody where the clock is put back later.
        statement = sa.update(table).where(*_same(lease)).values(expire_time=LONG_AGO)
        self._database.write(lambda connection: connection.execute(statement) and None)


def check_lease(connection: Connection, lease: Lease | None) -> None:
    """See that nobody has taken a lease since, and keep it so to the end of the transaction.

    Whoever wants it waits for this transaction, or has committed before it. That it expired
    meanwhile is fine where nobody took it: its work cannot meet another's. None: no lease is
    asked for.

    Raises
    ------
    LeaseLost
        Another one took it; the caller's transaction is rolled back.
    """
    if lease is None:
        return
    query = sa.select(schema.lease.c.fence).where(*_same(lease)).with_for_update(read=True)
    if connection.execute(query).one_or_none() is None:
        raise LeaseLost(lease.name, lease.holder, lease.fence)


def _same(lease: Lease) -> tuple[sa.ColumnElement[bool], ...]:
    table = schema.lease
    return (
        table.c.name == lease.name,
        table.c.holder == lease.holder,
        table.c.fence == lease.fence,
    )


def _lease_of(row: sa.Row[Any] | None) -> Lease | None:
    if row is None:
        return None
    return Lease(name=row.name, holder=row.holder, fence=row.fence, expire_time=row.expire_time)
