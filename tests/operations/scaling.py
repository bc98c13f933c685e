"""Load that grows fourfold, and servers that come for it: three ways to scale, side by side.

Server processes with a limit on their processor time, on PostgreSQL and S3, behind HAProxy;
thirty producers in another network namespace; a real Prometheus with the shipped recording
rules; the arithmetic of the Horizontal Pod Autoscaler with the shipped target and behaviour
starts and stops servers. Time runs four times as fast as in production: lifetimes of streams,
windows, periods and the horizon of the backlog are a quarter of theirs.

    demand      the shipped metric: busy and reported backlog; streams that move
    processor   processor utilisation alone; streams that move
    pinned      the shipped metric; streams that outlive the run

Run by `make scale`, as root; prints a report, and fails where a record is lost or doubled.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import signal
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tests.support.checks.verdict import check_exactly_once
from tests.support.network.namespaces import Namespace
from tests.support.scaling.cgroups import CpuLimit
from tests.support.scaling.hpa import Autoscaler, Policy, Rules
from tests.support.scaling.prometheus import Prometheus, scaling_rules
from tests.support.servers.cluster import Cluster, Load
from tests.support.stores.postgres import run_postgres
from tests.support.stores.s3 import S3Bucket, make_bucket, run_s3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.support.servers.server import ServerProcess

HPA = Path(__file__).parents[2] / "k8s/components/autoscaling-hpa/horizontalpodautoscaler.yaml"
SPEED = 4
SYNC_S = 15 / SPEED
SERVERS_START, SERVERS_MAX = 3, 10
CPUS_START = 1.0
"""What a server may use until it is ready."""
PRODUCERS_COUNT, PROCESSES_COUNT = 30, 3
LAG_S_MAX = 5.0
"""With less lag the load is served: with so little processor a commit takes a second or two."""
WARM_S = 25.0
"""Nothing is scaled before the rates have their windows full."""
DEMAND = "tonne:demand:sum"
PROCESSOR = "sum(rate(process_cpu_seconds_total[15s])) / CPUS"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to scale."""

    name: str
    metric: str
    lifetime_s: tuple[float, float]


MOVING = (60 / SPEED, 120 / SPEED)
WAYS = (
    Way("demand", DEMAND, MOVING),
    Way("processor", PROCESSOR, MOVING),
    Way("pinned", DEMAND, (3_600.0, 3_600.0)),
)


@dataclass(slots=True)
class Moment:
    """What was seen at one time after the load grew."""

    at_s: float
    server_count: int
    lag_s: float
    metric: Decimal | None


@dataclass(slots=True)
class Result:
    """What became of one way."""

    name: str
    moments: list[Moment] = field(default_factory=list)
    records_by_server: dict[str, int] = field(default_factory=dict)
    record_count: int = 0

    @property
    def recovered_s(self) -> float | None:
        """From the growth of the load to when the lag is small for good."""
        late = [one.at_s for one in self.moments if one.lag_s > LAG_S_MAX and one.at_s >= 0]
        if not late:
            return 0.0
        after = [one.at_s for one in self.moments if one.at_s > late[-1]]
        return after[0] if after else None

    def line(self) -> str:
        """A row of the report."""
        after = [one for one in self.moments if one.at_s >= 0]
        recovered_s = self.recovered_s
        server_s = sum(
            before.server_count * (one.at_s - before.at_s)
            for before, one in itertools.pairwise(after)
        )
        return (
            f"| {self.name} | {'never' if recovered_s is None else f'{recovered_s:.0f} s'} "
            f"| {max(one.lag_s for one in after):.1f} s | {after[-1].lag_s:.1f} s "
            f"| {max(one.server_count for one in after)} | {after[-1].server_count} "
            f"| {server_s / 60:.1f} | {self.balance():.2f} | {self.record_count:,} |"
        )

    def balance(self) -> float:
        """Records of the fullest server to the mean, over the last stretch of the run."""
        counts = [count for count in self.records_by_server.values() if count >= 0]
        return max(counts) / statistics.mean(counts) if counts and any(counts) else 0.0


def read_behavior() -> tuple[Decimal, Rules, Rules]:
    """The shipped target and behaviour, their times divided by `SPEED`."""
    spec = yaml.safe_load(HPA.read_text())["spec"]
    target = spec["metrics"][0]["external"]["target"]["averageValue"]
    ways = {}
    for direction, rules in spec["behavior"].items():
        policies = tuple(
            Policy(one["type"], one["value"], one["periodSeconds"] / SPEED)
            for one in rules["policies"]
        )
        window_s = rules["stabilizationWindowSeconds"] / SPEED
        ways[direction] = Rules(policies, window_s, rules["selectPolicy"])
    return Decimal(target.removesuffix("m")) / 1000, ways["scaleUp"], ways["scaleDown"]


class Fleet:
    """Server processes under their limits; `set_count` makes and ends them."""

    def __init__(self, cluster: Cluster, prometheus: Prometheus, limits: dict[str, CpuLimit]):
        self._cluster = cluster
        self._prometheus = prometheus
        self._limits = limits
        self._busy: dict[str, threading.Thread] = {}
        self._telling = threading.Lock()
        self._errors: list[BaseException] = []

    @property
    def count(self) -> int:
        """Servers that are there or on their way, as the Deployment would say."""
        leaving = {name for name, thread in self._busy.items() if thread.name == "stop"}
        return len(self._names() - leaving)

    def _names(self) -> set[str]:
        starting = {name for name, thread in self._busy.items() if thread.name == "start"}
        return set(self._cluster.servers) | starting

    def set_count(self, count: int) -> None:
        """Start or stop servers, the newest first, without waiting for it."""
        self._busy = {name: thread for name, thread in self._busy.items() if thread.is_alive()}
        present = self._names() - {n for n, t in self._busy.items() if t.name == "stop"}
        free = [n for n in self._cluster.places if n not in self._names() | set(self._busy)]
        for name in free[: max(count - len(present), 0)]:
            self._begin("start", name, self._start)
        ready = [name for name in self._cluster.servers if name not in self._busy]
        for name in list(reversed(ready))[: max(len(present) - count, 0)]:
            self._begin("stop", name, self._stop)

    def _begin(self, what: str, name: str, work: Callable[[str], None]) -> None:
        thread = threading.Thread(target=self._guarded, args=(work, name), name=what)
        self._busy[name] = thread
        thread.start()

    def _guarded(self, work: Callable[[str], None], name: str) -> None:
        try:
            work(name)
        except BaseException as error:  # noqa: BLE001  (`join` raises it)
            self._errors.append(error)

    def _start(self, name: str) -> None:
        self._limits[name].set(CPUS_START)
        self._cluster.start(name)
        self.tell()

    def _stop(self, name: str) -> None:
        self.tell(without=name)
        assert self._cluster.stop(name) == 0

    def tell(self, without: str = "") -> None:
        """Tell Prometheus what there is to scrape."""
        with self._telling:
            names = [name for name in tuple(self._cluster.servers) if name != without]
            self._prometheus.targets(self._cluster.places[name].admin for name in names)

    def join(self) -> None:
        """Wait for what is under way."""
        for thread in self._busy.values():
            thread.join()
        if self._errors:
            raise self._errors[0]


@contextlib.contextmanager
def producers(
    options: argparse.Namespace, namespace: Namespace, target: str, book: str, step_s: float
) -> Iterator[list[Load]]:
    """Thirty producers in a few processes of another network namespace."""
    names = [f"gateway-{number:02}" for number in range(PRODUCERS_COUNT)]
    settings = {
        "rate": options.rate,
        "records": options.records,
        "factor": 4,
        "step_s": step_s,
        "ack_timeout_s": 30,
    }
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(
                Load(target, book, names[number::PROCESSES_COUNT], settings, namespace.prefix)
            )
            for number in range(PROCESSES_COUNT)
        ]


def run(
    options: argparse.Namespace, way: Way, directory: Path, store: dict[str, str]
) -> tuple[Result, dict[str, int]]:
    """Run one way from the first record to the last."""
    environment = {
        **store,
        "TONNE_INGEST_STREAM_LIFETIME_S_MIN": str(way.lifetime_s[0]),
        "TONNE_INGEST_STREAM_LIFETIME_S_MAX": str(way.lifetime_s[1]),
        "TONNE_SERVER_DRAIN_S": str(5 / SPEED),
        "TONNE_LEDGER_UPKEEP_INTERVAL_S": "10",
        # A tenth of a processor affords few commits: without a pause for others to join they
        # take up all of it, whatever the load.
        "TONNE_INGEST_COMMIT_QUIET_S": "0.5",
        "TONNE_INGEST_COMMIT_DELAY_S_MAX": "0.5",
    }
    replaced = {
        "[1m]": "[15s]",
        "/ 60)": f"/ {60 // SPEED})",
        "tonne_cpus": str(options.cpus),
        # With so little processor the stages of a commit take ten times as long in a healthy
        # store: the thresholds of a slow one are figures of its hardware.
        "bool 0.5": "bool 5",
        "bool 2": "bool 20",
        "bool 10": "bool 100",
    }
    rules = scaling_rules(replaced, "2s")
    book = f"scale-{way.name}"
    with contextlib.ExitStack() as stack:
        namespace = stack.enter_context(Namespace())
        prometheus = stack.enter_context(Prometheus(directory, "2s", rules))
        limits: dict[str, CpuLimit] = {}

        def tighten(name: str, server: ServerProcess) -> None:
            limits[name].add(server.pid)
            limits[name].set(options.cpus)

        hosts = ("127.0.0.1", namespace.near)
        for number in range(SERVERS_MAX):
            limits[f"server-{number}"] = stack.enter_context(CpuLimit())
        cluster = stack.enter_context(Cluster(directory, environment, SERVERS_MAX, hosts, tighten))
        fleet = Fleet(cluster, prometheus, limits)
        cluster.start(*list(cluster.places)[:SERVERS_START])
        fleet.tell()
        cluster.make_book(book)
        step_s = time.time() + WARM_S + options.before_s
        loads = stack.enter_context(
            producers(options, namespace, cluster.targets[1], book, step_s)
        )
        result = Result(way.name)
        scene = Scene(options, way, fleet, prometheus, loads, step_s)
        watch(scene, result)
        made: dict[str, int] = {}
        for load in loads:
            made |= load.finish(120)
        fleet.join()
    result.record_count = sum(made.values())
    return result, made


@dataclass(frozen=True, slots=True)
class Scene:
    """All that takes part in one way."""

    options: argparse.Namespace
    way: Way
    fleet: Fleet
    prometheus: Prometheus
    loads: Sequence[Load]
    step_s: float


def watch(scene: Scene, result: Result) -> None:
    """Apply the autoscaler until the time is over, and note what is seen."""
    options, way, fleet = scene.options, scene.way, scene.fleet
    target, up, down = read_behavior()
    scaler = Autoscaler(target, SERVERS_START, SERVERS_MAX, up, down)
    expression = way.metric.replace("CPUS", str(options.cpus))
    pause = threading.Event()
    next_sync_s = time.time() + WARM_S
    end_s = scene.step_s + options.after_s
    while (now_s := time.time()) < end_s:
        stands = [stand for load in scene.loads for stand in load.stands.values()]
        lag_s = max((stand.lag_s for stand in stands if stand.durable >= 0), default=0.0)
        for load in scene.loads:
            assert load.process.poll() is None, "the producers failed"
        metric = scene.prometheus.value(expression)
        if now_s >= next_sync_s:
            next_sync_s += SYNC_S
            current = fleet.count
            wanted = scaler.step(Fraction(now_s), current, metric)
            if wanted != current:
                fleet.set_count(wanted)
        moment = Moment(now_s - scene.step_s, fleet.count, lag_s, metric)
        result.moments.append(moment)
        print(  # noqa: T201  (the report)
            f"{way.name} {moment.at_s:6.1f} s: {moment.server_count} servers, "
            f"lag {lag_s:5.1f} s, metric {'none' if metric is None else f'{metric:.2f}'}",
            flush=True,
        )
        pause.wait(1.0)
    shares = scene.prometheus.query("sum by (instance) (increase(tonne_records_total[20s]))")
    result.records_by_server = {name: int(value) for name, value in shares.items()}


def report(options: argparse.Namespace, results: Sequence[Result]) -> None:
    """Print what goes into docs/performance.md."""
    lines = [
        "",
        (
            f"{PRODUCERS_COUNT} producers, {options.rate:g} messages a second of "
            f"{options.records} records each, times 4 from 0 s on; {SERVERS_START} to "
            f"{SERVERS_MAX} servers of {options.cpus:g} processors"
        ),
        "",
        (
            "| way | recovered after | peak lag | lag at end | most servers | servers at end "
            "| server minutes | fullest to mean | records |"
        ),
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(result.line() for result in results),
        "",
    ]
    for result in results:
        seen = {}
        for one in result.moments:
            seen.setdefault(one.server_count, one.at_s)
        lines.append(
            f"{result.name}: servers "
            + ", ".join(f"{count} from {at_s:.0f} s" for count, at_s in seen.items())
            + f"; records by server in the last 20 s {sorted(result.records_by_server.values())}"
        )
    sys.stdout.write("\n".join(lines) + "\n")


def main() -> None:
    """Run the ways one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cpus", type=float, default=0.1, help="processors of a server")
    parser.add_argument("--rate", type=float, default=1.0, help="messages a second and producer")
    parser.add_argument("--records", type=int, default=4_000, help="records of a message")
    parser.add_argument("--before-s", type=float, default=10.0, help="time before the growth")
    parser.add_argument("--after-s", type=float, default=80.0, help="time after the growth")
    parser.add_argument("ways", nargs="*", default=[way.name for way in WAYS])
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # what was begun is put away
    results = []
    with run_postgres() as postgres, run_s3() as endpoint:
        for way in WAYS:
            if way.name not in options.ways:
                continue
            with postgres.database() as database, tempfile.TemporaryDirectory() as directory:
                bucket: S3Bucket = make_bucket(endpoint)
                url = postgres.url(database)
                pairs = ", ".join(f'"{key}": "{value}"' for key, value in bucket.options.items())
                store = {
                    "TONNE_STORE_MANIFEST_URL": url,
                    "TONNE_STORE_OBJECTS_URL": bucket.url,
                    "TONNE_STORE_OBJECTS_OPTIONS": "{" + pairs + "}",
                }
                result, made = run(options, way, Path(directory), store)
                count = check_exactly_once(
                    url, bucket.url, bucket.options, f"scale-{way.name}", made
                )
                text = f"{way.name}: {count:,} records, each once"
                print(text, flush=True)  # noqa: T201  # a part of the report
                results.append(result)
    report(options, results)


if __name__ == "__main__":
    main()
