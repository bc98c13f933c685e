"""The inventory of a book, with the ledger's exact sums of the compiled kernel."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from tests.unit.reports.books import Record, post, register, resolution, sum_by
from tonne.catalogue.resolving.texts import Texts
from tonne.catalogue.words.method import MethodSettings
from tonne.errors import QuantityOverflow
from tonne.ledger.reading.snapshot import Snapshot
from tonne.model import Book, Entity, FacilityRule, Holding
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.inventory import inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.store.manifest.moments import Point, PostingsAt

FOUND = resolution("scope2.location", kg_co2e="0.5")
OUTCOMES = {("electricity", period): FOUND for period in range(540, 552)}
RECORDS = [
    Record(f"site-{number % 3}", "electricity", "", 540 + number % 4, (number, -7, 10**12))
    for number in range(30)
] + [Record("site-1", "mystery", "", 540, (5,))]


class Resolutions:
    """The only resolution that there is."""

    def resolutions(self, book, ids):
        assert (book, list(ids)) == ("acme", [FOUND.id])
        return {FOUND.id: FOUND}


def snapshot_of(frame):
    """A book at the moment at which it had these postings."""
    settings = MethodSettings(gwp_set="AR6", consolidation="equity-share")
    now = dt.datetime.now(dt.UTC)
    return Snapshot(
        Book("acme", "", "UTC", FacilityRule.ANY, 1, now, (), 3, settings.to_json()),
        Point("acme", 0, now, 1),
        PostingsAt(()),
        settings,
        register(("site-1", "office", "KR", "joint")),
        Texts(()),
        [Entity("joint", holdings=(Holding(equity_share="0.5"),))],
        0,
        lambda *_: frame.iter_slices(7),
        Resolutions(),
        evidence=None,
        again=None,
    )


@pytest.mark.parametrize("resolution_type", [pl.String, pl.Categorical])
def test_the_kernels_sums_and_plain_integers_agree(resolution_type, monkeypatch):
    """The same inventory, whoever sums and however the ledger keeps its ids."""
    frame = post(RECORDS, OUTCOMES).with_columns(pl.col("resolution").cast(resolution_type))
    request = InventoryRequest(group_by=("facility", "period", "region"))
    snapshot = snapshot_of(frame)
    found = book_inventory(snapshot, request)
    monkeypatch.setattr("tonne.reports.inventory.inventory.sum_by", sum_by)
    plain = inventory(
        frame,
        {FOUND.id: FOUND},
        snapshot.register,
        replace(request, gwp_set="AR6", consolidation="equity-share"),
        entities=snapshot.entities,
    )
    assert found == plain
    assert len(found.rows) == 3 * 6
    assert found.suspended_count == 1


def test_a_sum_beyond_38_digits_is_refused():
    """The kernel refuses such a sum; it never wraps."""
    rim = Record("site-1", "electricity", "", 540, (10**26 - 1,))
    frame = pl.concat([post([rim], OUTCOMES)] * 2)
    with pytest.raises(QuantityOverflow):
        book_inventory(snapshot_of(frame), InventoryRequest())
