"""How much waits for somebody, for the overview."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from tonne.console.parts.blocks import Head, Number, Table, Text

if TYPE_CHECKING:
    from tonne.client import Inventory, SameRecordSummary
    from tonne.console.parts.blocks import Cell
    from tonne.console.visits import Visit

OVERLAPS_MAX = 1_000
"""Overlaps that are counted; more than these are so many and more."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How much waits for somebody; of overlaps at most one more than are counted."""

    suspended_count: int
    same: SameRecordSummary
    overlap_count: int


def waits_of(visit: Visit) -> Waits:
    """Read how much waits, of the whole book."""
    client, book = visit.client, visit.book
    causes, omitted = client.list_suspense_causes(book)
    laid = islice(client.list_overlaps(book, is_undecided=True), OVERLAPS_MAX + 1)
    return Waits(
        sum(each.record_count for each in causes) + omitted,
        client.same_record_summary(book),
        sum(1 for _ in laid),
    )


def waiting_table(visit: Visit, scopes: Inventory, waits: Waits) -> Table:
    """Make the table of what waits, each with its list."""
    say, same, laid = visit.say, waits.same, waits.overlap_count
    suspended = waits.suspended_count
    rows = [
        _wait(visit, "suspense", say("Suspense"), suspended, say("wait for a factor or a site")),
        _wait(
            visit,
            "quarantine",
            say("Quarantine"),
            scopes.quarantined_count,
            say("break a rule, and are in no number"),
        ),
        _wait(
            visit,
            "conflicts",
            say("Conflicts"),
            same.undecided_count,
            say("ids of which records say two things; somebody decides"),
        ),
        _wait(
            visit,
            "overlaps",
            say("Overlaps"),
            min(laid, OVERLAPS_MAX),
            say("times that records of two ids lie over each other; somebody decides"),
            is_more=laid > OVERLAPS_MAX,
        ),
    ]
    return Table(
        say("What waits, of the whole book"),
        (Head(say("List")), Head(say("Count"), is_number=True), Head(say("What it is"))),
        rows,
        note=""
        if same.is_complete
        else say(
            "Records are still being compared by their ids: done up to commit {commit}.",
            commit=same.complete_up_to_commit,
        ),
    )


def _wait(
    visit: Visit, page: str, title: str, found: int, what: str, *, is_more: bool = False
) -> tuple[Cell, ...]:
    return (
        Text(title, visit.link(page), "strong"),
        Number(f"{found:,}{'+' if is_more else ''}", "", visit.link(page)),
        Text(what, look="wait" if found else "soft"),
    )
