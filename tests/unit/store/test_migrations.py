"""The migrations make the tables that `schema` describes, once, whoever starts first."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.support.store import create_book, make_commit, make_move
from tonne.catalogue.method import MethodSettings
from tonne.errors import ConfigInvalid
from tonne.store import Manifest, migrations, schema
from tonne.store.database import Database


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


def test_many_starts_on_an_empty_database_make_it_once(manifest_url):
    """Servers that start at once on an empty database all come up, on the same tables."""
    barrier = threading.Barrier(6)
    errors: list[BaseException] = []
    opened: list[Manifest] = []

    def start() -> None:
        barrier.wait()
        try:
            opened.append(Manifest.open(manifest_url))
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


def test_tables_of_a_newer_version_are_refused(manifest, manifest_url):
    """A Tonne that does not know the version of the tables does not start on them."""
    newer = sa.text("UPDATE alembic_version SET version_num = '9999'")
    manifest._database.write(lambda connection: connection.execute(newer) and None)
    with pytest.raises(ConfigInvalid, match="not of a version that this Tonne knows"):
        Manifest.open(manifest_url)


def test_a_book_from_before_gets_a_method_of_its_order(manifest_url):
    """Editions in order of preference become the first method; factors and files stay."""
    database = Database(manifest_url, pool_size=1, clock=lambda: dt.datetime.now(dt.UTC))
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
    manifest = Manifest.open(manifest_url)
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


def test_the_page_of_the_data_files_has_every_table():
    """Each table of the manifest is named there with what a row is."""
    page = (Path(__file__).parents[3] / "docs/internals/data-files.md").read_text("utf-8")
    rows = "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    assert [name for name in schema.metadata.tables if f"`{name}`" not in rows] == []


def test_versions_follow_each_other():
    """There is one newest version, and each one names the one before."""
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert len(scripts.get_heads()) == 1
    assert [script.revision for script in scripts.walk_revisions()][-1] == "0001"
