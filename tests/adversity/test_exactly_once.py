"""Servers and producers are killed at random moments; nothing acknowledged is lost or doubled."""

from __future__ import annotations

import os
import queue
import random
from fractions import Fraction

import pytest

from tests.support.checks.recompute import Recompute
from tests.support.checks.verdict import check_channels
from tests.support.loads.producer import FACILITIES, make_record, quantity_micro
from tests.support.servers.killing import Battle, Server
from tests.support.servers.server import ROOT, ServerProcess
from tonne import Client
from tonne.ledger.ledger import Ledger
from tonne.store import Manifest, open_objects
from tonne.store.faults import POINTS

BOOK = "acme"
CHANNELS = ("north", "south", "east")
FACTOR = "0.38"
EDITION = (
    "activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,"
    f"note\nelectricity.grid,DE,kWh,2020-01-01,,{FACTOR},,,,scope2.location,test,1,\n"
)
DEATHS_MIN = int(os.environ.get("TONNE_TEST_DEATHS", "30"))
EAGER = {
    "TONNE_STORE_MARK_INTERVAL_S": "1",
    "TONNE_LEDGER_UPKEEP_INTERVAL_S": "0.05",
    "TONNE_LEDGER_MERGE_FILES_MAX": "4",
    "TONNE_LEDGER_MERGE_LEASE_S": "1",
    "TONNE_INGEST_STREAM_LIFETIME_S_MIN": "1",
    "TONNE_INGEST_STREAM_LIFETIME_S_MAX": "3",
}
DIRECTORY_ONLY = {"objects.after_temp_write", "objects.after_link"}
HERE = {
    "commit.after_sql",
    "commit.before_sql",
    "commit.in_sql",
    "journal.after_commit",
    "journal.after_files",
    "journal.after_post",
    "mark.before_put",
    "merge.after_sql",
    "merge.before_sql",
    "objects.after_put",
    "objects.before_put",
    "open_channel.after_sql",
    "same.after_mark",
    "same.before_mark",
    *DIRECTORY_ONLY,
}
"""Points by which every server comes within a life or two.

Garbage is left alone for longer than a test runs, nothing waits in suspense, is reversed,
restated, closed or looked at for overlaps, no id comes twice, no run is so large that it is rolled
up, and few lives are so long that keys are merged.
"""


def test_a_point_that_is_not_hit_here_is_hit_elsewhere():
    """A new fault point is in this battle, or a test of its room arms it by name."""
    texts = [path.read_text() for path in (ROOT / "tests/unit").rglob("test_*.py")]
    elsewhere = set(POINTS) - HERE
    missing = {point for point in elsewhere if not any(arms(point, text) for text in texts)}
    assert missing == set()
    assert set(POINTS) >= HERE


def arms(point: str, text: str) -> bool:
    """Whether a test's text names the point, or all points of its room."""
    room = point.partition(".")[0]
    return any(f'"{name}' in text for name in (point, f'{room}"', f'{room}."'))


@pytest.fixture
def seed() -> int:
    """The seed of the battle: printed, and settable by TONNE_TEST_SEED."""
    seed = int(os.environ.get("TONNE_TEST_SEED", random.SystemRandom().getrandbits(30)))
    print(f"TONNE_TEST_SEED={seed}")  # noqa: T201  (shown when the test fails)
    return seed


def fight(environment, points, server_count, seed, tmp_path) -> Battle:
    """Set the book up, let them fight, and leave one gentle shutdown behind."""
    events: queue.Queue = queue.Queue()
    logs = [tmp_path / f"server-{number}.log" for number in range(server_count)]
    servers = [Server({**EAGER, **environment}, events, log) for log in logs]
    with ServerProcess(env=environment) as quiet, Client(quiet.address) as client:
        client.create_book(BOOK)
        client.import_edition(BOOK, "own", EDITION.encode())
    battle = Battle(servers, seed, points)
    for server in servers:
        server.start(battle.arm())
    try:
        battle.run(events, CHANNELS, BOOK, DEATHS_MIN)
    finally:
        for server in servers:
            server.running.stop()
    return battle


def check(battle: Battle, manifest_url: str, objects_url: str, options: dict[str, str]) -> None:
    """Hold the ledger against what was acknowledged and what the producers made."""
    manifest = Manifest.open(manifest_url)
    objects = open_objects(objects_url, options)
    ledger = Ledger(manifest, objects, holder="check")
    assert Recompute(manifest, objects).check_book(ledger, BOOK) == ()
    ledger.close()
    manifest.close()
    promised = {channel: battle.durable.get(channel, 0) for channel in CHANNELS}
    counts = check_channels(manifest_url, objects_url, options, BOOK, promised, make_record)
    micro = sum(quantity_micro(index) for count in counts.values() for index in range(count))
    check_inventory(micro, manifest_url, objects_url, options)


def check_inventory(micro: int, manifest_url: str, objects_url: str, options) -> None:
    """The inventory of a fresh server is the exact sum of what the producers made."""
    environment = store_environment(manifest_url, objects_url, options)
    with ServerProcess(env=environment) as server, Client(server.address) as client:
        inventory = client.inventory(BOOK, by=["facility"])
    assert Fraction(inventory.total.kg_co2e) == Fraction(micro, 1_000_000) * Fraction(FACTOR)
    assert len(inventory.rows) == FACILITIES


def store_environment(manifest_url: str, objects_url: str, options) -> dict[str, str]:
    """The settings that name a store."""
    pairs = ", ".join(f'"{key}": "{value}"' for key, value in options.items())
    return {
        "TONNE_STORE_MANIFEST_URL": manifest_url,
        "TONNE_STORE_OBJECTS_URL": objects_url,
        "TONNE_STORE_OBJECTS_OPTIONS": "{" + pairs + "}",
    }


@pytest.mark.timeout(0 if DEATHS_MIN > 30 else 900)
def test_exactly_once_on_sqlite_and_a_directory(tmp_path, seed):
    """One server; every fault point that a directory has is hit."""
    manifest_url = f"sqlite:///{tmp_path / 'manifest.db'}"
    objects_url = (tmp_path / "objects").as_uri()
    environment = store_environment(manifest_url, objects_url, {})
    battle = fight(environment, sorted(HERE), 1, seed, tmp_path)
    check(battle, manifest_url, objects_url, {})
    assert battle.deaths["server"] > 0
    assert battle.deaths["producer"] > 0


@pytest.mark.timeout(0 if DEATHS_MIN > 30 else 900)
def test_exactly_once_on_postgresql_and_s3_with_two_servers(
    tmp_path, seed, postgres_url, s3_bucket
):
    """Two servers on the same database and bucket; every fault point that both have is hit."""
    environment = store_environment(postgres_url, s3_bucket.url, s3_bucket.options)
    points = sorted(HERE - DIRECTORY_ONLY)
    battle = fight(environment, points, 2, seed, tmp_path)
    check(battle, postgres_url, s3_bucket.url, s3_bucket.options)
    assert battle.deaths["server"] > 0
    assert battle.deaths["producer"] > 0
