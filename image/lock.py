"""Write the locks: every version that the image holds or is built with, with its hashes.

`make lock` runs this. The locks hold for every Python from the oldest that is supported up.
"""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")

PYTHON_OLDEST = "3.11"
LOCKS = {
    "requirements.lock": "pyproject.toml",
    "image/build-requirements.lock": "image/build-requirements.in",
    "image/publish.lock": "image/publish.in",
}
"""Each lock, and what it is made from. The last is laid over the first, so it comes after it."""


def write_lock(lock: str, source: str, *, upgrade: bool) -> None:
    """Write one lock; versions that it already holds stay unless they are to be upgraded.

    Raises
    ------
    subprocess.CalledProcessError
        The dependencies cannot be resolved.
    """
    command = [str(UV), "--system-certs", "pip", "compile", "--quiet"]
    command += ["--universal", "--generate-hashes"]
    command += ["--python-version", PYTHON_OLDEST]
    command += ["--custom-compile-command", "make lock"]
    if lock == "requirements.lock":
        command += ["--extra", "console"]
    if lock == "image/publish.lock":
        command += ["--constraint", "requirements.lock"]
    command += ["--upgrade"] if upgrade else []
    subprocess.run(  # noqa: S603  # no word of it comes from outside
        [*command, source, "--output-file", lock], cwd=REPOSITORY, check=True
    )


def main() -> None:
    """Write every lock, with the newest versions that fit."""
    for lock, source in LOCKS.items():
        write_lock(lock, source, upgrade="--keep" not in sys.argv)


if __name__ == "__main__":
    main()
