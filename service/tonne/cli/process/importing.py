"""The command `tonne import` as a process of its own, for pages: the import that everybody has."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from tonne.cli.process.beside import COMMAND
from tonne.console.uploading.command import Ran

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tonne.client import Credentials

SAID_LINES_MAX = 200
"""Remarks that a page shows; the command says all of them."""


@dataclass(frozen=True, slots=True)
class ImportProcess:
    """Runs `tonne import` against a server.

    A workbook is read there, so that what it takes of memory goes with that process; and what is
    being imported goes on where a browser leaves.

    Parameters
    ----------
    server : str
        Its address.
    credentials : Credentials
        Those of the console; a token of a caller goes in the place of theirs.
    """

    server: str
    credentials: Credentials

    @property
    def profiles(self) -> Sequence[str]:
        """Names of the profiles that ship."""
        folder = resources.files("tonne.imports").joinpath("shipped")
        names = (each.name for each in folder.iterdir())
        return sorted(each.removesuffix(".toml") for each in names if each.endswith(".toml"))

    def __call__(self, words: Sequence[str], folder: Path, token: str, seconds: float) -> Ran:
        """Run it in a folder, as the caller of a token, or as the console itself."""
        own = self.credentials.token
        passed = token or (own() if callable(own) else own) or ""
        command = [*COMMAND, *self._options(), "import", "--server", self.server, *words]
        try:
            ran = subprocess.run(  # noqa: S603  # this program, with words that are no options
                command,
                cwd=folder,
                env=_environment(passed),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Ran(None, "", ())
        said = ran.stderr.decode("utf-8", "replace").splitlines()
        if len(said) > SAID_LINES_MAX:
            left = len(said) - SAID_LINES_MAX
            said = [*said[:SAID_LINES_MAX], f"and {left:,} further remarks"]
        return Ran(ran.returncode, ran.stdout.decode("utf-8"), said)

    def _options(self) -> list[str]:
        given = self.credentials
        options = [f"--{name}" for name in ("tls", "insecure") if getattr(given, name)]
        for name in ("ca_file", "certificate_file", "key_file"):
            path: Path | None = getattr(given, name)
            if path is not None:  # the process runs in another folder
                options += [f"--{name.replace('_', '-')}", str(path.absolute())]
        return options


def _environment(token: str) -> dict[str, str]:
    """Give what a process is started with: its token, which hides there from others alone.

    What else the console was told by variables stands in the options, with paths that hold.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TONNE_")}
    return {**kept, **({"TONNE_TOKEN": token} if token else {}), "COLUMNS": "200"}
