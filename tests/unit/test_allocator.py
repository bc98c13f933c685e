"""The frames' allocator of a process of `tonne` keeps little of what is free."""

import os
import re
import subprocess
import sys

import pytest

from tonne import allocator

OF_POLARS = "dirty_decay_ms:500,muzzy_decay_ms:1000"


@pytest.mark.parametrize("stated", ["", "stats_print:true", OF_POLARS, allocator.SETTINGS])
def test_it_has_the_last_word_and_says_it_once(stated):
    """What stands in the environment stays, and what Polars left to a child is overruled."""
    environ = {allocator.VARIABLE: stated}
    allocator.set_up(environ)
    allocator.set_up(environ)
    said = environ[allocator.VARIABLE]
    assert said.startswith(stated)
    assert said.endswith(allocator.SETTINGS)
    assert said.count(allocator.SETTINGS) == 1


def test_the_command_has_one_arena_that_gives_pages_back():
    """The allocator itself says so at its end, in a process started by one with Polars."""
    found = subprocess.run(
        [sys.executable, "-c", "import tonne.cli.main, polars"],
        env={**os.environ, allocator.VARIABLE: f"{OF_POLARS},stats_print:true"},
        capture_output=True,
        text=True,
        check=True,
    )
    options = dict(re.findall(r"opt\.(\w+): (\S+)", found.stderr))
    assert options["narenas"] == "1"
    assert options["dirty_decay_ms"] == "100"
    assert options["muzzy_decay_ms"] == "0"
