"""One server for each module of contract tests, and a fresh book for each test."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.support.servers.api import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.api import Api

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[RunningServer]:
    """A server that the tests of a module share."""
    with RunningServer(tmp_path_factory.mktemp("ledger")) as server:
        yield server


@pytest.fixture
def api(running) -> Api:
    """Stubs on the shared server."""
    return running.api


@pytest.fixture
def book(api) -> str:
    """Name of a fresh book with factors for grid electricity and diesel."""
    return api.make_book(f"book-{next(_numbers)}")
