"""`tonne backup manifest`: one file, as of one moment, whole or not there."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from tests.support.stores.store import create_book, make_commit
from tonne.errors import ConfigInvalid, LedgerInconsistent, StoreUnavailable
from tonne.store import LedgerMismatch, Manifest, faults, meet, open_objects
from tonne.store.backup import back_up_sqlite
from tonne.store.restore import adopt

pytestmark = pytest.mark.usefixtures("armed")


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/manifest.db"


@pytest.fixture
def filled(url):
    """A manifest with a book, which stays open: its commits stand in the -wal file."""
    manifest = Manifest.open(url)
    create_book(manifest)
    manifest.commit(make_commit("acme"))
    yield manifest
    manifest.close()


def commits_in(file) -> int:
    with closing(Manifest.open(f"sqlite:///{file}")) as manifest:
        return len(manifest.segments("acme", limit=10_000))


def test_what_stands_in_the_log_is_in_the_copy(filled, url, tmp_path):
    """A copy of the file alone would lack it; the copy is one file, its owner's alone."""
    copy = tmp_path / "copy.db"
    assert (tmp_path / "manifest.db-wal").stat().st_size > 0
    assert back_up_sqlite(url, copy) == copy.stat().st_size
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("*copy.db*")] == ["copy.db"]
    assert commits_in(copy) == 1
    assert len(filled.segments("acme", limit=10)) == 1


@pytest.mark.parametrize("name", ["a%2541", "a#1", "a b", "ä"])
def test_a_copy_is_of_the_manifest_that_is_named(tmp_path, name):
    """Whatever its folder is called: no other manifest, no empty one, and nothing is made."""
    for folder, count in ((name, 2), ("aA", 1), ("a", 1)):
        with closing(Manifest.open(f"sqlite:///{tmp_path}/{folder}/manifest.db")) as manifest:
            create_book(manifest)
            for _ in range(count):
                manifest.commit(make_commit("acme"))
    there = set(tmp_path.iterdir())
    back_up_sqlite(f"sqlite:///{tmp_path}/{name}/manifest.db", tmp_path / "copy.db")
    assert commits_in(tmp_path / "copy.db") == 2
    assert {path for path in tmp_path.iterdir() if "copy.db" not in path.name} == there


def test_a_copy_under_load_is_of_one_moment(filled, url, tmp_path):
    """While commits go on: all of those before it began, each of them whole."""
    counts, stopping = [1], threading.Event()

    def write():
        while not stopping.is_set():
            filled.commit(make_commit("acme"))
            counts.append(counts[-1] + 1)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            before = counts[-1]
            back_up_sqlite(url, tmp_path / f"{number}.db")
            found = commits_in(tmp_path / f"{number}.db")
            assert before <= found <= counts[-1] + 1
            with closing(Manifest.open(f"sqlite:///{tmp_path}/{number}.db")) as copy:
                assert len(copy.live_postings("acme")) == found
    finally:
        stopping.set()
        thread.join()


def test_a_copy_is_adopted_before_it_is_served(filled, url, tmp_path):
    """However little it is behind, and over the very same objects."""
    objects = open_objects(f"file://{tmp_path}/objects", {})
    for file in filled.segments("acme", limit=9) + filled.live_postings("acme"):
        objects.put(file.path, b"x")
    ledger_id = meet(filled, objects).id
    back_up_sqlite(url, tmp_path / "copy.db")
    meet(filled, objects)
    with closing(Manifest.open(f"sqlite:///{tmp_path}/copy.db")) as copy:
        with pytest.raises(LedgerMismatch, match="a copy that a backup made"):
            meet(copy, objects)
        adopt(copy, objects, ledger_id)
        meet(copy, objects)
    with pytest.raises(LedgerMismatch, match="incarnation 1"):
        meet(filled, objects)


@pytest.mark.usefixtures("filled")
def test_nothing_is_overwritten(url, tmp_path):
    """A file that is there stays as it is, and so does the manifest itself."""
    for name in ("copy.db", "manifest.db"):
        file = tmp_path / name
        if name == "copy.db":
            file.write_text("precious")
        before = file.read_bytes()
        with pytest.raises(ConfigInvalid, match="exists already"):
            back_up_sqlite(url, file)
        assert file.read_bytes() == before
    assert list(tmp_path.glob(".*")) == []


def test_what_cannot_be_copied_is_told(filled, url, tmp_path):
    """No manifest, no folder, another database, a damaged one."""
    with pytest.raises(ConfigInvalid, match="no manifest at"):
        back_up_sqlite(f"sqlite:///{tmp_path}/none.db", tmp_path / "copy.db")
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(ConfigInvalid, match=f"folder {tmp_path}/none is missing: make it first"):
        back_up_sqlite(url, tmp_path / "none" / "copy.db")
    with pytest.raises(ConfigInvalid, match="pg_dump"):
        back_up_sqlite("postgresql+psycopg://x@y/z", tmp_path / "copy.db")
    filled.close()
    with closing(sqlite3.connect(tmp_path / "manifest.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_file_book_kind_state_seq'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with (tmp_path / "manifest.db").open("r+b") as stream:
        stream.seek((root - 1) * size)
        stream.write(os.urandom(size))
    with pytest.raises((LedgerInconsistent, StoreUnavailable)):
        back_up_sqlite(url, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.usefixtures("filled")
def test_a_backup_that_dies_leaves_no_copy(url, tmp_path):
    """Half a copy never has the name of one; a later backup is not in its way."""
    script = (
        "from pathlib import Path\n"
        "from tonne.store import faults\n"
        "from tonne.store.backup import back_up_sqlite\n"
        "faults.arm('backup.before_link=kill')\n"
        f"back_up_sqlite('{url}', Path('{tmp_path}/copy.db'))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert done.returncode == -9
    assert not (tmp_path / "copy.db").exists()
    faults.arm("backup.before_link=raise")
    with pytest.raises(StoreUnavailable):
        back_up_sqlite(url, tmp_path / "copy.db")
    faults.arm("")
    back_up_sqlite(url, tmp_path / "copy.db")
    assert commits_in(tmp_path / "copy.db") == 1
