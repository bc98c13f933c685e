"""Laws of a ledger that lives, on both stores: whatever two servers do, each number is right."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.ledger.conftest import embedded_bench, open_bench
from tests.unit.ledger.living.worked import Place, Worked
from tonne.ledger.upkeep.publisher import COLUMNS, STATISTICS
from tonne.store import open_objects
from tonne.store.delta import DeltaTables

EXAMPLES = int(os.environ.get("TONNE_TEST_EXAMPLES", "2"))
STEPS = int(os.environ.get("TONNE_TEST_STEPS", "16"))


def tables_of(url, options):
    """Published tables, as a publisher has them."""
    return DeltaTables(url, options, columns=COLUMNS, statistics=STATISTICS)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path):
    """Each of the two stores; each example has a book of its own there."""
    if request.param == "sqlite":
        with embedded_bench(tmp_path) as bench:
            yield Place(bench, tables_of((tmp_path / "objects").as_uri(), {}))
        return
    bucket = request.getfixturevalue("s3_bucket")
    objects = open_objects(bucket.url, bucket.options)
    bench = open_bench(request.getfixturevalue("postgres_url"), objects)
    yield Place(bench, tables_of(bucket.url, bucket.options))
    bench.ledger.close()
    bench.manifest.close()


def test_every_number_is_that_of_the_model(place):
    """Few examples here, many in `make fuzz`."""
    rules = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Worked(place), settings=rules)
