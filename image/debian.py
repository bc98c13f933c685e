"""Root file systems of Debian: one to build in, one to run in, and which packages they hold."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from image.contents import USER, is_kept
from image.oci import paths_below

SUITE = "trixie"
PYTHON = "3.13"
"""Debian's own Python in that suite; security updates come from Debian."""

RUNTIME = (
    "base-files",
    "ca-certificates",
    f"libpython{PYTHON}-stdlib",
    "libstdc++6",
    f"python{PYTHON}-minimal",
)
BUILDER = ("base-files", "gcc", "libc6-dev", f"libpython{PYTHON}-dev", f"python{PYTHON}")

ACCOUNTS = {
    "etc/passwd": "root:x:0:0:root:/root:/nonexistent\n"
    f"tonne:x:{USER}:{USER}:tonne:/var/lib/tonne:/nonexistent\n",
    "etc/group": f"root:x:0:\ntonne:x:{USER}:\n",
}
SHOW_PACKAGE = ("dpkg-deb", "--show", "--showformat=${Package} ${Version} ${Architecture}")


@dataclass(frozen=True, slots=True)
class Package:
    """A package of Debian that was unpacked."""

    name: str
    version: str
    architecture: str


def unpack(target: Path, packages: Sequence[str]) -> list[Package]:
    """Unpack packages and all that they depend on; no script of theirs runs.

    The packages come from the machine's own sources of Debian, with the suite replaced.

    Raises
    ------
    RuntimeError
        Something is missing, with what to install.
    """
    if shutil.which("mmdebstrap") is None:
        raise RuntimeError("mmdebstrap is missing; `apt-get install mmdebstrap` brings it")
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(packages)}"]
    command += ["--skip=cleanup/apt/cache", '--aptopt=APT::Install-Recommends "false"']
    sources = _sources()
    command += [SUITE, str(target), *(["-"] if sources else [])]
    done = subprocess.run(  # noqa: S603  # no word of it comes from outside
        command, input=sources, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the packages of Debian cannot be unpacked: {done.stderr[-800:]}")
    return _unpacked(target)


def _sources() -> str:
    """Give the machine's sources of Debian with the suite replaced; empty on another system."""
    release = Path("/etc/os-release").read_text()
    codename = re.search(r"^VERSION_CODENAME=(\w+)$", release, re.MULTILINE)
    found = Path("/etc/apt/sources.list.d/debian.sources")
    if "\nID=debian" not in f"\n{release}" or codename is None or not found.exists():
        return ""
    return re.sub(rf"\b{codename[1]}\b", SUITE, found.read_text())


def _unpacked(root: Path) -> list[Package]:
    """Read and remove the archives that were unpacked."""
    packages = []
    for archive in sorted((root / "var/cache/apt/archives").glob("*.deb")):
        fields = subprocess.run(  # noqa: S603  # no word of it comes from outside
            [*SHOW_PACKAGE, archive],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        packages.append(Package(*fields))
        archive.unlink()
    if not packages:
        raise RuntimeError("mmdebstrap kept no archive, so nobody would know what the image holds")
    return packages


def prune(root: Path) -> None:
    """Remove what the image does not hold, and write what the packages' scripts would have."""
    authorities = "".join(
        path.read_text().strip() + "\n"
        for path in sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
    )
    for name in reversed(paths_below(root)):
        path = root / name
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif not is_kept(name):
            path.unlink()
    for folder in ("dev", "etc/tonne", "proc", "run", "sys", "tmp", "var/lib/tonne"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    (root / "var/lib/tonne").chmod(0o750)
    for name, text in ACCOUNTS.items():
        (root / name).write_text(text)
    (root / "etc/ssl/certs").mkdir(parents=True, exist_ok=True)
    (root / "etc/ssl/certs/ca-certificates.crt").write_text(authorities)
    (root / "usr/lib/ssl").mkdir(exist_ok=True)
    link = root / "usr/lib/ssl/cert.pem"
    link.unlink(missing_ok=True)
    link.symlink_to("/etc/ssl/certs/ca-certificates.crt")
    python = root / "usr/bin/python3"
    python.unlink(missing_ok=True)
    python.symlink_to(f"python{PYTHON}")
