"""Servers on one database and one bucket behind HAProxy, and the load that runs through them."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from tests.support.network.haproxy import Backend, Haproxy
from tests.support.servers.killing import free_port
from tests.support.servers.server import ServerProcess
from tests.support.timing.patience import until
from tonne import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

EDITION = (
    "activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,"
    "note\nelectricity.grid,DE,kWh,2020-01-01,,0.38,,,,scope2.location,test,1,\n"
)
WAIT_S_MAX = 60.0


class Cluster:
    """Slots for servers, some of them taken, behind HAProxy.

    Parameters
    ----------
    directory : Path
        For logs and HAProxy's files.
    environment : mapping
        Settings of every server.
    place_count : int
        Most servers at once.
    hosts : sequence of str
        Addresses that HAProxy listens on, the first one for the test itself.
    on_start : callable, optional
        Told of each server once it is ready, before HAProxy finds it.
    """

    def __init__(
        self,
        directory: Path,
        environment: Mapping[str, str],
        place_count: int,
        hosts: Sequence[str] = ("127.0.0.1",),
        on_start: Callable[[str, ServerProcess], None] | None = None,
    ) -> None:
        self._directory = directory
        self._environment = environment
        self._on_start = on_start
        self.slots = {
            f"server-{number}": Backend(
                f"server-{number}", f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
            )
            for number in range(place_count)
        }
        self.servers: dict[str, ServerProcess] = {}
        binds = [f"{host}:{free_port()}" for host in hosts]
        self.proxy = Haproxy(directory, binds, tuple(self.slots.values()))

    @property
    def targets(self) -> tuple[str, ...]:
        """Where producers connect, one address for each host."""
        return self.proxy.binds

    def __enter__(self) -> Self:
        self.proxy.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self.servers.values():
            server.stop()
        self.proxy.__exit__()

    def start(self, *names: str, env: Mapping[str, str] | None = None) -> None:
        """Start servers side by side, and wait until HAProxy sends them streams."""
        for name in names:
            place = self.slots[name]
            self.servers[name] = ServerProcess(
                "--admin",
                place.admin,
                listen=place.listen,
                env={**self._environment, **(env or {})},
                log=self._directory / f"{name}.log",
            )
        for name in names:
            self.servers[name].wait_ready()
            if self._on_start is not None:
                self._on_start(name, self.servers[name])
        until(lambda: set(names) <= self.proxy.up(), f"HAProxy finds {', '.join(names)}")

    def stop(self, name: str) -> int:
        """End a server the gentle way; gives its exit code."""
        return self.servers.pop(name).terminate()

    def kill(self, name: str) -> None:
        """End a server the hard way."""
        self.servers.pop(name).kill()

    def freeze(self, name: str) -> None:
        """Stop a server's process where it stands."""
        self.servers[name].process.send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let it go on."""
        self.servers[name].process.send_signal(signal.SIGCONT)

    def make_book(self, book: str) -> None:
        """Make a book with one factor for what the producers of `load` send."""
        with Client(self.targets[0]) as client:
            client.create_book(book)
            client.import_edition(book, "own", EDITION.encode())


@dataclass(slots=True)
class Stand:
    """Where a channel stands, as its producer last said.

    All records that were due before `settled_s`, on the test's clock, are durable.
    """

    durable: int = -1
    lag_s: float = float("inf")
    lag_s_max: float = 0.0
    settled_s: float = float("-inf")
    wait_count: int = 0


@dataclass
class Load:
    """Producers of `tests.support.loads.load` in a process of their own.

    `prefix` goes before the command, to run it in another place.
    """

    target: str
    book: str
    channels: Sequence[str]
    options: Mapping[str, object] = field(default_factory=dict)
    prefix: Sequence[str] = ()

    def __enter__(self) -> Self:
        self.stands = {channel: Stand() for channel in self.channels}
        self.ended: dict[str, int] = {}
        self._changed = threading.Condition()
        words = [f"--{key.replace('_', '-')}={value}" for key, value in self.options.items()]
        command = [sys.executable, "-m", "tests.support.loads.load", *words]
        self.process = subprocess.Popen(
            [*self.prefix, *command, self.target, self.book, *self.channels],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._errors = ""
        self._readers = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            word, channel, *details = line.split()
            with self._changed:
                stand = self.stands[channel]
                if word == "stands":
                    durable = int(details[0])
                    assert durable >= stand.durable, "the ledger lost what it had acknowledged"
                    stand.durable, stand.lag_s = durable, int(details[1]) / 1000
                    stand.lag_s_max = max(stand.lag_s_max, stand.lag_s)
                    stand.settled_s = time.monotonic() - stand.lag_s
                elif word == "waiting":
                    stand.wait_count += 1
                else:
                    self.ended[channel] = int(details[0])
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self._errors = self.process.stderr.read()

    def wait(self, holds: Callable[[], bool], what: str, wait_s_max: float = WAIT_S_MAX) -> None:
        """Wait for what the producers say."""
        with self._changed:
            came = self._changed.wait_for(
                lambda: holds() or self.process.poll() is not None, wait_s_max
            )
            if self.process.poll() is not None:
                self._readers[1].join()
            assert self.process.poll() is None, f"the producers failed:\n{self._errors}"
            assert came, f"after {wait_s_max:.0f} s still not: {what}; {self.stands}"

    def lag_s_max(self) -> float:
        """The longest that a record has waited so far."""
        return max(stand.lag_s_max for stand in self.stands.values())

    def wait_flowing(self, lag_s_max: float, wait_s_max: float = WAIT_S_MAX) -> None:
        """Wait until all that is due by now is durable, and the lag is small again."""
        now_s = time.monotonic()
        self.wait(
            lambda: all(
                stand.settled_s > now_s and stand.lag_s <= lag_s_max
                for stand in self.stands.values()
            ),
            f"every channel flows with a lag of {lag_s_max} s at most",
            wait_s_max,
        )

    def wait_stuck(self, lag_s_min: float, count: int = 1) -> None:
        """Wait until so many channels feel that something is wrong."""
        self.wait(
            lambda: sum(stand.lag_s >= lag_s_min for stand in self.stands.values()) >= count,
            f"{count} channels lag by {lag_s_min} s",
        )

    def finish(self, wait_s_max: float = WAIT_S_MAX) -> dict[str, int]:
        """Let the producers end with everything durable; gives the records of each channel."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        code = self.process.wait(wait_s_max)
        for reader in self._readers:
            reader.join()
        assert code == 0, f"the producers failed with {code}:\n{self._errors}"
        assert self.ended.keys() == set(self.channels)
        return self.ended
