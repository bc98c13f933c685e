"""The kernel tests run on the debug build too: bounds and overflow checked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
DEBUG_BUILD = REPOSITORY / "build" / "debug"


@pytest.mark.timeout(900)
def test_the_kernel_tests_pass_on_the_debug_build():
    """Nothing that the kernel tests reach reads or writes beyond a buffer's bounds.

    A process of its own, since two builds of one module cannot live in one. The conftest of
    tests/kernel asserts which build was loaded. The release build has just drawn many examples of
    each property; here fewer do.
    """
    assert list(DEBUG_BUILD.glob("tonne_kernel/*/*.so")), "no debug build: run `make debug`"
    paths = [DEBUG_BUILD, REPOSITORY / "service"]
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/kernel", "-p", "no:cacheprovider"],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "TONNE_TEST_KERNEL": "debug",
            "TONNE_TEST_PROFILE": os.environ.get("TONNE_TEST_PROFILE", "quick"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
