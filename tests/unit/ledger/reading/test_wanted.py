"""Work whose caller is gone ends at its next step, and merges go on."""

from __future__ import annotations

import pytest

from tests.unit.ledger.conftest import record
from tonne.reports.explanation.explain import explain
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.work import NobodyWaits, Work

REQUEST = InventoryRequest(group_by=("facility",))


class Steps(Work):
    """Work that is ended after so many steps."""

    __slots__ = ("left",)

    def check_wanted(self) -> None:
        """Count a step."""
        self.left[0] -= 1
        if self.left[0] < 0:
            self.end()
        super().check_wanted()


def inventory(ledger):
    """Compute an inventory."""
    return book_inventory(ledger.snapshots.take("acme"), REQUEST)


def listing(ledger):
    """List records."""
    return ledger.records.list_records("acme")


def explanation(ledger):
    """Explain a total, from the segments, too."""
    return list(explain(ledger.snapshots.take("acme"), REQUEST, replay=True, records_max=10))


@pytest.mark.parametrize("compute", [inventory, listing, explanation])
def test_work_ends_at_each_of_its_steps(bench, compute):
    """Whatever step it is at when the caller goes, it takes no other; then it works again."""
    for number in range(3):
        bench.append("meter", [record(record_id=f"r{number}", facility=f"dc-{number}")])
    counted = Steps()
    object.__setattr__(counted, "left", [1_000])
    whole = counted.run(compute, bench.ledger)()
    steps = 1_000 - counted.left[0]
    assert steps >= 3  # at least one for each file
    for taken in range(steps):
        work = Steps()
        object.__setattr__(work, "left", [taken])
        with pytest.raises(NobodyWaits):
            work.run(compute, bench.ledger)()
    assert compute(bench.ledger) == whole
