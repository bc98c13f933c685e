"""`tonne publish`, a server that publishes, and what the metrics say of it."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from tests.support.servers.server import ServerProcess
from tests.unit.ledger.conftest import embedded_bench, records_of
from tests.unit.process.test_maintain import LINE_S, command, read, run
from tonne.config import load
from tonne.errors import DefectError, StoreUnavailable
from tonne.ledger.upkeep.publisher import Published
from tonne.telemetry import Telemetry
from tonne.upkeep import Publishing

if TYPE_CHECKING:
    from pathlib import Path

LOST = "a table that is lost"


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A ledger with three segments, and a configuration file on it."""
    with embedded_bench(tmp_path) as bench:
        for seed in range(3):
            bench.append("meter", records_of(5, seed=seed))
    (tmp_path / "tonne.toml").write_text(
        f"""
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[publish]
interval_s = 0.05
batch_files_max = 2
[store]
manifest_url = "sqlite:///{tmp_path}/manifest.sqlite"
objects_url = "{(tmp_path / "objects").as_uri()}"
"""
    )
    return tmp_path


def table(folder: Path) -> DeltaTable:
    return DeltaTable(folder / "objects/acme/segments")


def value(page: str, series: str) -> float:
    return float(re.search(rf"^{re.escape(series)} (\S+)$", page, re.MULTILINE)[1])


def await_metrics(address: str, batches: int) -> str:
    """Read the metrics until so many batches are published."""
    give_up = time.monotonic() + LINE_S
    while value(page := read(address, "/metrics"), "tonne_publish_batches_total") < batches:
        assert time.monotonic() < give_up, page
    return page


def test_one_call_publishes_all_and_ends(filled):
    """`--once` says how many batches, and so does `--rebuild`, in a table that goes on."""
    config = ("--config", filled / "tonne.toml")
    assert run("publish", *config, "--once").stdout == "tonne: batches published: 2\n"
    assert table(filled).count() == 15
    version = table(filled).version()
    assert run("publish", *config, "--rebuild", "acme").stdout == "tonne: batches published: 2\n"
    assert table(filled).version() > version
    assert table(filled).count() == 15


def test_a_process_of_its_own_publishes(filled):
    """Round after round, with metrics and probes; ends with 0 at SIGTERM."""
    publish = command("publish", "--config", filled / "tonne.toml")
    with subprocess.Popen(publish, stdout=subprocess.PIPE, text=True) as process:
        address = re.search(r"publishing, admin on (\S+)", process.stdout.readline())[1]
        page = await_metrics(address, 2)
        assert value(page, 'tonne_publish_rounds_total{outcome="failed"}') == 0
        assert value(page, "tonne_publish_lag_seconds") < LINE_S
        assert read(address, "/readyz")
        process.send_signal(signal.SIGTERM)
        assert process.wait(LINE_S) == 0
    assert table(filled).count() == 15


def test_a_server_publishes_where_it_is_told_to(filled):
    """By `publish.enabled`, which is off unless somebody asks for it."""
    assert load(environ={}).publish.enabled is False
    environment = {"TONNE_PUBLISH_ENABLED": "true"}
    with ServerProcess("--config", str(filled / "tonne.toml"), env=environment) as server:
        await_metrics(server.admin, 2)
        assert server.terminate() == 0
    assert table(filled).count() == 15


class Script:
    """A publisher whose rounds end as they are told to."""

    def __init__(self, *ends) -> None:
        self._ends = iter(ends)

    def publish_all(self) -> Published:
        end = next(self._ends)
        if isinstance(end, BaseException):
            raise end
        return end


def test_the_lag_rises_until_a_round_knows_better():
    """It is the age of what a round left, and goes on rising while rounds fail."""
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    clock = [now.timestamp()]
    telemetry = Telemetry()
    script = Script(
        Published(3, now - dt.timedelta(seconds=40), ()),
        StoreUnavailable("away"),
        RuntimeError("a defect"),
        Published(0, now + dt.timedelta(seconds=90), (DefectError(LOST),)),
        Published(1, now + dt.timedelta(seconds=100), ()),
    )
    rounds = Publishing(script, telemetry, lambda: clock[0])
    seen = []
    for _ in range(5):
        well = asyncio.run(rounds.run())
        clock[0] += 20
        seen.append((well, telemetry.value("tonne_publish_lag_seconds")))
    assert seen == [(True, 60), (False, 80), (False, 100), (False, 0), (True, 0)]
    clock[0] += 7
    assert telemetry.value("tonne_publish_lag_seconds") == 7
    assert telemetry.value("tonne_publish_batches_total") == 4
    assert telemetry.value("tonne_publish_rounds_total", outcome="failed") == 3
    assert telemetry.value("tonne_incidents_total") == 2
