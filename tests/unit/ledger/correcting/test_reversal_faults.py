"""Reversals through failures, deaths, and beside others."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.ledger.conftest import embedded_bench, record
from tests.unit.ledger.correcting.conftest import correct, correction_of, inventory_of, reverse
from tonne.errors import StoreUnavailable
from tonne.ledger.posting.entries import Durable
from tonne.model import Facility
from tonne.store import faults

ROOT = Path(__file__).parents[4]
GOOD = record(quantity="10")
POINTS = (
    "objects.after_put",
    "reversal.after_files",
    "commit.before_sql",
    "commit.in_sql",
    "commit.after_sql",
    "reversal.after_commit",
)


@pytest.fixture
def armed():
    """Disarm what a test arms."""
    yield
    faults.disarm()


@pytest.mark.usefixtures("armed")
@pytest.mark.parametrize("point", POINTS)
def test_a_failure_at_any_point_reverses_once(any_bench, point):
    """The caller tries again and is told what was done."""
    bench = any_bench
    bench.append("meter", [GOOD, GOOD])
    faults.arm(f"{point}=raise")
    try:
        told = reverse(bench, source="meter", offsets=(0,)).reversed_count
    except StoreUnavailable:
        told = 0
    faults.disarm()
    again = reverse(bench, source="meter", offsets=(0,))
    assert again.reversed_count + again.already_count == 1
    assert told + again.reversed_count <= 1
    assert inventory_of(bench) == (5, 1, 0, 0)
    assert len(bench.ledger.corrections.list_corrections("acme").items) == 1
    bench.check()


@pytest.mark.usefixtures("armed")
@pytest.mark.parametrize(
    "point", ["journal.after_files", "commit.in_sql", "commit.after_sql", "journal.after_commit"]
)
def test_a_failure_at_any_point_corrects_once(any_bench, point):
    """The same request again is answered; the number is that of one correction."""
    bench = any_bench
    bench.append("meter", [GOOD, GOOD])
    entry = correction_of(bench, [0], [record(quantity="4")])
    faults.arm(f"{point}=raise")
    try:
        (outcome,) = bench.write([entry])
    except StoreUnavailable:
        faults.disarm()
        (outcome,) = bench.write([entry])
    assert isinstance(outcome, Durable)
    assert inventory_of(bench) == (7, 2, 0, 0)
    assert len(bench.ledger.corrections.list_corrections("acme").items) == 1
    bench.check()


KILLED = """\
import sys
from pathlib import Path
from tests.unit.ledger.conftest import Bench
from tests.unit.ledger.correcting.conftest import reverse
from tonne.ledger.ledger import Ledger
from tonne.store import faults
from tonne.store.manifest.manifest import Manifest
from tonne.store.objects.objects import open_objects

folder, point = Path(sys.argv[1]), sys.argv[2]
objects = open_objects((folder / "objects").as_uri(), {})
manifest = Manifest.open(f"sqlite:///{folder}/manifest.sqlite")
bench = Bench(manifest, objects, Ledger(manifest, objects, holder="killed"))
faults.arm(f"{point}=kill")
reverse(bench, source="meter", offsets=(0,))
"""


@pytest.mark.parametrize("point", POINTS)
def test_a_death_at_any_point_leaves_all_or_nothing(tmp_path, point):
    """Another process finds the book whole, and does what is left."""
    with embedded_bench(tmp_path) as bench:
        bench.append("meter", [GOOD, GOOD])
        command = [sys.executable, "-c", KILLED, str(tmp_path), point]
        died = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
        assert died.returncode == -9, died.stderr.decode()
        bench.check()
        again = reverse(bench, source="meter", offsets=(0,))
        assert again.reversed_count + again.already_count == 1
        assert inventory_of(bench) == (5, 1, 0, 0)
        bench.check()


def test_of_two_servers_that_reverse_the_same_records_each_does_some(any_bench):
    """Every record once; what one has done the other one tells."""
    bench = any_bench
    for _ in range(3):
        bench.append("meter", [GOOD] * 4)
    servers = [bench.other() for _ in range(3)]
    barrier = threading.Barrier(len(servers))

    def go(server):
        barrier.wait()
        return reverse(server, source="meter", first_offset=0, stop_offset=12)

    with ThreadPoolExecutor(len(servers)) as pool:
        done = list(pool.map(go, servers))
    for server in servers:
        server.ledger.close()
    assert sum(each.reversed_count for each in done) == 12
    assert all(each.reversed_count + each.already_count == 12 for each in done)
    assert inventory_of(bench) == (0, 0, 0, 0)
    entries = bench.ledger.corrections.list_corrections("acme").items
    assert sum(each.correction.record_count for each in entries) == 12
    assert [each.correction.number for each in entries] == list(range(1, len(entries) + 1))
    bench.check()


def test_a_segment_that_is_cleared_in_the_middle_is_looked_at_anew(any_bench, monkeypatch):
    """What waited is posted by another between the reading and the commit; it is reversed so."""
    bench = any_bench
    bench.ledger.register.import_facilities("acme", [Facility("dc-2")])
    bench.append("meter", [GOOD, record(facility="dc-2", quantity="3")])
    commit, calls = bench.manifest.commit, []

    def change_first(made):
        calls.append(made)
        if len(calls) == 1:
            bench.ledger.register.import_facilities("acme", [Facility("dc-1")])
            list(bench.ledger.suspense.clear("acme"))
        commit(made)

    monkeypatch.setattr(bench.manifest, "commit", change_first)
    assert reverse(bench, source="meter", first_offset=0, stop_offset=2).reversed_count == 2
    assert inventory_of(bench) == (0, 0, 0, 0)
    bench.check()


def test_a_merge_between_changes_nothing(any_bench):
    """Postings are merged before and after; a correction beside them is exact."""
    bench = any_bench
    for _ in range(4):
        bench.append("meter", [GOOD, record(quantity="1")])
    merger = bench.other(merge_files_max=1)
    merger.ledger.merger.merge("acme")
    correct(bench, [0, 5], [record(quantity="2"), record(quantity="3")])
    reverse(bench, source="meter", offsets=(2,))
    merger.ledger.merger.merge("acme")
    merger.ledger.close()
    assert inventory_of(bench) == (14, 7, 0, 0)
    bench.check()
