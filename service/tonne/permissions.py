"""Who may read and write the files of a ledger, and the files that it trusts.

What Tonne makes is its own user's alone, whatever the umask says. What others made is looked at: a
ledger that others may read is told with the command that mends it; a key that others may write
is no key.

The group of the process itself counts as its own: Kubernetes gives a volume to the pod's
`fsGroup`, with all rights.
"""

from __future__ import annotations

import logging
import os
import shlex
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

DIRECTORY_MODE: Final = 0o700
FILE_MODE: Final = 0o600

_GROUP_SHIFT: Final = 3
_READ: Final = 4
_WRITE: Final = 2


def make_directory(path: Path, *, parents: bool = False) -> bool:
    """Make a directory for the owner alone; False where it is there already."""
    if parents:
        for each in reversed([above for above in path.parents if not above.is_dir()]):
            make_directory(each)
    try:
        path.mkdir(mode=DIRECTORY_MODE)
    except FileExistsError:
        if not path.is_dir():
            raise
        return False
    path.chmod(DIRECTORY_MODE)
    return True


def make_file(path: Path) -> bool:
    """Make an empty file for the owner alone; False where it is there already."""
    try:
        os.close(open_new(path))
    except FileExistsError:
        return False
    return True


def open_new(path: Path) -> int:
    """Open a new file for writing, the owner's alone. Raises `FileExistsError`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        os.fchmod(descriptor, FILE_MODE)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def warn_of_readers(path: Path) -> None:
    """Log where others may read a file or directory of a ledger, and how to mend it."""
    try:
        found = path.stat()
    except OSError:
        return  # what cannot be looked at is told by who opens it
    if _others(found) & (_READ | _WRITE):
        command = "chmod -R" if stat.S_ISDIR(found.st_mode) else "chmod"
        logger.warning(
            "other users may read the ledger: %s has the mode %s; take their rights away: %s "
            "go= %s",
            path,
            oct(stat.S_IMODE(found.st_mode)),
            command,
            shlex.quote(str(path)),
        )


def fault_of_writers(path: Path) -> str:
    """Say who else may write a file that is trusted, or put another in its place; else nothing.

    Symbolic links are followed, as Kubernetes mounts secrets. A directory that anybody may write
    is fine where it is sticky, as /tmp is.
    """
    try:
        file = path.resolve(strict=True)
        found, above = file.stat(), file.parent.stat()
    except OSError:
        return ""  # what cannot be looked at is told by who reads it
    if _others(found) & _WRITE:
        return (
            f"is writable by other users (mode {oct(stat.S_IMODE(found.st_mode))}): run chmod "
            f"go-w {shlex.quote(str(file))}"
        )
    if above.st_mode & _WRITE and not above.st_mode & stat.S_ISVTX:
        return (
            "is replaceable by other users, who may write its directory (mode "
            f"{oct(stat.S_IMODE(above.st_mode))}): run chmod go-w "
            f"{shlex.quote(str(file.parent))}"
        )
    return ""


def is_for_everybody(path: Path) -> bool:
    """Whether every user of the machine may read a file."""
    try:
        return bool(path.stat().st_mode & _READ)
    except OSError:
        return False


def _others(found: os.stat_result) -> int:
    """Give the rights of those who are neither the owner nor in the group of this process."""
    mode = found.st_mode & 0o7
    if found.st_gid != os.getegid():
        mode |= found.st_mode >> _GROUP_SHIFT & 0o7
    return mode
