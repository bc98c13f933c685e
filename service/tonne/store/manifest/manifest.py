"""The manifest: the SQL database that decides what is committed, in one object."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from tonne.store.manifest.books import BookTable
from tonne.store.manifest.changes import ChangeTable
from tonne.store.manifest.channels import ChannelTable
from tonne.store.manifest.clearings import ClearingTable
from tonne.store.manifest.closings import ClosingTable
from tonne.store.manifest.commits import CommitTable
from tonne.store.manifest.corrections import CorrectionTable
from tonne.store.manifest.editions import EditionTable
from tonne.store.manifest.entities import EntityTable
from tonne.store.manifest.facilities import FacilityTable
from tonne.store.manifest.files import FileTable
from tonne.store.manifest.identities import IdentityTable
from tonne.store.manifest.imports import ImportTable
from tonne.store.manifest.keys import KeyTable
from tonne.store.manifest.leases import LeaseTable
from tonne.store.manifest.marks import MarkTable
from tonne.store.manifest.mends import MendTable
from tonne.store.manifest.merges import MergeTable
from tonne.store.manifest.methods import MethodTable
from tonne.store.manifest.moments import MomentTable
from tonne.store.manifest.overlaps import OverlapTable
from tonne.store.manifest.page_token_keys import PageTokenKeyTable
from tonne.store.manifest.publications import PublicationTable
from tonne.store.manifest.restatements import RestatementTable
from tonne.store.manifest.same_records import SameRecordTable
from tonne.store.manifest.several_meters import SeveralMetersTable
from tonne.store.manifest.snapshots import SnapshotQueries
from tonne.store.manifest.statements import StatementTable
from tonne.store.manifest.unknowns import UnknownTable
from tonne.store.manifest.words import WordTable
from tonne.store.migrations import (
    Fit,
    Upgrade,
    head,
    look,
    refuse_empty,
    refuse_newer,
    refuse_older,
    upgrade,
)
from tonne.store.sql.database import Database, utc_now
from tonne.store.sql.durability import NO_DEMANDS, Demands

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

logger = logging.getLogger(__name__)


class Manifest(
    BookTable,
    MethodTable,
    EditionTable,
    FacilityTable,
    EntityTable,
    WordTable,
    StatementTable,
    ChannelTable,
    CommitTable,
    ClosingTable,
    ChangeTable,
    FileTable,
    MergeTable,
    MendTable,
    ImportTable,
    ClearingTable,
    CorrectionTable,
    RestatementTable,
    KeyTable,
    SameRecordTable,
    OverlapTable,
    SeveralMetersTable,
    PublicationTable,
    SnapshotQueries,
    MomentTable,
    MarkTable,
    LeaseTable,
    PageTokenKeyTable,
    IdentityTable,
    UnknownTable,
):
    """All that the manifest can tell and do. Safe for use from many threads.

    Every method blocks, runs in one transaction, and raises `StoreUnavailable` when the
    database cannot be reached, in which case nothing happened. A method that writes raises
    `OutcomeUnknown` when the reply to its COMMIT was lost and the outcome could not be settled.
    """

    @classmethod
    def open(
        cls,
        url: str,
        *,
        pool_size: int = 8,
        pool_reserved: int = 0,
        clock: Callable[[], dt.datetime] = utc_now,
        migrates: bool = True,
        makes: bool = True,
        demands: Demands = NO_DEMANDS,
    ) -> Self:
        """Open the manifest at `url`, by default with its tables brought to the newest version.

        Tables of a newer version on which this Tonne works are taken as they are, which is
        logged: a rollout is under way, or was taken back.

        Parameters
        ----------
        url : str
            ``sqlite:///path`` or ``postgresql+psycopg://user@host/database``.
        pool_size : int
            Most connections open at once.
        pool_reserved : int
            Connections of these that readers leave to producers.
        clock : Callable
            Aware time; SQLite's clock. PostgreSQL has its own.
        migrates : bool
            Whether tables of an older version are brought to the newest, or refused.
        makes : bool
            Whether a manifest that is not there is made, or refused: a file, or all tables.
        demands : Demands
            What the database must do so that nothing that was acknowledged is lost.

        Raises
        ------
        ConfigInvalid
            A URL of another kind; no manifest, where none may be made; tables of a newer version
            on which this Tonne does not work, or of an older one that may not be migrated; a
            database that may lose what it acknowledged, where that is not accepted.
        StoreUnavailable
            The database cannot be reached.
        """
        database = Database(
            url,
            pool_size=pool_size,
            clock=clock,
            reserved=pool_reserved,
            demands=demands,
            makes=makes,
        )
        try:
            _see_to_tables(database, migrates=migrates, makes=makes)
            database.settle_in()
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def guarantees(self, guarantee: str) -> bool:
        """Whether one of `metrics.GUARANTEES` holds, by the newest connection."""
        return all(each.guarantee != guarantee for each in self._database.weaknesses)

    def ping(self) -> None:
        """Ask the database for a sign of life; `StoreUnavailable` without one."""
        with self._database.read() as connection:
            connection.execute(sa.select(1))


def migrate_manifest(url: str) -> Upgrade:
    """Bring the tables of the manifest at `url` to the newest version. Raises as `open` does."""
    database = Database(url, pool_size=1, clock=utc_now)
    try:
        return upgrade(database)
    finally:
        database.close()


def _see_to_tables(database: Database, *, migrates: bool, makes: bool) -> None:
    revision, fit = look(database)
    if not revision and not makes:
        raise refuse_empty(database.location)
    if fit is Fit.OLDER:
        if not migrates:
            raise refuse_older(revision)
        done = upgrade(database)
        logger.info(
            "the tables of the manifest went from %s to revision %s",
            f"revision {done.before}" if done.before else "an empty database",
            done.after,
        )
    elif fit is Fit.NEWER:
        raise refuse_newer(revision)
    elif fit is Fit.NEWER_AND_COMPATIBLE:
        logger.warning(
            "the tables of the manifest are at revision %s, newer than revision %s of this "
            "Tonne, and marked as compatible with it",
            revision,
            head(),
        )
