"""Objects in a local directory, made durable with fsync of the file and of its directories."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import os
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from tonne.errors import StoreUnavailable
from tonne.permissions import make_directory, open_new, warn_of_readers
from tonne.store import faults
from tonne.store.errors import ObjectExists, ObjectMissing
from tonne.store.paths import (
    TEMPORARY_PREFIX,
    TEMPORARY_SUFFIX,
    ObjectInfo,
    check_listed_path,
    check_path,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DURABLE_MAX = 1 << 14
"""Directories that are remembered as durable; after that many they are fsynced anew."""


class DirectoryObjects:
    """Immutable files below a directory.

    An object is written to a temporary file in its own directory, fsynced, and then linked
    to its name: a link fails where the name exists, so nothing is ever overwritten, and the
    name never shows half an object. The fsync of the directory makes the name itself durable.

    Parameters
    ----------
    directory : Path
        Made, with its parents, if absent. What is made is the owner's alone.
    """

    def __init__(self, directory: Path) -> None:
        self._root = directory.absolute()
        self.location = self._root.as_uri()
        self._durable: set[Path] = set()
        self._durable_lock = threading.Lock()
        with _translated("prepare", str(self._root)):
            self._make_durable(self._root)
        warn_of_readers(self._root)

    def put(self, path: str, data: bytes | memoryview) -> None:
        """Create the object; see `Objects.put`."""
        target = self._root / check_path(path)
        faults.reach("objects.before_put")
        with _translated("write", path):
            self._make_durable(target.parent)
            temporary = target.parent / (
                f"{TEMPORARY_PREFIX}{target.name[:128]}.{uuid.uuid4().hex}{TEMPORARY_SUFFIX}"
            )
            try:
                _write(temporary, data)
                faults.reach("objects.after_temp_write")
                try:
                    os.link(temporary, target)
                except FileExistsError:
                    _check_same(target, path, data)
                faults.reach("objects.after_link")
            finally:
                temporary.unlink(missing_ok=True)
            _fsync_directory(target.parent)
        faults.reach("objects.after_put")

    def get(self, path: str) -> bytes:
        """Read the object; see `Objects.get`."""
        with _translated("read", path):
            try:
                return (self._root / check_path(path)).read_bytes()
            except FileNotFoundError as error:
                raise ObjectMissing.at(path, str(self._root)) from error

    def delete(self, path: str) -> None:
        """Remove the object; see `Objects.delete`.

        Not fsynced: an object that a power cut brings back is garbage once more.
        """
        target = self._root / check_listed_path(path)
        with _translated("delete", path):
            target.unlink(missing_ok=True)

    def probe(self) -> None:
        """See that a file can be made in the directory; see `Objects.probe`.

        The directory is not made again: where it is gone, its disk is.
        """
        with _translated("find", str(self._root)):
            if not os.statvfs(self._root).f_bavail:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            name = f"{TEMPORARY_PREFIX}readiness.{uuid.uuid4().hex}{TEMPORARY_SUFFIX}"
            file = self._root / name
            try:
                os.close(open_new(file))
            finally:
                file.unlink(missing_ok=True)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """List the objects below a folder; see `Objects.list`."""
        folder = self._root / check_path(prefix.rstrip("/")) if prefix else self._root
        with _translated("list", prefix):
            for parent, _, names in os.walk(folder, onerror=_raise_unless_missing):
                for name in names:
                    file = Path(parent, name)
                    try:
                        status = file.stat()
                    except FileNotFoundError:
                        continue  # deleted, or a temporary file that got its name, meanwhile
                    yield ObjectInfo(
                        path=file.relative_to(self._root).as_posix(),
                        size_bytes=status.st_size,
                        modified_time=dt.datetime.fromtimestamp(status.st_mtime, tz=dt.UTC),
                    )

    def _make_durable(self, directory: Path) -> None:
        """Make the directory and its parents, each entry fsynced once by this process.

        That a directory exists does not say that its entry is durable: another process may have
        made it a moment ago. So existence is never trusted, only the own fsync is.
        """
        with self._durable_lock:
            if directory in self._durable:
                return
        chain = [directory, *directory.parents]
        existing = next(i for i, each in enumerate(chain) if each.is_dir())
        # Above the root only what this call makes is fsynced: the rest is the machine's.
        first = max(existing, chain.index(self._root) if self._root in chain else 0)
        for each in reversed(chain[: first + 1]):
            make_directory(each)
            with contextlib.suppress(PermissionError):  # the root may stand in a foreign directory
                _fsync_directory(each.parent)
        with self._durable_lock:
            if len(self._durable) >= DURABLE_MAX:  # a book has some of every day
                self._durable.clear()
            self._durable.add(directory)


def _write(file: Path, data: bytes | memoryview) -> None:
    with open(open_new(file), "wb", buffering=0) as stream:  # noqa: PTH123  # a descriptor
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[stream.write(rest) or 0 :]
        os.fsync(stream.fileno())


def _fsync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_same(target: Path, path: str, data: bytes | memoryview) -> None:
    if target.read_bytes() != data:
        raise ObjectExists.at(path)


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


@contextlib.contextmanager
def _translated(action: str, path: str) -> Iterator[None]:
    """Translate what the operating system refuses: a full disk, a lost mount, no permission.

    A failed fsync is no exception: the file is given up and never fsynced again, because the
    kernel may have dropped the pages and would report success.
    """
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(
            f"the object storage cannot {action} an object now: try again",
            detail=f"{path!r}: {error.strerror or error}; check the disk that holds the objects",
        ) from error
