"""Servers and producers under fire: what a test of exactly-once does to them, and in which order.

Nothing here waits for a time to pass. Every move answers an event: a producer said what is
durable, or a process died. Servers die at named fault points or at a moment the seed picks;
producers die at a moment the seed picks.
"""

from __future__ import annotations

import contextlib
import random
import socket
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING

from tests.support.servers.server import ServerProcess

if TYPE_CHECKING:
    import queue
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PROGRESS_S_MAX = 120.0
"""No event at all for so long is a hang."""

SERVER_DEATHS_PER_POINT_MAX = 15
"""A point that no server came by in so many lives for each point is out of reach of a battle."""

LOST_REPLY = "commit.after_sql"
KILL_CHANCE_PRODUCER = 0.03
KILL_CHANCE_SERVER = 0.01


class ProducerProcess:
    """One producer, started again each time it dies."""

    def __init__(
        self, target: str, book: str, channel: str, seed: int, events: queue.Queue
    ) -> None:
        self._arguments = (target, book, channel)
        self._events = events
        self.channel = channel
        self.durable = 0
        self.start(seed)

    def start(self, seed: int) -> None:
        """Begin anew where the ledger stands."""
        command = [
            sys.executable,
            "-m",
            "tests.support.loads.producer",
            *self._arguments,
            str(seed),
        ]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            word, _, number = line.partition(" ")
            self._events.put((word, self, int(number)))
        errors = process.stderr.read()
        self._events.put(("ended", self, (process.wait(), errors)))
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def kill(self) -> None:
        """End it the hard way."""
        self.process.kill()

    def finish(self) -> None:
        """Let it end after the chunk that it is at."""
        assert self.process.stdin is not None
        self.process.stdin.close()


class Server:
    """One server at one port, started again with other faults each time it dies."""

    def __init__(
        self,
        environment: Mapping[str, str],
        events: queue.Queue,
        log: Path,
    ) -> None:
        self._environment = environment
        self._events = events
        self._log = log
        self.listen = f"127.0.0.1:{free_port()}"
        self.armed = ""

    def start(self, armed: str) -> None:
        """Start with fault points armed."""
        self.armed = armed
        self.running = ServerProcess(
            env={**self._environment, "TONNE_FAULTS": armed},
            listen=self.listen,
            log=self._log,
        )
        threading.Thread(target=self._watch, args=(self.running,), daemon=True).start()

    def _watch(self, running: ServerProcess) -> None:
        code = running.process.wait()
        self._events.put(("died", self, code))


_reserved: list[socket.socket] = []


def free_port() -> int:
    """Find a TCP port that nobody listens on, below those that outgoing connections take.

    The system hands out its ephemeral ports (from 32768 up on Linux) to every connection: one
    of them may be taken again before the server under test listens on it. Nor is a port given
    twice, to whatever process of tests, before the process that has it ends: it holds a name.
    """
    candidates = list(range(20_000, 32_000))
    random.Random().shuffle(candidates)  # noqa: S311  no secret, and a hundred times as quick
    for port in candidates:
        name = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe, contextlib.suppress(OSError):
            name.bind(f"\0tonne-port-{port}")
            probe.bind(("127.0.0.1", port))
            _reserved.append(name)
            return port
        name.close()
    raise OSError("every port from 20000 to 31999 is taken: stop what listens there")


class Battle:
    """Producers stream while they and their servers are killed, until enough have died."""

    def __init__(self, servers: list[Server], seed: int, points: Sequence[str]) -> None:
        self._chance = random.Random(seed)  # noqa: S311  (reproducible, no secret)
        self._servers = servers
        self._points = list(points)
        self.deaths: Counter[str] = Counter()
        self.hit: set[str] = set()
        self.durable: dict[str, int] = {}

    def run(
        self, events: queue.Queue, channels: Sequence[str], book: str, deaths_min: int
    ) -> None:
        """Fight until `deaths_min` processes of both kinds died and every fault point was hit.

        Every channel has something durable by then, however slowly its producer started.
        """
        target = "ipv4:" + ",".join(server.listen for server in self._servers)
        producers = [
            ProducerProcess(target, book, channel, self._chance.getrandbits(30), events)
            for channel in channels
        ]
        ending = False
        live = len(producers)
        while live:
            what, who, detail = events.get(timeout=PROGRESS_S_MAX)
            if what == "died":
                self._on_server_death(who, detail, ending=ending)
            elif what == "ended":
                live -= self._on_producer_end(who, detail, ending=ending)
            else:
                assert detail >= who.durable, "the ledger lost what it had acknowledged"
                who.durable = self.durable[who.channel] = detail
                if not ending and what == "durable":
                    self._strike(who)
            if not ending and self._is_over(deaths_min, channels):
                ending = True
                for producer in producers:
                    producer.finish()

    def _is_over(self, deaths_min: int, channels: Sequence[str]) -> bool:
        both_died = self.deaths["server"] > 0 and self.deaths["producer"] > 0
        enough = self.deaths.total() >= deaths_min and self.hit >= set(self._points)
        return both_died and enough and all(self.durable.get(channel) for channel in channels)

    def _strike(self, producer: ProducerProcess) -> None:
        if self._chance.random() < KILL_CHANCE_PRODUCER:
            producer.kill()
        if self._chance.random() < KILL_CHANCE_SERVER:
            server = self._chance.choice(self._servers)
            if server.running.process.poll() is None:
                server.running.process.kill()
                server.armed = ""

    def arm(self) -> str:
        """Pick the next fault point, those not hit yet first."""
        waiting = [point for point in self._points if point not in self.hit] or self._points
        point = self._chance.choice(waiting)
        # The check for records of one id rests for long after each time.
        arrivals = 1 if point.startswith("same.") else self._chance.randint(1, 4)
        deadly = f"{point}=kill:{arrivals}"
        if point == LOST_REPLY or self._chance.random() < 0.5:
            return deadly
        # The server lives on, not knowing that its commit took place.
        return f"{deadly},{LOST_REPLY}=raise:{self._chance.randint(1, 2)}"

    def _on_server_death(self, server: Server, code: int, *, ending: bool) -> None:
        assert code == -9, f"a server ended by itself with {code}"
        self.deaths["server"] += 1
        missing = sorted(set(self._points) - self.hit)
        if missing and self.deaths["server"] > SERVER_DEATHS_PER_POINT_MAX * len(self._points):
            raise AssertionError(f"no server came by {', '.join(missing)}: let others test these")
        if server.armed:
            self.hit.add(server.armed.partition("=")[0])
        server.running.stop()
        server.start("" if ending else self.arm())

    def _on_producer_end(self, producer: ProducerProcess, how: tuple, *, ending: bool) -> int:
        code, errors = how
        if code == 0:
            return 1
        assert code == -9, f"a producer failed with {code}:\n{errors}"
        self.deaths["producer"] += 1
        if ending:
            return 1
        producer.start(self._chance.getrandbits(30))
        return 0
