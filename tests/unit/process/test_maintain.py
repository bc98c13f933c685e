"""`tonne maintain`, `tonne migrate`, and a server that leaves the upkeep to them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from tests.support.servers.server import ServerProcess
from tests.unit.ledger.conftest import embedded_bench, records_of
from tonne.store import Manifest

if TYPE_CHECKING:
    from pathlib import Path

LINE_S = 60


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration file on the store of `embedded_bench`."""
    path = tmp_path / "tonne.toml"
    path.write_text(
        f"""
[server]
admin = "127.0.0.1:0"
[ledger]
merge_files_max = 4
upkeep = false
upkeep_interval_s = 0.05
[store]
manifest_url = "sqlite:///{tmp_path}/manifest.sqlite"
objects_url = "{(tmp_path / "objects").as_uri()}"
migrate_at_start = false
"""
    )
    return path


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "tonne.cli.main", *map(str, arguments)]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=LINE_S, check=False
    )


def live_count(folder: Path) -> int:
    """Live postings files of the ledger."""
    with closing(Manifest.open(f"sqlite:///{folder}/manifest.sqlite")) as manifest:
        return len(manifest.live_postings("acme"))


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A ledger with six small postings files."""
    with embedded_bench(tmp_path) as bench:
        for seed in range(6):
            bench.append("meter", records_of(5, seed=seed))
    return tmp_path


def test_one_round_merges_and_ends(filled, config):
    """`--once` does what is due, says what, and ends; the next round finds nothing."""
    done = run("maintain", "--config", config, "--once")
    assert (done.returncode, done.stderr) == (0, "")
    assert "6 postings files merged; 0 replaced and 0 orphaned files deleted" in done.stdout
    assert live_count(filled) == 1
    again = run("maintain", "--config", config, "--once")
    assert "0 postings files merged; garbage was collected a short time ago" in again.stdout


def read(address: str, path: str) -> str:
    """Get a page of an admin port."""
    with urllib.request.urlopen(f"http://{address}{path}") as answer:
        assert answer.status == HTTPStatus.OK
        text: str = answer.read().decode()
        return text


def rounds(address: str) -> float:
    """Rounds of upkeep that a process has done."""
    found = re.search(
        r'^tonne_upkeep_total\{outcome="done"\} (\S+)', read(address, "/metrics"), re.MULTILINE
    )
    return float(found[1])


def test_a_process_of_its_own_keeps_the_ledger_up(filled, config):
    """Beside a server that leaves it alone: it merges, tells so, ends with 0 at SIGTERM."""
    maintain = command("maintain", "--config", config)
    with (
        ServerProcess("--config", str(config)) as server,
        subprocess.Popen(maintain, stdout=subprocess.PIPE, text=True) as process,
    ):
        address = re.search(r"maintaining, admin on (\S+)", process.stdout.readline())[1]
        while rounds(address) < 10:
            assert process.poll() is None
        assert read(address, "/readyz")
        assert rounds(server.admin) == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(LINE_S) == 0
        assert server.terminate() == 0
    assert live_count(filled) == 1


def test_the_tables_come_before_the_server(config):
    """Without them it refuses and says what to run; after `tonne migrate` it starts."""
    refused = run("serve", "--config", config, "--listen", "127.0.0.1:0")
    assert refused.returncode == 1
    assert "tables of the manifest are not there yet" in refused.stderr
    assert "run `tonne migrate`" in refused.stderr
    first = run("migrate", "--config", config)
    assert (first.returncode, first.stderr) == (0, "")
    assert re.search(r"went from an empty database to revision \d{4}$", first.stdout.strip())
    again = run("migrate", "--config", config)
    assert re.search(r"is already at revision \d{4}$", again.stdout.strip())
    with ServerProcess("--config", str(config)) as server:
        assert server.terminate() == 0
