"""A manifest in one file of SQLite: its connections, and what they are set to."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy import event

from tonne.errors import ConfigInvalid, StoreUnavailable
from tonne.permissions import make_directory, make_file, warn_of_readers

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

WRITER_TIMEOUT_S: Final = 10
"""Longest wait for the one writer of SQLite."""

SWITCH_PAUSE_S: Final = 0.01
"""Pause before a file of SQLite is asked again to switch to WAL."""

WRITES: Final = "tonne_write"
"""Option of an engine whose transactions write."""

_SQLITE_VERSION_MIN = (3, 35, 0)  # RETURNING


class OpenFile:
    """The file that a manifest was opened in, for as long as its process has it open.

    One that is removed, or replaced by a restored one, goes on to take commits of whoever has it
    open, and nobody finds them again.
    """

    def __init__(self) -> None:
        self._path = ""
        self._identity: tuple[int, int] | None = None

    def meet(self, path: str) -> None:
        """Take note of the file of the first connection; see that others have the same."""
        if not self._path:
            self._path, self._identity = path, _identity_of(path)
        self.check()

    def check(self) -> None:
        """Raise `StoreUnavailable` where another file, or none, is at its path."""
        if self._path and _identity_of(self._path) != self._identity:
            raise StoreUnavailable(
                "the manifest cannot be used now: try again",
                detail=(
                    f"its file {self._path} was removed or replaced while this process has it "
                    "open, and new commits would be lost with it: stop this process, and start "
                    "it again when the right file is there"
                ),
            )


def _identity_of(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  before and after each transaction
    except OSError:
        return None
    return found.st_dev, found.st_ino


def open_sqlite(url: URL, options: dict[str, Any], opened: OpenFile) -> Engine:
    """Open a file, whose connections `prepare_sqlite` gets ready. Raises `ConfigInvalid`.

    No transaction begins on `opened` once another file is in its place.
    """
    import sqlite3  # noqa: PLC0415  only the embedded manifest needs it

    if sqlite3.sqlite_version_info < _SQLITE_VERSION_MIN:
        raise ConfigInvalid(
            "the manifest needs SQLite 3.35 or later; this Python has "
            f"{sqlite3.sqlite_version}: use a Python with a newer SQLite",
        )
    file = Path(str(url.database)).absolute()
    try:
        make_directory(file.parent, parents=True)
        if not str(url.database).startswith("file:") and not make_file(file):
            warn_of_readers(file)  # its log and its index have its mode
    except OSError as error:
        raise StoreUnavailable(
            "the file of the manifest cannot be created",
            detail=f"{url.database}: {error.strerror}",
        ) from error
    engine = sa.create_engine(
        url,
        connect_args={"timeout": WRITER_TIMEOUT_S, "isolation_level": None},
        poolclass=sa.QueuePool,
        **options,
    )

    def begin(connection: Connection) -> None:
        opened.check()
        _begin_sqlite(connection)

    def look(*_: object) -> None:  # before a connection makes a file where there is none
        opened.check()

    event.listen(engine, "begin", begin)
    event.listen(engine, "do_connect", look)
    return engine


def see_file(url: URL) -> None:
    """See that the file of a manifest is there, and make nothing. Raises `ConfigInvalid`."""
    name = str(url.database)
    if name.startswith("file:") or Path(name).is_file():  # SQLite itself reads its own URIs
        return
    raise ConfigInvalid(
        f"there is no manifest at {Path(name).absolute()}: name the ledger with --data DIR or "
        "--config FILE, or put a backup of its manifest back there",
        metadata={"key": "store.manifest_url"},
    )


def prepare_sqlite(connection: Any, opened: OpenFile) -> None:
    """Set what a connection does not inherit from the file, WAL mode and waits for the disk.

    Raises
    ------
    ConfigInvalid
        The file system, or this SQLite, does not take it.
    StoreUnavailable
        It is to another file than `opened`.
    """
    cursor = connection.cursor()
    try:
        mode = _switch_to_wal(cursor)
        if mode != "wal":
            raise ConfigInvalid(
                "the manifest needs SQLite's WAL mode, which this file system refuses "
                f"({mode}): put the manifest on a local disk",
            )
        opened.meet(_wait_for_the_disk(cursor))
        cursor.execute("PRAGMA foreign_keys = ON")
    finally:
        cursor.close()


def _switch_to_wal(cursor: Any) -> str:
    """Switch a file to WAL, which it stays in; gives the mode that it then has.

    Here alone SQLite does not wait for another connection that is about to write, as one does
    that switches the same new file; so it is asked again for as long as it waits elsewhere.
    """
    import sqlite3  # noqa: PLC0415  only the embedded manifest needs it

    stop_s = time.monotonic() + WRITER_TIMEOUT_S
    while True:
        try:
            (mode,) = cursor.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > stop_s:
                raise
            time.sleep(SWITCH_PAUSE_S)
        else:
            return str(mode)


def _begin_sqlite(connection: Connection) -> None:
    """Begin where the driver would not: a writer takes the write lock at once.

    A deferred transaction that reads first and writes later fails with SQLITE_BUSY at once if
    another one wrote in between, without waiting.
    """
    write = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN DEFERRED")


def _wait_for_the_disk(cursor: Any) -> str:
    """Have COMMIT wait for the disk, in WAL mode, and see that it does; gives the file's path.

    The default of some builds does not. `fullfsync` is for macOS, whose fsync does not reach the
    platters; elsewhere it does nothing.

    Raises
    ------
    ConfigInvalid
        The database is in memory, or does not take the setting.
    """
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA fullfsync = ON")
    cursor.execute("PRAGMA checkpoint_fullfsync = ON")
    (level,) = cursor.execute("PRAGMA synchronous").fetchone()
    main = next(row for row in cursor.execute("PRAGMA database_list") if row[1] == "main")
    if level < 2:  # noqa: PLR2004  FULL, in SQLite's numbers
        raise ConfigInvalid(
            "the manifest needs SQLite's synchronous=FULL, so that a commit waits for the disk; "
            f"the connection stays at {level}: use a Python whose SQLite takes it",
        )
    if not main[2]:
        raise ConfigInvalid(
            "store.manifest_url: a manifest in memory would lose what it acknowledged: name a "
            "file, as in sqlite:///path",
        )
    return str(main[2])
