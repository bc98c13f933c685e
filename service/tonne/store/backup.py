"""A copy of a manifest on SQLite as of one moment, while others write to it."""

from __future__ import annotations

import os
import uuid
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from tonne.errors import ConfigInvalid, LedgerInconsistent, StoreUnavailable
from tonne.store import faults
from tonne.store.sql.sqlite import see_file

if TYPE_CHECKING:
    from sqlite3 import Connection


def back_up_sqlite(url: str, file: Path) -> int:
    """Copy the manifest at `url` into a new file, with what stands in its write-ahead log.

    The copy is one file, checked, durable when this returns, readable by its owner alone.
    Writers go on meanwhile; readers see no half of it, which has another name until it is whole.

    Parameters
    ----------
    url : str
        ``sqlite:///path``.
    file : Path
        Where nothing is yet, in a folder that is there.

    Returns
    -------
    int
        Bytes of the copy.

    Raises
    ------
    ConfigInvalid
        The manifest is not on SQLite, or is not there; the file is there already, or its folder
        is not.
    StoreUnavailable
        One of the two cannot be read or written.
    LedgerInconsistent
        The copy is not sound, and so the manifest is not.
    """
    import sqlite3  # noqa: PLC0415  only the embedded manifest needs it

    parsed = make_url(url)
    if parsed.drivername != "sqlite":
        raise ConfigInvalid(
            "the manifest is on PostgreSQL: back it up with pg_dump, or with the archive of its "
            "write-ahead log, and copy the objects after that"
        )
    see_file(parsed)
    path = Path(str(parsed.database))
    if not path.is_file():
        raise ConfigInvalid("store.manifest_url: expected sqlite:///PATH, without file:")
    if not file.parent.is_dir():
        raise ConfigInvalid(f"folder {file.parent} is missing: make it first, or name another")
    partial = file.with_name(f".{file.name}.{uuid.uuid4().hex}.tmp")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(partial)) as copy,
        ):
            source.backup(copy)  # in one step: in several, each writer makes it begin again
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            with copy:
                _mark_copy(copy)
            (said,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise LedgerInconsistent(f"the manifest at {parsed.database} is damaged: {said}")
        faults.reach("backup.before_link")
        _publish(partial, file)
    except FileExistsError as error:
        raise ConfigInvalid(f"{file} exists already: name a new file") from error
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(
            "the manifest cannot be copied now: try again",
            detail=f"from {parsed.database} to {file}: {error}",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return file.stat().st_size


def _mark_copy(copy: Connection) -> None:
    """Let nobody serve the copy before it is adopted; tables of before have no place for it."""
    query = "SELECT count(*) FROM sqlite_master WHERE name = 'ledger'"
    if copy.execute(query).fetchone() == (1,):
        copy.execute("UPDATE ledger SET is_copy = 1")


def _publish(partial: Path, file: Path) -> None:
    """Make the copy durable, then give it its name, which must be free."""
    for path, flags in ((partial, os.O_RDONLY), (file.parent, os.O_RDONLY | os.O_DIRECTORY)):
        if path == file.parent:
            os.link(partial, file)
        descriptor = os.open(path, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
