"""The figures of one answer of a bridge, group by group or cell by cell; exact.

A cell is what is done: facility, activity and unit. Its quantity is that of the balances that
count, and its kg CO2e are told by account.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import polars as pl

from tonne.ledger.files.sums import sum_by
from tonne.model import PERIOD_COUNT_MAX, FinancialControl, Holding, period_of_month
from tonne.quantities import ATTO_PER_ONE
from tonne.reports.hours.weighing import NOTHING
from tonne.reports.inventory.footprint import KG_CO2E, footprint_accounts
from tonne.reports.inventory.gathering import Gathering
from tonne.reports.inventory.inventory import grouped_sums, numerators_of
from tonne.reports.inventory.parts.meanings import Meanings
from tonne.reports.inventory.record_counts import count_whole
from tonne.reports.inventory.request import COUNTED, InventoryRequest
from tonne.reports.inventory.selection import Selector

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tonne.ledger.budget import Hold
    from tonne.ledger.reading.snapshot import Snapshot
    from tonne.model import Entity
    from tonne.reports.hours.weighing import Weighted
    from tonne.reports.inventory.footprint import Bucket
    from tonne.reports.inventory.selection import Selection
    from tonne.statements.changes.bridges import Side

Group = tuple[str, ...]
Amounts = dict[Group, Fraction]
"""kg CO2e by group."""

DIMENSIONS: Final = ("account", "facility", "activity")
"""What rows of a bridge can be grouped by."""

CELL: Final = ("facility", "activity", "unit")

ENTRY_BYTES: Final = 700
"""Memory of a group, or of a cell in an account, while a bridge is made."""

ZERO: Final = Fraction(0)

CellSum = tuple[Group, "Bucket", int, "Weighted"]
"""A cell, a bucket, what they have in units of 10^-18, and what hours make of it."""

_NOBODYS: Final = Holding("", "", "0", FinancialControl.NONE, is_operated=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """What both answers of a bridge are about, besides their months."""

    facilities: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    months_by: str = COUNTED

    def request(self, side: Side) -> InventoryRequest:
        """Give the question of a side. Raises `FieldInvalid`."""
        first, last = months_of(side)
        return InventoryRequest(
            first,
            last,
            (),
            self.facilities,
            self.activities,
            self.accounts,
            self.regions,
            side.gwp_set,
            str(side.consolidation),
            self.months_by,
        )


EVERYTHING: Final = Scope()


def months_of(side: Side) -> tuple[int, int]:
    """Give the first and the last month of a side, both inclusive."""
    first = period_of_month(side.from_period) if side.from_period else 0
    last = period_of_month(side.to_period) if side.to_period else PERIOD_COUNT_MAX - 1
    return first, last


@dataclass(slots=True)
class Cell:
    """What is done in a facility: its quantity, and the kg CO2e by account."""

    quantity: Fraction = Fraction(0)
    kg: dict[str, Fraction] = field(default_factory=dict)


@dataclass(slots=True)
class Figures:
    """What an answer has: its cells, the records that wait, and what is assumed."""

    cells: dict[Group, Cell]
    suspended_count: int
    counts: Counter[str]

    @property
    def total(self) -> Fraction:
        """Kg CO2e of all cells."""
        return sum((kg for cell in self.cells.values() for kg in cell.kg.values()), Fraction(0))

    def grouped(self, group_by: Sequence[str]) -> Amounts:
        """Sum the kg CO2e by some of `DIMENSIONS`."""
        found: defaultdict[Group, Fraction] = defaultdict(Fraction)
        for name, cell in self.cells.items():
            for account, kg in cell.kg.items():
                found[group_of(name, account, group_by)] += kg
        return dict(found)


def group_of(cell: Group, account: str, group_by: Sequence[str]) -> Group:
    """Name the group of a cell's account."""
    known = {"account": account, "facility": cell[0], "activity": cell[1]}
    return tuple(known[name] for name in group_by)


def figures_of(
    snapshot: Snapshot,
    scope: Scope,
    side: Side,
    hold: Hold | None,
    group_by: Sequence[str] | None = None,
) -> Figures:
    """Compute what an answer has.

    Parameters
    ----------
    snapshot : Snapshot
        The book, as posted or under a version.
    scope, side
        The question; the day of its structure is put in force here.
    hold : Hold or None
        Grows with the cells.
    group_by : sequence of str, optional
        Some of `DIMENSIONS`, where cells are not needed: they have no quantities then, and no
        names of what is not told apart.

    Raises
    ------
    FieldInvalid, SelectionMustFit, ReadsExhausted, LedgerInconsistent, QuantityOverflow
        As an inventory does.
    """
    named = [name for name in CELL[:2] if group_by is None or name in group_by]
    asked = replace(scope.request(side), group_by=(*named, "account")).under(snapshot.settings)
    entities = frozen(snapshot.entities, side.structure_on)
    seen = replace(snapshot, entities=entities)
    selector = Selector(seen.register, asked, entities, Meanings(seen.resolutions, seen.texts))
    gathering = Gathering(seen, selector, hold, by_facility=group_by is None)
    chosen = gathering.select()
    sums = cell_sums(chosen) if group_by is None else _plain_sums(chosen, named)
    cells = _cells(chosen, sums, footprint_accounts(asked))
    if hold is not None:
        count = sum(len(cell.kg) for cell in cells.values())
        hold.grow_to(hold.size_bytes + count * ENTRY_BYTES)
    suspended_count = count_whole(chosen.suspended, asked.first_period)
    return Figures(cells, suspended_count, Counter({BY_TIME: chosen.by_time_count}))


def _cells(
    chosen: Selection, sums: Iterable[CellSum], counted: Collection[str]
) -> dict[Group, Cell]:
    """Value the sums of cells, account by account."""
    cells: defaultdict[Group, Cell] = defaultdict(Cell)
    for name, bucket, atto, weighted in sums:
        parts = [part for part in chosen.weights.rows[bucket] if part.label[0] in counted]
        for part in parts:
            numerators = numerators_of(part, atto, weighted)
            found = sum((Fraction(kg) for column, kg in numerators if column == KG_CO2E), ZERO)
            of_account = cells[name].kg
            of_account[part.label[0]] = (
                of_account.get(part.label[0], ZERO)
                + found / (chosen.weights.denominators[KG_CO2E])
            )
        if parts:
            cells[name].quantity += Fraction(atto, ATTO_PER_ONE)
    return dict(cells)


def _plain_sums(chosen: Selection, named: Sequence[str]) -> Iterator[CellSum]:
    for values, bucket, atto, weighted in grouped_sums(chosen, named):
        known = dict(zip(named, values, strict=True))
        yield (known.get("facility", ""), known.get("activity", ""), ""), bucket, atto, weighted


BY_TIME = "by_time"

_NOTICES: Final = {
    BY_TIME: "{} records are in postings within whose days a share changes: those are split in "
    "proportion to days",
}


def notices_of(counts: Counter[str]) -> list[str]:
    """Say what is assumed."""
    return [text.format(f"{counts[name]:,}") for name, text in _NOTICES.items() if counts[name]]


def cell_sums(chosen: Selection) -> Iterator[CellSum]:
    """Give cell, bucket, quantity times 10^18, and what hours make of it."""
    adding = chosen.labels((bucket, 0) for bucket in chosen.weights.rows).drop("label")
    posted = chosen.posted.join(adding, on=chosen.bucket, how="semi")
    if posted.is_empty():
        return
    texts = [pl.col(name).cast(pl.String).fill_null("") for name in CELL]
    named = posted.with_columns(*texts, pl.col("activity_read").cast(pl.String))
    sums = sum_by(named, [*CELL, "activity_read", *chosen.bucket])
    hours = chosen.hours.sums(CELL, texts, chosen.bucket)
    frame = sums.select(*CELL, *chosen.bucket, "activity_read", pl.col("quantity").to_physical())
    cut = len(CELL)
    for row in frame.iter_rows():
        facility, _, unit = row[:cut]
        weighted = hours.get(row[:-2], NOTHING)
        yield (facility, row[-2], unit), row[cut:-2], row[-1], weighted


def frozen(entities: Sequence[Entity], day: str) -> Sequence[Entity]:
    """Have the shares of a day count always; empty: each day has its own.

    Dates of facilities stay: what opens or closes is no change of structure.
    """
    if not day:
        return entities
    return [_frozen(each, day) for each in entities]


def _frozen(entity: Entity, day: str) -> Entity:
    if not entity.holdings:
        return entity
    for each in entity.holdings:
        if each.valid_from <= day and (not each.valid_to or day < each.valid_to):
            return replace(entity, holdings=(replace(each, valid_from="", valid_to=""),))
    return replace(entity, holdings=(_NOBODYS,))
