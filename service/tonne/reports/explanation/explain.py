"""A number of an inventory, unfolded: balance by balance, factor by factor, to its records.

    kg CO2e of a line = quantity * steps * factor * share

Each line is computed by itself, in fractions, from the balance and the resolution; the inventory
computes its total in integers over one denominator. The two must meet to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import decimal_text
from tonne.errors import LedgerInconsistent
from tonne.ledger.reading.moment import Question
from tonne.reports.explanation.factor_sources import Sources
from tonne.reports.explanation.lines import ExplainLine, Lines, unequal_amounts
from tonne.reports.explanation.replay import ReplayOutcome, replay_selection
from tonne.reports.inventory.gathering import Gathering
from tonne.reports.inventory.inventory import InventoryRow, inventory_of
from tonne.reports.inventory.parts.meanings import Meanings
from tonne.reports.inventory.selection import Selector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.records import LedgerRecord
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.reports.inventory.request import InventoryRequest
    from tonne.reports.inventory.selection import Keep

RECORDS_MAX = 10_000
"""Most records that one explanation lists."""

BALANCE_BYTES = 600
"""Memory of a balance that is explained, besides what was gathered."""

REPLAYED_BALANCE_BYTES = 6_000
"""The same where it is replayed."""


@dataclass(frozen=True, slots=True)
class ExplainRecord:
    """A record, and its part in each month of the selection."""

    record: LedgerRecord
    parts: tuple[tuple[int, Decimal], ...]


Explained = ExplainLine | ExplainRecord | ReplayOutcome | InventoryRow


def explain(
    snapshot: Snapshot,
    request: InventoryRequest,
    *,
    replay: bool = False,
    records_max: int = 0,
    hold: Hold | None = None,
    keep: Keep | None = None,
) -> Iterator[Explained]:
    """Unfold the total of a selection.

    Parameters
    ----------
    snapshot : Snapshot
        The book.
    request : InventoryRequest
        The selection; its grouping is ignored.
    replay : bool
        Whether to recompute it from the segments.
    records_max : int
        Most records to list, up to `RECORDS_MAX`.
    hold : Hold, optional
        Grows with the balances that are explained, and with the segment that is read.
    keep : callable, optional
        Takes a part of the selection.

    Yields
    ------
    Explained
        Lines by account, factor and balance; records in the order of their commits; the
        replay; at last the total.

    Raises
    ------
    SelectionMustFit, ReadsExhausted
        The selection has more balances than memory can have.
    LedgerInconsistent
        The lines do not add up to the total of the inventory, or as `inventory` says.
    """
    asked = replace(request.under(snapshot.settings), group_by=())
    meanings = Meanings(snapshot.resolutions, snapshot.texts)
    selector = Selector(snapshot.register, asked, snapshot.entities, meanings, keep)
    gathering = Gathering(snapshot, selector, hold, by_facility=True)
    chosen = gathering.select()
    resolutions = gathering.resolutions
    total = inventory_of(chosen, resolutions, asked).total
    if hold is not None:
        of_each = REPLAYED_BALANCE_BYTES if replay else BALANCE_BYTES
        hold.grow_to(hold.size_bytes + chosen.posted.height * of_each)
    lines = Lines(chosen, resolutions, asked, Sources(snapshot))
    yield from lines
    _check_total(snapshot.book.id, lines, total)
    question = _question(lines, asked)
    count = min(records_max, RECORDS_MAX)
    if count > 0:
        found = snapshot.evidence.records(snapshot, question, hold)
        for number, (record, parts) in enumerate(found, 1):
            yield ExplainRecord(record, parts)
            if number == count:
                break
    if replay:
        hours = gathering.times_again()
        yield replay_selection(snapshot, question, lines, total, hours, hold=hold)
    yield total


def _question(lines: Lines, asked: InventoryRequest) -> Question:
    """Ask about the balances of lines: by the months in which their records happened."""
    keys = lines.keys()
    months = (asked.first_period, asked.last_period)
    if not asked.is_counted or keys.is_empty():
        return Question(keys, *months)
    first = min(int(str(keys["period"].min())), months[0])
    return Question(keys, first, months[1], counted=months)


def _check_total(book: str, lines: Lines, total: InventoryRow) -> None:
    """See that the lines add up to what the inventory says."""
    found = [*unequal_amounts(lines.request, lines.amounts, total)]
    if decimal_text(lines.kg_co2e) != total.kg_co2e:
        found.append(f"{decimal_text(lines.kg_co2e)} kg CO2e, not {total.kg_co2e}")
    if found:
        raise LedgerInconsistent(
            "the lines of an explanation do not add up to what the inventory says: "
            f"{'; '.join(found)}",
            metadata={"book": book},
        )
