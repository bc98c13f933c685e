"""Files that people sent, each in a folder of its own for an hour, and how far each has come."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
import time
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tonne.console.access import AccessRefused
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

FILE_BYTES_MAX: Final = 16 << 20
"""Largest file that a form may bring; a command takes any."""

KEPT_S: Final = 3_600.0
"""How long a file is kept after somebody last looked at it."""

UPLOADS_MAX: Final = 32
"""Files that are kept at a time: half a gigabyte at most."""

NAME_CHARS_MAX: Final = 120

_PREFIX: Final = "tonne-console-"


class UploadGone(AccessRefused):
    """A file that this console does not have, or no longer."""

    code = "UPLOAD_GONE"


class ConsoleFull(AccessRefused):
    """A console that has no room for a further file, or no hand free."""

    code = "CONSOLE_FULL"


@dataclass(slots=True)
class Upload:
    """A file that was sent, for a book, by a caller.

    Parameters
    ----------
    id : str
        Nobody guesses it.
    book, caller : str
        Whom it is for; nobody else finds it.
    name : str
        Of the file, without folders and without what hides.
    size_bytes : int
    folder : Path
        Its own: the file is in it by its name, and the profile beside it.
    profile : str
        The profile that ships which reads it; empty: one of its own.
    draft : dict
        What was guessed, as the command tells it; empty: nothing was.
    options : dict
        How it is imported, as the form said.
    tried, outcome : dict
        What a try and the import said; empty before.
    """

    id: str
    book: str
    caller: str
    name: str
    size_bytes: int
    folder: Path
    profile: str = ""
    draft: dict[str, Any] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    tried: dict[str, Any] = field(default_factory=dict)
    outcome: dict[str, Any] = field(default_factory=dict)
    seen_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while a command runs: a second form of a double click waits, and sees what came."""

    @property
    def profile_name(self) -> str:
        """Name of the file of its own profile."""
        return f"{Path(self.name).stem or 'file'}.toml"

    @property
    def profile_text(self) -> str:
        """Text of its own profile; empty where there is none yet."""
        path = self.folder / self.profile_name
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def write_profile(self, text: str) -> None:
        """Keep its own profile."""
        path = self.folder / self.profile_name
        path.write_text(text.replace("\r\n", "\n"), encoding="utf-8", newline="\n")


class Uploads:
    """Keeps files on the disk of this process, below a folder that goes with it.

    Parameters
    ----------
    clock : callable, optional
        Gives seconds; for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, Upload] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def keep(self, book: str, caller: str, name: str, content: bytes) -> Upload:
        """Keep a file.

        Raises
        ------
        FieldInvalid
            Its name or its size is none of a file.
        ConsoleFull
            There is no room for it.
        """
        name = safe_name(name)
        if not 0 < len(content) <= FILE_BYTES_MAX:
            raise FieldInvalid(
                f"file: expected 1 to {FILE_BYTES_MAX} bytes; got {len(content)}: for a larger "
                "file run `tonne import`",
                metadata={"field": "file", "sizeBytes": str(len(content))},
            )
        with self._lock:
            self._sweep()
            if len(self._kept) >= UPLOADS_MAX:
                raise ConsoleFull(
                    f"this console keeps {UPLOADS_MAX} files already: send it again in some "
                    "minutes, or run `tonne import`"
                )
            id_ = secrets.token_urlsafe(24)
            try:
                folder = self._root() / id_
                folder.mkdir(mode=0o700)
                (folder / name).write_bytes(content)
            except OSError as error:
                raise ConsoleFull(
                    f"this console has no room for files ({error.strerror}): give it a folder for "
                    "temporary files that it may write (TMPDIR), or run `tonne import`"
                ) from error
            made = Upload(id_, book, caller, name, len(content), folder, seen_s=self._clock())
            self._kept[id_] = made
            return made

    def find(self, book: str, caller: str, id_: str) -> Upload:
        """Find a file of a caller. Raises `UploadGone`."""
        with self._lock:
            self._sweep()
            found = self._kept.get(id_)
            if found is None or (found.book, found.caller) != (book, caller):
                raise UploadGone(
                    "the file is not here: it is kept for an hour, by the console that took it. "
                    "Send it again; what the ledger has of it is not posted twice"
                )
            found.seen_s = self._clock()
            return found

    def drop(self, upload: Upload) -> None:
        """Let a file go; what came of it stays known for as long as the file would have."""
        shutil.rmtree(upload.folder, ignore_errors=True)

    def close(self) -> None:
        """Remove all files."""
        with self._lock:
            self._kept.clear()
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None

    def _root(self) -> Path:
        if self._folder is None:
            _sweep_dead()
            self._folder = tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-")
        return Path(self._folder.name)

    def _sweep(self) -> None:
        """Let go of what nobody looked at for long, but of nothing that a command reads."""
        for each in list(self._kept.values()):
            if self._clock() - each.seen_s > KEPT_S and not each.lock.locked():
                shutil.rmtree(each.folder, ignore_errors=True)
                del self._kept[each.id]


def _sweep_dead() -> None:
    """Remove folders of consoles that were killed: nobody else does."""
    for each in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        number = each.name.removeprefix(_PREFIX).partition("-")[0]
        is_dead = number.isdecimal() and not Path(f"/proc/{number}").exists()
        if is_dead and Path("/proc").is_dir() and each.stat().st_uid == os.getuid():
            shutil.rmtree(each, ignore_errors=True)


def safe_name(name: str) -> str:
    """Give the name of a file without its folders, and without what hides in it.

    Raises `FieldInvalid` where nothing is left, or no format.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2].strip()
    shown = "".join("_" if unicodedata.category(each)[0] in "CZ" and each != " " else each
                    for each in last)  # fmt: skip
    stem, dot, suffix = shown.rpartition(".")
    if not (stem.strip(". ") and dot and suffix.isalnum() and suffix.isascii()):
        raise FieldInvalid(
            f"file: expected a file with a name like bills.xlsx; got {name[:NAME_CHARS_MAX]!r}",
            metadata={"field": "file", "value": name[:NAME_CHARS_MAX]},
        )
    return f"{stem[: NAME_CHARS_MAX - len(suffix) - 1]}.{suffix}"
