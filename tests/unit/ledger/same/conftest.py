"""Records of one id on a bench."""

from __future__ import annotations

from tonne.store.statement_rows import SameKind


def check(bench):
    """Compare all that is not."""
    return bench.ledger.same_check.check(bench.book)


def open_entries(bench, kind=SameKind.CONFLICT):
    """Entries of a kind that wait for a decision."""
    return [e for e in bench.ledger.same.list(bench.book, kind).items if e.state == "open"]


def statuses(bench):
    """Status of each record by its source and offset."""
    page = bench.ledger.records.list_records(bench.book)
    return {
        (each.source.removeprefix("channels/"), each.offset): each.status.name
        for each in page.items
    }
