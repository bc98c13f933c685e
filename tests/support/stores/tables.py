"""Manifests without a book: the migrations make their tables once, and each test has a copy."""

from __future__ import annotations

import contextlib
import functools
import secrets
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tonne.store.manifest.manifest import migrate_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.stores.postgres import PostgresServer

NEW_KEY = "UPDATE page_token_key SET key = "
"""The one thing that the migrations leave and no two ledgers share."""


@functools.cache
def _file() -> bytes:
    """A file of SQLite with all tables, as it is when nobody has it open."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "manifest.db")
        migrate_manifest(f"sqlite:///{file}")
        return file.read_bytes()


def place_tables(file: Path) -> str:
    """Put a manifest where there is none; gives its URL."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(0o600, exist_ok=False)
    file.write_bytes(_file())
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"{NEW_KEY}?", (secrets.token_bytes(32),))
    return f"sqlite:///{file}"


@contextlib.contextmanager
def template_of_tables(server: PostgresServer) -> Iterator[str]:
    """Make a database with all tables, for `copy_tables`."""
    with server.database() as name:
        migrate_manifest(server.url(name))
        yield name


@contextlib.contextmanager
def copy_tables(server: PostgresServer, template: str) -> Iterator[str]:
    """Make a manifest, hand out its URL, drop it."""
    with server.database(template) as name:
        with server.connect(name) as connection:
            connection.execute(f"{NEW_KEY}%s", (secrets.token_bytes(32),))
        yield server.url(name)
