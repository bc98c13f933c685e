"""Which build of the kernel is under test, how hard it is tested, and with which seed.

TONNE_TEST_KERNEL : `release` (default), `debug` or `sanitize`; asserted against the loaded files.
TONNE_TEST_PROFILE : `ci` (default), `fuzz` (many more examples) or `quick`.
TONNE_TEST_SEED : seed of all properties; `tests/conftest.py` draws and prints it.
"""

import os
import sys
from pathlib import Path

import hypothesis
import pytest

REPOSITORY = Path(__file__).parents[2]
KERNEL_FOLDERS = {
    "release": REPOSITORY / "ext" / "tonne_kernel",
    "debug": REPOSITORY / "build" / "debug" / "tonne_kernel",
    "sanitize": REPOSITORY / "build" / "sanitize" / "tonne_kernel",
}
KERNEL = os.environ.get("TONNE_TEST_KERNEL", "release")
SEED = int(os.environ["TONNE_TEST_SEED"])

common = {
    "deadline": None,  # the machine may be busy; what is slow shows in --durations
    "print_blob": True,
    "database": None,  # a run depends on its seed alone, not on runs before or beside it
    "report_multiple_bugs": False,  # one failure is the assertion itself, not a group
    "suppress_health_check": [hypothesis.HealthCheck.too_slow],  # drawing records is slow
}
hypothesis.settings.register_profile("quick", max_examples=30, **common)
hypothesis.settings.register_profile("ci", max_examples=50, **common)
hypothesis.settings.register_profile("fuzz", max_examples=2_000, **common)
hypothesis.settings.load_profile(os.environ.get("TONNE_TEST_PROFILE", "ci"))


def pytest_configure(config):
    """Fix the seed, unless hypothesis was given one."""
    if config.getoption("--hypothesis-seed", None) is None:
        hypothesis.core.global_force_seed = SEED


@pytest.fixture(autouse=True, scope="session")
def _kernel_under_test():
    """The modules under test lie where the chosen build puts them."""
    import tonne_kernel  # noqa: PLC0415  a broken kernel must fail tests, not the collection

    elsewhere = [
        module.__file__
        for name, module in sys.modules.items()
        if name.partition(".")[0] == tonne_kernel.__name__
        and not Path(module.__file__).resolve().is_relative_to(KERNEL_FOLDERS[KERNEL])
    ]
    assert elsewhere == []
