"""Paths of objects: relative, made of plain segments, the same in a directory and a bucket."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
import re
from dataclasses import dataclass
from typing import Final

from tonne.errors import NameInvalid

_SEGMENT = re.compile(r"[A-Za-z0-9_~=-][A-Za-z0-9._~=-]{0,254}")
_LEDGER_FILE = re.compile(
    r"[a-z0-9][a-z0-9._-]*/[a-z]+/_?[0-9]{4}-[0-9]{2}-[0-9]{2}/"
    r"(?:[0-9a-f]{32}(?:-[0-9]+)?\.(?:parquet|keys)"
    r"|\.[0-9a-f]{32}(?:-[0-9]+)?\.(?:parquet|keys)\.[0-9a-f]{32}\.tmp)"
)
IDENTITY: Final = "_tonne"
"""Folder of what says which ledger the objects belong to. No id of a book begins so."""

DELTA_LOG: Final = "_delta_log"
"""Folder of the log of a Delta table, below the table's root."""

TEMPORARY_PREFIX: Final = "."
TEMPORARY_SUFFIX: Final = ".tmp"
"""Prefix and suffix of a file in a directory until the file is whole."""

_PATH_LENGTH_MAX = 900
"""S3 takes 1,024 bytes of key; the rest is left for the prefix of the bucket."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One listed object. `modified_time` is aware, by the clock of the storage."""

    path: str
    size_bytes: int
    modified_time: dt.datetime


def is_ledger_file(path: str) -> bool:
    """Whether a listed object has the name of a ledger's file, or of an unfinished put of one.

    Such files are named by a UUID in hexadecimal, and a number where one merge wrote several, in a
    folder of a day, of a kind, of a book. What is called otherwise was put there by someone else,
    and so was what lies deeper: the files of a ledger whose folder or prefix stands below.
    """
    return _LEDGER_FILE.fullmatch(path) is not None


def check_path(path: str) -> str:
    """Return `path` if it may name an object, else raise `NameInvalid`.

    A path is relative, its segments are parted by single slashes, begin with no dot (so no
    ``..``, and no clash with temporary files) and are made of A-Z, a-z, 0-9, ``. _ ~ = -``.
    """
    segments = path.split("/")
    if len(path) > _PATH_LENGTH_MAX or not all(_SEGMENT.fullmatch(s) for s in segments):
        raise NameInvalid(
            "object path: expected a relative path, of segments of A-Z, a-z, 0-9, '.', '_', "
            f"'~', '=', '-' that begin with no dot, at most {_PATH_LENGTH_MAX} characters; got "
            f"{path!r}",
            metadata={"kind": "object", "value": path},
        )
    return path


def check_listed_path(path: str) -> str:
    """Return `path` if it may name an object, or an unfinished put of one, as lists hold them.

    A bucket has none of its own; they come with the files of a directory that was moved there.
    Raises `NameInvalid`.
    """
    parent, _, name = path.rpartition("/")
    if parent and name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX):
        check_path(f"{parent}/{name.removeprefix(TEMPORARY_PREFIX)}")
        return path
    return check_path(path)
