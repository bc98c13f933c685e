"""Corrections on a bench."""

from __future__ import annotations

import uuid
from fractions import Fraction

from tests.unit.ledger.conftest import decode
from tonne.ledger.posting.correcting.selection import Selection
from tonne.ledger.posting.entries import RequestEntry
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.store.statement_rows import Correction, CorrectionKind, ReasonCode

ENTRY = Correction(CorrectionKind.REVERSAL, "", "ada", ReasonCode.ERROR, "wrong meter")


def reverse(bench, **selection):
    """Reverse what a selection says; the last progress."""
    *_, done = bench.ledger.reversals.reverse("acme", Selection(**selection), ENTRY)
    return done


def correction_of(bench, offsets, records, source="meter"):
    """A request whose records correct those at offsets."""
    request_id = str(uuid.uuid4())
    mends = bench.ledger.mends.supersede("acme", source, offsets, request_id, corrects=True)
    batch = decode(bench.session, records)
    entry = Correction(
        CorrectionKind.CORRECTION, source, "ada", ReasonCode.ESTIMATE, "read by now"
    )
    return RequestEntry(batch, request_id, request_id, mends, entry)


def correct(bench, offsets, records, source="meter"):
    """Correct records; the outcome."""
    (outcome,) = bench.write([correction_of(bench, offsets, records, source)])
    return outcome


def inventory_of(bench):
    """kg CO2e, posted records, records in suspense and in quarantine."""
    found = book_inventory(bench.ledger.snapshots.take(bench.book), InventoryRequest())
    return (
        Fraction(found.total.kg_co2e),
        found.total.record_count,
        found.suspended_count,
        found.quarantined_count,
    )
