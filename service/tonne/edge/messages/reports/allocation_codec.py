"""Keys of allocation and what they allocate: messages to dataclasses and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tonne.catalogue.resolving.valuation import exact_text, ratio_text
from tonne.edge.messages.report_codec import read_enum, read_months
from tonne.errors import FieldInvalid
from tonne.model import month_of_period
from tonne.quantities import ATTO_PER_ONE
from tonne.reports.allocation.book import KWH, MEASURES, AllocationRequest
from tonne.reports.allocation.key import BASES, Key, read_span
from tonne.reports.allocation.records import RecordsKey
from tonne.statements.messages import read_date
from tonne.v1 import report_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.reports.allocation.book import Allocation
    from tonne.reports.allocation.parts import MonthParts

PARTS_PER_MESSAGE = 2_000
"""Parts of one chunk, where a month has not more."""


def read_request(request: report_pb2.AllocateMeterRequest, kept: Key | None) -> AllocationRequest:
    """Read what is to be allocated, by a key that is kept or that it brings.

    Raises `FieldInvalid`.
    """
    measure = KWH
    if request.HasField("measure"):
        measure = read_enum("measure", request.measure, ("", *MEASURES))
    key = kept or _read_given(request)
    for field in ("from_period", "to_period"):
        if not getattr(request, field):
            raise FieldInvalid(
                f"{field}: expected a month like 2025-01, as a key holds for a time; got none",
                metadata={"field": field, "value": ""},
            )
    first, last = read_months(request)
    return AllocationRequest(
        meter=request.meter,
        key=key,
        first_period=first,
        last_period=last,
        measure=measure,
        account=request.account,
        gwp_set=request.gwp_set,
    )


def read_kept(request: report_pb2.AllocateMeterRequest) -> tuple[str, str, int] | None:
    """Read which kept key is asked for: its id, a day and a version. Raises `FieldInvalid`."""
    given = [name for name in ("key", "records") if request.HasField(name)]
    given += ["key_id"] if request.key_id else []
    if len(given) > 1:
        raise FieldInvalid(
            f"key_id: expected one of key, key_id and records; got {' and '.join(given)}",
            metadata={"field": "key_id", "value": request.key_id},
        )
    if not request.key_id:
        return None
    day = request.HasField("key_valid_on")
    return (
        request.key_id,
        read_date(request.key_valid_on, "key_valid_on") if day else "",
        request.key_version,
    )


def _read_given(request: report_pb2.AllocateMeterRequest) -> Key | RecordsKey:
    """Read the key that a request brings."""
    if not request.HasField("records"):
        return _read_key(request.key)
    records = request.records
    return RecordsKey(records.account, tuple(records.recipients), records.as_metered)


def _read_key(key: report_pb2.AllocationKey) -> Key:
    return Key(
        key.id,
        key.version,
        read_enum("key.basis", key.basis, ("", *BASES)),
        key.unit,
        key.reason,
        tuple(
            read_span(
                f"spans[{number}]",
                span.valid_from,
                span.valid_to,
                [(each.recipient, each.value) for each in span.weights],
                span.whole,
                is_metered=span.metered,
            )
            for number, span in enumerate(key.spans)
        ),
        key.source,
    )


def write_answer(
    answer: Allocation, key: Key | RecordsKey
) -> Iterator[report_pb2.AllocateMeterResponse]:
    """Write months in chunks; the last one carries what is told, and by which key it is."""
    chunk, count = report_pb2.AllocateMeterResponse(), 0
    for of_unit in answer.units:
        for month in of_unit.months:
            size = len(month.parts) + 1
            if count and count + size > PARTS_PER_MESSAGE:
                yield chunk
                chunk, count = report_pb2.AllocateMeterResponse(), 0
            chunk.months.append(_write_month(of_unit.unit, month))
            count += size
    chunk.missing_periods.extend(map(month_of_period, answer.missing))
    chunk.suspended_count = answer.suspended_count
    chunk.gwp_set = answer.gwp_set
    if isinstance(key, Key):
        chunk.key_id, chunk.key_version, chunk.key_reason = key.id, key.version, key.reason
        basis: Any = BASES.index(key.basis) + 1
        chunk.key_basis = basis
    yield chunk


def _write_month(unit: str, month: MonthParts) -> report_pb2.AllocatedMonth:
    return report_pb2.AllocatedMonth(
        period=month_of_period(month.period),
        unit=unit,
        metered=ratio_text(month.metered_atto, ATTO_PER_ONE),
        parts=[
            report_pb2.AllocatedPart(
                recipient=part.recipient,
                amount=ratio_text(part.atto, ATTO_PER_ONE),
                share=exact_text(part.share),
                key="" if part.key is None else exact_text(part.key),
            )
            for part in month.parts
        ],
        unallocated=ratio_text(month.unallocated_atto, ATTO_PER_ONE),
        key_unit=month.key_unit,
        reason=month.reason,
        message=month.message,
    )
