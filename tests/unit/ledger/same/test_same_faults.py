"""Checks and decisions through failures, deaths, and beside others."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.ledger.conftest import embedded_bench, record
from tests.unit.ledger.correcting.conftest import inventory_of, reverse
from tests.unit.ledger.same.conftest import check, open_entries
from tonne.errors import FieldInvalid, StoreUnavailable
from tonne.ledger.keys.runs import TIER_RUNS_MAX
from tonne.ledger.upkeep.same.check import LATE_ROUNDS_MAX
from tonne.model import Facility
from tonne.store import faults

ROOT = Path(__file__).parents[4]
ONE, OTHER = record(record_id="x", quantity="10"), record(record_id="x", quantity="4")
CHECKED = (
    "keys.before_sql",
    "keys.after_sql",
    "same.after_files",
    "commit.in_sql",
    "same.after_commit",
    "same.before_mark",
    "same.after_mark",
)
DECIDED = ("same.after_claim", "reversal.after_commit", "same.after_reversals")

KILLED = """\
import sys
from pathlib import Path
from tests.unit.ledger.conftest import Bench
from tonne.ledger.ledger import Ledger
from tonne.store import faults
from tonne.store.manifest.manifest import Manifest
from tonne.store.objects.objects import open_objects

folder, point, act = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
objects = open_objects((folder / "objects").as_uri(), {})
manifest = Manifest.open(f"sqlite:///{folder}/manifest.sqlite")
bench = Bench(manifest, objects, Ledger(manifest, objects, holder="killed", merge_lease_s=0.001))
faults.arm(f"{point}=kill")
if act == "check":
    bench.ledger.same_check.check("acme")
else:
    bench.ledger.same.decide("acme", 1, [1], "ada", "read")
"""


@pytest.fixture
def armed():
    """Disarm what a test arms."""
    yield
    faults.disarm()


def fill(bench):
    """Twelve segments, of which one repeats the first and one contradicts it; no keys of four."""
    bench.ledger.register.import_facilities("acme", [Facility("dc-1")])
    bench.append("a", [ONE, record(record_id="y")])
    bench.append("b", [ONE])
    bench.append("b", [OTHER])
    for place in range(9):
        bench.append("c", [record(record_id=f"c{place}")])
    forget_keys(bench, 4)


def forget_keys(bench, count):
    """As an older Tonne committed them: without key files."""
    lease = bench.manifest.acquire_lease("keys/acme", "test", 60)
    kept = bench.manifest.key_files("acme")[count:]
    bench.manifest.forget_keys("acme")
    files, keys = [], []
    for part, file in kept:  # the others come back under new rows, as they were
        name = uuid.uuid4().hex
        files.append(replace(file, id=name, path=f"{file.path}.again"))
        keys.append(replace(part, file_id=name, run=name))
        bench.objects.put(files[-1].path, bench.objects.get(file.path))
    bench.manifest.put_key_files("acme", files, keys, lease)
    bench.manifest.release_lease(lease)


def kill(folder, point, act):
    """Another process that dies at a point."""
    command = [sys.executable, "-c", KILLED, str(folder), point, act]
    died = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert died.returncode == -9, died.stderr.decode()


def is_compared(bench):
    """All is found once: one record reversed, one conflict."""
    assert inventory_of(bench)[1] == 12
    assert len(bench.ledger.corrections.list_corrections("acme").items) == 1
    (entry,) = open_entries(bench)
    assert (entry.number, entry.record_count) == (1, 2)
    assert bench.ledger.same.summary("acme").is_complete
    bench.check()


@pytest.mark.parametrize("point", CHECKED)
def test_a_check_that_dies_is_done_again(tmp_path, point):
    """Nothing is reversed twice, and nothing is marked that was not done."""
    with embedded_bench(tmp_path) as bench:
        fill(bench)
        kill(tmp_path, point, "check")
        bench.check()
        check(bench.other(merge_lease_s=60))
        is_compared(bench)


@pytest.mark.usefixtures("armed")
@pytest.mark.parametrize("point", CHECKED)
def test_a_check_that_fails_is_done_again(any_bench, point):
    """A lost reply, too."""
    fill(any_bench)
    faults.arm(f"{point}=raise")
    try:
        check(any_bench)
    except StoreUnavailable:
        faults.disarm()
        check(any_bench)
    faults.disarm()
    is_compared(any_bench)


@pytest.mark.parametrize("point", DECIDED)
def test_a_decision_whose_caller_dies_is_finished(tmp_path, point):
    """By the upkeep, once; another decision is refused meanwhile."""
    with embedded_bench(tmp_path) as bench:
        fill(bench)
        check(bench)
        kill(tmp_path, point, "decide")
        with pytest.raises(FieldInvalid, match="decided entry 1 before"):
            bench.ledger.same.decide("acme", 1, [2], "bob", "no")
        check(bench)
        assert open_entries(bench) == []
        assert bench.manifest.undecided_count("acme") == 0
        assert inventory_of(bench)[1] == 11
        again = bench.ledger.same.decide("acme", 1, [1], "ada", "read")
        assert again.state == "decided"
        bench.check()


def test_of_two_servers_each_checks_and_decides_once(any_bench):
    """One record stays, whoever is first; opposite decisions never take both."""
    bench = any_bench
    fill(bench)
    servers = [bench.other() for _ in range(3)]
    barrier = threading.Barrier(len(servers))

    def go(number):
        barrier.wait()
        check(servers[number])

    def decide(number):
        barrier.wait()
        try:
            servers[number].ledger.same.decide("acme", 1, [1 + number % 2], "ada", "read")
        except FieldInvalid:
            return  # another one decided first, or had reversed what this one keeps

    with ThreadPoolExecutor(len(servers)) as pool:
        list(pool.map(go, range(3)))
        check(bench)
        is_compared(bench)
        list(pool.map(decide, range(3)))
    check(bench)
    assert inventory_of(bench)[1] == 11
    for server in servers:
        server.ledger.close()
    bench.check()


def test_one_that_comes_during_a_check_is_found_by_the_next(any_bench, monkeypatch):
    """Another server commits a copy after the keys were compared, and before it is marked."""
    bench = any_bench
    fill(bench)
    mark, other = bench.manifest.mark_compared, bench.other()

    def late(*arguments):
        monkeypatch.setattr(bench.manifest, "mark_compared", mark)
        other.append("late", [record(record_id="y"), record(record_id="c3", quantity="9")])
        mark(*arguments)

    monkeypatch.setattr(bench.manifest, "mark_compared", late)
    done = check(bench)
    assert (done.reversed_count, done.entry_count) == (2, 2)
    other.ledger.close()
    bench.check()


def test_a_check_ends_under_a_load_that_does_not(bench, monkeypatch):
    """Each round sees another commit: it leaves the last ones to the next check, and merges."""
    bench.append("a", [record(record_id="0")])
    mark, other = bench.manifest.mark_compared, bench.other()
    numbers = itertools.count(1)

    def late(*arguments):
        other.append("late", [record(record_id=str(next(numbers)))])
        mark(*arguments)

    monkeypatch.setattr(bench.manifest, "mark_compared", late)
    assert check(bench).segment_count == 1 + LATE_ROUNDS_MAX
    monkeypatch.setattr(bench.manifest, "mark_compared", mark)
    assert check(bench).segment_count == 1
    assert len(bench.manifest.key_files("acme")) <= TIER_RUNS_MAX
    other.ledger.close()
    bench.check()


def test_one_that_is_reversed_by_a_person_meanwhile_leaves_the_other(any_bench, monkeypatch):
    """The first of two is taken back while the second is about to be: the second one stays."""
    bench = any_bench
    fill(bench)
    commit = bench.manifest.commit

    def beside(made):
        monkeypatch.setattr(bench.manifest, "commit", commit)
        reverse(bench, source="a", offsets=(0,))
        commit(made)

    monkeypatch.setattr(bench.manifest, "commit", beside)
    assert check(bench).reversed_count == 0
    assert inventory_of(bench)[1] == 12
    bench.check()
