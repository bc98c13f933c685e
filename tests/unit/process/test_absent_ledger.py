"""Commands that look at a ledger, where there is none: refused in a line, and nothing is made.

A ledger that is made at a misspelt place is empty and sound: a nightly check of it would never
find anything.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

LINE_S = 60

COMMANDS = [
    ("check",),
    ("check", "--sample", "5%"),
    ("rebuild",),
    ("backup", "manifest", "copy.db"),
    ("backup", "mark"),
    ("restore", "show"),
    ("restore", "adopt", "--yes", "any"),
    ("garbage", "list"),
]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, to its end."""
    command = [sys.executable, "-m", "tonne.cli.main", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=LINE_S, check=False, cwd=folder
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_manifest_is_made_by_who_looks_at_one(command, tmp_path):
    """A misspelt directory, and none named at all, stay as they are."""
    for options, name in ((("--data", "leger"), "leger"), ((), "data")):
        done = run(tmp_path, *command, *options)
        assert (done.returncode, done.stdout) == (1, "")
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith(f"tonne: there is no manifest at {tmp_path / name}/manifest.db: ")
        assert "--data DIR or --config FILE, or put a backup of its manifest back there" in line
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command", [each for each in COMMANDS if "manifest" not in each], ids=" ".join
)
def test_no_tables_are_made_by_who_looks_at_them(command, tmp_path, bare_postgres_url):
    """An empty database, which is the wrong one, stays empty: a second command finds it so."""
    config = tmp_path / "tonne.toml"
    config.write_text(
        f'[store]\nmanifest_url = "{bare_postgres_url}"\n'
        f'objects_url = "{(tmp_path / "objects").as_uri()}"\n'
    )
    for _ in range(2):
        done = run(tmp_path, *command, "--config", str(config))
        assert (done.returncode, done.stdout) == (1, "")
        line = done.stderr.strip().splitlines()[-1]
        assert line.startswith("tonne: the database holds no manifest: name the ledger with")
        assert "or restore a backup of its manifest there" in line
    assert list(tmp_path.iterdir()) == [config]
