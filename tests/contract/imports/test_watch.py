"""`tonne import --watch`: files that arrive are taken once they are whole, and told."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.contract.imports.rows import HEADER, kwh, row
from tonne.cli.appending.watch import channel_of
from tonne.cli.commands.importing.bringing import Bring
from tonne.client import ServerUnavailable
from tonne.model import check_channel_id


@pytest.fixture
def folder(tmp_path):
    """The folder that fills."""
    made = tmp_path / "inbox"
    made.mkdir()
    return made


@pytest.fixture
def put(folder):
    """Write a file of rows into the folder."""

    def write(name, *rows):
        (folder / name).write_text(HEADER + "".join(rows))

    return write


@pytest.fixture
def watch(run, folder, monkeypatch):
    """Watch the folder; between two looks the next step is done, and after the last it ends."""

    def invoke(*steps, words=()):
        waiting = iter(steps)

        def pause(_seconds):
            step = next(waiting, None)
            if step is None:
                raise KeyboardInterrupt
            step()

        monkeypatch.setattr("tonne.cli.appending.watch.pause", pause)
        code, _, remarks = run("import", "--watch", folder, "--channel", "in", *words)
        assert code == 0
        return remarks

    return invoke


def names_in(folder):
    """Names of the files of a folder."""
    return sorted(path.name for path in folder.iterdir())


def nothing():
    """A look at which nothing has changed."""


def test_a_file_is_taken_once_it_is_whole(watch, put, run):
    """Not while it grows, nor under the name of an unfinished one; it stays where it is."""
    put("a.csv", row(1))
    put("b.csv.part", row(8))
    put(".c.csv", row(9))
    told = watch(
        lambda: put("a.csv", row(1), row(2)),
        lambda: put("a.csv", row(1), row(2), row(3)),
        nothing,
    )
    assert told.count("a.csv: into channel in.a.csv") == 1
    assert "a.csv: all of its records are posted" in told
    assert "b.csv" not in told
    assert "1 file posted whole, 0 not" in told
    assert kwh(run) == 30


def test_a_watch_that_is_begun_again_knows_what_is_there(watch, put, run):
    """By the imports of the ledger; a file that has changed since posts what is new."""
    put("a.csv", row(1), row(2))
    put("b.csv", row(3))
    watch(nothing)
    assert kwh(run) == 30
    told = watch(nothing, lambda: put("a.csv", row(9), row(1), row(2)), nothing, nothing)
    assert "b.csv: in the ledger already, channel in.b.csv" in told
    assert "2 records were found there one by one, 1 is new" in told
    assert kwh(run) == 40


def test_each_outcome_is_told_and_what_changed_is_taken_again(watch, put, run, folder):
    """A part, nothing, no table at all: the others go on; a mended file is taken."""
    put("part.csv", row(1), row(2, "much"))
    put("none.csv", row(3, "more"))
    (folder / "note.docx").write_bytes(b"no table")
    put("whole.csv", row(4))
    told = watch(nothing, nothing, lambda: put("none.csv", row(3)), nothing, nothing)
    assert "part.csv: a part of its records is posted" in told
    assert told.count("none.csv: nothing of it is posted") == 1
    assert told.count("note.docx: failed, and is taken again once it changes") == 1
    assert "none.csv: all of its records are posted" in told
    assert kwh(run) == 30


def test_the_same_rows_under_another_name_are_told(watch, put, run):
    """Each file has a channel of its own, and what the ledger has by another counts once."""
    put("a.csv", row(1), row(2))
    told = watch(nothing, lambda: put("copy.csv", row(1), row(2)), nothing, nothing)
    assert "duplicate: copy.csv is in the ledger already, as 'a.csv'" in told
    assert "copy.csv: nothing of it is posted" in told
    assert kwh(run) == 20


def test_files_move_where_that_is_said_and_all_is_posted(watch, put, run, folder, tmp_path):
    """Never over another file."""
    done = tmp_path / "done"
    done.mkdir()
    (done / "b.csv").write_text("earlier")
    for name, quantity in (("a.csv", "10"), ("b.csv", "20"), ("c.csv", "much")):
        put(name, row(ord(name[0]) - 90, quantity))
    told = watch(nothing, words=("--move-to", done))
    assert names_in(done) == ["a.csv", "b.csv"]
    assert (done / "b.csv").read_text() == "earlier"
    assert names_in(folder) == ["b.csv", "c.csv"]
    assert "b.csv: stays, because" in told
    assert kwh(run) == 30


def test_a_server_that_is_away_is_asked_again(watch, put, run, monkeypatch):
    """It is told once; the file is no failure."""
    real, failures = Bring.__call__, iter(range(2))

    def away(*words):
        if next(failures, None) is not None:
            raise ServerUnavailable("no server")
        return real(*words)

    monkeypatch.setattr("tonne.cli.commands.importing.bringing.Bring.__call__", away)
    put("a.csv", row(1))
    told = watch(nothing, nothing, nothing)
    assert told.count("a.csv: not yet, it is tried again: no server") == 1
    assert "1 file posted whole, 0 not" in told
    assert kwh(run) == 10


def test_sigterm_ends_it_cleanly(running, appended_book, put, folder, run):
    """A process of its own: the file is posted, and the exit code 0."""
    put("a.csv", row(1))
    words = ["import", "--watch", folder, "--book", appended_book, "--every", "0.1"]
    command = [sys.executable, "-m", "tonne.cli.main", *words, "--server", running.server.address]
    with subprocess.Popen(
        list(map(str, command)), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        lines = iter(process.stderr.readline, "")
        assert any("all of its records are posted" in line for line in lines)
        process.send_signal(signal.SIGTERM)
        assert "ended: 1 file posted whole" in process.stderr.read()
        assert process.wait(60) == 0
    assert kwh(run) == 10


@pytest.mark.parametrize(
    "words",
    [
        ("--dry-run",),
        ("--start-offset", "3"),
        ("file.csv",),
    ],
)
def test_what_does_not_go_with_a_watch_is_refused(run, folder, words):
    """Before anything is looked at; and without a file or a folder there is nothing to do."""
    assert run("import", "--watch", folder, *words)[0] == 2
    assert run("import", "--watch", folder, "--channel", "c" * 100)[0] == 1
    assert run("import")[0] == 2


@pytest.mark.parametrize(
    "name", ["a.csv", "Zählerstände 2025.xlsx", "电表.csv", "x" * 200, "-.csv"]
)
def test_names_of_files_become_ids_of_channels(name):
    """Valid ones, and each its own."""
    assert check_channel_id(channel_of("import", name))
    assert channel_of("import", name) != channel_of("import", name + " ")
