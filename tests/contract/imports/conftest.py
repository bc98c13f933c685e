"""A book of its own, and the commands that append to it."""

from __future__ import annotations

import itertools

import pytest
from typer.testing import CliRunner

from tests.contract.imports.rows import HEADER
from tonne.cli.main import app
from tonne.client import Client

_numbers = itertools.count(1)


@pytest.fixture
def appended_book(running):
    """A fresh book with the shipped catalogue, whose days are not those of UTC."""
    name = f"appended-{next(_numbers)}"
    with Client(running.server.address) as client:
        client.create_book(name, time_zone="Asia/Shanghai")
    return name


@pytest.fixture
def run(running, appended_book):
    """Run a command of the book; gives its exit code, output and remarks."""

    def invoke(*words):
        arguments = [*map(str, words), "--book", appended_book, "--server", running.server.address]
        result = CliRunner().invoke(app, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            return 1, result.stdout, str(result.exception)
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    return invoke


@pytest.fixture
def append(run, tmp_path):
    """Append rows as a file of this name to a channel; gives exit code and remarks."""

    def invoke(rows, *words, channel="c", name="records.csv"):
        path = tmp_path / name
        path.write_text(HEADER + "".join(rows))
        code, _, remarks = run("append", path, "--channel", channel, *words)
        return code, remarks

    return invoke
