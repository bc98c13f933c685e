"""`tonne check` and `tonne rebuild`: exit codes, lines for people, JSON and CSV for programs."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.unit.ledger.conftest import embedded_bench
from tests.unit.ledger.reading.test_bit_rot import files_of, fill, replace_object

if TYPE_CHECKING:
    from pathlib import Path

LINE_S = 60


@pytest.fixture
def store(tmp_path: Path):
    """A ledger with records of every fate, and a configuration file that names it."""
    config = tmp_path / "tonne.toml"
    config.write_text(
        "[store]\n"
        f'manifest_url = "sqlite:///{tmp_path}/manifest.sqlite"\n'
        f'objects_url = "{(tmp_path / "objects").as_uri()}"\n'
    )
    with embedded_bench(tmp_path) as bench:
        fill(bench)
        yield bench, config


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "tonne.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=LINE_S, check=False)


def test_a_sound_ledger_ends_with_zero(store):
    """Everything, and a sample that names its seed."""
    _, config = store
    done = run("check", "--config", config)
    assert (done.returncode, done.stdout) == (0, "")
    assert "checked: everything; the manifest by PRAGMA integrity_check" in done.stderr
    assert "acme: 9 files" in done.stderr
    done = run("check", "--config", config, "--sample", "3", "--seed", "x", "--format", "json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["is_sound"]) == (0, True)
    assert told["checked"] == "a sample (3) by the seed x"
    assert told["books"][0]["file_count"] == 3
    whole, sampled = (
        json.loads(run("check", "--config", config, "--format", "json", *sample).stdout)
        for sample in ((), ("--sample", "1000"))
    )
    assert whole["books"] == sampled["books"]  # files, bytes and records, with those refused


def test_a_corrupt_file_ends_with_one_and_is_mended(store):
    """The check names it in each format; the rebuild makes it again; the check is content."""
    bench, config = store
    file = files_of(bench)["postings"]
    replace_object(bench, file.path, None)
    done = run("check", "--config", config, "--book", "acme")
    assert done.returncode == 1
    assert "FILE_MUST_BE_WHOLE" in done.stdout
    told = json.loads(run("check", "--config", config, "--format", "json").stdout)
    (problem,) = told["books"][0]["problems"]
    assert (told["is_sound"], problem["file"]) == (False, file.id)
    assert "tonne rebuild --book acme" in problem["message"]
    (row,) = csv.DictReader(
        io.StringIO(run("check", "--config", config, "--format", "csv").stdout)
    )
    assert (row["book"], row["file"]) == ("acme", file.id)
    done = run("rebuild", "--config", config, "--book", "acme")
    assert done.returncode == 0
    assert "acme: 1 postings file made again" in done.stderr
    assert run("check", "--config", config).returncode == 0
    assert "every postings file is as it was written" in run("rebuild", "--config", config).stderr


def test_what_cannot_be_rebuilt_is_refused_in_one_line(store):
    """A corrupt segment: its name, the reason, and no traceback."""
    bench, config = store
    files = files_of(bench)
    replace_object(bench, files["postings"].path, b"PAR1")
    replace_object(bench, files["segment"].path, b"PAR1")
    done = run("rebuild", "--config", config)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"tonne: segment file {files['segment'].id} of book 'acme'")
    assert line.endswith("(FILE_CORRUPT)")  # a disk lost it: no defect of Tonne
    told = json.loads(run("check", "--config", config, "--format", "json").stdout)
    messages = [each["message"] for each in told["books"][0]["problems"]]
    (segment,) = [each for each in messages if each.startswith("segment file")]
    assert "restore the object under the same path from a copy, or ask the producers" in segment
    assert re.search(r"It holds the offsets of \S+ from 0 to \d+", segment)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sample", "half"), "sample: expected a share of the files"),
        (("--book", "nobody"), "no book is called 'nobody'; `tonne book list` shows"),
    ],
)
def test_a_mistake_is_one_line(store, arguments, words):
    """A sample that is none, a book that is not there."""
    _, config = store
    done = run("check", "--config", config, *arguments)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert words in line


def test_a_damaged_manifest_is_told(store):
    """An index that lost its rows: the check says what SQLite found of its own pages."""
    bench, config = store
    bench.manifest.close()
    path = config.parent / "manifest.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'ix_file_segment'"
        (page,) = connection.execute(query).fetchone()
        (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    header = (page - 1) * page_size
    content[header + 3 : header + 5] = bytes(2)  # the number of the page's cells
    path.write_bytes(content)
    for sample in ((), ("--sample", "1")):
        done = run("check", "--config", config, "--format", "json", *sample)
        told = json.loads(done.stdout)
        assert (done.returncode, told["is_sound"]) == (1, False)
        assert "page" in told["manifest"]["problems"][0]
