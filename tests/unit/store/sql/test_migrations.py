"""The migrations make the tables that `schema` describes, once, whoever starts first."""

from __future__ import annotations

import datetime as dt
import json
import logging
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.support.stores.store import START, create_book, make_commit, make_move
from tonne.catalogue.words.method import MethodSettings
from tonne.errors import ConfigInvalid, StoreUnavailable
from tonne.store import Manifest, migrations
from tonne.store.manifest.manifest import migrate_manifest
from tonne.store.sql import schema
from tonne.store.sql.database import Database


def test_migrations_make_what_the_schema_says(manifest):
    """Tables, columns, types, indexes and constraints are the same in both."""
    with manifest._database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_ids_are_ordered_by_bytes(postgres_url):
    """On PostgreSQL every id column that is paged has the C collation, as the schema says."""
    manifest = Manifest.open(postgres_url)
    query = sa.text(
        "SELECT table_name || '.' || column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND collation_name = 'C'"
    )
    with manifest._database.read() as connection:
        found = set(connection.execute(query).scalars())
    manifest.close()
    assert found == {
        f"{table.name}.{column.name}"
        for table in schema.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.String)
        and getattr(column.type.dialect_impl(sa.dialects.postgresql.dialect()), "collation", None)
    }
    assert "channel.id" in found


def test_opening_again_keeps_what_is_there(manifest, manifest_url):
    """A second start finds the tables at the newest version and leaves them."""
    book = create_book(manifest)
    second = Manifest.open(manifest_url)
    assert second.get_book("acme") == book
    second.close()


def test_many_starts_on_an_empty_database_make_it_once(bare_manifest_url):
    """Servers that start at once on an empty database all come up, on the same tables."""
    barrier = threading.Barrier(6)
    errors: list[BaseException] = []
    opened: list[Manifest] = []

    def start() -> None:
        barrier.wait()
        try:
            opened.append(Manifest.open(bare_manifest_url))
        except BaseException as error:  # noqa: BLE001  looked at below
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    create_book(opened[0])
    opened[1].open_channel("acme", "meter")
    opened[2].commit(make_commit("acme", make_move(opened[3].get_channel("acme", "meter"))))
    for each in opened:
        each.close()


def test_an_upgrade_gives_way_to_a_writer(bare_postgres_url, caplog):
    """An older server that writes holds `file` and wants `book`; the upgrade has it the other way.

    The writer gets what it wants, and the upgrade has its turn when the writer is done.
    """
    database = Database(bare_postgres_url, pool_size=1, clock=lambda: START)
    migrations.upgrade(database, "0001")
    database.close()
    waits = sa.text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'file'::regclass"
    )
    engine = sa.create_engine(bare_postgres_url)
    with ThreadPoolExecutor(1) as pool, engine.connect() as watch, engine.connect() as writer:
        writer.execute(sa.text("LOCK TABLE file IN ROW EXCLUSIVE MODE"))
        upgrade = pool.submit(migrate_manifest, bare_postgres_url)
        while not watch.execute(waits).scalar_one():
            assert not upgrade.done(), upgrade.result()
        writer.execute(sa.text("LOCK TABLE book IN ROW EXCLUSIVE MODE"))
        writer.execute(sa.text("SELECT pg_sleep(1.2)"))  # long enough to look for a deadlock
        writer.commit()
        assert upgrade.result().after == migrations.head()
    engine.dispose()
    told = [message for message in caplog.messages if "gives way" in message]
    assert len(told) == 1
    assert "tries again, for at most 600 s more" in told[0]


def test_an_upgrade_ends_when_others_keep_the_tables(bare_postgres_url, monkeypatch):
    """Its patience has an end, and the tables are as they were."""
    monkeypatch.setattr(migrations, "PATIENCE_S", 0.3)
    database = Database(bare_postgres_url, pool_size=1, clock=lambda: START)
    migrations.upgrade(database, "0001")
    engine = sa.create_engine(bare_postgres_url)
    with engine.connect() as dump:
        dump.execute(sa.text("LOCK TABLE channel IN ACCESS SHARE MODE"))
        with pytest.raises(StoreUnavailable):
            migrate_manifest(bare_postgres_url)
    engine.dispose()
    assert migrations.look(database)[0] == "0001"
    database.close()


def test_many_processes_start_on_an_empty_file(tmp_path):
    """Processes that start at once on a SQLite file that is not there all come up."""
    script = (
        f"from tonne.store import Manifest; Manifest.open('sqlite:///{tmp_path}/m.db').close()"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in started:
        _, errors = process.communicate()
        assert process.returncode == 0, errors


def set_revision(manifest, works_from):
    """Let a newer Tonne have made the tables; `works_from` is what it says of them, if at all."""

    def work(connection):
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        if works_from:
            values = {"revision": "9999", "works_from": works_from, "create_time": START}
            connection.execute(sa.insert(schema.migration).values(values))

    manifest._database.write(work)


@pytest.mark.parametrize("works_from", ["", "9998"])
@pytest.mark.parametrize("migrates", [True, False])
def test_tables_of_a_newer_version_are_refused(manifest, manifest_url, works_from, migrates):
    """A Tonne on whose tables nothing says that it works does not start, nor migrate."""
    set_revision(manifest, works_from)
    with pytest.raises(ConfigInvalid, match="not of a version that this Tonne knows"):
        Manifest.open(manifest_url, migrates=migrates)
    with pytest.raises(ConfigInvalid, match="revision 9999"):
        migrate_manifest(manifest_url)


@pytest.mark.parametrize("migrates", [True, False])
def test_newer_tables_that_are_compatible_are_used(manifest, manifest_url, migrates, caplog):
    """A server of before works beside newer ones during a rollout, and says so in its log."""
    set_revision(manifest, migrations.head())
    with caplog.at_level(logging.WARNING):
        older = Manifest.open(manifest_url, migrates=migrates)
    assert "at revision 9999, newer than" in caplog.text
    assert "marked as compatible" in caplog.text
    create_book(older)
    channel = older.open_channel("acme", "meter")
    older.commit(make_commit("acme", make_move(channel)))
    assert manifest.get_channel("acme", "meter").committed_offset == 1
    older.close()
    assert migrate_manifest(manifest_url) == migrations.Upgrade("9999", "9999")


def test_older_tables_are_refused_where_they_may_not_be_migrated(bare_manifest_url):
    """The text says what is there, what is needed, and what to run; nothing is changed."""
    with pytest.raises(ConfigInvalid, match=r"not there yet.*run `tonne migrate`"):
        Manifest.open(bare_manifest_url, migrates=False)
    database = Database(bare_manifest_url, pool_size=1, clock=lambda: dt.datetime.now(dt.UTC))
    migrations.upgrade(database, "0001")
    needed = f"at revision 0001; this Tonne needs revision {migrations.head()}"
    with pytest.raises(ConfigInvalid, match=needed):
        Manifest.open(bare_manifest_url, migrates=False)
    assert migrations.look(database) == ("0001", migrations.Fit.OLDER)
    database.close()
    migrate_manifest(bare_manifest_url)
    Manifest.open(bare_manifest_url, migrates=False).close()


def test_migrating_says_from_where_to_where_and_is_done_once(bare_manifest_url):
    """However often and by however many at once: one of them does it, the others find it done."""
    barrier = threading.Barrier(5)

    def migrate(_):
        barrier.wait()
        return migrate_manifest(bare_manifest_url)

    with ThreadPoolExecutor(5) as pool:
        done = list(pool.map(migrate, range(5)))
    head = migrations.head()
    assert done.count(migrations.Upgrade("", head)) == 1
    assert done.count(migrations.Upgrade(head, head)) == 4
    assert migrate_manifest(bare_manifest_url) == migrations.Upgrade(head, head)


def test_each_applied_migration_is_noted(manifest):
    """The table says of every revision from which one on its tables can be used."""
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()
    expected = {script.revision: script.module.works_from for script in scripts}
    newest_first = list(expected)
    query = sa.select(schema.migration.c.revision, schema.migration.c.works_from)
    with manifest._database.read() as connection:
        noted = {row.revision: row.works_from for row in connection.execute(query)}
    assert noted == expected
    # In the order of the chain, which is not that of the numbers.
    assert all(
        newest_first.index(works_from) >= newest_first.index(revision)
        for revision, works_from in expected.items()
    )


def test_a_book_from_before_gets_a_method_of_its_order(bare_manifest_url):
    """Editions in order of preference become the first method; factors and files stay."""
    database = Database(bare_manifest_url, pool_size=1, clock=lambda: dt.datetime.now(dt.UTC))
    migrations.upgrade(database, "0001")

    def fill(connection):
        for book in ("acme", "bare"):
            text = (
                "INSERT INTO book (id, display_name, time_zone, facility_rule, revision, "
                "commit_seq, create_time) VALUES (:book, '', 'UTC', 1, 4, 0, '2026-01-01 00:00')"
            )
            connection.execute(sa.text(text), {"book": book})
        for edition, rank in (("a", 3), ("b", 1), ("c", 2)):
            text = (
                "INSERT INTO edition (book, id, rank, factors_count, sha256, create_time) "
                "VALUES ('acme', :edition, :rank, 1, 'aa', '2026-01-01 00:00')"
            )
            connection.execute(sa.text(text), {"edition": edition, "rank": rank})
        text = (
            "INSERT INTO factor VALUES ('acme', 'a', 1, 'electricity.grid', '', 'kWh', "
            "'2020-01-01', '', '0.50', '', '', '', 'scope2.location', 's', 't', 'n')"
        )
        connection.execute(sa.text(text))

    database.write(fill)
    database.close()
    before = dt.datetime.now(dt.UTC)
    manifest = Manifest.open(bare_manifest_url)
    acme, bare = manifest.list_books("", 10)
    assert (acme.method_version, bare.method_version) == (1, 1)
    assert (acme.revision, acme.editions) == (4, ("b", "c", "a"))
    settings = MethodSettings.from_json(acme.method_body)
    assert settings == MethodSettings(editions=("b", "c", "a"))
    assert settings.to_json() == acme.method_body
    assert json.loads(bare.method_body)["editions"] == []
    method = manifest.get_method("acme")
    assert (method.author, before <= method.create_time) == ("migration", True)
    (factor,) = manifest.factors("acme", "a")
    assert (factor.kg_co2e, factor.note, factor.stage, factor.gases) == ("0.50", "n", "", "")
    manifest.close()


def test_totals_of_before_keep_their_value(bare_manifest_url):
    """Millionths of any sign and size become units of 10^-18; nothing stays nothing."""
    totals = {"a": 0, "b": 1, "c": -1_500_000, "d": 2**127 - 1, "e": -(2**127)}
    database = Database(bare_manifest_url, pool_size=1, clock=lambda: dt.datetime.now(dt.UTC))
    migrations.upgrade(database, "0008")

    def fill(connection):
        columns = {
            "channel": "epoch, committed_offset, state",
            "request": "content_sha256, row_errors_json, commit_id",
        }
        book = (
            "INSERT INTO book (id, display_name, time_zone, facility_rule, revision, commit_seq, "
            "create_time) VALUES ('acme', '', 'UTC', 1, 4, 0, '2026-01-01 00:00')"
        )
        connection.execute(sa.text(book))
        for table, own in columns.items():
            query = sa.text(
                f"INSERT INTO {table} (book, id, records_count, posted_count, "  # noqa: S608  names of this test
                "quarantined_count, suspended_count, quantity_micro, create_time, "
                f"{own}) VALUES ('acme', :id, 1, 1, 1, 1, :micro, '2026-01-01 00:00', 1, 1, 1)"
            )
            for name, micro in totals.items():
                is_text = connection.dialect.name == "sqlite"
                micro_kept = str(micro) if is_text else Decimal(micro)
                connection.execute(query, {"id": name, "micro": micro_kept})

    database.write(fill)
    database.close()
    migrate_manifest(bare_manifest_url)
    manifest = Manifest.open(bare_manifest_url)
    with manifest._database.read() as connection:
        for table in (schema.channel, schema.request):
            rows = connection.execute(sa.select(table.c.id, table.c.quantity_atto))
            found = {row.id: row.quantity_atto for row in rows}
            assert found == {name: micro * 10**12 for name, micro in totals.items()}
    manifest.close()


def test_the_page_of_the_data_files_has_every_table():
    """Each table of the manifest is named there with what a row is."""
    page = (Path(__file__).parents[4] / "docs/internals/data-files.md").read_text("utf-8")
    rows = "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    assert [name for name in schema.metadata.tables if f"`{name}`" not in rows] == []


def test_versions_follow_each_other():
    """There is one newest version, and each one names the one before."""
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert len(scripts.get_heads()) == 1
    assert [script.revision for script in scripts.walk_revisions()][-1] == "0001"
