"""The kernel's `.pyi` says what the compiled kernel has."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_the_stub_describes_the_compiled_kernel():
    """mypy's stubtest finds no name, signature or attribute that differs."""
    finished = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "tonne_kernel", "--ignore-missing-stub"],
        cwd=REPOSITORY,
        env={**os.environ, "MYPYPATH": str(REPOSITORY / "ext")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
