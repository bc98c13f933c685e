"""Whether the database keeps what it says it has committed.

A commit of the ledger is acknowledged because the database said so. Settings that make it say so
too early are set for the sessions of Tonne, whatever a role, a database, a URL or a pooler says;
what no session can set is read, at each new connection: a fail-over may lead to another server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from tonne.errors import ConfigInvalid, StoreUnavailable
from tonne.store.sql import schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_KEEP: Final = (
    "set_config('synchronous_commit', CASE current_setting('synchronous_commit') "
    "WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, {is_local})"
)

KEEP_COMMITS: Final = f"SELECT {_KEEP.format(is_local='true')}"
"""Begins each transaction that writes: behind a pooler, a session's own settings are another's."""

_DAMAGE: Final = {
    "data_sync_retry": (
        "flushed_commits",
        (
            "PostgreSQL repeats a write that the disk refused and takes it for done, though it "
            "may be gone"
        ),
    ),
    "ignore_checksum_failure": ("whole_pages", "PostgreSQL reads a rotten page like a whole one"),
    "zero_damaged_pages": (
        "whole_pages",
        (
            "PostgreSQL reads a damaged page as an empty one, and nobody misses what was "
            "committed there"
        ),
    ),
}
"""Settings that hide damage where they are on: the guarantee that does not hold, and why."""

_INSPECT: Final = f"""
SELECT {_KEEP.format(is_local="false")},
    current_setting('fsync') = 'on',
    current_setting('full_page_writes') = 'on',
    current_setting('synchronous_standby_names') <> '',
    (SELECT count(*) FROM pg_stat_replication WHERE coalesce(state, 'streaming') <> 'backup'),
    pg_is_in_recovery(),
    ARRAY(SELECT name FROM (VALUES {", ".join(f"('{name}')" for name in _DAMAGE)}) AS risk (name)
        WHERE current_setting(name, true) = 'on')
"""  # noqa: S608  no value comes from outside


@dataclass(frozen=True, slots=True)
class Demands:
    """What the operator asks of the database.

    Parameters
    ----------
    accepts_lost_records : bool
        A database that may lose what it committed is taken all the same.
    needs_synchronous_standby : bool
        One that waits for no standby is not taken.
    """

    accepts_lost_records: bool = False
    needs_synchronous_standby: bool = False


NO_DEMANDS: Final = Demands()
"""What is asked where the operator asks for nothing: the database waits for its own disk."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """A guarantee that does not hold, and what that means. `is_refused`: the server stays out."""

    guarantee: str  # of `metrics.GUARANTEES`
    text: str
    is_refused: bool


def inspect_postgres(connection: Any, demands: Demands) -> tuple[Weakness, ...]:
    """Set and read what a new connection's server does with a commit; one statement.

    Parameters
    ----------
    connection : psycopg.Connection
        Not used yet.

    Raises
    ------
    StoreUnavailable
        The server is a standby.
    """
    with connection.cursor() as cursor:
        row = cursor.execute(_INSPECT).fetchone()
    connection.commit()  # a setting that is rolled back with its transaction was never made
    _, flushes, writes_pages, has_synchronous, standby_count, is_standby, hiding = row
    if is_standby:
        raise StoreUnavailable(
            "the manifest takes no commits now: try again",
            detail=(
                "its database server is a standby: name the primary in store.manifest_url "
                "(target_session_attrs=read-write chooses it among several hosts)"
            ),
        )
    refuses = not demands.accepts_lost_records
    found = []
    if not flushes:
        found.append(
            Weakness(
                "flushed_commits",
                "fsync is off: PostgreSQL does not wait for the disk, and when its machine "
                "fails it loses or tears what it committed; set fsync = on",
                refuses,
            )
        )
    if not writes_pages:
        found.append(
            Weakness(
                "whole_pages",
                "full_page_writes is off: PostgreSQL cannot repair a page that was half written "
                "when the machine failed; set full_page_writes = on",
                refuses,
            )
        )
    for name in hiding:
        guarantee, why = _DAMAGE[name]
        found.append(
            Weakness(guarantee, f"{name} is on: {why}; set {name} = off", refuses),
        )
    if not has_synchronous and (standby_count or demands.needs_synchronous_standby):
        found.append(
            Weakness(
                "synchronous_standby",
                f"synchronous_standby_names is empty and {standby_count} standbys follow: "
                "commits wait for none of them, and a promoted standby lacks the newest "
                "acknowledged records; name there the standbys that may be promoted",
                demands.needs_synchronous_standby,
            )
        )
    return tuple(found)


def inspect_tables(connection: Connection, demands: Demands) -> tuple[Weakness, ...]:
    """Find tables of the manifest that PostgreSQL empties after a crash."""
    names = [table.name for table in schema.metadata.sorted_tables]
    query = sa.text(
        "SELECT relname FROM pg_class WHERE relpersistence <> 'p' AND relkind IN ('r', 'p') "
        "AND pg_table_is_visible(oid) AND relname = ANY(:names) ORDER BY relname"
    )
    found = list(connection.execute(query, {"names": names}).scalars())
    if not found:
        return ()
    return (
        Weakness(
            "logged_tables",
            f"tables are unlogged and will be empty after a crash: {', '.join(found)}; run "
            "ALTER TABLE ... SET LOGGED",
            not demands.accepts_lost_records,
        ),
    )


def refuse(
    location: str, found: Iterable[Weakness], kind: type[ConfigInvalid | StoreUnavailable]
) -> None:
    """Raise an error of a kind that names what is not accepted, if anything is.

    How the database is set up is told to who starts a server, and to no caller of one.
    """
    refused = [each for each in found if each.is_refused]
    if not refused:
        return
    message, detail = "the manifest may lose what it acknowledged", f"at {location}"
    texts = "; ".join(each.text for each in refused) + _way_out(refused)
    if kind is StoreUnavailable:
        message, detail = (
            f"{message}, so the server does not use it: try again",
            f"{detail}: {texts}",
        )
    else:
        message = f"{message}: {texts}"
    guarantees = ", ".join(each.guarantee for each in refused)
    raise kind(message, detail=detail, metadata={"guarantees": guarantees})


def _way_out(refused: Iterable[Weakness]) -> str:
    if all(each.guarantee == "synchronous_standby" for each in refused):
        return "; or set store.needs_synchronous_standby = false"
    return "; or set store.accepts_lost_records = true, and acknowledged records may be lost"
