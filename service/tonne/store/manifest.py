"""The manifest: the SQL database that decides what is committed, in one object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from tonne.store.books import Books
from tonne.store.channels import Channels
from tonne.store.clearings import Clearings
from tonne.store.commits import Commits
from tonne.store.database import Database, utc_now
from tonne.store.editions import Editions
from tonne.store.entities import Entities
from tonne.store.facilities import Facilities
from tonne.store.files import Files
from tonne.store.leases import Leases
from tonne.store.methods import Methods
from tonne.store.migrations import upgrade

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable


class Manifest(
    Books, Methods, Editions, Facilities, Entities, Channels, Commits, Files, Clearings, Leases
):
    """All that the manifest can tell and do. Safe for use from many threads.

    Every method blocks, runs in one transaction, and raises `StoreUnavailable` when the
    database cannot be reached, in which case nothing happened. A method that writes raises
    `OutcomeUnknown` when the reply to its COMMIT was lost and the outcome could not be settled.
    """

    @classmethod
    def open(
        cls, url: str, *, pool_size: int = 8, clock: Callable[[], dt.datetime] = utc_now
    ) -> Self:
        """Open the manifest at `url` and bring its tables to the newest version.

        Parameters
        ----------
        url : str
            ``sqlite:///path`` or ``postgresql+psycopg://user@host/database``.
        pool_size : int
            Most connections open at once.
        clock : Callable
            Aware time; SQLite's clock. PostgreSQL has its own.

        Raises
        ------
        ConfigInvalid
            A URL of another kind, or tables of a newer version.
        StoreUnavailable
            The database cannot be reached.
        """
        database = Database(url, pool_size=pool_size, clock=clock)
        try:
            upgrade(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def ping(self) -> None:
        """Ask the database for a sign of life; `StoreUnavailable` without one."""
        with self._database.read() as connection:
            connection.execute(sa.select(1))
