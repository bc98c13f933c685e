"""What the database must do with a commit, whatever others have set for it."""

from __future__ import annotations

import logging

import pytest
import sqlalchemy as sa

from tests.support.stores.postgres import run_replica
from tests.support.stores.store import create_book
from tonne.errors import ConfigInvalid, StoreUnavailable
from tonne.store import Manifest
from tonne.store.sql.database import Database, utc_now
from tonne.store.sql.durability import _DAMAGE, Demands, Weakness, inspect_postgres
from tonne.telemetry.labels import GUARANTEES

ACCEPTS = Demands(accepts_lost_records=True)


def database_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def setting(manifest: Manifest, name: str = "synchronous_commit") -> str:
    """The setting as a commit has it."""
    query = sa.text("SELECT current_setting(:name)")
    return manifest._database.write(lambda c: c.execute(query, {"name": name}).scalar_one())


@pytest.mark.parametrize("value", ["off", "local", "remote_write"])
@pytest.mark.parametrize("by", ["database", "role", "url", "system"])
def test_commits_wait_for_the_disk_whoever_says_otherwise(
    postgres_server, postgres_url, by, value
):
    """A setting of the database, the role, the URL or the whole server does not count."""
    url, name = postgres_url, database_of(postgres_url)
    try:
        with postgres_server.connect() as connection:
            if by == "database":
                connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = {value}")
            elif by == "role":
                connection.execute(
                    f"ALTER ROLE postgres IN DATABASE {name} SET synchronous_commit = {value}"
                )
            elif by == "system":
                connection.execute(f"ALTER SYSTEM SET synchronous_commit = {value}")
                connection.execute("SELECT pg_reload_conf()")
            else:
                url = f"{postgres_url}&options=-c%20synchronous_commit%3D{value}"
        manifest = Manifest.open(url)
        assert setting(manifest) == "on"
        manifest.close()
    finally:
        with postgres_server.connect() as connection:
            connection.execute("ALTER SYSTEM RESET synchronous_commit")
            connection.execute("SELECT pg_reload_conf()")


def test_a_stricter_setting_stays(postgres_url):
    """An operator who has commits wait for what standbys show keeps that."""
    manifest = Manifest.open(f"{postgres_url}&options=-c%20synchronous_commit%3Dremote_apply")
    assert setting(manifest) == "remote_apply"
    manifest.close()


def test_a_session_that_a_pooler_changed_is_set_again(postgres_url):
    """Behind a pooler another client's session may be ours: each transaction sets its own."""
    manifest = Manifest.open(postgres_url, pool_size=1)
    with manifest._database.engine.connect() as connection:
        connection.exec_driver_sql("SET synchronous_commit = off")
        connection.commit()
    assert setting(manifest) == "on"
    with manifest._database.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "off"
    manifest.close()


class Answer:
    """A connection whose server says this about itself."""

    def __init__(
        self, *, fsync=True, pages=True, synchronous=False, standbys=0, standby=False, hiding=()
    ):
        self.row = ("on", fsync, pages, synchronous, standbys, standby, list(hiding))

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None

    def execute(self, _):
        return self

    def fetchone(self):
        return self.row

    def commit(self):
        return None


@pytest.mark.parametrize(
    ("answer", "demands", "expected"),
    [
        (Answer(), Demands(), []),
        (Answer(fsync=False), Demands(), [("flushed_commits", True)]),
        (Answer(fsync=False), ACCEPTS, [("flushed_commits", False)]),
        (Answer(pages=False), Demands(), [("whole_pages", True)]),
        (
            Answer(fsync=False, pages=False),
            ACCEPTS,
            [("flushed_commits", False), ("whole_pages", False)],
        ),
        (Answer(hiding=["zero_damaged_pages"]), Demands(), [("whole_pages", True)]),
        (Answer(hiding=["data_sync_retry"]), ACCEPTS, [("flushed_commits", False)]),
        (Answer(standbys=2), Demands(), [("synchronous_standby", False)]),
        (Answer(standbys=2, synchronous=True), Demands(), []),
        (
            Answer(),
            Demands(needs_synchronous_standby=True),
            [("synchronous_standby", True)],
        ),
    ],
)
def test_what_a_server_says_is_weighed(answer, demands, expected):
    """fsync and full_page_writes are refused unless accepted, a lone standby is warned of."""
    found = inspect_postgres(answer, demands)
    assert [(each.guarantee, each.is_refused) for each in found] == expected


def test_a_standby_is_no_manifest():
    """It takes no commits; the operator is told what to do, and callers to come back."""
    with pytest.raises(StoreUnavailable, match="target_session_attrs") as caught:
        inspect_postgres(Answer(standby=True), Demands())
    assert caught.value.message == "the manifest takes no commits now: try again"


@pytest.mark.parametrize(
    ("name", "guarantee"), [("fsync", "flushed_commits"), ("full_page_writes", "whole_pages")]
)
def test_a_server_that_does_not_flush_is_refused(
    postgres_server, postgres_url, caplog, name, guarantee
):
    """By name, with the way out; accepted, it is warned of, and the metric shows it."""
    other = Manifest.open(postgres_url)
    with postgres_server.connect() as connection:
        connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")
    try:
        with pytest.raises(ConfigInvalid, match=rf"{name} is off.*accepts_lost_records"):
            Manifest.open(postgres_url)
        accepted = Manifest.open(postgres_url, demands=ACCEPTS)
        assert not accepted.guarantees(guarantee)
        assert f"{name} is off" in caplog.text
        accepted.close()
        # One that runs already notices at its next connection, and is unavailable, not wrong.
        other._database.engine.dispose()
        with pytest.raises(StoreUnavailable, match=f"{name} is off") as caught:
            other.ping()
        assert name not in caught.value.message  # callers are not told how it is set up
    finally:
        with postgres_server.connect() as connection:
            connection.execute(f"ALTER SYSTEM RESET {name}")
            connection.execute("SELECT pg_reload_conf()")
    other.ping()
    assert other.guarantees(guarantee)
    other.close()


@pytest.mark.parametrize("by", ["database", "url"])
@pytest.mark.parametrize("name", ["zero_damaged_pages", "ignore_checksum_failure"])
def test_a_session_that_hides_damage_is_refused(postgres_server, postgres_url, by, name):
    """It would read a damaged page as an empty one: commits are gone, and a sum is another."""
    Manifest.open(postgres_url).close()
    url, database = postgres_url, database_of(postgres_url)
    if by == "url":
        url = f"{postgres_url}&options=-c%20{name}%3Don"
    else:
        with postgres_server.connect() as connection:
            connection.execute(f"ALTER DATABASE {database} SET {name} = on")
    with pytest.raises(ConfigInvalid, match=rf"{name} is on.*accepts_lost_records"):
        Manifest.open(url)
    accepted = Manifest.open(url, demands=ACCEPTS)
    assert not accepted.guarantees("whole_pages")
    accepted.close()


def test_a_database_that_hides_a_failing_disk_is_known():
    """Each setting that is looked at has the guarantee that it breaks, and is refused by name."""
    for name, (guarantee, _) in _DAMAGE.items():
        (found,) = inspect_postgres(Answer(hiding=[name]), Demands())
        assert (found.guarantee, found.is_refused) == (guarantee, True)
        assert name in found.text
        assert guarantee in GUARANTEES


def test_a_standby_is_refused_and_its_primary_warns(postgres_server, postgres_url, caplog):
    """Read from real ones: of a primary with a standby that no commit waits for, and of that."""
    with run_replica(postgres_server) as replica:
        with caplog.at_level(logging.WARNING):
            manifest = Manifest.open(postgres_url)
        assert "synchronous_standby_names is empty" in caplog.text
        assert not manifest.guarantees("synchronous_standby")
        manifest.close()
        with pytest.raises(ConfigInvalid, match="needs_synchronous_standby"):
            Manifest.open(postgres_url, demands=Demands(needs_synchronous_standby=True))
        replica.catch_up()
        standby = postgres_url.replace(postgres_server.socket_dir, replica.directory)
        with pytest.raises(StoreUnavailable, match="standby"):
            Manifest.open(standby)


def test_unlogged_tables_are_refused(postgres_server, postgres_url):
    """PostgreSQL empties them after a crash."""
    Manifest.open(postgres_url).close()
    with postgres_server.connect(database_of(postgres_url)) as connection:
        connection.execute("ALTER TABLE lease SET UNLOGGED")
    with pytest.raises(ConfigInvalid, match=r"unlogged.*lease"):
        Manifest.open(postgres_url)
    accepted = Manifest.open(postgres_url, demands=ACCEPTS)
    accepted._database.engine.dispose()
    accepted.ping()
    assert not accepted.guarantees("logged_tables")
    accepted.close()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///file::memory:?uri=true",
        "sqlite:///file:ledger?mode=memory&uri=true",
        "sqlite:///file:ledger?mode=memory&cache=shared&uri=true",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_a_manifest_in_memory_is_refused(url):
    """However SQLite is told to keep it there."""
    with pytest.raises(ConfigInvalid, match=r"in memory|WAL"):
        Manifest.open(url)


def test_sqlite_that_does_not_wait_is_refused(tmp_path, monkeypatch):
    """What the connection says is read back, not believed."""
    from tonne.store.sql import sqlite  # noqa: PLC0415  its private names are replaced

    def deaf(cursor):
        return sqlite_check(Deaf(cursor))

    sqlite_check = sqlite._wait_for_the_disk
    monkeypatch.setattr(sqlite, "_wait_for_the_disk", deaf)
    with pytest.raises(ConfigInvalid, match="synchronous=FULL"):
        Manifest.open(f"sqlite:///{tmp_path}/manifest.db")


class Deaf:
    """A cursor of a build that does not take the setting."""

    def __init__(self, cursor) -> None:
        self._cursor = cursor

    def execute(self, statement):
        return self._cursor.execute(
            statement.replace("synchronous = FULL", "synchronous = NORMAL")
        )


def test_a_database_that_keeps_its_word_has_every_guarantee(manifest_url):
    """On both kinds, and a book can be made."""
    manifest = Manifest.open(manifest_url)
    create_book(manifest)
    names = ("flushed_commits", "whole_pages", "logged_tables", "synchronous_standby")
    assert all(manifest.guarantees(name) for name in names)
    manifest.close()


def test_a_loss_of_guarantees_is_warned_of_once(postgres_url, caplog):
    """Each new connection looks; what is the same as before is not said again."""
    database = Database(postgres_url, pool_size=1, clock=utc_now)
    database.settle_in()
    database.weaknesses = (Weakness("whole_pages", "gone by now", False),)
    database.engine.dispose()
    with database.read():
        pass
    assert database.weaknesses == ()
    assert "acknowledged records" not in caplog.text
    database.close()
