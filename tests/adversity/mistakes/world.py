"""One ledger, its servers, and what an operator can do to them."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import sysconfig
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests.adversity.mistakes.honest import BOOK, EDITION, Producers, Watcher
from tests.support.servers.killing import free_port
from tests.support.servers.server import ROOT, ServerProcess
from tonne import Client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MIB = 1 << 20
COMMAND_S_MAX = 180.0
CHANNELS = ("north", "south", "east")
MARK_INTERVAL_S = 1.0
SETTINGS = {
    "TONNE_STORE_MARK_INTERVAL_S": str(MARK_INTERVAL_S),
    "TONNE_STORE_PROBE_INTERVAL_S": "0.5",
    "TONNE_INGEST_STREAM_LIFETIME_S_MIN": "2",
    "TONNE_INGEST_STREAM_LIFETIME_S_MAX": "6",
    "TONNE_INGEST_IN_FLIGHT_BYTES_MAX": str(32 * MIB),
    "TONNE_INGEST_STREAM_WINDOW_BYTES": str(4 * MIB),
    "TONNE_INGEST_COMMIT_BYTES_MAX": str(2 * MIB),
    "TONNE_LEDGER_POSTINGS_CACHE_BYTES_MAX": str(16 * MIB),
    "TONNE_LEDGER_UPKEEP_INTERVAL_S": "0.5",
    "TONNE_LEDGER_MERGE_FILES_MAX": "6",
    "TONNE_LEDGER_MERGE_LEASE_S": "5",
    "TONNE_SERVER_DRAIN_S": "0.2",
}


@dataclass(frozen=True, slots=True)
class Done:
    """A command that ended: its exit code and all that it said."""

    code: int
    text: str


class World:
    """A ledger on SQLite and a directory, with one server, or on PostgreSQL with two.

    Attributes
    ----------
    objects : Path
        The directory of the objects.
    chance : random.Random
        All that is drawn in this world is drawn from it.
    """

    def __init__(self, directory: Path, seed: int, postgres: Cluster | None = None) -> None:
        self.directory = directory
        self.chance = random.Random(seed)  # noqa: S311  (reproducible, no secret)
        self.postgres = postgres
        self.objects = directory / "store" / "objects"
        self.manifest = directory / "store" / "manifest.db"
        self.objects.mkdir(parents=True, exist_ok=True)
        self._clock = (directory / "clock").open("w+b")
        self._shim = _build_clock(directory)
        self.set_clock(0)
        count = 2 if postgres else 1
        self._listens = [f"127.0.0.1:{free_port()}" for _ in range(count)]
        self.servers: list[ServerProcess] = []
        self.log = directory / "server.log"
        self.producers = Producers(self.targets, CHANNELS, seed)
        self.watcher = Watcher(self.targets, self.producers)
        self._hostile: subprocess.Popen[str] | None = None
        self._seed = seed

    @property
    def manifest_url(self) -> str:
        """URL of the manifest."""
        return self.postgres.url if self.postgres else f"sqlite:///{self.manifest}"

    @property
    def objects_url(self) -> str:
        """URL of the objects."""
        return self.objects.as_uri()

    def targets(self) -> str:
        """Where clients connect."""
        return "ipv4:" + ",".join(self._listens)

    def environment(self, changed: Mapping[str, str] | None = None) -> dict[str, str]:
        """The settings of a server or a command of this ledger, some of them changed."""
        return {
            **SETTINGS,
            "TONNE_STORE_MANIFEST_URL": self.manifest_url,
            "TONNE_STORE_OBJECTS_URL": self.objects_url,
            "LD_PRELOAD": str(self._shim),
            "TONNE_TEST_CLOCK": self._clock.name,
            **(changed or {}),
        }

    # --- servers -------------------------------------------------------------------------

    def start(self) -> None:
        """Start all servers and wait until they take work."""
        self.servers = [
            ServerProcess(listen=listen, env=self.environment(), log=self.log)
            for listen in self._listens
        ]
        for server in self.servers:
            server.wait_ready()

    def start_if_it_can(self) -> None:
        """Start all servers; those that refuse, with something broken, stay away."""
        self.servers = []
        for listen in self._listens:
            server = ServerProcess(listen=listen, env=self.environment(), log=self.log)
            with contextlib.suppress(AssertionError):
                self.servers.append(server.wait_ready())

    def stop(self) -> None:
        """End all servers the gentle way."""
        for server in self.servers:
            server.terminate()
        self.servers = []

    def kill(self) -> None:
        """End all servers the hard way."""
        for server in self.servers:
            server.stop()
        self.servers = []

    def make_book(self) -> None:
        """Make the honest book, with one factor."""
        with Client(self.targets()) as client:
            client.create_book(BOOK)
            client.import_edition(BOOK, "own", EDITION.encode())

    def refuses_to_start(self, changed: Mapping[str, str]) -> str:
        """Start a server that must not come up; gives what it said."""
        done = self.tonne(
            "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", changed=changed
        )
        assert done.code != 0, "a server started over a ledger that is not its own"
        said = done.text.strip()
        assert "Traceback" not in said, said
        return said

    def tonne(self, *words: str, changed: Mapping[str, str] | None = None) -> Done:
        """Run a command over this ledger's store."""
        done = subprocess.run(
            [sys.executable, "-m", "tonne.cli.main", *words],
            env={**os.environ, **self.environment(changed)},
            capture_output=True,
            text=True,
            timeout=COMMAND_S_MAX,
            check=False,
            cwd=ROOT,
        )
        return Done(done.returncode, done.stdout + done.stderr)

    def adopt(self) -> str:
        """Adopt the manifest that was put in place; gives the last line of what it said."""
        shown = self.tonne("restore", "show")
        assert shown.code == 0, shown.text
        ledger = re.search(r"^ledger: (\S+)$", shown.text, re.MULTILINE)
        assert ledger is not None, shown.text
        done = self.tonne("restore", "adopt", "--yes", ledger[1])
        assert done.code == 0, done.text
        return done.text.strip().splitlines()[-1]

    def recover_from_loss(self) -> None:
        """Adopt the manifest where servers refuse it as an older one, as the runbook says.

        They do where the mark of a minute before is newer; otherwise they have gone on.
        """
        self.wait_a_moment(3 * MARK_INTERVAL_S)
        shown = self.tonne("restore", "show")
        if "the manifest is behind" in shown.text:
            self.kill()
            self.adopt()
            self.start()

    def rebuild_postings(self) -> None:
        """Make broken postings files again from their segments."""
        done = self.tonne("rebuild", "--book", BOOK)
        assert done.code == 0, done.text

    def set_clock(self, offset_s: int) -> None:
        """Step the clock on the wall of all servers, as far as they see it."""
        self._clock.seek(0)
        self._clock.write(struct.pack("=q", offset_s))
        self._clock.flush()

    def wait_a_moment(self, seconds: float) -> None:
        """Let the world go on: hostile callers, upkeep and producers meet a fault."""
        threading.Event().wait(seconds)

    def resident_bytes(self) -> int:
        """The memory of the largest server."""
        sizes = [0]
        for server in self.servers:
            with contextlib.suppress(psutil.NoSuchProcess):
                sizes.append(psutil.Process(server.pid).memory_info().rss)
        return max(sizes)

    # --- who is there --------------------------------------------------------------------

    def open(self) -> None:
        """Let producers, the watcher and hostile callers begin."""
        self.start()
        self.make_book()
        self.producers.start()
        self.watcher.start()
        self.let_hostile()

    def let_hostile(self) -> None:
        """Start the hostile callers' process."""
        self._hostile = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.adversity.mistakes.hostile"),
                *(self._listens[0], str(self._seed)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End everybody; what anybody found wrong is raised."""
        self.watcher.stop()
        self.producers.stop()
        said = ""
        if self._hostile is not None:
            _, said = self._hostile.communicate("", timeout=120)
            assert self._hostile.returncode == 0, f"the hostile callers found:\n{said}"
        self.stop()
        self._clock.close()
        assert not self.producers.problems, self.producers.problems
        assert not self.watcher.problems, self.watcher.problems

    def abandon(self) -> None:
        """End every process, after a failure."""
        self.kill()
        if self._hostile is not None and self._hostile.poll() is None:
            self._hostile.kill()
            self._hostile.wait()

    # --- the store -----------------------------------------------------------------------

    def files(self, kind: str = "*") -> list[Path]:
        """The ledger's files of a kind, in order."""
        return sorted(self.objects.glob(f"{BOOK}/{kind}/**/*.parquet"))

    def inventory_of_files(self) -> dict[str, int]:
        """Every object with its size."""
        return {
            str(path.relative_to(self.objects)): path.stat().st_size
            for path in sorted(self.objects.rglob("*"))
            if path.is_file() and path.suffix != ".tmp"  # those are under way
        }

    def live_files(self) -> list[Path]:
        """The files of the honest book that the manifest names as live."""
        query = f"SELECT path FROM file WHERE state = 'live' AND book = '{BOOK}' ORDER BY path"  # noqa: S608  (our own words)
        if self.postgres:
            paths = self.postgres.column(query)
        else:
            with contextlib.closing(sqlite3.connect(self.manifest)) as connection:
                paths = [path for (path,) in connection.execute(query)]
        return [self.objects / path for path in paths]

    def copy_of_manifest(self, target: Path) -> None:
        """Copy the manifest as a backup does; servers may run."""
        if self.postgres:
            self.postgres.dump(target)
            return
        with (
            contextlib.closing(sqlite3.connect(self.manifest)) as source,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)

    def put_manifest(self, source: Path) -> None:
        """Put a copy back in the manifest's place; no server runs."""
        assert not self.servers
        if self.postgres:
            self.postgres.restore(source)
            return
        for suffix in ("", "-wal", "-shm"):
            self.manifest.with_name(self.manifest.name + suffix).unlink(missing_ok=True)
        shutil.copy(source, self.manifest)


class Cluster:
    """A PostgreSQL of a world's own, with a database that can be dumped, lost and put back.

    Parameters
    ----------
    server : PostgresServer
        A running server that this world alone uses.
    database : str
    """

    def __init__(self, server, database: str) -> None:
        self._server = server
        self._database = database

    @property
    def url(self) -> str:
        """URL of the database."""
        return self._server.url(self._database)

    def crash(self) -> None:
        """Crash the server as a power cut would, and start it again."""
        self._server.restart()

    def column(self, query: str) -> list[str]:
        """Read one column."""
        with self._server.connect(self._database) as connection:
            return [value for (value,) in connection.execute(query).fetchall()]

    def dump(self, target: Path) -> None:
        """Copy all tables, in one snapshot, to a file."""
        with self._server.connect(self._database) as connection:
            connection.autocommit = False
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            tables = self._tables(connection)
            with tempfile.TemporaryDirectory() as folder:
                for table in tables:
                    part = Path(folder, table)
                    with (
                        part.open("wb") as file,
                        connection.cursor().copy(f'COPY "{table}" TO STDOUT') as copy,
                    ):
                        for block in copy:
                            file.write(block)
                shutil.make_archive(str(target), "tar", folder)
            connection.rollback()

    def restore(self, source: Path) -> None:
        """Put all tables back as they were dumped, in one transaction: servers may run."""
        with (
            tempfile.TemporaryDirectory() as folder,
            self._server.connect(self._database) as connection,
        ):
            shutil.unpack_archive(f"{source}.tar", folder, filter="data")
            connection.autocommit = False
            tables = self._tables(connection)
            names = ", ".join(f'"{table}"' for table in tables)
            connection.execute("SET session_replication_role = replica")
            connection.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
            # Not TRUNCATE: a snapshot that is older would see empty tables.
            for table in tables:
                connection.execute(f'DELETE FROM "{table}"')  # noqa: S608  (our own tables)
            for table in tables:
                part = Path(folder, table)
                with (
                    part.open("rb") as file,
                    connection.cursor().copy(f'COPY "{table}" FROM STDIN') as copy,
                ):
                    while block := file.read(MIB):
                        copy.write(block)
            connection.commit()
            # A failover breaks every connection.
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    @staticmethod
    def _tables(connection) -> Sequence[str]:
        rows = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        )
        return [name for (name,) in rows.fetchall()]


def _build_clock(directory: Path) -> Path:
    """Compile what steps the clock of a server."""
    source = Path(__file__).parents[2] / "support" / "timing" / "stepped_clock.c"
    library = directory / "stepped_clock.so"
    compiler = sysconfig.get_config_var("CC").split()
    subprocess.run(
        [*compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"],
        check=True,
    )
    return library
