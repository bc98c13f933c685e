"""What the image may hold: kept of the distribution's files, checked of the whole."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

from image.oci import paths_below

USER = 65532
"""A number, so that Kubernetes can see that it is not root."""

OWNED_BY_USER = ("var/lib/tonne",)
"""The only paths that are not root's; volumes are mounted over them."""

APPLICATION = "opt/tonne"
SIZE_BYTES_MAX = 420 * 1024 * 1024
"""Of all files, uncompressed; Polars alone is two fifths of it."""

PUBLISHER_BYTES_MAX = 150 * 1024 * 1024
"""What the publisher's image may have on top: deltalake, which is one large library."""

# Of the distribution's packages, what a Python program needs: no shell, no tools, no documents
# but the licences, no time zones (the tzdata package of Python has them).
KEPT = re.compile(
    r"usr/bin/python3(\.\d+)?$|usr/lib(32|64)?/|usr/share/(doc/[^/]+/copyright$|ca-certificates/)"
    r"|etc/(debian_version|host\.conf|nsswitch\.conf|os-release|ssl/openssl\.cnf)$"
    r"|(bin|sbin|lib|lib32|lib64)$"
)
NOT_KEPT = re.compile(
    r"usr/lib/(apt|dpkg|debian-installer|init|systemd|tmpfiles\.d|sysusers\.d|binfmt\.d)(/|$)"
    r"|usr/lib/python3\.\d+/(ensurepip|idlelib|lib2to3|pydoc_data|test|tkinter|turtledemo|venv)/"
    r"|usr/lib/python3\.\d+/sitecustomize\.py$"
    r"|usr/lib/python3/|\.(a|la|o|pc)$"
)
# Names of programs and packages that an attacker would look for.
UNWANTED = {
    "a compiler": re.compile(
        r"/(gcc|g\+\+|cc|c\+\+|cpp|clang|tcc|ld|as|make)(-[\d.]+)?$|/cc1(plus)?$|/collect2$"
    ),
    "a package installer": re.compile(
        r"/(pip|ensurepip|setuptools|wheel|uv)(/|-[^/]*\.dist-info/|$)|/(apt|apt-get|dpkg)$"
    ),
    "a shell": re.compile(r"/bin/(ba|da|z|)sh$|/busybox$"),
    "a fetcher": re.compile(r"/bin/(curl|wget|nc|ssh)$"),
    "headers": re.compile(r"(^|/)usr/include/"),
    "the kernel's source": re.compile(r"/tonne_kernel/[^/]*\.(c|h)$"),
}


def is_kept(name: str) -> bool:
    """Whether a file of the distribution goes into the image."""
    return bool(KEPT.match(name)) and not NOT_KEPT.search(name)


def complaints(root: Path, size_bytes_max: int = SIZE_BYTES_MAX) -> Iterator[str]:
    """Give what a root holds that an image must not, or lacks that it must have."""
    size_bytes = 0
    names = paths_below(root)
    for name in names:
        path = root / name
        status = path.lstat()
        for what, pattern in UNWANTED.items():
            if pattern.search(f"/{name}"):
                yield f"{name}: {what} has no place in the image"
        if stat.S_ISREG(status.st_mode):
            size_bytes += status.st_size
        if status.st_mode & (stat.S_ISUID | stat.S_ISGID) and not stat.S_ISLNK(status.st_mode):
            yield f"{name}: it must not give its caller another user's or group's rights"
        writable = status.st_mode & stat.S_IWOTH and not stat.S_ISLNK(status.st_mode)
        if writable and not status.st_mode & stat.S_ISVTX:
            yield f"{name}: it must not be writable for everybody"
    for name in (f"{APPLICATION}/bin/tonne", f"{APPLICATION}/bin/python3", "etc/passwd"):
        if name not in names:
            yield f"{name}: it must be there"
    yield from _uncompiled(names)
    if size_bytes > size_bytes_max:
        yield f"all files: {size_bytes} bytes must be at most {size_bytes_max}"


def _uncompiled(names: list[str]) -> Iterator[str]:
    """Give modules without bytecode: nothing can be written at the start, so each start pays."""
    compiled = {
        f"{folder}/{file.split('.')[0]}.py"
        for folder, _, file in (name.rpartition("/__pycache__/") for name in names)
        if file.endswith(".pyc")
    }
    for name in names:
        if name.endswith(".py") and name not in compiled:
            yield f"{name}: it must be compiled, for each start would compile it again"
