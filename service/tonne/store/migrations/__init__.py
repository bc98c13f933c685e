"""The manifest's tables, version by version. `upgrade` brings a database to the newest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from tonne.errors import ConfigInvalid

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tonne.store.database import Database

_LOCK = 0x746F6E6E65  # "tonne"; the key of the advisory lock that serialises upgrades


def upgrade(database: Database, version: str = "head") -> None:
    """Bring the tables to a version, once, however many servers start at the same time.

    All of it is one transaction, in both databases, under a lock: a server that comes second
    waits, then finds nothing to do; one that dies leaves nothing half-made.

    Raises
    ------
    ConfigInvalid
        A newer Tonne made the tables.
    """
    database.write(lambda connection: _run(connection, version))


def _run(connection: Connection, version: str) -> None:
    if connection.dialect.name == "postgresql":
        # An upgrade may take its time, and so may the one that is waited for.
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
        connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, version)
    except CommandError as error:
        raise ConfigInvalid(
            f"the tables of the manifest are not of a version that this Tonne knows ({error}); "
            "run the Tonne that made them, or a newer one",
        ) from error
