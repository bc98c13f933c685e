"""filter and order_by of the lists, on the wire, by the client and by the command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import grpc
import pytest
from typer.testing import CliRunner

from tests.support.servers.api import Producer, details_of, record
from tonne.cli.main import app
from tonne.client import Client
from tonne.client.wire.resources import last_id
from tonne.errors import FieldInvalid
from tonne.model import Entity, Facility
from tonne.v1 import (
    catalogue_pb2,
    changes_pb2,
    corrections_pb2,
    ingest_pb2,
    ledger_pb2,
    overlaps_pb2,
    report_pb2,
    statements_pb2,
)

PAGE = Path(__file__).parents[3] / "docs/api.md"


@pytest.fixture
def client(running):
    """The SDK on the shared server."""
    with Client(running.server.address) as opened:
        yield opened


@pytest.fixture
def book_id(client, book):
    """A book with five facilities, four entities, three channels, three versions of a method."""
    book_id = last_id(book)
    client.import_entities(
        book_id, [Entity("holding"), *(Entity(f"e{n}", parent="holding") for n in range(3))]
    )
    client.import_facilities(
        book_id,
        [
            Facility(
                f"north-{n}" if n % 2 else f"south-{n}", type="office", region="DE", entity="e1"
            )
            for n in range(4)
        ]
        + [Facility("west", region="FR", valid_to="2025-01-01")],
    )
    for name in ("a", "b", "c"):
        client.channel(book_id, name)
    client.close_channel(book_id, "b")
    return book_id


def _ids(items):
    return [each.id for each in items]


def test_resources_are_filtered_by_their_fields(client, book_id):
    """Of each list a field that is its key, one that is not, and both."""
    facilities = client.list_facilities
    assert _ids(facilities(book_id, filter_by='id : "north-*"')) == ["north-1", "north-3"]
    assert _ids(facilities(book_id, filter_by='region = "FR" AND valid_to < 2025-06-01')) == [
        "west"
    ]
    wanted = 'type = FACILITY_TYPE_OFFICE AND id > "north-1"'
    assert _ids(facilities(book_id, filter_by=wanted)) == ["north-3", "south-0", "south-2"]
    assert _ids(facilities(book_id, filter_by="valid_to:*")) == ["west"]
    channels = client.list_channels
    assert _ids(channels(book_id, filter_by="state = CHANNEL_STATE_CLOSED")) == ["b"]
    assert _ids(channels(book_id, filter_by=f'name != "books/{book_id}/channels/b"')) == ["a", "c"]
    assert _ids(channels(book_id, filter_by="commit_time:*")) == []
    assert _ids(client.list_entities(book_id, filter_by="parent = holding")) == ["e0", "e1", "e2"]
    found = client.list_books(filter_by=f'name = "books/{book_id}" AND time_zone = "UTC"')
    assert _ids(found) == [book_id]
    versions = [each.version for each in client.list_methods(book_id)]
    assert len(versions) > 1
    found = client.list_methods(book_id, filter_by="version > 1")
    assert [each.version for each in found] == versions[1:]


def test_resources_come_in_either_order(client, book_id):
    """desc gives the same, turned round, by pages of any size too."""
    for list_, key in (
        (client.list_facilities, "id"),
        (client.list_entities, "id"),
        (client.list_channels, "name"),
        (client.list_methods, "version"),
    ):
        forwards = list(list_(book_id, order_by=key))
        assert forwards == list(list_(book_id))
        assert list(list_(book_id, order_by=f"{key} desc")) == forwards[::-1]
    books = list(client.list_books(filter_by=f'name >= "books/{book_id}"'))
    assert (
        list(client.list_books(filter_by=f'name >= "books/{book_id}"', order_by="name desc"))
        == books[::-1]
    )


def test_editions_and_factors_are_filtered(client, book_id):
    """Imported factors by the store, shipped ones in memory, by the same fields."""
    own = client.list_factors("own", book=book_id, filter_by="unit != kWh")
    assert {factor.unit for factor in own} == {"litre"}
    for edition, of_book in (("own", book_id), ("uk-ghg-2025", "")):
        every = list(client.list_factors(edition, book=of_book))
        wanted = 'valid_from >= 2000-01-01 AND activity : "electricity.*"'
        found = list(client.list_factors(edition, book=of_book, filter_by=wanted))
        assert found == [each for each in every if each.activity.startswith("electricity.")]
        assert 0 < len(found) < len(every)
        one = list(client.list_factors(edition, book=of_book, activity=found[0].activity))
        assert one == [each for each in every if each.activity == found[0].activity]
    shipped = list(client.list_editions(filter_by='publisher : "UK*" AND factor_count > 0'))
    assert len(shipped) < len(list(client.list_editions()))


def test_records_are_filtered(api, book, client, book_id):
    """Durable, suspended and quarantined ones by the fields of the record they hold."""
    producer = Producer.opened(api, f"{book}/channels/meter")
    records = [
        record(0, facility="north-1"),
        record(1, facility="south-0"),
        record(2, facility="north-1", activity="fuel.unknown"),
        record(3, facility="north-1", quantity="much"),
        record(4, facility="nowhere"),
    ]
    producer.send_rows(0, *records)
    producer.finish()
    found = client.list_records(book_id, facility="north-1")
    assert [each.offset for each in found] == [0, 2]
    start = records[0].start.ToJsonString()
    found = client.list_records(book_id, filter_by=f'record.start > "{start}"')
    assert [each.offset for each in found] == [1, 2, 4]
    found = client.list_suspense(book_id, filter_by="status = ROW_STATUS_FACTOR_MUST_EXIST")
    assert [each.offset for each in found] == [2]
    found = client.list_suspense(book_id, filter_by='record.facility : "no*"')
    assert [each.offset for each in found] == [2, 4]
    for filter_by, offsets in (
        ("field = quantity", [3]),
        ("field = unit", []),
        (
            f'channel = "{book}/channels/meter" AND status = ROW_STATUS_QUANTITY_MUST_BE_A_NUMBER',
            [3],
        ),
        (f'channel = "{book}/channels/a"', []),
    ):
        found = client.list_quarantine(book_id, filter_by=filter_by)
        assert [each.offset for each in found] == offsets, filter_by


REQUESTS = {
    "ListBooks": (ledger_pb2.ListBooksRequest, "ledger"),
    "ListMethods": (ledger_pb2.ListMethodsRequest, "ledger"),
    "ListEntities": (ledger_pb2.ListEntitiesRequest, "ledger"),
    "ListWords": (ledger_pb2.ListWordsRequest, "ledger"),
    "ListStatements": (statements_pb2.ListStatementsRequest, "statement"),
    "ListCorrections": (corrections_pb2.ListCorrectionsRequest, "correction"),
    "ListChanges": (changes_pb2.ListChangesRequest, "change"),
    "ListSameRecords": (corrections_pb2.ListSameRecordsRequest, "correction"),
    "ListOverlaps": (overlaps_pb2.ListOverlapsRequest, "overlap"),
    "ListFacilities": (ledger_pb2.ListFacilitiesRequest, "ledger"),
    "ListSuspense": (ledger_pb2.ListSuspenseRequest, "ledger"),
    "ListQuarantine": (ledger_pb2.ListQuarantineRequest, "ledger"),
    "ListChannels": (ingest_pb2.ListChannelsRequest, "ingest"),
    "ListEditions": (catalogue_pb2.ListEditionsRequest, "catalogue"),
    "ListFactors": (catalogue_pb2.ListFactorsRequest, "catalogue"),
    "ListRecords": (report_pb2.ListRecordsRequest, "report"),
}


def _request(method, book, **fields):
    kind, _ = REQUESTS[method]
    if "parent" in kind.DESCRIPTOR.fields_by_name:
        fields["parent"] = f"{book}/editions/own" if method == "ListFactors" else book
    if method == "ListSameRecords":
        fields["kind"] = "SAME_RECORD_KIND_CONFLICT"
    return kind(**fields)


@pytest.mark.parametrize("method", REQUESTS)
def test_a_wrong_filter_is_refused_by_each_list(api, book, method):
    """INVALID_ARGUMENT with the place, the fields of this list and an example that it takes."""
    call = getattr(getattr(api, REQUESTS[method][1]), method)
    with pytest.raises(grpc.RpcError) as refused:
        call(_request(method, book, filter="colour = red"))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    told = details_of(refused.value)[0]
    assert (told.reason, told.metadata["position"]) == ("FIELD_INVALID", "1")
    assert told.metadata["example"] in refused.value.details()
    call(_request(method, book, filter=told.metadata["example"]))
    kind, _ = REQUESTS[method]
    described = kind.DESCRIPTOR.file.pool.FindMessageTypeByName(kind.DESCRIPTOR.full_name)
    assert (
        described.fields_by_name["filter"].type == described.fields_by_name["filter"].TYPE_STRING
    )
    if "order_by" in described.fields_by_name:
        with pytest.raises(grpc.RpcError) as refused:
            call(_request(method, book, order_by="colour"))
        assert "order_by: expected" in refused.value.details()


def test_the_page_of_the_api_names_the_fields_of_each_list(api, book):
    """The table of docs/api.md is what the server takes: fields in this order, and the key."""
    told = dict(re.findall(r"^\| `(List\w+)` \| (.*) \|$", PAGE.read_text(), re.MULTILINE))
    assert told.keys() == REQUESTS.keys()
    for method, row in told.items():
        fields, key = (cell.replace("`", "").strip() for cell in row.split("|"))
        call = getattr(getattr(api, REQUESTS[method][1]), method)
        with pytest.raises(grpc.RpcError) as refused:
            call(_request(method, book, filter="colour = red"))
        assert set(fields.split(", ")) == set(
            details_of(refused.value)[0].metadata["fields"].split(", ")
        )
        has_order = "order_by" in REQUESTS[method][0].DESCRIPTOR.fields_by_name
        assert has_order == bool(key)
        if key:
            call(_request(method, book, order_by=f"{key} desc"))


@pytest.mark.parametrize("method", REQUESTS)
def test_a_page_of_fewer_than_no_items_is_refused(api, book, method):
    """AIP-158: a negative page_size is INVALID_ARGUMENT, on every list."""
    call = getattr(getattr(api, REQUESTS[method][1]), method)
    with pytest.raises(grpc.RpcError, match="page_size: expected the most items") as refused:
        call(_request(method, book, page_size=-1))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.usefixtures("book_id")
@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"filter": 'id != "x"'}, {"filter": 'id != "y"'}),
        ({"filter": 'id != "x"'}, {}),
        ({}, {"filter": 'id != "x"'}),
        ({"order_by": "id desc"}, {"order_by": "id"}),
        ({"order_by": "id"}, {"order_by": "id desc"}),
        ({"order_by": "id desc"}, {}),
    ],
)
def test_a_page_token_goes_with_its_filter_and_order(api, book, first, then):
    """AIP-158: the same token with other arguments is INVALID_ARGUMENT."""
    call = api.ledger.ListFacilities
    page = call(_request("ListFacilities", book, page_size=1, **first))
    token = page.next_page_token
    assert call(
        _request("ListFacilities", book, page_size=1, page_token=token, **first)
    ).facilities
    with pytest.raises(grpc.RpcError) as refused:
        call(_request("ListFacilities", book, page_size=1, page_token=token, **then))
    assert details_of(refused.value)[0].reason == "PAGE_TOKEN_INVALID"


def test_the_command_filters(running, book_id):
    """--filter and --order-by go to the server, and its refusal is told."""
    options = ["--server", running.server.address, "--book", book_id]
    ask = [
        "facility",
        "list",
        "--filter",
        "region = DE",
        "--order-by",
        "id desc",
        "--format",
        "json",
    ]
    done = CliRunner().invoke(app, [*ask, *options])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    assert [row["id"] for row in rows] == ["south-2", "south-0", "north-3", "north-1"]
    with (
        Client(running.server.address) as client,
        pytest.raises(FieldInvalid, match="character 1"),
    ):
        list(client.list_channels(book_id, filter_by="regio = DE"))
    done = CliRunner().invoke(app, ["channel", "list", "--filter", "regio = DE", *options])
    assert done.exit_code != 0
