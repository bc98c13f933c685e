"""Bridges and restatements: messages to dataclasses and back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tonne.edge.messages import names
from tonne.edge.messages.codec import timestamp
from tonne.edge.messages.report_codec import (
    INVENTORY_DIMENSIONS,
    read_approach,
    read_enum,
    read_months_by,
)
from tonne.errors import FieldInvalid
from tonne.reports.bridge.answers import Scope
from tonne.reports.bridge.book import BridgeRequest
from tonne.reports.restating.notes import RestatementRequest
from tonne.reports.restating.resting import Subject
from tonne.statements import messages
from tonne.statements.changes.bridges import Approach, Side
from tonne.statements.changes.restatements import RestatementCause, Treatment
from tonne.statements.fields import invalid
from tonne.v1 import bridges_pb2

if TYPE_CHECKING:
    from tonne.statements.statement import Statement


def read_bridge(request: bridges_pb2.ComputeBridgeRequest) -> BridgeRequest:
    """Read which answers a bridge joins. Raises `FieldInvalid`."""
    return BridgeRequest(
        _read_side(request, "before"),
        _read_side(request, "after"),
        replace(_read_scope(request), months_by=read_months_by(request)),
        tuple(read_enum("group_by", each, INVENTORY_DIMENSIONS) for each in request.group_by),
        request.rows_max,
    )


def read_subject(request: bridges_pb2.EstimateRestatementRequest) -> Subject:
    """Read what is asked about. Raises `FieldInvalid`."""
    side = Side(
        request.from_period,
        request.to_period,
        request.gwp_set,
        Approach(read_approach(request)),
        request.method_version,
        as_of=request.as_of,
    )
    return Subject(
        request.factor,
        request.edition,
        request.posted_version,
        request.facility,
        side,
        request.factor_kg_co2e,
    )


def read_restatement(request: bridges_pb2.NoteRestatementRequest) -> RestatementRequest:
    """Read what is to be noted. Raises `FieldInvalid`."""
    reported, revised = _read_side(request, "reported"), _read_side(request, "revised")
    cause = read_word(request, "cause", RestatementCause)
    treatment = read_word(request, "treatment", Treatment) or Treatment.NOTED
    if not request.metric.strip():
        raise invalid("metric", "what is restated, as the report calls it", request.metric)
    if cause is None:
        raise invalid("cause", f"one of {', '.join(RestatementCause)}", "")
    if not request.HasField("evidence_existed_then"):
        raise FieldInvalid(
            "evidence_existed_then: expected whether what shows the change could have been known "
            "when the figure was reported; it is never assumed",
            metadata={"field": "evidence_existed_then"},
        )
    return RestatementRequest(
        request.metric,
        reported,
        revised,
        cause,
        request.evidence_existed_then,
        treatment,
        _read_scope(request),
    )


def write_noted(book: str, statement: Statement) -> bridges_pb2.NoteRestatementResponse:
    """Write a restatement that was noted."""
    response = bridges_pb2.NoteRestatementResponse(
        name=names.write_statement(book, statement.number),
        version=statement.version,
        author=statement.author,
        create_time=None if statement.create_time is None else timestamp(statement.create_time),
    )
    response.restatement.SetInParent()
    messages.fill(response.restatement, statement.body, "restatement")
    return response


def read_now(request: bridges_pb2.CheckBaseYearRequest, today: str) -> Side:
    """Read what a base year is compared with. Raises `FieldInvalid`."""
    day = today
    if request.HasField("structure_on"):
        day = messages.read_date(request.structure_on, "structure_on")
    return Side(structure_on=day, method_version=request.method_version)


def _read_side(request: Any, field: str) -> Side:
    side: bridges_pb2.BridgeSide = getattr(request, field)
    day = ""
    if side.HasField("structure_on"):
        day = messages.read_date(side.structure_on, f"{field}.structure_on")
    return Side(
        side.from_period,
        side.to_period,
        side.gwp_set,
        Approach(read_approach(side)),
        side.method_version,
        day,
        side.as_of,
    )


def _read_scope(request: Any) -> Scope:
    return Scope(
        tuple(request.facilities),
        tuple(request.activities),
        tuple(request.accounts),
        tuple(request.regions),
    )


def read_word(request: Any, field: str, kind: Any) -> Any:
    """Read a word of an enum; None where it is left open. Raises `FieldInvalid`."""
    if not request.HasField(field):
        return None
    described = request.DESCRIPTOR.fields_by_name[field].enum_type
    found = described.values_by_number.get(getattr(request, field))
    if found is None or not found.number:
        words = ", ".join(each.name for each in described.values if each.number)
        raise invalid(field, f"one of {words}", str(getattr(request, field)))
    return kind[found.name.removeprefix(messages.prefix(described))]
