"""A real server in a process of its own, for tests that kill, stop or measure it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[3]
READY = re.compile(r"serving on (\S+), admin on (\S+)")


class ServerProcess:
    """`tonne serve` as a subprocess; `address` and `admin` are known once it is ready."""

    def __init__(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        log: Path | None = None,
        listen: str = "127.0.0.1:0",
    ) -> None:
        command = [
            *(sys.executable, "-m", "tonne.cli.main", "serve"),
            *("--listen", listen, "--admin", "127.0.0.1:0", *arguments),
        ]
        self._log = log.open("ab") if log else None
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self._log or subprocess.DEVNULL,
            env={**os.environ, **(env or {})},
            text=True,
        )
        self.address = ""
        self.admin = ""
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = READY.search(line)
            if found:
                self.address, self.admin = found.groups()
                self._ready.set()
        self._ready.set()

    def wait_ready(self, timeout_s: float = 60.0) -> Self:
        """Block until the server has said where it listens."""
        if not self._ready.wait(timeout_s) or not self.address:
            code = self.process.poll()
            self.stop()
            message = f"the server did not become ready (exit code {code})"
            raise AssertionError(message)
        return self

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    def kill(self) -> None:
        """End it the hard way."""
        self.process.send_signal(signal.SIGKILL)
        self._finish()

    def terminate(self) -> int:
        """End it the gentle way; return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._finish()

    def stop(self) -> None:
        """End it if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self._finish()

    def _finish(self) -> int:
        code = self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        if self._log is not None:
            self._log.close()
            self._log = None
        return code

    def __enter__(self) -> Self:
        """Wait until ready."""
        return self.wait_ready()

    def __exit__(self, *exc: object) -> None:
        """End it."""
        self.stop()
