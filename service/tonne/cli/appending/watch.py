"""A folder that fills: each file is taken once it is whole, into a channel of its own.

What was taken is known by the imports of the ledger, so that nothing has to be kept here: a watch
that is begun again passes over what is there. A file that changes is taken again, into its
channel, where what is new in it is posted and nothing else.
"""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from tonne.cli.appending.outcome import Outcome
from tonne.cli.input.sketch import file_sha256
from tonne.cli.terminal.output import counted, say
from tonne.errors import TonneError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

UNFINISHED_PREFIXES = (".", "~")
UNFINISHED_SUFFIXES = (".crdownload", ".filepart", ".part", ".partial", ".tmp")
"""Of names that programs give to files which they are writing."""

NAME_CHARS_MAX = 40
"""Characters of a file's name that its channel has."""

NAME_DIGEST_CHARS = 8

pause = time.sleep

_OUTCOMES = {
    Outcome.POSTED: "all of its records are posted",
    Outcome.PARTLY_POSTED: "a part of its records is posted; the others wait, see above",
    Outcome.NOTHING_POSTED: "nothing of it is posted, see above; once changed it is taken again",
}

Stamp = tuple[int, int, int]
"""By which a change of a file is seen: size, time of the last change, inode."""


@dataclass(slots=True)
class Watch:
    """Takes the files of a folder, one at a time and in the order of their names.

    Parameters
    ----------
    folder : Path
        Where files arrive; folders in it are left alone.
    channel : str
        Beginning of the ids of channels; the name of each file is added.
    take : callable
        Imports a file into a channel; raises as `Append.run` does.
    known : callable
        Gives the digests of files that the ledger has whole by imports of these channels.
    every_s : float
        Seconds between two looks. A file that did not change from one to the next is whole.
    move_to : Path, optional
        Where files go of which all is posted.
    """

    folder: Path
    channel: str
    take: Callable[[Path, str], None]
    known: Callable[[], set[tuple[str, str]]]
    every_s: float
    move_to: Path | None = None
    _seen: dict[str, Stamp] = field(default_factory=dict, init=False)
    _done: dict[str, Stamp] = field(default_factory=dict, init=False)
    _known: set[tuple[str, str]] | None = field(default=None, init=False)
    _told: dict[str, str] = field(default_factory=dict, init=False)
    _counts: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0}, init=False)

    def run(self) -> None:
        """Look and take, until the process is interrupted or told to end."""
        say(f"watching {self.folder}; to end it, interrupt it or send SIGTERM")
        try:
            while True:
                for path, stamp in list(self._whole()):
                    self._take(path, stamp)
                pause(self.every_s)
        except KeyboardInterrupt:
            say(
                f"ended: {counted(self._counts[True], 'file')} posted whole, "
                f"{self._counts[False]:,} not. Begun again, the watch goes on from here"
            )

    def _whole(self) -> Iterator[tuple[Path, Stamp]]:
        """Give the files that are new, or changed, and the same as at the last look."""
        before, self._seen = self._seen, {}
        for path in sorted(self.folder.iterdir()):
            name = path.name
            if name.startswith(UNFINISHED_PREFIXES) or name.endswith(UNFINISHED_SUFFIXES):
                continue
            try:
                if not path.is_file():
                    continue
                found = path.stat()
            except OSError:
                continue  # it went away meanwhile
            stamp = self._seen[name] = (found.st_size, found.st_mtime_ns, found.st_ino)
            if stamp == before.get(name) and stamp != self._done.get(name):
                yield path, stamp

    def _take(self, path: Path, stamp: Stamp) -> None:
        """Take a file, and tell what became of it."""
        channel = channel_of(self.channel, path.name)
        try:
            if self._is_known(path, channel):
                say(f"{path.name}: in the ledger already, channel {channel}")
                self._done[path.name] = stamp
                return
            say(f"{path.name}: into channel {channel}")
            self.take(path, channel)
        except typer.Exit as left:
            self._tell(path, Outcome(left.exit_code))
        except (TonneError, OSError, typer.BadParameter) as error:
            text = error.format_message() if isinstance(error, typer.BadParameter) else str(error)
            if isinstance(error, TonneError) and error.retryable:
                if self._told.get(path.name) != error.code:
                    say(f"{path.name}: not yet, it is tried again: {text}")
                self._told[path.name] = error.code
                return
            self._counts[False] += 1
            say(f"{path.name}: failed, and is taken again once it changes: {text}")
        else:
            self._tell(path, Outcome.POSTED)
        self._done[path.name] = stamp
        self._told.pop(path.name, None)

    def _is_known(self, path: Path, channel: str) -> bool:
        """Whether the ledger has this very file whole; where it is to be moved, that is asked."""
        if self.move_to is not None:
            return False
        if self._known is None:
            self._known = self.known()
        return (channel, file_sha256(path)) in self._known

    def _tell(self, path: Path, outcome: Outcome) -> None:
        """Tell the outcome; move the file where it is posted and that was asked for."""
        self._counts[outcome is Outcome.POSTED] += 1
        say(f"{path.name}: {_OUTCOMES[outcome]}")
        if self.move_to is None or outcome is not Outcome.POSTED:
            return
        target = self.move_to / path.name
        if target.exists():
            say(f"{path.name}: stays, because {target} is there already")
            return
        path.rename(target)
        say(f"{path.name}: moved to {self.move_to}")


def channel_of(prefix: str, name: str) -> str:
    """Give the channel of a file by its name: readable as far as it goes, and its own."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    if plain != name or len(plain) > NAME_CHARS_MAX:
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
        plain = f"{plain[:NAME_CHARS_MAX]}~{digest[:NAME_DIGEST_CHARS]}"
    return f"{prefix}.{plain}"
