"""A limit on the processor time of processes, by a control group: what a pod's limit is."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Self

import pytest

ROOT = Path("/sys/fs/cgroup/cpu")
PERIOD_US = 50_000


class CpuLimit:
    """A control group of version 1; `set` changes how many processors it may use in all."""

    def __init__(self) -> None:
        self._group = ROOT / f"tonne-{uuid.uuid4().hex[:8]}"

    def __enter__(self) -> Self:
        try:
            self._group.mkdir()
        except OSError as error:
            pytest.fail(
                f"control groups are missing: this needs root, and the cpu controller of cgroups "
                f"v1 mounted at {ROOT} ({error})"
            )
        (self._group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        return self

    def __exit__(self, *_: object) -> None:
        self._group.rmdir()

    def set(self, cpus: float) -> None:
        """Limit the group to so many processors."""
        (self._group / "cpu.cfs_quota_us").write_text(str(round(cpus * PERIOD_US)))

    def add(self, pid: int) -> None:
        """Put a process, with all its threads, into the group."""
        (self._group / "cgroup.procs").write_text(str(pid))
