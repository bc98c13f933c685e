"""Update calls: a field mask says what changes; what never changes is refused by its name."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from typer.testing import CliRunner

from tests.support.servers.api import Producer, details_of, record
from tonne.catalogue.words.method import MethodSettings
from tonne.cli.main import app
from tonne.client import Client
from tonne.client.wire.resources import last_id
from tonne.errors import FieldInvalid
from tonne.model import Entity, Facility, FacilityRule, Holding
from tonne.v1 import ledger_pb2


@pytest.fixture
def client(running):
    """The SDK on the shared server."""
    with Client(running.server.address) as opened:
        yield opened


@pytest.fixture
def book_id(client, book):
    """A book with two facilities and two entities."""
    book_id = last_id(book)
    client.import_facilities(
        book_id, [Facility("a", "A", "office", "DE", valid_to="2025-01-01"), Facility("b")]
    )
    client.import_entities(
        book_id, [Entity("group"), Entity("sub", "Sub", "group", (Holding(equity_share="0.5"),))]
    )
    return book_id


def _told(call, request):
    with pytest.raises(grpc.RpcError) as refused:
        call(request)
    return refused.value.code(), refused.value.details(), details_of(refused.value)[0]


def test_what_a_mask_names_changes_and_nothing_else(client, book_id):
    """A field that is named and empty is emptied; the others stay."""
    assert client.update_facility(book_id, "a", region="FR", valid_to="") == Facility(
        "a", "A", "office", "FR"
    )
    assert next(client.list_facilities(book_id)).region == "FR"
    changed = client.update_entity(book_id, "sub", holdings=(Holding("2024-01-01"),))
    assert changed == Entity("sub", "Sub", "group", (Holding("2024-01-01"),))
    assert list(client.list_entities(book_id)) == [Entity("group"), changed]
    before = client.get_book(book_id)
    named = client.update_book(book_id, display_name="Äcme")
    assert (named.display_name, named.revision) == ("Äcme", before.revision)
    assert (named.time_zone, named.facility_rule) == (before.time_zone, before.facility_rule)
    assert client.update_book(book_id, display_name="").display_name == ""
    method = client.update_method(book_id, author="Ada", reason="new", gwp_set="AR6")
    assert method.version == before.method_version + 1
    again = client.update_method(book_id, author="Ada", reason="new", year_rule="days")
    settings = MethodSettings.from_json(again.body)
    assert (settings.gwp_set, settings.year_rule) == ("AR6", "days")
    assert client.get_book(book_id).editions == before.editions


def test_without_a_mask_what_is_set_changes(api, book, book_id, client):
    """AIP-134: an absent mask stands for the fields that the resource has; * for all."""
    facility = ledger_pb2.Facility(id="a", region="FR")
    request = ledger_pb2.UpdateFacilityRequest(parent=book, facility=facility)
    assert api.ledger.UpdateFacility(request).display_name == "A"
    request.update_mask.paths.append("*")
    assert api.ledger.UpdateFacility(request) == facility
    assert list(client.list_facilities(book_id)) == [Facility("a", region="FR"), Facility("b")]


def test_another_facility_rule_decides_from_then_on(api, book, book_id, client):
    """The next batch of a stream that is open meets the new rule; the revision rose."""
    producer = Producer.opened(api, f"{book}/channels/meter")
    producer.send_rows(0, record(facility="a"))
    producer.until_durable(1)
    before = client.get_book(book_id)
    client.update_book(book_id, facility_rule=FacilityRule.ANY)
    producer.send_rows(1, record(1, facility="elsewhere"))
    producer.until_durable(2)
    client.update_book(book_id, facility_rule=FacilityRule.REGISTERED_ONLY)
    producer.send_rows(2, record(2, facility="elsewhere"))
    producer.until_durable(3)
    producer.finish()
    assert [each.offset for each in client.list_suspense(book_id)] == [2]
    assert client.get_book(book_id).revision == before.revision + 2


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (["colour"], "'colour', none of its fields"),
        (["time_zone"], "'time_zone', a field of Book that never changes"),
        (["display_name", "name"], "'name', a field of Book that never changes"),
        (["revision"], "'revision', a field of Book that never changes"),
        (["*", "display_name"], "'*', none of its fields"),
        ([], "nothing that changes"),
    ],
)
def test_a_field_that_never_changes_is_refused_by_name(api, book, paths, told):
    """Unknown, immutable and computed fields are told apart, with those that change."""
    request = ledger_pb2.UpdateBookRequest(
        book=ledger_pb2.Book(name=book, time_zone="Asia/Tokyo"),
        update_mask=FieldMask(paths=paths),
    )
    code, text, info = _told(api.ledger.UpdateBook, request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert text.endswith(
        f"which are display_name, facility_rule, reopens_sealed, late_records, or * for "
        f"all of them; got {told}"
    )
    assert (info.reason, info.metadata["field"]) == ("FIELD_INVALID", "update_mask")


def test_ids_and_authors_are_no_settings(api, book):
    """The id of a facility or entity, and who wrote a version, are in no mask."""
    for call, request in (
        (
            api.ledger.UpdateFacility,
            ledger_pb2.UpdateFacilityRequest(parent=book, facility=ledger_pb2.Facility(id="a")),
        ),
        (
            api.ledger.UpdateEntity,
            ledger_pb2.UpdateEntityRequest(parent=book, entity=ledger_pb2.Entity(id="a")),
        ),
    ):
        request.update_mask.paths.append("id")
        assert "'id', a field of" in _told(call, request)[1]
    method = ledger_pb2.Method(name=f"{book}/methods/current", author="Ada", reason="r")
    request = ledger_pb2.UpdateMethodRequest(method=method)
    assert _told(api.ledger.UpdateMethod, request)[1].endswith("got nothing that changes")
    request.update_mask.paths.append("author")
    assert (
        "'author', a field of Method that never changes"
        in _told(api.ledger.UpdateMethod, request)[1]
    )


def test_what_is_not_registered_is_not_found(api, book):
    """An update makes nothing."""
    facility = ledger_pb2.Facility(id="none", region="DE")
    request = ledger_pb2.UpdateFacilityRequest(parent=book, facility=facility)
    code, text, info = _told(api.ledger.UpdateFacility, request)
    assert (code, info.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_REGISTERED")
    assert "no facility 'none': import it first" in text
    entity = ledger_pb2.Entity(id="none", display_name="None")
    request = ledger_pb2.UpdateEntityRequest(parent=book, entity=entity)
    assert _told(api.ledger.UpdateEntity, request)[2].metadata["entity"] == "none"


def test_a_change_is_checked_like_an_import(client, book_id):
    """What an import refuses an update refuses, and nothing is changed."""
    before = list(client.list_entities(book_id))
    with pytest.raises(FieldInvalid, match="circle"):
        client.update_entity(book_id, "group", parent="sub")
    with pytest.raises(FieldInvalid, match="equity_share"):
        client.update_entity(book_id, "sub", holdings=(Holding(equity_share="2"),))
    with pytest.raises(FieldInvalid, match="a day after valid_from"):
        client.update_facility(book_id, "a", valid_from="2025-01-01")
    assert list(client.list_entities(book_id)) == before
    revision = client.get_book(book_id).revision
    assert client.update_facility(book_id, "a", region="DE").region == "DE"
    assert client.get_book(book_id).revision == revision  # it was that already


def test_the_command_updates(running, book_id, client):
    """A book and a facility are changed field by field; a wrong field is refused."""

    def run(*words):
        return CliRunner().invoke(app, [*words, "--server", running.server.address])

    done = run("book", "update", book_id, "--display-name", "New", "--facilities", "any")
    assert done.exit_code == 0, done.output
    assert client.get_book(book_id).display_name == "New"
    assert client.get_book(book_id).facility_rule is FacilityRule.ANY
    done = run("facility", "update", "a", "region=FR", "display_name=x=y", "--book", book_id)
    assert done.exit_code == 0, done.output
    assert next(client.list_facilities(book_id)).display_name == "x=y"
    for words in (["colour=red"], ["id=b"], ["region"]):
        assert run("facility", "update", "a", *words, "--book", book_id).exit_code == 2
    assert run("book", "update", book_id).exit_code == 2
