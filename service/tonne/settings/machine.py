"""Processors and memory that the machine grants this process, control groups included."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNLIMITED_BYTES = 1 << 60
"""Control groups of the first version say "no limit" by a number near 2^63."""


def usable_cpus(root: Path = Path("/")) -> float:
    """Count the processors that this process may keep busy: its affinity, its group's quota."""
    limits = [float(len(os.sched_getaffinity(0)))]
    for directory in _groups(root, "cpu"):
        quota, period = _quota(directory)
        if quota > 0 and period > 0:
            limits.append(quota / period)
    return min(limits)


def memory_limit_bytes(root: Path = Path("/")) -> int:
    """Give the memory beyond which this process is killed; that of the machine, if no less."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for directory in _groups(root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limit = _number(_read(directory / name))
            if 0 < limit < _UNLIMITED_BYTES:
                limits.append(limit)
    return min(limits)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Give the directories of the process's group and of those above it, of both versions."""
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup"
        # In a container the path may be that of the host: the group is then mounted at the top.
        tops = [top] if not controllers else [top / controller, top / controllers]
        relative = PurePosixPath(path.lstrip("/"))
        for mounted in tops:
            yield from (mounted / part for part in (relative, *relative.parents))


def _quota(directory: Path) -> tuple[int, int]:
    """Microseconds of processor time for each period of so many; zeros where there is none."""
    together = _read(directory / "cpu.max").split()
    if len(together) == 2:  # noqa: PLR2004  # quota and period
        return _number(together[0]), _number(together[1])
    quota, period = (_read(directory / f"cpu.cfs_{part}_us") for part in ("quota", "period"))
    return _number(quota), _number(period)


def _number(text: str) -> int:
    return int(text) if text.strip().lstrip("-").isdigit() else 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
