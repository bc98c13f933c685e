"""Questions about a book and their answers: messages to dataclasses and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tonne.catalogue.resolving.valuation import exact_text
from tonne.catalogue.words.method import CONSOLIDATIONS
from tonne.edge.messages.codec import row_status, write_row_error, write_totals
from tonne.errors import FieldInvalid, NameInvalid
from tonne.model import PERIOD_COUNT_MAX, period_of_month
from tonne.reports.coverage import CoverageRequest
from tonne.reports.inventory.request import COUNTED, MONTHS_BY, InventoryRequest
from tonne.v1 import report_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tonne.reports.coverage import CoverageRow
    from tonne.reports.estimate import EstimateAnswer, EstimatedRecord
    from tonne.reports.inventory.inventory import Inventory, InventoryRow

ROWS_PER_MESSAGE = 2_000
"""Rows of one chunk of an inventory."""

INVENTORY_DIMENSIONS = (
    "",
    "facility",
    "activity",
    "account",
    "period",
    "region",
    "facility_type",
    "scope",
)
"""Dimensions of an inventory, numbered as `tonne.v1.InventoryDimension`."""

APPROACHES = ("", *CONSOLIDATIONS)
"""Consolidation approaches, numbered as `tonne.v1.Consolidation`."""


def read_selection(request: report_pb2.GetInventoryRequest) -> InventoryRequest:
    """Read what an inventory is asked for. Raises `FieldInvalid`."""
    first, last = read_months(request)
    return InventoryRequest(
        first_period=first,
        last_period=last,
        group_by=tuple(
            read_enum("group_by", number, INVENTORY_DIMENSIONS) for number in request.group_by
        ),
        facilities=tuple(request.facilities),
        activities=tuple(request.activities),
        accounts=tuple(request.accounts),
        regions=tuple(request.regions),
        gwp_set=request.gwp_set,
        consolidation=read_approach(request),
        months_by=read_months_by(request),
    )


def read_months(request: Any) -> tuple[int, int]:
    """Read the months of a request, all where they are open. Raises `FieldInvalid`."""
    return (
        _read_month("from_period", request.from_period, 0),
        _read_month("to_period", request.to_period, PERIOD_COUNT_MAX - 1),
    )


def read_months_by(request: Any) -> str:
    """Read what months of a request are; where it is open, those in which records count.

    Raises `FieldInvalid`.
    """
    if not request.HasField("months_by"):
        return COUNTED
    return read_enum("months_by", request.months_by, ("", *MONTHS_BY))


def read_approach(request: Any) -> str:
    """Read the consolidation of a request, empty where it is open. Raises `FieldInvalid`."""
    if not request.HasField("consolidation"):
        return ""
    return read_enum("consolidation", request.consolidation, APPROACHES)


def write_inventory(inventory: Inventory) -> Iterator[report_pb2.GetInventoryResponse]:
    """Write an inventory in chunks; the last one carries the total."""
    rows = inventory.rows
    last_start = max(len(rows) - 1, 0) // ROWS_PER_MESSAGE * ROWS_PER_MESSAGE
    for start in range(0, last_start, ROWS_PER_MESSAGE):
        chunk = rows[start : start + ROWS_PER_MESSAGE]
        yield report_pb2.GetInventoryResponse(rows=map(write_row, chunk))
    yield report_pb2.GetInventoryResponse(
        rows=map(write_row, rows[last_start:]),
        total=write_row(inventory.total),
        notices=[
            report_pb2.Notice(
                reason=notice.reason,
                message=notice.message,
                record_count=notice.record_count,
                kg_co2e=notice.kg_co2e,
            )
            for notice in inventory.notices
        ],
        suspended_count=inventory.suspended_count,
        method_versions=inventory.method_versions,
        gwp_set=inventory.gwp_set,
        consolidation=_number(APPROACHES.index(inventory.consolidation)),
        quarantined_count=inventory.quarantined_count,
    )


def write_row(row: InventoryRow) -> report_pb2.InventoryRow:
    """Write a row of an inventory."""
    return report_pb2.InventoryRow(
        group=row.group,
        kg_co2e=row.kg_co2e,
        kg_co2=row.kg_co2,
        kg_ch4=row.kg_ch4,
        kg_n2o=row.kg_n2o,
        record_count=row.record_count,
        partial_gases=row.partial_gases,
        gases=[
            report_pb2.GasAmount(gas=each.gas, kg=each.kg, kg_co2e=each.kg_co2e)
            for each in row.gases
        ],
        energy_kwh=row.energy_kwh,
        amounts=[
            report_pb2.Amount(account=each.account, unit=each.unit, amount=each.amount)
            for each in row.amounts
        ],
    )


def read_coverage(request: report_pb2.GetCoverageRequest) -> CoverageRequest:
    """Read what coverage is asked for. Raises `FieldInvalid`."""
    first = _read_month("from_period", request.from_period, -1)
    last = _read_month("to_period", request.to_period, -1)
    return CoverageRequest(
        first_period=None if first < 0 else first,
        last_period=None if last < 0 else last,
        facilities=tuple(request.facilities),
        activities=tuple(request.activities),
    )


def write_coverage(
    rows: Iterable[CoverageRow], time_zone: str
) -> Iterator[report_pb2.GetCoverageResponse]:
    """Write coverage in chunks, a row with many gaps in several."""
    chunk = report_pb2.GetCoverageResponse(time_zone=time_zone)
    size = 0
    for row in rows:
        parts = max(len(row.gaps), len(row.overlaps), 1)
        for place in range(0, parts, ROWS_PER_MESSAGE):
            gaps = row.gaps[place : place + ROWS_PER_MESSAGE]
            overlaps = row.overlaps[place : place + ROWS_PER_MESSAGE]
            chunk.rows.append(
                report_pb2.CoverageRow(
                    facility=row.facility,
                    activity=row.activity,
                    start=row.start,
                    end=row.end,
                    record_count=row.record_count,
                    gaps=[
                        report_pb2.CoverageGap(
                            start=gap.start,
                            end=gap.end,
                            first_day=str(gap.first_day or ""),
                            last_day=str(gap.last_day or ""),
                        )
                        for gap in gaps
                    ],
                    overlaps=[
                        report_pb2.CoverageOverlap(start=start, end=end) for start, end in overlaps
                    ],
                )
            )
            size += 1 + len(gaps) + len(overlaps)
            if size >= ROWS_PER_MESSAGE:
                yield chunk
                chunk = report_pb2.GetCoverageResponse(time_zone=time_zone)
                size = 0
    if size:
        yield chunk


def write_estimated_records(
    records: Sequence[EstimatedRecord],
) -> Iterator[report_pb2.EstimateResponse]:
    """Write records' own figures in chunks."""
    for start in range(0, len(records), ROWS_PER_MESSAGE):
        yield report_pb2.EstimateResponse(
            records=[
                report_pb2.EstimatedRecord(
                    index=record.index,
                    status=row_status(record.status),
                    kg_co2e="" if record.kg_co2e is None else exact_text(record.kg_co2e),
                    notices=record.notices,
                )
                for record in records[start : start + ROWS_PER_MESSAGE]
            ]
        )


def write_estimate(answer: EstimateAnswer) -> Iterator[report_pb2.EstimateResponse]:
    """Write an estimate in chunks; the last one carries totals and row errors."""
    for chunk in write_inventory(answer.inventory):
        response = report_pb2.EstimateResponse(inventory=chunk)
        if chunk.HasField("total"):
            for error in answer.row_errors:
                written = write_row_error(error)
                written.message = answer.messages[error.index]
                response.row_errors.append(written)
            response.row_errors_omitted_count = answer.row_errors_omitted_count
            response.control_totals.CopyFrom(write_totals(answer.totals))
        yield response


def read_enum(field: str, number: int, names: tuple[str, ...]) -> str:
    """Read the number of an enum. Raises `FieldInvalid`."""
    if not 1 <= number < len(names):
        raise FieldInvalid(
            f"{field}: expected a number of its enum in the API, 1 to {len(names) - 1}; "
            f"got {number}",
            metadata={"field": field, "value": str(number)},
        )
    return names[number]


def _read_month(field: str, text: str, otherwise: int) -> int:
    if not text:
        return otherwise
    try:
        return period_of_month(text)
    except NameInvalid as error:
        raise FieldInvalid(
            f"{field}: {error.message}", metadata={"field": field, "value": text}
        ) from error


def _number(value: int) -> Any:
    """Give an enum's number; the stubs want the enum's own type, which no number has."""
    return value
