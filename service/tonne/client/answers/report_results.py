"""What the client's questions about a book bring: plain data, decimals exact."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne.client.answers.results import (
    BookMoment,
    RowError,
    read_moment,
    read_row_error,
    read_totals,
    status_name,
)
from tonne.v1 import ledger_pb2, report_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAIN_GASES = ("kg_co2", "kg_ch4", "kg_n2o")
"""Masses of an inventory row that have fields of their own, besides kg CO2e."""

CONSOLIDATIONS = {
    number: name.removeprefix("CONSOLIDATION_").replace("_", "-").lower()
    for name, number in ledger_pb2.Consolidation.items()
    if number
}
"""Consolidation approaches by their numbers in the API."""


@dataclass(frozen=True, slots=True)
class GasAmount:
    """A gas besides CO2, CH4 and N2O; `kg_co2e` is None where the GWP set does not list it."""

    gas: str
    kg: Decimal
    kg_co2e: Decimal | None


@dataclass(frozen=True, slots=True)
class Amount:
    """What drivers of one account and unit add up to, exact."""

    account: str
    unit: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class InventoryRow:
    """One group of an inventory; masses in kg, exact, None where no factor states the gas.

    `partial_gases` names the gases (co2, ch4, n2o) that some of the factors state and others
    do not; `gases` has the other gases by name; `energy_kwh` is None where there is none;
    `amounts` are those of drivers, where the row is of accounts `memo.*`.
    """

    group: Mapping[str, str]
    kg_co2e: Decimal
    kg_co2: Decimal | None
    kg_ch4: Decimal | None
    kg_n2o: Decimal | None
    record_count: int
    partial_gases: tuple[str, ...] = ()
    gases: tuple[GasAmount, ...] = ()
    energy_kwh: Decimal | None = None
    amounts: tuple[Amount, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """A remark on how numbers came about.

    `kg_co2e` is what of the total is of the records that it touches; None where it is not told.
    """

    reason: str
    message: str
    record_count: int
    kg_co2e: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """An inventory: its rows, sorted by their group, its total, and how it came about.

    `suspended_count` are records that wait and are in no number, `quarantined_count` those of the
    whole book in quarantine; `method_versions` are those under which the numbers were posted;
    `moment` is the commit as of which it all is.
    """

    rows: tuple[InventoryRow, ...]
    total: InventoryRow
    notices: tuple[Notice, ...]
    suspended_count: int
    method_versions: tuple[int, ...] = ()
    gwp_set: str = ""
    consolidation: str = ""
    quarantined_count: int = 0
    moment: BookMoment | None = None


@dataclass(frozen=True, slots=True)
class EstimatedRecord:
    """What one record would add; `kg_co2e` is exact, and None where it would not be posted.

    `index` counts from 0 over all records; `status` is empty where it would be posted; `notices`
    say what stood in the way, or which fallback was used.
    """

    index: int
    status: str
    kg_co2e: Fraction | None
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What records would come to: their inventory, and what would become of them.

    `row_errors` are the first records that would not be posted; `records` is empty unless each
    record was asked for. `rounded_count` and `rounded_first` are as an append has them: quantities
    with more than 18 places, and the first of them.
    """

    inventory: Inventory
    record_count: int
    posted_count: int
    quarantined_count: int
    suspended_count: int
    row_errors: tuple[RowError, ...]
    row_errors_omitted_count: int
    records: tuple[EstimatedRecord, ...]
    rounded_count: int = 0
    rounded_first: str = ""


def read_estimate(
    responses: Iterable[report_pb2.EstimateResponse], group_by: tuple[str, ...]
) -> Estimate:
    """Read the responses of an estimate grouped by these columns."""
    records: list[EstimatedRecord] = []
    chunks: list[report_pb2.GetInventoryResponse] = []
    last = report_pb2.EstimateResponse()
    for last in responses:
        records.extend(map(_read_estimated_record, last.records))
        if last.HasField("inventory"):
            chunks.append(last.inventory)
    totals = read_totals(last.control_totals)
    return Estimate(
        read_inventory(chunks, group_by),
        totals.record_count,
        totals.posted_count,
        totals.quarantined_count,
        totals.suspended_count,
        tuple(read_row_error(error, 0) for error in last.row_errors),
        last.row_errors_omitted_count,
        tuple(records),
    )


def _read_estimated_record(item: report_pb2.EstimatedRecord) -> EstimatedRecord:
    return EstimatedRecord(
        item.index,
        status_name(item.status),
        Fraction(item.kg_co2e) if item.kg_co2e else None,
        tuple(item.notices),
    )


def read_inventory(
    responses: Iterable[report_pb2.GetInventoryResponse], group_by: tuple[str, ...]
) -> Inventory:
    """Read the chunks of an inventory grouped by these columns."""
    rows: list[InventoryRow] = []
    last = report_pb2.GetInventoryResponse()
    for last in responses:
        rows.extend(read_inventory_row(row, group_by) for row in last.rows)
    return Inventory(
        tuple(rows),
        read_inventory_row(last.total),
        tuple(map(_read_notice, last.notices)),
        last.suspended_count,
        tuple(last.method_versions),
        last.gwp_set,
        CONSOLIDATIONS.get(last.consolidation, ""),
        last.quarantined_count,
        read_moment(last),
    )


def _read_notice(item: report_pb2.Notice) -> Notice:
    kg_co2e = Decimal(item.kg_co2e) if item.HasField("kg_co2e") else None
    return Notice(item.reason, item.message, item.record_count, kg_co2e)


def read_inventory_row(
    row: report_pb2.InventoryRow, group_by: tuple[str, ...] = ()
) -> InventoryRow:
    """Read a row of an inventory grouped by these columns."""
    masses = {gas: Decimal(getattr(row, gas)) if row.HasField(gas) else None for gas in MAIN_GASES}
    return InventoryRow(
        dict(zip(group_by, row.group, strict=True)),
        Decimal(row.kg_co2e or "0"),
        masses["kg_co2"],
        masses["kg_ch4"],
        masses["kg_n2o"],
        row.record_count,
        tuple(row.partial_gases),
        tuple(
            GasAmount(
                each.gas,
                Decimal(each.kg),
                Decimal(each.kg_co2e) if each.HasField("kg_co2e") else None,
            )
            for each in row.gases
        ),
        Decimal(row.energy_kwh) if row.HasField("energy_kwh") else None,
        tuple(Amount(each.account, each.unit, Decimal(each.amount)) for each in row.amounts),
    )
