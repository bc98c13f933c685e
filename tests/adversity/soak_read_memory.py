"""Each kind of call by itself, as often at once as calls may run; the short form is in
`test_read_memory.py`."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.checks.read_memory import (
    CACHE_MIB,
    CALLS,
    CHANNELS,
    FACILITIES,
    FEW,
    PROCESS_MIB,
    READ_MIB,
    REFUSALS,
    ask_at_once,
    dimension,
    inventory,
    questions,
    reason,
)


@pytest.mark.parametrize(
    "name",
    [
        *("total", "by account", "by facility", "by all", "explain", "replay"),
        *("explain few", "replay few", "records", "clear"),
    ],
)
def test_as_many_calls_as_may_run_stay_within_the_bound(serve_large, name):
    """Each kind of call, as often at once as calls may run: answered, or refused with a reason."""
    api, watch = serve_large()
    with watch:
        reasons = ask_at_once([questions(api)[name]] * CALLS)
    assert set(reasons) <= {"", *REFUSALS}
    assert watch.peak_mib < PROCESS_MIB + READ_MIB + CACHE_MIB


def test_a_total_of_any_book_is_answered(serve_large):
    """A total and a narrow question need no memory that follows the book; what does is told how
    to ask for less."""
    api, watch = serve_large()
    with watch:
        (answer,) = inventory(api)
        rows = inventory(api, dimension("PERIOD"), facilities=[f"f{FACILITIES - 1:059d}"])[-1].rows
        found = reason(questions(api)["by all"])
    quantity = Decimal("1.5") * (FACILITIES * CHANNELS + FEW)
    assert Decimal(answer.total.kg_co2e) == quantity * Decimal("0.4")
    assert answer.total.record_count == FACILITIES * CHANNELS + FEW
    assert answer.suspended_count == FACILITIES
    assert sum(Decimal(row.kg_co2e) for row in rows) == Decimal("1.5") * CHANNELS * Decimal("0.4")
    assert found == "SELECTION_MUST_FIT"
    assert watch.peak_mib < PROCESS_MIB + READ_MIB + CACHE_MIB
