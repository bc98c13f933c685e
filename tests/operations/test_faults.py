"""Parts fail, one after the other, under load through HAProxy: nothing is lost, nothing doubled,
and the load flows again. `pytest -s` shows how long that took.

`make soak` does it many times, as root, and cuts the network of a namespace of its own; without
it a proxy in between falls silent.
"""

from __future__ import annotations

import contextlib
import functools
import os
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.checks.verdict import check_exactly_once
from tests.support.network.link import Link, address_of
from tests.support.network.namespaces import Namespace
from tests.support.servers.cluster import Cluster, Load
from tests.support.stores.postgres import PostgresServer, run_postgres
from tests.support.stores.s3 import make_bucket
from tests.support.timing.patience import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.alone

ROUNDS = int(os.environ.get("TONNE_TEST_FAULT_ROUNDS", "1"))
NAMES = ("server-0", "server-1", "server-2")
CHANNELS = tuple(f"gateway-{number}" for number in range(6))
ACK_TIMEOUT_S = 3
LAG_S_MAX = 1.0
"""A channel with less lag flows: acknowledgements take a fraction of that."""
FREED_S_MAX = 20.0
"""PostgreSQL ends a silent transaction after 5 s, and one server may have several."""
STUCK_S = 4.0
"""Longer than a producer waits for an acknowledgement: it has given its stream up."""

SETTINGS = {
    "TONNE_INGEST_STREAM_LIFETIME_S_MIN": "2",
    "TONNE_INGEST_STREAM_LIFETIME_S_MAX": "4",
    "TONNE_SERVER_DRAIN_S": "0.5",
    "TONNE_LEDGER_UPKEEP_INTERVAL_S": "1",
    "TONNE_LEDGER_MERGE_FILES_MAX": "8",
}


@dataclass(frozen=True, slots=True)
class Network:
    """Where producers are (`prefix`), where they connect, and how they are cut off."""

    address: str
    prefix: tuple[str, ...]
    cut: Callable[[], None]
    mend: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """All parts, and which server is to suffer."""

    cluster: Cluster
    load: Load
    storage: Link
    network: Network
    postgres: PostgresServer
    victim: str


def sigterm(scene: Scene) -> None:
    """A server is told to go."""
    assert scene.cluster.stop(scene.victim) == 0


def sigkill(scene: Scene) -> None:
    """A server is killed."""
    scene.cluster.kill(scene.victim)


def sigstop(scene: Scene) -> None:
    """A server stands still, maybe with rows locked, and wakes up behind the times.

    In the long run it sleeps until the others have all of its load. What it holds locked then
    waits for PostgreSQL to end its transaction.
    """
    scene.cluster.freeze(scene.victim)
    try:
        until(lambda: scene.victim not in scene.cluster.proxy.up(), "HAProxy notices")
        if ROUNDS > 1:
            scene.load.wait_flowing(LAG_S_MAX, FREED_S_MAX)
    finally:
        scene.cluster.thaw(scene.victim)
    until(lambda: scene.victim in scene.cluster.proxy.up(), "HAProxy finds it again")


def haproxy_reload(scene: Scene) -> None:
    """HAProxy starts a new worker and ends the old one, with the streams it has."""
    scene.cluster.proxy.reload()


def postgres_restart(scene: Scene) -> None:
    """PostgreSQL crashes and recovers."""
    scene.postgres.restart()


def storage_busy(scene: Scene) -> None:
    """The storage answers 503 to everything."""
    scene.storage.set("busy")
    scene.load.wait_stuck(STUCK_S, len(CHANNELS))
    scene.storage.set("pass")


def storage_hangs(scene: Scene) -> None:
    """The storage answers nothing; then all that it was sent arrives at once, late."""
    scene.storage.set("cut")
    scene.load.wait_stuck(STUCK_S, len(CHANNELS))
    scene.storage.set("pass")


def network_cut(scene: Scene) -> None:
    """Producers and HAProxy do not hear from each other."""
    scene.network.cut()
    scene.load.wait_stuck(STUCK_S, len(CHANNELS))
    scene.network.mend()


FAULTS = (
    sigterm,
    sigkill,
    sigstop,
    haproxy_reload,
    postgres_restart,
    storage_busy,
    storage_hangs,
    network_cut,
)


@dataclass(frozen=True, slots=True)
class Store:
    """Where the ledger is kept, past the faulty links."""

    manifest_url: str
    objects_url: str
    options: dict[str, str]


@pytest.fixture(scope="module")
def parts(s3_endpoint, tmp_path_factory) -> Iterator[tuple]:
    """PostgreSQL of its own, a bucket behind a link, three servers behind HAProxy."""
    with contextlib.ExitStack() as stack:
        postgres = stack.enter_context(run_postgres())
        database = stack.enter_context(postgres.database())
        bucket = make_bucket(s3_endpoint)
        storage = stack.enter_context(Link(address_of(s3_endpoint)))
        store = Store(postgres.url(database), bucket.url, bucket.options)
        faulty = bucket.options | {"endpoint": f"http://{storage.address}", "timeout": "3s"}
        environment = {
            **SETTINGS,
            "TONNE_STORE_MANIFEST_URL": store.manifest_url,
            "TONNE_STORE_OBJECTS_URL": store.objects_url,
            "TONNE_STORE_OBJECTS_OPTIONS": "{"
            + ", ".join(f'"{key}": "{value}"' for key, value in faulty.items())
            + "}",
        }
        namespace = stack.enter_context(Namespace()) if ROUNDS > 1 else None
        hosts = ("127.0.0.1", *([namespace.near] if namespace else []))
        directory = tmp_path_factory.mktemp("cluster")
        cluster = stack.enter_context(Cluster(directory, environment, len(NAMES), hosts))
        cluster.start(*NAMES)
        if namespace:
            network = Network(cluster.targets[1], namespace.prefix, namespace.cut, namespace.mend)
        else:
            link = stack.enter_context(Link(cluster.targets[0]))
            network = Network(
                link.address,
                (),
                functools.partial(link.set, "cut"),
                functools.partial(link.set, "pass"),
            )
        yield cluster, store, storage, network, postgres


@pytest.mark.timeout(0 if ROUNDS > 1 else 120)
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.__name__ for fault in FAULTS])
def test_a_fault_under_load_loses_and_doubles_nothing(parts, fault: Callable[[Scene], None]):
    """All six channels flow again, and every record is in the ledger once."""
    cluster, store, storage, network, postgres = parts
    book = fault.__name__.replace("_", "-")
    cluster.make_book(book)
    seed = int(os.environ.get("TONNE_TEST_SEED", random.SystemRandom().getrandbits(30)))
    print(f"TONNE_TEST_SEED={seed}")  # noqa: T201  (shown when the test fails)
    chance = random.Random(seed)  # noqa: S311  (reproducible, no secret)
    options = {"rate": 8, "records": 40, "ack_timeout_s": ACK_TIMEOUT_S}
    with Load(network.address, book, CHANNELS, options, network.prefix) as load:
        load.wait_flowing(LAG_S_MAX)
        for _ in range(ROUNDS):
            scene = Scene(cluster, load, storage, network, postgres, chance.choice(NAMES))
            start_s = time.monotonic()
            fault(scene)
            lifted_s = time.monotonic()
            load.wait_flowing(LAG_S_MAX)
            now_s = time.monotonic()
            print(  # noqa: T201  (shown by -s)
                f"{fault.__name__}: {lifted_s - start_s:.1f} s, recovered after "
                f"{now_s - lifted_s:.1f} s; oldest record waited {load.lag_s_max():.1f} s"
            )
            if scene.victim not in cluster.servers:
                cluster.start(scene.victim)
        made = load.finish()
    count = check_exactly_once(store.manifest_url, store.objects_url, store.options, book, made)
    print(f"{fault.__name__}: {count} records, each once")  # noqa: T201  (shown by -s)
