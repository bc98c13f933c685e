"""A book of its own, and commands about it."""

from __future__ import annotations

import itertools

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.client import Client

_numbers = itertools.count(1)


@pytest.fixture
def client(running):
    """The SDK on the shared server."""
    with Client(running.server.address) as opened:
        yield opened


@pytest.fixture
def stated_book(client):
    """Id of a fresh book with the shipped catalogue."""
    name = f"stated-{next(_numbers)}"
    client.create_book(name)
    return name


@pytest.fixture
def run(running, stated_book):
    """Run a command of the book; gives its exit code, output and remarks."""

    def invoke(*words):
        arguments = [*map(str, words), "--book", stated_book, "--server", running.server.address]
        result = CliRunner().invoke(app, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            return 1, result.stdout, str(result.exception)
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    return invoke


@pytest.fixture
def state(run):
    """State something by a command that must succeed; gives what it says."""

    def invoke(*words):
        code, _, told = run(*words, "--reason", "stated", "--author", "Ada")
        assert code == 0, told
        return told

    return invoke
