"""The inventory of a book, with the ledger's exact sums of the compiled kernel."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import polars as pl
import pytest

from tests.unit.reports.books import Record, post, register, resolution, sum_by
from tonne.catalogue.method import MethodSettings
from tonne.errors import BookUnknown, QuantityOverflow
from tonne.model import Book, Entity, FacilityRule, Holding
from tonne.reports.book import book_inventory
from tonne.reports.inventory import inventory
from tonne.reports.request import InventoryRequest

FOUND = resolution("scope2.location", kg_co2e="0.5")
OUTCOMES = {("electricity", period): FOUND for period in range(540, 552)}
RECORDS = [
    Record(f"site-{number % 3}", "electricity", "", 540 + number % 4, (number, -7, 10**12))
    for number in range(30)
] + [Record("site-1", "mystery", "", 540, (5,))]


@dataclass
class OneBook:
    """A ledger of one book."""

    frame: pl.DataFrame

    def get_book(self, book):
        if book != "acme":
            raise BookUnknown(f"no book {book!r}")
        body = MethodSettings(gwp_set="AR6", consolidation="equity-share").to_json()
        return Book(book, "", "UTC", FacilityRule.ANY, 1, dt.datetime.now(dt.UTC), (), 3, body)

    def fold(self, book, begin):
        assert book == "acme"
        add = begin()
        for part in self.frame.iter_slices(7):
            add(part)
        return []

    def resolutions(self, book, ids):
        assert (book, list(ids)) == ("acme", [FOUND.id])
        return {FOUND.id: FOUND}

    def facilities(self, book):
        assert book == "acme"
        return register(("site-1", "office", "KR", "joint"))

    def entities(self, book):
        assert book == "acme"
        return [Entity("joint", holdings=(Holding(equity_share="0.5"),))]


@pytest.mark.parametrize("resolution_type", [pl.String, pl.Categorical])
def test_the_kernels_sums_and_plain_integers_agree(resolution_type):
    """The same inventory, whoever sums and however the ledger keeps its ids."""
    frame = post(RECORDS, OUTCOMES).with_columns(pl.col("resolution").cast(resolution_type))
    request = InventoryRequest(group_by=("facility", "period", "region"))
    found = book_inventory(OneBook(frame), "acme", request)
    ledger = OneBook(frame)
    plain = inventory(
        frame,
        {FOUND.id: FOUND},
        ledger.facilities("acme"),
        replace(request, gwp_set="AR6", consolidation="equity-share"),
        sum_by,
        entities=ledger.entities("acme"),
    )
    assert found == plain
    assert len(found.rows) == 3 * 6
    assert found.suspended_count == 1


def test_a_sum_beyond_38_digits_is_refused():
    """The kernel refuses such a sum; it never wraps."""
    rim = Record("site-1", "electricity", "", 540, (10**38 - 1,))
    frame = pl.concat([post([rim], OUTCOMES)] * 2)
    with pytest.raises(QuantityOverflow):
        book_inventory(OneBook(frame), "acme", InventoryRequest())


def test_an_unknown_book_is_told():
    """The ledger's error comes through."""
    with pytest.raises(BookUnknown):
        book_inventory(OneBook(post([], {})), "other", InventoryRequest())
