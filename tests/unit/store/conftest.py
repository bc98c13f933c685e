"""Every test of the store runs on both databases and on both kinds of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.stores.store import Clock
from tests.support.stores.tables import place_tables
from tonne.store import Manifest, Objects, faults, open_objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["sqlite", "postgres"])
def manifest_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a manifest of each kind, without a book."""
    if request.param == "sqlite":
        return place_tables(tmp_path / "manifest.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def bare_manifest_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database of each kind, without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/manifest.db"
    url: str = request.getfixturevalue("bare_postgres_url")
    return url


@pytest.fixture
def manifest(manifest_url: str) -> Iterator[Manifest]:
    """An empty manifest of each kind."""
    opened = Manifest.open(manifest_url)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def embedded(tmp_path: Path, clock: Clock) -> Iterator[Manifest]:
    """An empty manifest on SQLite, by a clock that the test moves."""
    opened = Manifest.open(place_tables(tmp_path / "manifest.db"), clock=clock)
    yield opened
    opened.close()


@pytest.fixture(params=["directory", "bucket"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    """Empty objects of each kind."""
    if request.param == "directory":
        return open_objects(f"file://{tmp_path}/objects", {})
    bucket = request.getfixturevalue("s3_bucket")
    return open_objects(f"{bucket.url}/prefix", bucket.options)


@pytest.fixture
def armed() -> Iterator[None]:
    """Count arrivals at the fault points; nothing is armed after the test."""
    faults.arm("")
    yield
    faults.disarm()
