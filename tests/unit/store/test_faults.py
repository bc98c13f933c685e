"""Fault points: one table, armed by a text, free when not armed."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tonne.errors import ConfigInvalid, StoreUnavailable
from tonne.store import faults

SOURCES = Path(faults.__file__).parents[1]


@pytest.fixture(autouse=True)
def _disarm(armed):
    """Nothing is armed after the test."""


def test_every_reached_point_is_in_the_table_and_the_other_way_round():
    """The names in the code and the names in the table are the same.

    A point is reached by its name, or handed by its name to what reaches it.
    """
    texts = [
        source.read_text() for source in SOURCES.rglob("*.py") if source != Path(faults.__file__)
    ]
    reached, named = (
        {name for text in texts for name in re.findall(pattern, text)}
        for pattern in (r"faults\.reach\(\s*\"([^\"]+)\"", r"\"([a-z_]+\.[a-z_]+)\"")
    )
    assert reached <= set(faults.POINTS)
    assert set(faults.POINTS) <= named
    assert not any("faults.reach(f" in text for text in texts)


def test_an_unarmed_point_does_nothing():
    """Without arming, reaching neither counts nor checks."""
    faults.disarm()
    faults.reach("commit.before_sql")
    assert faults.arrivals()["commit.before_sql"] == 0


def test_arming_counts_every_point():
    """Arming with an empty text only counts."""
    for _ in range(3):
        faults.reach("commit.before_sql")
    counts = faults.arrivals()
    assert counts["commit.before_sql"] == 3
    assert sum(counts.values()) == 3
    faults.arm("")
    assert sum(faults.arrivals().values()) == 0


def test_a_point_raises_at_its_arrival_only():
    """raise:3 raises at the third arrival and not at the second or fourth."""
    faults.arm("commit.before_sql=raise:3, objects.after_put=raise")
    faults.reach("commit.before_sql")
    faults.reach("commit.before_sql")
    with pytest.raises(StoreUnavailable, match=r"commit\.before_sql"):
        faults.reach("commit.before_sql")
    faults.reach("commit.before_sql")
    with pytest.raises(StoreUnavailable):
        faults.reach("objects.after_put")


def test_a_point_hangs_until_it_is_released():
    """hang holds the thread that arrives and no other; release lets it go."""
    faults.arm("commit.in_sql=hang")
    gone = threading.Event()

    def arrive() -> None:
        faults.reach("commit.in_sql")
        gone.set()

    thread = threading.Thread(target=arrive)
    thread.start()
    assert faults.await_arrival("commit.in_sql")
    faults.reach("commit.in_sql")
    assert not gone.is_set()
    faults.release()
    thread.join()
    assert gone.is_set()


def test_disarming_lets_go_what_hangs():
    """disarm releases a thread that hangs."""
    faults.arm("commit.in_sql=hang")
    thread = threading.Thread(target=faults.reach, args=("commit.in_sql",))
    thread.start()
    assert faults.await_arrival("commit.in_sql")
    faults.disarm()
    thread.join()


def test_a_point_kills_the_process():
    """kill:2 ends the process with SIGKILL at the second arrival."""
    script = (
        "from tonne.store import faults\n"
        "faults.arm('objects.after_put=kill:2')\n"
        "faults.reach('objects.after_put'); print('alive', flush=True)\n"
        "faults.reach('objects.after_put'); print('still alive', flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (-9, "alive\n")


@pytest.mark.parametrize(
    "spec",
    [
        "nowhere=kill",
        "=kill",
        "commit.in_sql",
        "commit.in_sql=",
        "commit.in_sql=die",
        "commit.in_sql=kill:0",
        "commit.in_sql=kill:x",
        "commit.in_sql=kill:-1",
    ],
)
def test_a_wrong_text_is_refused(spec):
    """An unknown point or action stops the start and arms nothing."""
    with pytest.raises(ConfigInvalid):
        faults.arm(f"objects.after_put=raise,{spec}")
    faults.reach("objects.after_put")


def test_an_unknown_point_is_refused_when_armed():
    """Reaching a name that is not in the table is found by any test that arms."""
    with pytest.raises(ConfigInvalid, match="nowhere"):
        faults.reach("nowhere")
    with pytest.raises(ConfigInvalid):
        faults.await_arrival("nowhere")
