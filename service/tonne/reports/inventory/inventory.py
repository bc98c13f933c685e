"""The inventory of a book: kilograms by any combination of its dimensions, exact.

    kg of a group = sum over its resolutions of
                    sum(quantity) * conversion * factor * share, rounded once when it is printed

The postings are summed first, by group, resolution and portion of the facility, in exact decimals;
what is left for Python is integer arithmetic on one row of each.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import polars as pl

from tonne.catalogue.resolving.valuation import MAIN_GASES, ratio_text
from tonne.catalogue.words.gwp import gases as known_gases
from tonne.ledger.files.sums import sum_by
from tonne.model import PERIOD_COUNT_MAX, month_of_period
from tonne.reports.hours.weighing import NOTHING, amount_of
from tonne.reports.inventory.footprint import (
    FIRST_GAS,
    FIRST_OTHER_GAS,
    KG_CO2E,
    KWH,
    NO_COLUMNS,
    columns_from,
    has,
)
from tonne.reports.inventory.oddities import odd_notices, resolution_notices
from tonne.reports.inventory.record_counts import count_records, count_whole
from tonne.reports.inventory.selection import READ, select
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tonne.catalogue.resolving.resolution import Resolution
    from tonne.catalogue.resolving.texts import Texts
    from tonne.ledger.budget import Hold
    from tonne.model import Entity
    from tonne.reports.hours.weighing import Weighted
    from tonne.reports.inventory.footprint import Bucket, Contribution, Weights
    from tonne.reports.inventory.request import InventoryRequest
    from tonne.reports.inventory.selection import HoursOf, Selection

Group = tuple[str, ...]

ROW_BYTES = 3_000
"""Memory of a row of an answer while it is made, and until it is written."""

CHECK_ROWS = 1_024
"""Rows after which it is asked whether somebody still waits for them."""

_MONTHS = {period: month_of_period(period) for period in range(PERIOD_COUNT_MAX)}


@dataclass(frozen=True, slots=True)
class GasAmount:
    """A gas besides CO2, CH4 and N2O; `kg_co2e` is None where the GWP set does not list it."""

    gas: str
    kg: str
    kg_co2e: str | None


@dataclass(frozen=True, slots=True)
class Amount:
    """What drivers of one account and unit add up to, as an exact decimal."""

    account: str
    unit: str
    amount: str


@dataclass(frozen=True, slots=True)
class InventoryRow:
    """One group. Masses are exact decimals in kg; a gas that no factor states is None.

    `partial_gases` names the gases (co2, ch4, n2o) that some of the group's factors state and
    others do not; `gases` has all other gases by name. `energy_kwh` is None where no entry
    states energy. `amounts` are those of the accounts `memo.*` that the number is of.
    """

    group: Group
    kg_co2e: str
    kg_co2: str | None
    kg_ch4: str | None
    kg_n2o: str | None
    record_count: int
    partial_gases: tuple[str, ...] = ()
    gases: tuple[GasAmount, ...] = ()
    energy_kwh: str | None = None
    amounts: tuple[Amount, ...] = ()


@dataclass(frozen=True, slots=True)
class InventoryNotice:
    """A remark on how numbers came about, and how many records it touches.

    `kg_co2e` is what these records are of the total; None where it is not told.
    """

    reason: str
    message: str
    record_count: int
    kg_co2e: str | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """Rows sorted by their group, and the total over the whole selection.

    The total, and a row that is not grouped by account or scope, sums the accounts of one
    footprint (`footprint.footprint_accounts`); `record_count` counts a record once, whatever
    its months and accounts. `suspended_count` are the records of the same months, facilities,
    activities and regions that wait in suspense: they have no account yet and are in no other
    number. `quarantined_count` are the records of the whole book that are in quarantine, whatever
    the selection. `method_versions` are those that made the resolutions of the numbers.
    """

    group_by: tuple[str, ...]
    rows: tuple[InventoryRow, ...]
    total: InventoryRow
    notices: tuple[InventoryNotice, ...]
    suspended_count: int
    method_versions: tuple[int, ...]
    gwp_set: str
    consolidation: str
    quarantined_count: int = 0


def inventory(
    balances: pl.DataFrame,
    resolutions: Mapping[str, Resolution],
    facilities: pl.DataFrame,
    request: InventoryRequest,
    *,
    entities: Sequence[Entity] = (),
    texts: Texts | None = None,
    hours: HoursOf | None = None,
) -> Inventory:
    """Compute an inventory.

    Parameters
    ----------
    balances : pl.DataFrame
        Postings: facility, activity, unit, region (texts; region may be empty), period (Int32),
        first_day and last_day (UInt8; the slice of the month),
        resolution (id; null or empty in suspense), quantity (Decimal(38, 18)), record_count and
        record_start_count (Int64). The same key may stand in many rows.
    resolutions : Mapping[str, Resolution]
        All resolutions that the postings name.
    facilities : pl.DataFrame
        The register: facility, type, region, entity, valid_from, valid_to (texts), one row per
        facility.
    request : InventoryRequest
        Selection, grouping and valuation; its GWP set and consolidation are given.
    entities : Sequence[Entity]
        Whose the facilities are.
    texts : Texts, optional
        Reads activities and regions of what is not posted, and of the request.
    hours : callable, optional
        Gives the times of postings on which hours decide.

    Raises
    ------
    LedgerInconsistent
        A posting names a resolution that is not there.
    """
    chosen = select(balances, resolutions, facilities, request, entities, texts=texts, hours=hours)
    return inventory_of(chosen, resolutions, request)


def inventory_of(
    chosen: Selection,
    resolutions: Mapping[str, Resolution],
    request: InventoryRequest,
    hold: Hold | None = None,
) -> Inventory:
    """Compute the inventory of a selection; see `inventory`. `hold` grows with its rows."""
    keys = [name for name in request.group_by if name not in {"account", "scope"}]
    return Inventory(
        group_by=request.group_by,
        rows=_rows(chosen, keys, request, hold) if request.group_by else (),
        total=_total(chosen, request),
        notices=(
            *(InventoryNotice(*each) for each in _told(chosen, request)),
            *(InventoryNotice(*each) for each in odd_notices(chosen, request.first_period)),
            *(InventoryNotice(*each) for each in chosen.late),
        ),
        suspended_count=count_whole(chosen.suspended, request.first_period),
        method_versions=tuple(
            sorted({resolutions[bucket[0]].method_version for bucket in chosen.weights.total})
        ),
        gwp_set=request.gwp_set,
        consolidation=request.consolidation,
    )


def _columns(keys: Iterable[str]) -> list[str]:
    return [READ.get(name, name) for name in keys]


def _texts(keys: Iterable[str]) -> list[pl.Expr]:
    """Group columns as texts, the period as its month."""
    return [
        pl.col(name).replace_strict(_MONTHS, return_dtype=pl.String)
        if name == "period"
        else pl.col(name).cast(pl.String)
        for name in _columns(keys)
    ]


def grouped_sums(
    chosen: Selection, keys: Sequence[str]
) -> Iterator[tuple[Group, Bucket, int, Weighted]]:
    """Give group values, bucket, quantity and what hours make of it, times 10^18."""
    adding = chosen.labels((bucket, 0) for bucket in chosen.weights.rows).drop("label")
    posted = chosen.posted.join(adding, on=chosen.bucket, how="semi")
    if posted.is_empty():
        return
    sums = sum_by(posted, [*_columns(keys), *chosen.bucket])
    # The physical value of a Decimal(38, 18) is the whole number of its last places.
    frame = sums.select(*_texts(keys), *chosen.bucket, pl.col("quantity").to_physical())
    hours = chosen.hours.sums(_columns(keys), _texts(keys), chosen.bucket)
    cut = len(keys)
    for row in frame.iter_rows():
        yield row[:cut], row[cut:-1], row[-1], hours.get(row[:-1], NOTHING)


def numerators_of(
    part: Contribution, quantity_atto: int, weighted: Weighted
) -> Iterator[tuple[int, int | Fraction]]:
    """Give what a quantity adds to each column, over `Weights.denominators`."""
    for column, numerator in part.numerators:
        yield column, quantity_atto * numerator
    for hours, numerators in part.by_hours:
        amount_atto = amount_of(weighted, hours)
        for column, numerator in numerators:
            yield column, amount_atto * numerator


class _Sum:
    """Numerators of one group, added up."""

    __slots__ = ("numerators", "stated", "unstated")

    def __init__(self) -> None:
        self.numerators: defaultdict[int, int | Fraction] = defaultdict(int)
        self.stated = NO_COLUMNS
        self.unstated = NO_COLUMNS

    def add(self, quantity_atto: int, part: Contribution, weighted: Weighted) -> None:
        self.stated |= part.stated
        self.unstated |= part.unstated
        for column, numerator in numerators_of(part, quantity_atto, weighted):
            self.numerators[column] += numerator

    def row(self, group: Group, weights: Weights, record_count: int, gwp_set: str) -> InventoryRow:
        denominators = weights.denominators

        def text(column: int) -> str | None:
            if not has(self.stated, column):
                return None
            return ratio_text(self.numerators[column], denominators[column])

        partial = self.stated & self.unstated
        return InventoryRow(
            group=group,
            kg_co2e=text(KG_CO2E) or "0",
            kg_co2=text(FIRST_GAS),
            kg_ch4=text(FIRST_GAS + 1),
            kg_n2o=text(FIRST_GAS + 2),
            record_count=record_count,
            partial_gases=tuple(
                gas.lower()
                for column, gas in enumerate(MAIN_GASES, FIRST_GAS)
                if has(partial, column)
            ),
            gases=self._other_gases(weights, gwp_set),
            energy_kwh=text(KWH),
            amounts=self._amounts(weights),
        )

    def _amounts(self, weights: Weights) -> tuple[Amount, ...]:
        first = FIRST_GAS + len(weights.gases)
        return tuple(
            Amount(
                *weights.amounts[column - first],
                ratio_text(self.numerators[column], weights.denominators[column]),
            )
            for column in columns_from(self.stated, first)
        )

    def _other_gases(self, weights: Weights, gwp_set: str) -> tuple[GasAmount, ...]:
        amounts = []
        for column in columns_from(self.stated, FIRST_OTHER_GAS):
            if column >= FIRST_GAS + len(weights.gases):
                break
            gas = weights.gases[column - FIRST_GAS]
            numerator, denominator = self.numerators[column], weights.denominators[column]
            kg = ratio_text(numerator, denominator)
            potential = known_gases()[gas].potential(gwp_set) if gas in known_gases() else None
            kg_co2e = None
            if potential is not None:
                kg_co2e = ratio_text(
                    numerator * potential.numerator, denominator * potential.denominator
                )
            amounts.append(GasAmount(gas, kg, kg_co2e))
        return tuple(amounts)


def _rows(
    chosen: Selection,
    keys: Sequence[str],
    request: InventoryRequest,
    hold: Hold | None,
) -> tuple[InventoryRow, ...]:
    weights = chosen.weights
    names = sorted({part.label for parts in weights.rows.values() for part in parts})
    numbers = {label: number for number, label in enumerate(names)}
    labels = chosen.labels(
        (bucket, numbers[part.label]) for bucket, parts in weights.rows.items() for part in parts
    )
    counted = _count(chosen, labels, _columns(keys), request)
    if hold is not None:  # one row of `counted` is one of the answer
        hold.grow_to(hold.size_bytes + counted.height * ROW_BYTES)
    added: defaultdict[tuple[Group, Group], _Sum] = defaultdict(_Sum)
    for values, bucket, quantity_atto, weighted in grouped_sums(chosen, keys):
        for part in weights.rows[bucket]:
            added[values, part.label].add(quantity_atto, part, weighted)
    records = counted.select(*_texts(keys), "label", "records").iter_rows()
    names_of_labels = [name for name in request.group_by if name in {"account", "scope"}]
    places = [[*keys, *names_of_labels].index(name) for name in request.group_by]
    rows = []
    for number, record in enumerate(records):
        if not number % CHECK_ROWS:
            check_wanted()
        values, label = record[:-2], names[record[-2]]
        each = added.pop((values, label))
        group = tuple([(values + label)[place] for place in places])
        rows.append(each.row(group, weights, record[-1], request.gwp_set))
    rows.sort(key=lambda row: row.group)
    return tuple(rows)


def _count(
    chosen: Selection, labels: pl.DataFrame, columns: Sequence[str], request: InventoryRequest
) -> pl.DataFrame:
    return count_records(
        chosen.posted,
        labels,
        columns,
        request.first_period,
        chosen.detail,
        has_slices=chosen.has_slices,
    )


def _total(chosen: Selection, request: InventoryRequest) -> InventoryRow:
    total = _Sum()
    for _, bucket, quantity_atto, weighted in grouped_sums(chosen, ()):
        part = chosen.weights.total.get(bucket)
        if part is not None:
            total.add(quantity_atto, part, weighted)
    labels = chosen.labels((bucket, 0) for bucket in chosen.weights.total)
    counted = _count(chosen, labels, (), request)
    record_count = int(counted.get_column("records").sum())
    return total.row((), chosen.weights, record_count, request.gwp_set)


def _told(chosen: Selection, request: InventoryRequest) -> Iterator[tuple[str, str, int, str]]:
    touched = _touched_by(chosen) if chosen.weights.notices else {}
    return resolution_notices(chosen, request.first_period, touched)


def _touched_by(chosen: Selection) -> dict[Bucket, Fraction]:
    """Give the kg CO2e of the total by bucket."""
    denominator = chosen.weights.denominators[KG_CO2E]
    found: defaultdict[Bucket, Fraction] = defaultdict(Fraction)
    for _, bucket, quantity_atto, weighted in grouped_sums(chosen, ()):
        part = chosen.weights.total.get(bucket)
        for column, numerator in numerators_of(part, quantity_atto, weighted) if part else ():
            if column == KG_CO2E:
                found[bucket] += Fraction(numerator) / denominator
    return found
