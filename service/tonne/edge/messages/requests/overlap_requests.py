"""Overlaps: messages to dataclasses and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tonne.catalogue.resolving.valuation import decimal_text
from tonne.edge.messages import names
from tonne.edge.messages.codec import timestamp
from tonne.ledger.closing.overlaps.gathering import REQUESTS
from tonne.ledger.closing.overlaps.laying import OTHERS
from tonne.model import PERIOD_COUNT_MAX, month_of_period, period_of_month
from tonne.store.manifest.overlap_rows import SeveralMeters
from tonne.v1 import overlaps_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from fractions import Fraction

    from tonne.ledger.closing.overlaps.deciding import Origin
    from tonne.store.manifest.overlap_rows import Overlap, OverlapMonth

_Worth = tuple["Fraction | None", "Fraction | None"]

_US = 1_000_000


def read_months(request: Any) -> tuple[int, int]:
    """Read the months of a request, both included; what is empty is open. Raises NameInvalid."""
    return (
        period_of_month(request.from_month) if request.from_month else 0,
        period_of_month(request.to_month) if request.to_month else PERIOD_COUNT_MAX - 1,
    )


def read_declared(request: overlaps_pb2.DeclareSeveralMetersRequest, author: str) -> SeveralMeters:
    """Read a declaration."""
    return SeveralMeters(
        request.facility, request.activity, *read_months(request), author, request.reason
    )


def write_overlap(
    book: str,
    overlap: Overlap,
    worth: Mapping[tuple[int, int], _Worth],
    origins: Iterable[Origin] = (),
) -> overlaps_pb2.Overlap:
    """Write an overlap; `worth` is that of its months' sides."""
    return overlaps_pb2.Overlap(
        name=names.write_overlap(book, overlap.number),
        facility=overlap.facility,
        activity=overlap.activity,
        first_source=_source(book, overlap.first_source),
        second_source=_source(book, overlap.second_source),
        months=[
            _month(book, month, worth.get((overlap.number, month.period), (None, None)))
            for month in overlap.months
        ],
        origins=[
            overlaps_pb2.OverlapOrigin(
                side=each.side + 1, import_number=each.number, file_name=each.file_name
            )
            for each in origins
        ],
        create_time=None if overlap.create_time is None else timestamp(overlap.create_time),
    )


def write_meters(book: str, declared: SeveralMeters) -> overlaps_pb2.SeveralMeters:
    """Write a declaration."""
    has_end = declared.last_period < PERIOD_COUNT_MAX - 1
    times = {
        name: timestamp(time)
        for name, time in (
            ("create_time", declared.create_time),
            ("withdraw_time", declared.end_time),
        )
        if time is not None
    }
    return overlaps_pb2.SeveralMeters(
        name=names.write_meters(book, declared.number),
        facility=declared.facility,
        activity=declared.activity,
        from_month=month_of_period(declared.first_period),
        to_month=month_of_period(declared.last_period) if has_end else "",
        author=declared.author,
        reason=declared.reason,
        withdraw_author=declared.end_author,
        withdraw_reason=declared.end_reason,
        **times,
    )


def state_of(month: OverlapMonth) -> str:
    """Say where the decision stands."""
    if not month.record_count:
        return "OVERLAP_STATE_GONE"
    if month.is_accepted:
        return "OVERLAP_STATE_ACCEPTED"
    return "OVERLAP_STATE_DECLARED" if month.declaration else "OVERLAP_STATE_OPEN"


def _month(book: str, month: OverlapMonth, worth: _Worth) -> overlaps_pb2.OverlapMonth:
    known = [each for each in worth if each is not None]
    return overlaps_pb2.OverlapMonth(
        month=month_of_period(month.period),
        state=state_of(month),
        record_count=month.record_count,
        pair_count=month.pair_count,
        sides=[
            overlaps_pb2.OverlapSide(
                record_count=side["record_count"],
                seconds_min=side["us_min"] / _US,
                seconds_max=side["us_max"] / _US,
                first_offset=side["first_offset"],
                last_offset=side["last_offset"],
                quantities=[
                    overlaps_pb2.OverlapQuantity(unit=unit, quantity=quantity)
                    for unit, quantity in side["quantities"].items()
                ],
                kg_co2e=None if kg is None else decimal_text(kg),
            )
            for side, kg in zip(json.loads(month.sides), worth, strict=False)
        ],
        kg_co2e=decimal_text(max(known, key=abs)) if known else None,
        author=month.author,
        reason=month.reason,
        accept_time=None if month.accept_time is None else timestamp(month.accept_time),
        declaration=names.write_meters(book, month.declaration) if month.declaration else "",
    )


def _source(book: str, source: str) -> str:
    if source == OTHERS:
        return OTHERS
    return f"books/{book}/requests" if source == REQUESTS else names.write_channel(book, source)
