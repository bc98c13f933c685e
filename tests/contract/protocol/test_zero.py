"""Zero never means a state: what may be left out has presence, and an enum's zero is refused."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from tests.support.protos import FILES
from tests.support.servers.api import Producer, details_of, record
from tonne.v1 import catalogue_pb2, ledger_pb2, status_pb2

INTEGERS = {
    FieldDescriptor.TYPE_INT32,
    FieldDescriptor.TYPE_INT64,
    FieldDescriptor.TYPE_UINT32,
    FieldDescriptor.TYPE_UINT64,
}
COUNTS = ("count", "offset", "index", "revision", "epoch", "version", "total_size", "bytes_max")
"""Ends of names of integers whose zero is none of something, or the first."""

WHOLE = {
    "tonne.v1.ExplainRequest.records_max": "none is the wish for none",
    "tonne.v1.AppendResponse.credit_bytes": "none left",
    "tonne.v1.CreateImportRequest.compared_number": "imports count from 1, none is the wish",
    "tonne.v1.Change.commit_number": "always sent, none: the book has no commit",
    "tonne.v1.PeriodAct.commit_number": "always sent, none: the book has no commit",
    "tonne.v1.Indicator.digits": "always sent, none is a whole number",
    "tonne.v1.Limits.batch_records_max": "always sent, never zero",
    "tonne.v1.Enablement.tier": "required, 1 to 3",
    "tonne.v1.EnablementRow.tier": "always sent, 1 to 3",
    "tonne.v1.Offset.vintage_year": "required, from 1990 on",
    "tonne.v1.IndicatorDefinition.digits": "no places: a whole number",
    "tonne.v1.ExplainIndicatorRequest.records_max": "none are listed",
    "tonne.v1.ExplainRequest.lines_max": "as one: each has a response of its own",
    "tonne.v1.ComputeScope3EvidenceRequest.parts_max": "none are listed",
    "tonne.v1.ComputeBridgeRequest.rows_max": "none is the wish for as many as usual",
    "tonne.v1.Bridge.from_commit": "always sent, zero is the beginning of the book",
    "tonne.v1.Bridge.to_commit": "always sent, zero is the beginning of the book",
    "tonne.v1.Mark.commit": "always sent, zero is the beginning of the book",
    **dict.fromkeys(
        (
            "tonne.v1.AllocateMeterResponse.commit",
            "tonne.v1.Claims.commit",
            "tonne.v1.ExplainIndicatorResponse.commit",
            "tonne.v1.ExplainResponse.commit",
            "tonne.v1.GetCoverageResponse.commit",
            "tonne.v1.GetIndicatorValuesResponse.commit",
            "tonne.v1.GetInventoryResponse.commit",
            "tonne.v1.ListCorrectionsResponse.commit",
            "tonne.v1.ListQuarantineCausesResponse.commit",
            "tonne.v1.ListQuarantineResponse.commit",
            "tonne.v1.ListRecordsResponse.commit",
            "tonne.v1.ListSuspenseCausesResponse.commit",
            "tonne.v1.ListSuspenseResponse.commit",
            "tonne.v1.ListStatementsResponse.commit",
            "tonne.v1.ListTargetProgressResponse.commit",
            "tonne.v1.MeasureEffect.commit",
            "tonne.v1.MeasurePipeline.commit",
            "tonne.v1.ProductTotals.commit",
            "tonne.v1.Scope3Evidence.commit",
            "tonne.v1.SupplierCoverage.commit",
            "tonne.v1.TargetProgress.commit",
        ),
        "as_of_time is there where it is; zero is the beginning of the book",
    ),
    "tonne.v1.OverlapOrigin.side": "1 or 2",
    "tonne.v1.OverlapOrigin.import_number": "imports count from 1",
    "tonne.v1.GetSameRecordSummaryResponse.complete_up_to_commit": "commits count from 1",
    "tonne.v1.AppliedRestatement.number": "counts from 1; of what nothing is kept it has none",
    "tonne.v1.AppliedRestatement.before_commit": "commits count from 1",
    "tonne.v1.AppliedRestatement.after_commit": "commits count from 1; end_time is absent before",
    "tonne.v1.Status.code": "always sent, a code of google.rpc.Code, where zero is OK",
}
"""Other integers, and why they need no presence. page_size is AIP-158's."""

ALWAYS_SENT = {
    "tonne.v1.Channel.state",
    "tonne.v1.Correction.kind",
    "tonne.v1.OverlapMonth.state",
    "tonne.v1.SameRecord.kind",
    "tonne.v1.SameRecord.state",
    "tonne.v1.SameRecordGroup.kind",
    "tonne.v1.ListSameRecordsRequest.kind",
    "tonne.v1.GetSameRecordSummaryResponse.rule",
    "tonne.v1.SetSameRecordRuleRequest.rule",
    "tonne.v1.SetSameRecordRuleResponse.rule",
    "tonne.v1.Correction.reason_code",
    "tonne.v1.CorrectRecordsRequest.reason_code",
    "tonne.v1.ReverseRecordsRequest.reason_code",
    "tonne.v1.Period.state",
    "tonne.v1.RowError.status",
    "tonne.v1.SuspendedRecord.status",
    "tonne.v1.SuspenseCause.status",
    "tonne.v1.Word.field",
    "tonne.v1.QuarantineCause.status",
    "tonne.v1.QuarantinedRecord.status",
    "tonne.v1.LedgerRecord.status",
    "tonne.v1.EstimatedRecord.status",
    "tonne.v1.Scope3Part.kind",
    "tonne.v1.Scope3Row.kind",
    "tonne.v1.SupplierCoverageRow.attribute",
    "tonne.v1.MeasureEffect.method",
    "tonne.v1.MeasureEffect.state",
    "tonne.v1.MeasurePipelineRow.state",
    "tonne.v1.OffsetLotRow.state",
    "tonne.v1.ProductFootprintRow.exchange",
    "tonne.v1.IndicatorTerm.measure",
}
"""Enums that always say something: those of answers, and those that are required."""


def _fields():
    for file in FILES:
        for message in file.DESCRIPTOR.message_types_by_name.values():
            yield from message.fields


def test_an_enum_begins_with_what_is_never_sent():
    """The zero of each enum is named so; a field that says nothing is absent."""
    for file in FILES:
        for enum in file.DESCRIPTOR.enum_types_by_name.values():
            assert enum.values_by_number[0].name.endswith("_UNSPECIFIED"), enum.name
    without = {
        field.full_name
        for field in _fields()
        if field.enum_type is not None and not field.is_repeated and not field.has_presence
    }
    assert without == ALWAYS_SENT


def test_an_integer_without_presence_is_a_number():
    """Its zero is none, or the first; one that would say something else is optional."""
    without = {
        field.full_name
        for field in _fields()
        if field.type in INTEGERS
        and not field.is_repeated
        and not field.has_presence
        and not field.name.endswith(COUNTS)
        and field.name != "page_size"
    }
    assert without == WHOLE.keys()


def _zeros(kind, path=()):
    """Paths of the enums of a request, but those of records."""
    for field in kind.fields:
        if field.enum_type is not None:
            yield (*path, field)
        elif (
            field.message_type is not None
            and field.message_type.full_name.startswith("tonne.v1.")
            and field.message_type.name not in ("Rows", "Backlog")
        ):
            yield from _zeros(field.message_type, (*path, field))


CASES = [
    (service, method, path)
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
    if not method.client_streaming
    for path in _zeros(method.input_type)
]


@pytest.mark.parametrize(
    ("service", "method", "path"),
    CASES,
    ids=[f"{method.name}-{'.'.join(each.name for each in path)}" for _, method, path in CASES],
)
def test_the_zero_of_an_enum_is_refused_by_its_field(api, service, method, path):
    """Sent as such it is INVALID_ARGUMENT, with its place and what the field may be."""
    request = GetMessageClass(method.input_type)()
    for field in ("name", "parent"):
        if field in method.input_type.fields_by_name:
            of_channel = "/channels/none" if method.name == "CorrectRecords" else ""
            setattr(request, field, f"books/none{of_channel}")
    place, told = request, []
    for field in path[:-1]:
        place = getattr(place, field.name)
        if field.is_repeated:
            place = place.add()
        told.append(f"{field.name}[0]" if field.is_repeated else field.name)
    last = path[-1]
    if last.is_repeated:
        getattr(place, last.name).append(0)
    else:
        setattr(place, last.name, 0)
    told.append(f"{last.name}[0]" if last.is_repeated else last.name)
    for name in ("book", "method"):
        if name in method.input_type.fields_by_name and method.name.startswith("Update"):
            getattr(request, name).name = f"books/none{'/methods/current' * (name == 'method')}"
    call = getattr(getattr(api, service.name.removesuffix("Service").lower()), method.name)
    with pytest.raises(grpc.RpcError) as refused:
        list(call(request))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(refused.value)[0].metadata["field"] == ".".join(told)
    names = [value.name for value in last.enum_type.values if value.number]
    assert f"expected one of {', '.join(names)}" in refused.value.details()


def test_there_are_enums_in_requests():
    """The walk finds them: at the top, in a resource, in a list of a list."""
    found = {f"{method.name}.{'.'.join(each.name for each in path)}" for _, method, path in CASES}
    assert found >= {
        "GetInventory.group_by",
        "CreateBook.book.facility_rule",
        "ImportEntities.entities.holdings.financial_control",
        "ImportFacilities.facilities.type",
        "Explain.selection.consolidation",
    }


def test_what_is_not_said_is_absent(api, book):
    """A facility without a type, an edition that no method uses, a record that says no quality."""
    facilities = [ledger_pb2.Facility(id="a"), ledger_pb2.Facility(id="b", type=1)]
    api.ledger.ImportFacilities(
        ledger_pb2.ImportFacilitiesRequest(parent=book, facilities=facilities)
    )
    listed = api.ledger.ListFacilities(ledger_pb2.ListFacilitiesRequest(parent=book)).facilities
    assert [each.HasField("type") for each in listed] == [False, True]
    shipped = api.catalogue.ListEditions(catalogue_pb2.ListEditionsRequest()).editions
    assert not any(each.HasField("rank") for each in shipped)
    own = api.catalogue.ListEditions(catalogue_pb2.ListEditionsRequest(parent=book)).editions
    assert [each.rank for each in own] == [1]
    producer = Producer.opened(api, f"{book}/channels/meter")
    producer.send_rows(
        0,
        record(facility="a"),
        record(1, facility="a", data_quality=0),
        record(2, facility="a", data_quality=2),
        record(3, facility="a", activity="fuel.unknown"),
    )
    producer.finish()
    found = api.records(book)
    assert [each.record.HasField("data_quality") for each in found] == [False, False, True, False]
    assert [each.status for each in found] == [
        *[status_pb2.ROW_STATUS_POSTED] * 3,
        status_pb2.ROW_STATUS_FACTOR_MUST_EXIST,
    ]
