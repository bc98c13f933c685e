"""Processors and memory of the process, as its control groups say."""

from __future__ import annotations

import os

import pytest

from tonne.settings.machine import memory_limit_bytes, usable_cpus

CPUS = len(os.sched_getaffinity(0))
MEMORY_BYTES = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
HALF, QUARTER = "50000", "25000"
MIB = 1 << 20


def write_tree(root, groups: str, files: dict[str, str]) -> None:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")


@pytest.mark.parametrize(
    ("groups", "files", "cpus"),
    [
        ("0::/\n", {"cpu.max": f"{HALF} 100000"}, 0.5),
        ("0::/\n", {"cpu.max": "max 100000"}, CPUS),
        ("0::/a/b\n", {"a/cpu.max": f"{QUARTER} 100000", "a/b/cpu.max": f"{HALF} 100000"}, 0.25),
        ("4:cpu,cpuacct:/a\n", {"cpu/a/cpu.cfs_quota_us": HALF}, CPUS),
        (
            "4:cpu,cpuacct:/a\n",
            {"cpu/a/cpu.cfs_quota_us": HALF, "cpu/a/cpu.cfs_period_us": "100000"},
            0.5,
        ),
        (
            "4:cpu:/a\n0::/\n",
            {"cpu/a/cpu.cfs_quota_us": "-1", "cpu/a/cpu.cfs_period_us": "100000"},
            CPUS,
        ),
        # The path is the host's, the group is mounted at the top.
        (
            "4:cpu,cpuacct:/kubepods/pod1\n",
            {"cpu/cpu.cfs_quota_us": HALF, "cpu/cpu.cfs_period_us": "100000"},
            0.5,
        ),
        ("4:memory:/a\n", {"cpu.max": f"{HALF} 100000"}, CPUS),
        ("", {}, CPUS),
    ],
)
def test_processors(tmp_path, groups, files, cpus):
    """The least of the affinity and every quota on the way up, in both versions."""
    write_tree(tmp_path, groups, files)
    assert usable_cpus(tmp_path) == cpus


@pytest.mark.parametrize(
    ("groups", "files", "limit_bytes"),
    [
        ("0::/\n", {"memory.max": str(64 * MIB)}, 64 * MIB),
        ("0::/\n", {"memory.max": "max"}, MEMORY_BYTES),
        ("0::/a\n", {"memory.max": str(64 * MIB), "a/memory.max": str(96 * MIB)}, 64 * MIB),
        ("9:memory:/a\n", {"memory/a/memory.limit_in_bytes": str(64 * MIB)}, 64 * MIB),
        ("9:memory:/a\n", {"memory/a/memory.limit_in_bytes": str(2**63 - 4096)}, MEMORY_BYTES),
        ("nonsense", {}, MEMORY_BYTES),
    ],
)
def test_memory(tmp_path, groups, files, limit_bytes):
    """The least of the machine's memory and every limit on the way up."""
    write_tree(tmp_path, groups, files)
    assert memory_limit_bytes(tmp_path) == limit_bytes


def test_a_machine_without_groups(tmp_path):
    """Nothing is mounted: the machine itself is the limit."""
    assert (usable_cpus(tmp_path), memory_limit_bytes(tmp_path)) == (CPUS, MEMORY_BYTES)
