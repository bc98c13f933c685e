"""The border to SQL: durability settings, translated errors, snapshots."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3

import pytest
import sqlalchemy as sa

from tests.support.stores.store import create_book, make_commit
from tonne.errors import ConfigInvalid, StoreUnavailable
from tonne.store import Manifest, OutcomeUnknown
from tonne.store.sql import database, schema, sqlite


def test_sqlite_is_durable_and_checks_references(embedded):
    """Every connection has WAL, synchronous=FULL and foreign keys on."""
    with embedded._database.read() as first, embedded._database.read() as second:
        for connection in (first, second):
            values = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
            assert values == ["wal", 2, 1, 10_000]


def test_a_new_file_that_another_one_is_writing_is_waited_for(tmp_path, monkeypatch):
    """SQLite itself would not wait for the switch to WAL, which two servers make at once."""
    file = tmp_path / "manifest.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        other.rollback()

    monkeypatch.setattr(sqlite.time, "sleep", pause)
    Manifest.open(f"sqlite:///{file}").close()
    assert pauses == [sqlite.SWITCH_PAUSE_S]
    other.close()


def test_a_new_file_that_stays_locked_is_given_up(tmp_path, monkeypatch):
    """After the longest wait for a lock the store is unavailable, and says of what."""
    file = tmp_path / "manifest.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(sqlite, "WRITER_TIMEOUT_S", 0)
    with pytest.raises(StoreUnavailable, match="locked"):
        Manifest.open(f"sqlite:///{file}")
    other.close()


def test_a_file_system_that_changed_is_no_fault_of_a_caller(tmp_path, monkeypatch):
    """Who opens the manifest is told to move it; a call on an open one, to come back."""
    file = tmp_path / "manifest.db"
    manifest = Manifest.open(f"sqlite:///{file}")
    monkeypatch.setattr(sqlite, "_switch_to_wal", lambda _: "delete")
    with pytest.raises(ConfigInvalid, match="WAL mode, which this file system refuses"):
        Manifest.open(f"sqlite:///{file}")
    manifest._database.engine.dispose()
    with pytest.raises(StoreUnavailable, match=f"{file}.*WAL mode") as caught:
        manifest.ping()
    assert caught.value.message == "the manifest cannot be used now: try again"
    manifest.close()


@pytest.mark.parametrize("act", ["removed", "replaced", "reconnected"])
def test_a_file_that_is_another_one_by_now_takes_nothing_more(tmp_path, act):
    """Who has it open would go on in a file that nobody finds; with the right one it goes on."""
    file, kept = tmp_path / "manifest.db", tmp_path / "kept.db"
    manifest = Manifest.open(f"sqlite:///{file}")
    create_book(manifest)
    commit = make_commit("acme")
    if act == "replaced":
        os.link(file, kept)
        shutil.copy(file, tmp_path / "restored.db")
        (tmp_path / "restored.db").replace(file)
    else:
        file.rename(kept)
    if act == "reconnected":
        manifest._database.engine.dispose()
    for use in (lambda: manifest.commit(commit), manifest.ping, manifest.get_ledger):
        with pytest.raises(StoreUnavailable, match="removed or replaced"):
            use()
    assert file.exists() == (act == "replaced")
    kept.replace(file)
    manifest.commit(commit)
    assert len(manifest.segments("acme", limit=10)) == 1
    manifest.close()


def test_a_commit_into_a_file_that_went_meanwhile_is_not_acknowledged(tmp_path):
    """The file is looked at before a transaction and after its COMMIT."""
    file = tmp_path / "manifest.db"
    manifest = Manifest.open(f"sqlite:///{file}")

    def work(connection: sa.Connection) -> None:
        connection.execute(sa.select(schema.book.c.id))
        file.rename(tmp_path / "gone.db")

    with pytest.raises(OutcomeUnknown, match="removed or replaced"):
        manifest._database.write(work)
    (tmp_path / "gone.db").rename(file)
    with pytest.raises(OutcomeUnknown):  # whoever could say whether it happened is gone, too
        manifest._database.write(work, settle=lambda _: True)
    manifest.close()


def test_postgres_has_its_timeouts(postgres_url):
    """Every connection has a bound on statements, locks and silence, and runs in UTC."""
    manifest = Manifest.open(f"{postgres_url}&options=-c%20lock_timeout%3D3s")
    expected = {
        "statement_timeout": "30s",
        "lock_timeout": "3s",  # the operator's own setting wins
        "idle_in_transaction_session_timeout": "5s",
        "timezone": "UTC",
        "transaction_isolation": "repeatable read",
        "transaction_read_only": "on",
    }
    with manifest._database.read() as connection:
        for name, value in expected.items():
            assert connection.exec_driver_sql(f"SHOW {name}").scalar_one() == value
    isolation = manifest._database.write(
        lambda c: c.exec_driver_sql("SHOW transaction_isolation").scalar_one()
    )
    assert isolation == "read committed"
    manifest.close()
    # What waits behind a silent transaction of its own process must not outlive it.
    assert database.LOCK_TIMEOUT_S < database.IDLE_TIMEOUT_S


def test_a_read_sees_one_state(manifest):
    """Statements of one read see no commit that comes between them."""
    create_book(manifest)
    count = sa.select(sa.func.count()).select_from(schema.file)
    with manifest._database.read() as connection:
        before = connection.execute(count).scalar_one()
        manifest.commit(make_commit("acme"))
        assert connection.execute(count).scalar_one() == before == 0
    with manifest._database.read() as connection:
        assert connection.execute(count).scalar_one() == 2


def test_times_are_aware_and_keep_microseconds(embedded, clock):
    """A time comes back in UTC to the microsecond, from whatever zone it was given in."""
    create_book(embedded)
    zone = dt.timezone(dt.timedelta(hours=5, minutes=45))
    clock.now = dt.datetime(2026, 3, 1, 1, 2, 3, 456789, tzinfo=zone)
    channel = embedded.open_channel("acme", "meter")
    assert channel.create_time == clock.now
    assert channel.create_time.tzinfo is dt.UTC
    assert channel.create_time.microsecond == 456789


def test_a_time_without_zone_is_refused(embedded):
    """A moment that nobody can name is not stored."""
    create_book(embedded)
    naive = dt.datetime(2026, 1, 1)  # noqa: DTZ001  that is the point
    statement = sa.update(schema.book).values(create_time=naive)
    with pytest.raises(sa.exc.StatementError, match="needs a time zone"):
        embedded._database.write(lambda connection: connection.execute(statement))


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "postgresql://x/y", "nonsense", ""],
)
def test_another_kind_of_database_is_refused(url):
    """Databases that Tonne does not know, and a manifest in memory, stop the start."""
    with pytest.raises(ConfigInvalid):
        Manifest.open(url)


def test_an_unreachable_database_is_unavailable(tmp_path):
    """No server, no socket, a directory instead of a file: said with the cause and no secret."""
    for url in (
        "postgresql+psycopg://me:secret@127.0.0.1:1/x",
        f"postgresql+psycopg://me:secret@/x?host={tmp_path}",
        f"sqlite:///{tmp_path}",
    ):
        with pytest.raises(StoreUnavailable) as caught:
            Manifest.open(url)
        assert caught.value.__cause__ is not None
        assert "secret" not in caught.value.message


def test_a_busy_pool_is_unavailable(embedded, monkeypatch):
    """When all connections are taken for too long, that is said."""
    monkeypatch.setattr(embedded._database.engine.pool, "_timeout", 0)
    reads = [embedded._database.read() for _ in range(8)]
    for read in reads:
        read.__enter__()
    with pytest.raises(StoreUnavailable, match="busy"):
        embedded.ping()
    for read in reads:
        read.__exit__(None, None, None)
    embedded.ping()


def test_ping_needs_the_database(postgres_server):
    """A sign of life comes while the database is there, and StoreUnavailable after it went."""
    with postgres_server.database() as name:
        manifest = Manifest.open(postgres_server.url(name))
        manifest.ping()
    with pytest.raises(StoreUnavailable):
        manifest.ping()
    manifest.close()
