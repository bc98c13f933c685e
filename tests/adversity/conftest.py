"""A ledger that is larger than what calls may hold, and a server of it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.support.checks.read_memory import FACILITIES, FEW, SETTINGS, Watch, fill_book
from tests.support.servers.api import Api
from tests.support.servers.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """A ledger with more postings than calls may hold, and many records in suspense."""
    data = tmp_path_factory.mktemp("large") / "ledger"
    with ServerProcess("--data", str(data), env=SETTINGS) as server:
        api = Api(server.address)
        fill_book(api, FACILITIES, FEW)
        api.close()
        server.terminate()
    return data


@pytest.fixture
def serve_large(large) -> Iterator[Callable[[], tuple[Api, Watch]]]:
    """Serve the large ledger in a small configuration, and watch its memory."""
    with contextlib.ExitStack() as stack:

        def start() -> tuple[Api, Watch]:
            server = stack.enter_context(ServerProcess("--data", str(large), env=SETTINGS))
            api = Api(server.address)
            stack.callback(api.close)
            return api, Watch(server.pid)

        yield start
