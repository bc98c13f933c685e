"""A console beside its server, and the demo's server: what was started together ends together."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.cli.process.beside import reachable
from tonne.errors import ConfigInvalid

COMMAND = [sys.executable, "-m", "tonne.cli.main"]
END_S_MAX = 60


@pytest.fixture
def start():
    """Start a command; what it leaves behind is killed at the end of a test."""
    processes = []

    def started(*words):
        process = subprocess.Popen(
            [*COMMAND, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        process.kill()
        process.wait(30)
        process.stdout.close()
        process.stderr.close()


@pytest.fixture
def both(start, tmp_path):
    """A server with its console: the process, the one beside it, and the pages' address."""

    def started(listen="127.0.0.1:0"):
        process = start(
            *("serve", "--data", tmp_path / "ledger", "--listen", "127.0.0.1:0"),
            *("--admin", "127.0.0.1:0", "--console", "--console-listen", listen),
        )
        assert process.stdout.readline().startswith("tonne: serving on 127.0.0.1:")
        found = re.match(r"(http://\S+)/ shows 127.0.0.1:", process.stdout.readline())
        return process, child_of(process), found[1]

    return started


def child_of(process):
    """Open the one process that another one started: readable once it is gone."""
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    children = {child for thread in threads for child in (thread / "children").read_text().split()}
    (pid,) = map(int, children)
    return pid, os.pidfd_open(pid)


def wait_for_end(child):
    """Wait until a process of ours is gone, whoever its parent is by now."""
    _, handle = child
    gone, _, _ = select.select([handle], [], [], END_S_MAX)
    os.close(handle)
    assert gone


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_console_ends_with_its_server(both, number):
    """Told, or killed: nothing is left that serves."""
    process, child, address = both()
    with urllib.request.urlopen(f"{address}/healthz", timeout=30) as answer:  # noqa: S310  # loopback
        assert answer.status == 200
    process.send_signal(number)
    assert process.wait(END_S_MAX) == (0 if number != signal.SIGKILL else -number)
    wait_for_end(child)


def test_a_server_ends_with_its_console(both):
    """A ledger without the pages that were asked for would be half of it."""
    process, child, _ = both()
    os.kill(child[0], signal.SIGKILL)
    wait_for_end(child)
    _, told = process.communicate(timeout=END_S_MAX)
    assert process.returncode == 1
    assert "the console ended by itself" in told


def test_an_address_that_is_taken_is_told(start, tmp_path):
    """The server ends, too: who starts both would wait for pages."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(
            *("serve", "--data", tmp_path, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"),
            *("--console", "--console-listen", f"127.0.0.1:{taken.getsockname()[1]}"),
        )
        _, told = process.communicate(timeout=END_S_MAX)
    assert process.returncode == 1
    assert "cannot be listened on" in told
    assert "--console-listen" in told


def test_a_server_of_many_has_no_console_of_its_own(tmp_path):
    """Whoever reaches the pages would be one of its callers; beyond loopback it is anybody."""
    for options, variables, told in (
        (["--console-listen", "0.0.0.0:8090"], {}, "other machines"),
        ([], {"TONNE_SECURITY_TLS_CERTIFICATE_FILE": "tls.crt"}, "speaks TLS"),
        ([], {"TONNE_SECURITY_ISSUERS": '{"a": "b"}'}, "tells its callers apart"),
    ):
        words = ["serve", "--data", str(tmp_path), "--console", *options]
        result = CliRunner().invoke(app, words, env=variables)
        assert isinstance(result.exception, ConfigInvalid), result.output
        assert told in result.exception.message


def test_every_address_is_reached_on_this_machine():
    """A server on all addresses is on loopback, too."""
    assert reachable("0.0.0.0:1") == "127.0.0.1:1"
    assert reachable("[::]:1") == "[::1]:1"
    assert reachable("127.0.0.1:50051") == "127.0.0.1:50051"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_demo_leaves_no_server_behind(start, tmp_path, number):
    """Stopped in the middle of its stream, however: its server drains and ends."""
    process = start("demo", "--data", tmp_path / "ledger")
    while "book demo:" not in process.stderr.readline():
        assert process.poll() is None
    child = child_of(process)
    process.send_signal(number)
    assert process.wait(END_S_MAX) == -number
    wait_for_end(child)
