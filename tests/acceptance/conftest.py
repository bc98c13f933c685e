"""A real server process, the real command, and the published data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.servers.server import ServerProcess
from tonne.cli.main import main
from tonne.client import Client

REPOSITORY = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "tonne.cli.main")


class Run(NamedTuple):
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("ledger")
    with ServerProcess("--data", str(directory)) as running:
        yield running
        assert running.terminate() == 0


@pytest.fixture(scope="session")
def client(server):
    with Client(server.address) as opened:
        yield opened


@pytest.fixture
def tonne(server, monkeypatch, capsys):
    """Run the command in this process against the server; gives code, output and errors."""
    monkeypatch.setenv("TONNE_SERVER", server.address)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["tonne", *map(str, arguments)])
        before = os.umask(0o077)  # the command sets it for its process, which is the tests'
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            os.umask(before)
        output, errors = capsys.readouterr()
        return Run(ended.value.code or 0, output, errors)

    return run


@pytest.fixture
def tonne_process(server):
    """Run the command as a process of its own against the server."""

    def run(*arguments):
        ended = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            env={**os.environ, "TONNE_SERVER": server.address},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Run(ended.returncode, ended.stdout, ended.stderr)

    return run


def published_folder(name):
    """A folder of published data, no part of the repository; without it a test is left out."""
    root = os.environ.get("TONNE_TEST_DATA") or REPOSITORY.parent / "shared" / "data"
    folder = Path(root) / name
    if not folder.is_dir():
        reason = f"left out: the published data are not at {folder}; set TONNE_TEST_DATA"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def activities():
    """Folder of the published activity files."""
    return published_folder("activities")


@pytest.fixture(scope="session")
def publications():
    """Folder of the publishers' own files."""
    return published_folder("publications")
