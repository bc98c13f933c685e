"""The command `tonne import`, run for a page: what it is told, and what it tells."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from tonne.console.uploading.uploads import ConsoleFull, Uploads
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tonne.console.uploading.uploads import Upload

RUNS_AT_ONCE: Final = 2
"""Commands that run at a time: reading a workbook takes memory."""

RUN_WAIT_S_MAX: Final = 30.0
"""How long a page waits for one of them to end."""

TRY_S_MAX: Final = 300.0
BRING_S_MAX: Final = 900.0
"""How long a command may take. What an import has sent by then is in the ledger."""

AS_RECORDS: Final = "records"
"""Stands for no profile: the columns of a file are those of a record."""

CORRECT: Final = "correct"
"""Says that records which differ correct what is posted."""

QUESTIONS_STAND: Final = 5
NOTHING_POSTED: Final = 4
PARTLY_POSTED: Final = 3
_RESULTS: Final = frozenset({0, PARTLY_POSTED, NOTHING_POSTED, QUESTIONS_STAND})
"""Exit codes of a command that did what it was told; any other is an error."""

_PROGRAM: Final = "tonne: "
_BAR: Final = "\u2501"
"""Of what a bar of progress is drawn."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command came to: its exit code, None where it was ended; output, and remarks."""

    code: int | None
    out: str
    said: Sequence[str]


class ImportCommand(Protocol):
    """Runs `tonne import` as the caller of a request."""

    @property
    def profiles(self) -> Sequence[str]:
        """Names of the profiles that ship."""
        ...  # pragma: no cover - the form of it

    def __call__(self, words: Sequence[str], folder: Path, token: str, seconds: float) -> Ran:
        """Run it in a folder; without a token as the one who runs the console."""
        ...  # pragma: no cover - the form of it


@dataclass(slots=True)
class Imports:
    """Files that were sent, and what imports them."""

    run: ImportCommand
    uploads: Uploads = field(default_factory=Uploads)
    _free: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(RUNS_AT_ONCE)
    )

    def guess(self, upload: Upload, token: str, answers: Sequence[str] = ()) -> dict[str, Any]:
        """Guess a profile for a file, and keep its text. Raises `FieldInvalid`."""
        words = ["--guess", "--format", "json", *(f"--answer={each}" for each in answers)]
        found = self._run(upload, token, words, TRY_S_MAX)
        draft: dict[str, Any] = json.loads(found.out)
        upload.write_profile(draft["profile"])
        return draft

    def attempt(self, upload: Upload, token: str) -> dict[str, Any]:
        """Do everything but the commit. Raises `FieldInvalid`."""
        words = [*options_of(upload), "--dry-run", "--format", "json"]
        if upload.options.get("differing") == CORRECT:
            words.append("--reason=tried")  # the command wants one, and keeps it nowhere
        return _told(self._run(upload, token, words, TRY_S_MAX))

    def bring(self, upload: Upload, token: str, *why: str) -> dict[str, Any]:
        """Import a file. Raises `FieldInvalid`; run again, it goes on where the ledger stands."""
        words = [*options_of(upload), *why, "--format", "json"]
        return _told(self._run(upload, token, words, BRING_S_MAX))

    def _run(self, upload: Upload, token: str, words: Sequence[str], seconds: float) -> Ran:
        with self._turn():
            # The name comes last, behind what ends the options: it may begin with one's sign.
            ran = self.run([*words, "--", upload.name], upload.folder, token, seconds)
        if ran.code is None:
            raise FieldInvalid(
                f"the import of {upload.name} was ended after {seconds:g} s. What the ledger has "
                "acknowledged is in it: send the form again, and it goes on there; or run "
                "`tonne import`, which takes as long as it takes",
                metadata={"field": "file", "value": upload.name},
            )
        if ran.code not in _RESULTS:
            told = " ".join(each.removeprefix(_PROGRAM) for each in ran.said)
            raise FieldInvalid(
                told or f"`tonne import` ended with {ran.code}, and said nothing",
                metadata={"field": "file", "value": upload.name},
            )
        return ran

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._free.acquire(timeout=RUN_WAIT_S_MAX):
            raise ConsoleFull("others import files at the moment: send the form again")
        try:
            yield
        finally:
            self._free.release()


def options_of(upload: Upload) -> list[str]:
    """Write how a file is imported as options of the command."""
    options = upload.options
    words = ["--book", upload.book, "--channel", options["channel"]]
    if upload.profile != AS_RECORDS:
        words += ["--profile", upload.profile or upload.profile_name]
    words += [f"--constant={each}" for each in options.get("constants", "").split()]
    for name, usual in (("repeats", "stop"), ("negative", "corrections")):
        if options.get(name, usual) != usual:
            words += [f"--{name}", options[name]]
    if options.get("differing") == CORRECT:
        words.append("--correct")
    return words


def _told(ran: Ran) -> dict[str, Any]:
    """Read the one row that a try or an import prints; without it nothing was posted."""
    rows = json.loads(ran.out) if ran.out.strip() else []
    said = [each.removeprefix(_PROGRAM) for each in ran.said if _BAR not in each]
    return {"code": ran.code, "said": said, **(rows[0] if rows else {})}
