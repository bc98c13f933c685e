"""The manifest's tables, revision by revision.

Each script in `versions` says in `works_from` the oldest revision whose Tonne works on the tables
that it leaves: its own, or an older one where it only adds what an older Tonne does not touch.
That stands in the database beside the revision, so that a Tonne that does not know the script
can tell whether it may run, as it must while a rollout replaces old servers by new ones.
"""

from __future__ import annotations

import enum
import logging
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from tonne.errors import ConfigInvalid
from tonne.store.sql import schema

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from tonne.store.sql.database import Database

logger = logging.getLogger(__name__)

PATIENCE_S = 600.0
"""How long an upgrade tries to have the tables to itself."""

LOCK_MS = 100
"""How long one try waits, and servers that write wait behind it; below the second after which
PostgreSQL looks for a deadlock, and ends the transaction of one of the two."""

PAUSE_S = (0.05, 0.15)
"""How long servers go on writing between two tries, from and to."""

TELL_S = 10.0

_LOCK = 0x746F6E6E65  # "tonne"; the key of the advisory lock that serialises upgrades
_LOCK_NOT_AVAILABLE = "55P03"


class Fit(enum.Enum):
    """How the tables of a manifest stand to what this Tonne needs."""

    SAME = "same"
    OLDER = "older"
    NEWER_AND_COMPATIBLE = "newer and compatible"
    NEWER = "newer"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """From which revision to which the tables were brought; empty: there were none."""

    before: str
    after: str


def head() -> str:
    """Name the revision that this Tonne needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def look(database: Database) -> tuple[str, Fit]:
    """Read the revision of the tables, and how it fits. Changes nothing."""
    with database.read() as connection:
        return _look(connection)


def upgrade(database: Database, version: str = "head") -> Upgrade:
    """Bring the tables to a version, once, however many processes do it at the same time.

    All of it is one transaction, in both databases, under a lock: who comes second waits, then
    finds nothing to do; one that dies leaves nothing half-made. Tables of a newer revision on
    which this Tonne works are left as they are.

    Servers that go on writing lock tables in the order of their work. So an upgrade takes all of
    them before its first script, and gives way where it does not get them at once: a server waits
    for it `LOCK_MS` at a time, and neither can end the other in a deadlock.

    Raises
    ------
    ConfigInvalid
        A newer Tonne made the tables, and this one does not work on them.
    StoreUnavailable
        The database cannot be reached, or others held its tables for `PATIENCE_S`. Nothing
        happened.
    """
    return database.write(lambda connection: _run(connection, version, database.now()))


def _lock_tables(connection: Connection) -> None:
    """Have the tables of PostgreSQL to oneself to the end of the transaction."""
    there = set(sa.inspect(connection).get_table_names())
    names = [name for name in schema.metadata.tables if name in there]
    quote = connection.dialect.identifier_preparer.quote
    take = sa.text(f"LOCK TABLE {', '.join(map(quote, names))} IN ACCESS EXCLUSIVE MODE")
    begin = told = time.monotonic()
    while True:
        try:
            with connection.begin_nested():  # rolled back, it lets go of what it has got
                connection.execute(sa.text(f"SET LOCAL lock_timeout = {LOCK_MS}"))
                connection.execute(take)
            break
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            now = time.monotonic()
            if now - begin > PATIENCE_S:
                raise
            if now - told > TELL_S or told == begin:
                told = now
                logger.warning(
                    "the upgrade of the manifest gives way to servers that work on its tables, "
                    "and tries again, for at most %.0f s more",
                    PATIENCE_S - (now - begin),
                )
        time.sleep(random.uniform(*PAUSE_S))  # noqa: S311  no secret
    connection.execute(sa.text("SET LOCAL lock_timeout = 0"))


def refuse_newer(revision: str) -> ConfigInvalid:
    """Say that tables are too new."""
    return ConfigInvalid(
        f"the tables of the manifest are at revision {revision}, not of a version that this "
        f"Tonne knows or works on (it knows up to {head()}); run the Tonne that made them, or a "
        "newer one",
        metadata={"revision": revision, "known": head()},
    )


def refuse_empty(location: str) -> ConfigInvalid:
    """Say that there are no tables, where none are made."""
    return ConfigInvalid(
        "the database holds no manifest: name the ledger with --data DIR or --config FILE, or "
        "restore a backup of its manifest there",
        metadata={"key": "store.manifest_url"},
        detail=f"at {location}",
    )


def refuse_older(revision: str) -> ConfigInvalid:
    """Say that tables are too old, where they may not be migrated."""
    found = f"at revision {revision}" if revision else "not there yet"
    return ConfigInvalid(
        f"the tables of the manifest are {found}; this Tonne needs revision {head()}, "
        "and they are not migrated here: run `tonne migrate` with this configuration first",
        metadata={"revision": revision, "needed": head()},
    )


def _run(connection: Connection, version: str, now: sa.ColumnElement[dt.datetime]) -> Upgrade:
    if connection.dialect.name == "postgresql":
        # An upgrade may take its time, and so may the one that is waited for.
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
        connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    before, fit = _look(connection)
    if fit is Fit.NEWER:
        raise refuse_newer(before)
    if fit is not Fit.OLDER:
        return Upgrade(before, before)
    if before and connection.dialect.name == "postgresql":
        _lock_tables(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, version)
    after = _revision(connection)
    _record(connection, now)
    return Upgrade(before, after)


def _record(connection: Connection, now: sa.ColumnElement[dt.datetime]) -> None:
    """Note each revision that is applied now, and from which one on its tables can be used."""
    if not sa.inspect(connection).has_table(schema.migration.name):
        return  # revisions before the table
    table = schema.migration
    noted = set(connection.execute(sa.select(table.c.revision)).scalars())
    moment = connection.execute(sa.select(now)).scalar_one()
    scripts = ScriptDirectory.from_config(_config())
    for script in scripts.iterate_revisions(_revision(connection), "base"):
        if script.revision not in noted:
            connection.execute(
                sa.insert(table).values(
                    revision=script.revision,
                    works_from=script.module.works_from,
                    create_time=moment,
                )
            )


def _look(connection: Connection) -> tuple[str, Fit]:
    scripts = ScriptDirectory.from_config(_config())
    known = {script.revision for script in scripts.walk_revisions()}
    revision = _revision(connection)
    if revision == scripts.get_current_head():
        return revision, Fit.SAME
    if revision in known or not revision:
        return revision, Fit.OLDER
    works_from = ""
    if sa.inspect(connection).has_table(schema.migration.name):
        query = sa.select(schema.migration.c.works_from)
        query = query.where(schema.migration.c.revision == revision)
        works_from = connection.execute(query).scalar_one_or_none() or ""
    return revision, Fit.NEWER_AND_COMPATIBLE if works_from in known else Fit.NEWER


def _revision(connection: Connection) -> str:
    """Read where alembic keeps it; empty where it has not been yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    table = sa.table("alembic_version", sa.column("version_num"))
    found = connection.execute(sa.select(table.c.version_num)).scalar_one_or_none()
    return "" if found is None else str(found)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
