"""Calls that read, and upkeep, do not move a process past the bound of docs/operations.md: the
most telling cases. `soak_read_memory.py` has each kind of call by itself."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.checks.read_memory import (
    CACHE_MIB,
    CALLS,
    CHANNELS,
    FACILITIES,
    FEW,
    MAINTAIN_MIB,
    MERGE_MIB,
    MIB,
    PROCESS_MIB,
    READ_MIB,
    REFUSALS,
    SETTINGS,
    TIMEOUT_S,
    Watch,
    ask_at_once,
    fill_book,
    inventory,
    questions,
)
from tests.support.servers.api import Api
from tests.support.servers.server import ROOT, ServerProcess
from tonne.ledger.budget import PART_BYTES

pytestmark = pytest.mark.alone


def test_a_process_that_did_everything_once_is_as_large_as_stated(tmp_path):
    """What a server has that holds next to nothing: the first term of the formula.

    A first one compiles the modules, the second one finds them compiled and is measured.
    """
    for folder in ("first", "second"):
        with ServerProcess("--data", str(tmp_path / folder), env=SETTINGS) as server:
            api = Api(server.address)
            with Watch(server.pid) as watch:
                fill_book(api, 10, 10)
                reasons = [
                    *ask_at_once(questions(api).values()),
                    *ask_at_once([questions(api)["by all"]] * CALLS),
                ]
            api.close()
        assert set(reasons) == {""}
    assert watch.peak_mib < PROCESS_MIB


def test_all_kinds_of_calls_at_once_stay_within_the_bound(serve_large):
    """One of each kind beside the others; those that fit are answered, a replay among them, once
    others have ended."""
    api, watch = serve_large()
    asked = questions(api)
    with watch:
        reasons = ask_at_once(asked.values())
        parts = asked["replay few"]()
    assert set(reasons) <= {"", *REFUSALS}
    assert parts == FEW + 2  # the lines, the replay and the total
    assert watch.peak_mib < PROCESS_MIB + READ_MIB + CACHE_MIB


def test_a_merge_of_more_than_fits_stays_within_its_bound(large):
    """It is made in turns; the book has the same total after it."""
    command = [sys.executable, "-m", "tonne.cli.main", "maintain", "--data", str(large), "--once"]
    process = subprocess.Popen(command, env={**os.environ, **SETTINGS}, cwd=ROOT)
    with Watch(process.pid) as watch:
        assert process.wait(TIMEOUT_S) == 0
    assert watch.peak_mib < MAINTAIN_MIB + PART_BYTES / MIB + MERGE_MIB
    with ServerProcess("--data", str(large), env=SETTINGS) as server:
        api = Api(server.address)
        (answer,) = inventory(api)
        api.close()
    assert answer.total.record_count == FACILITIES * CHANNELS + FEW
