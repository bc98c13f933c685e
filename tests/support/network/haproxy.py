"""A real HAProxy in front of servers that come and go: places each gRPC stream by load."""

from __future__ import annotations

import csv
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pytest

from tests.support.timing.patience import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PROGRAM = "haproxy"


@dataclass(frozen=True, slots=True)
class Backend:
    """A place for a server; HAProxy asks `/readyz` on the admin port whether it is taken."""

    name: str
    listen: str
    admin: str

    @property
    def line(self) -> str:
        """The backend as a line of the configuration."""
        port = self.admin.rpartition(":")[2]
        return f"  server {self.name} {self.listen} proto h2 check check-proto h1 port {port}"


CONFIGURATION = """
global
  maxconn 2000
  stats socket {directory}/stats.sock level admin expose-fd listeners
  hard-stop-after {hard_stop_s}s
defaults
  mode http
  timeout connect 1s
  timeout client 120s
  timeout server 120s
  timeout check 1s
  retries 2
  option redispatch
frontend edge
{binds}
  default_backend servers
backend servers
  balance leastconn
  option httpchk GET /readyz
  default-server inter 250ms fall 2 rise 1 on-marked-up shutdown-backup-sessions
{servers}
"""


class Haproxy:
    """HAProxy as master and worker, with its files in a directory.

    Parameters
    ----------
    binds : sequence of str
        `HOST:PORT` to listen on, HTTP/2 without TLS.
    hard_stop_s : int
        How long after a reload the old worker is left its streams.
    """

    def __init__(
        self,
        directory: Path,
        binds: Sequence[str],
        backends: Sequence[Backend],
        hard_stop_s: int = 3,
    ) -> None:
        if shutil.which(PROGRAM) is None:
            pytest.fail("HAProxy is missing: `apt-get install haproxy` installs it")
        self._directory = directory
        self.binds = tuple(binds)
        self._configuration = directory / "haproxy.cfg"
        self._configuration.write_text(
            CONFIGURATION.format(
                directory=directory,
                hard_stop_s=hard_stop_s,
                binds="\n".join(f"  bind {bind} proto h2" for bind in binds),
                servers="\n".join(backend.line for backend in backends),
            )
        )

    def __enter__(self) -> Self:
        self._log = (self._directory / "haproxy.log").open("wb")
        self._process = subprocess.Popen(
            [PROGRAM, "-W", "-f", self._configuration], stdout=self._log, stderr=self._log
        )
        until(self._answers, "HAProxy answers")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=20)
        self._log.close()

    def reload(self) -> None:
        """Start a new worker; the old one takes nothing new and ends with its streams."""
        old = self._worker()
        self._process.send_signal(signal.SIGUSR2)
        until(lambda: self._answers() and self._worker() != old, "HAProxy reloaded")

    def up(self) -> set[str]:
        """Names of the servers that take streams."""
        return {row["svname"] for row in self._servers() if row["status"].startswith("UP")}

    def sessions(self) -> dict[str, int]:
        """How many streams each server has."""
        return {row["svname"]: int(row["scur"]) for row in self._servers()}

    def _servers(self) -> list[dict[str, str]]:
        rows = csv.DictReader(self._ask("show stat").removeprefix("# ").splitlines())
        return [row for row in rows if row["pxname"] == "servers" and row["svname"] != "BACKEND"]

    def _worker(self) -> str:
        lines = self._ask("show info").splitlines()
        return next(line for line in lines if line.startswith("Pid:"))

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._directory / "haproxy.log").read_text()
        try:
            return bool(self._ask("show info"))
        except OSError:
            return False

    def _ask(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self._directory / "stats.sock"))
            connection.sendall(command.encode() + b"\n")
            return b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode()
