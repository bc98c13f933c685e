"""Books, facilities, editions, factors, channels, inventories on the wire."""

from __future__ import annotations

import uuid

import grpc
import pytest
from google.type.date_pb2 import Date

from tests.support.servers.api import EDITION, Producer, details_of, record
from tonne.v1 import catalogue_pb2, ingest_pb2, ledger_pb2, report_pb2


def _reason(call, request) -> str:
    with pytest.raises(grpc.RpcError) as refused:
        call(request)
    return details_of(refused.value)[0].reason


def _pages(call, request, items: str, size: int) -> list:
    """All items of a list, asked for in pages of a size, none of them larger."""
    found = []
    request.page_size = size
    while True:
        page = call(request)
        assert len(getattr(page, items)) <= size
        found.extend(getattr(page, items))
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


def test_a_book_keeps_what_it_was_made_with(api):
    """Name, time zone and rule come back; without them UTC and the default rule hold."""
    book = ledger_pb2.Book(
        display_name="Äcme", time_zone="Europe/Berlin", facility_rule=ledger_pb2.FACILITY_RULE_ANY
    )
    api.ledger.CreateBook(ledger_pb2.CreateBookRequest(book_id="kept", book=book))
    kept = api.ledger.GetBook(ledger_pb2.GetBookRequest(name="books/kept"))
    assert (kept.name, kept.display_name, kept.time_zone) == (
        "books/kept",
        "Äcme",
        "Europe/Berlin",
    )
    assert kept.facility_rule == ledger_pb2.FACILITY_RULE_ANY
    assert kept.create_time.seconds > 0
    plain = api.ledger.CreateBook(ledger_pb2.CreateBookRequest(book_id="plain"))
    assert plain.time_zone == "UTC"
    assert plain.facility_rule == ledger_pb2.FACILITY_RULE_WHEN_REGISTER_EXISTS


@pytest.mark.parametrize(
    ("book_id", "book", "reason"),
    [
        ("Capital", {}, "NAME_INVALID"),
        ("", {}, "NAME_INVALID"),
        ("zone", {"time_zone": "Mars/Olympus"}, "FIELD_INVALID"),
        ("rule", {"facility_rule": 99}, "FIELD_INVALID"),
    ],
)
def test_a_wrong_book_is_refused(api, book_id, book, reason):
    """A field of the wrong form is INVALID_ARGUMENT, and nothing is made."""
    request = ledger_pb2.CreateBookRequest(book_id=book_id, book=ledger_pb2.Book(**book))
    assert _reason(api.ledger.CreateBook, request) == reason


def test_a_book_is_made_once(api, book):
    """The second one of the same id is ALREADY_EXISTS."""
    request = ledger_pb2.CreateBookRequest(book_id=book.removeprefix("books/"))
    assert _reason(api.ledger.CreateBook, request) == "BOOK_EXISTS"


def test_lists_come_in_pages(api, book):
    """Books, facilities, channels and factors come whole and in order whatever the page."""
    for number in range(5):
        api.open(f"{book}/channels/c{number}")
    channels = ingest_pb2.ListChannelsRequest(parent=book)
    names = [one.name for one in _pages(api.ingest.ListChannels, channels, "channels", 2)]
    assert names == [f"{book}/channels/c{number}" for number in range(5)]
    facilities = [ledger_pb2.Facility(id=f"f{n}", type=n + 1, region="DE") for n in range(5)]
    answer = api.ledger.ImportFacilities(
        ledger_pb2.ImportFacilitiesRequest(parent=book, facilities=facilities)
    )
    assert (answer.created_count, answer.updated_count) == (5, 0)
    request = ledger_pb2.ListFacilitiesRequest(parent=book)
    assert _pages(api.ledger.ListFacilities, request, "facilities", 2) == facilities
    factors = catalogue_pb2.ListFactorsRequest(parent=f"{book}/editions/own")
    assert len(_pages(api.catalogue.ListFactors, factors, "factors", 1)) == 2
    books = _pages(api.ledger.ListBooks, ledger_pb2.ListBooksRequest(), "books", 3)
    names = [one.name for one in books]
    assert book in names
    assert names == sorted(names)


def test_a_page_token_is_good_for_its_own_list_alone(api, book):
    """A token of another call, or an invented one, is INVALID_ARGUMENT."""
    api.open(f"{book}/channels/a")
    api.open(f"{book}/channels/b")
    page = api.ingest.ListChannels(ingest_pb2.ListChannelsRequest(parent=book, page_size=1))
    for token in (page.next_page_token, "invented"):
        request = ledger_pb2.ListFacilitiesRequest(parent=book, page_token=token)
        assert _reason(api.ledger.ListFacilities, request) == "PAGE_TOKEN_INVALID"


def test_a_facility_of_no_type_is_refused_by_its_place(api, book):
    """The index of the wrong facility is in the error, and none is imported."""
    facilities = [ledger_pb2.Facility(id="a"), ledger_pb2.Facility(id="b", type=77)]
    request = ledger_pb2.ImportFacilitiesRequest(parent=book, facilities=facilities)
    with pytest.raises(grpc.RpcError) as refused:
        api.ledger.ImportFacilities(request)
    assert details_of(refused.value)[0].metadata["field"] == "facilities[1].type"
    listed = api.ledger.ListFacilities(ledger_pb2.ListFacilitiesRequest(parent=book))
    assert list(listed.facilities) == []


def test_an_edition_is_imported_once_and_ranked_last(api, book):
    """The same content again changes nothing, other content is refused, order can be set."""
    import_edition = api.catalogue.ImportEdition
    csv = EDITION.encode()
    same = catalogue_pb2.ImportEditionRequest(parent=book, edition_id="own", csv=csv)
    assert import_edition(same).rank == 1
    other = catalogue_pb2.ImportEditionRequest(
        parent=book, edition_id="own", csv=csv.replace(b"0.4", b"0.5")
    )
    assert _reason(import_edition, other) == "EDITION_EXISTS"
    second = catalogue_pb2.ImportEditionRequest(parent=book, edition_id="second", csv=csv)
    assert import_edition(second).rank == 2
    names = [f"{book}/editions/second", f"{book}/editions/own"]
    order = ledger_pb2.Method(name=f"{book}/methods/current", reason="order", author="Ada")
    order.editions.extend(names)
    changed = api.ledger.UpdateMethod(ledger_pb2.UpdateMethodRequest(method=order))
    assert list(changed.editions) == names
    listed = api.catalogue.ListEditions(catalogue_pb2.ListEditionsRequest(parent=book))
    assert [one.name for one in listed.editions] == names
    order.editions[:] = ["books/other/editions/own"]
    foreign = ledger_pb2.UpdateMethodRequest(method=order)
    assert _reason(api.ledger.UpdateMethod, foreign) == "FIELD_INVALID"


def test_a_factor_comes_back_as_it_was_printed(api, book):
    """Digits and days are those of the file; without an account the activity's rule decides."""
    name = f"{book}/editions/own/factors/1"
    factor = api.catalogue.GetFactor(catalogue_pb2.GetFactorRequest(name=name))
    assert (factor.name, factor.kg_co2e, factor.kg_co2, factor.kg_ch4) == (name, "0.4", "0.39", "")
    assert factor.valid_from == Date(year=2020, month=1, day=1)
    assert not factor.HasField("valid_to")
    assert factor.account == ""
    for wrong, reason in (
        ("99", "FACTOR_UNKNOWN"),
        ("one", "NAME_INVALID"),
        ("²", "NAME_INVALID"),
    ):
        request = catalogue_pb2.GetFactorRequest(name=f"{book}/editions/own/factors/{wrong}")
        assert _reason(api.catalogue.GetFactor, request) == reason


def test_a_wrong_edition_names_line_and_field(api, book):
    """The import as a whole is refused with the line at fault."""
    csv = EDITION.replace("2.5", "two").encode()
    request = catalogue_pb2.ImportEditionRequest(parent=book, edition_id="wrong", csv=csv)
    with pytest.raises(grpc.RpcError) as refused:
        api.catalogue.ImportEdition(request)
    assert details_of(refused.value)[0].reason == "FIELD_INVALID"
    assert "kg_co2e" in refused.value.details()
    assert "3" in refused.value.details()


def test_the_inventory_is_complete_up_to_the_last_ack(api, book):
    """Right after each acknowledgement the total has every record, by channel or by post."""
    producer = Producer.opened(api, f"{book}/channels/meter")
    for offset in range(5):
        producer.send_rows(offset, record(offset))
        producer.until_durable(offset + 1)
        (answer,) = api.report.GetInventory(report_pb2.GetInventoryRequest(name=book))
        assert answer.total.record_count == offset + 1
        assert float(answer.total.kg_co2e) == pytest.approx(0.6 * (offset + 1))
    producer.finish()
    api.ingest.PostRecords(
        ingest_pb2.PostRecordsRequest(
            parent=book,
            request_id=str(uuid.uuid4()),
            rows=ingest_pb2.Rows(
                records=[record(0, activity="fuel.diesel.stationary", unit="litre")]
            ),
        )
    )
    answers = api.report.GetInventory(
        report_pb2.GetInventoryRequest(
            name=book,
            group_by=[
                report_pb2.INVENTORY_DIMENSION_SCOPE,
                report_pb2.INVENTORY_DIMENSION_PERIOD,
            ],
        )
    )
    rows = [(*row.group, row.kg_co2e, row.kg_co2) for one in answers for row in one.rows]
    assert rows == [
        ("memo", "2024-03", "0", ""),
        ("scope1", "2024-03", "3.75", ""),
        ("scope2.location", "2024-03", "3", "2.925"),
        ("scope2.market", "2024-03", "3", "2.925"),
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"from_period": "2024-13"}, "from_period"),
        ({"to_period": "March"}, "to_period"),
        ({"group_by": [99]}, "group_by"),
        ({"group_by": [0]}, "group_by[0]"),
        ({"group_by": [1, 1]}, "group_by"),
        ({"accounts": ["scope9"]}, "accounts"),
        ({"from_period": "2024-02", "to_period": "2024-01"}, "from_period"),
    ],
)
def test_a_wrong_inventory_request_names_its_field(api, book, fields, field):
    """What cannot be grouped or selected by is INVALID_ARGUMENT."""
    with pytest.raises(grpc.RpcError) as refused:
        list(api.report.GetInventory(report_pb2.GetInventoryRequest(name=book, **fields)))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(refused.value)[0].metadata["field"] == field


def test_records_are_chosen_by_facility_activity_and_channel(api, book):
    """Each filter keeps its records alone; a foreign channel is refused."""
    producer = Producer.opened(api, f"{book}/channels/meter")
    producer.send_rows(
        0,
        record(0),
        record(1, facility="dc-2"),
        record(2, activity="fuel.diesel.stationary", unit="litre"),
    )
    producer.finish()
    assert [one.offset for one in api.records(book, facility="dc-2")] == [1]
    assert [one.offset for one in api.records(book, activity="fuel.diesel.stationary")] == [2]
    assert len(api.records(book, channel=f"{book}/channels/meter")) == 3
    assert api.records(book, channel=f"{book}/channels/other") == []
    periods = api.ledger.ListPeriods(ledger_pb2.ListPeriodsRequest(parent=book)).periods
    assert [(one.month, one.state) for one in periods] == [
        ("2024-03", ledger_pb2.PERIOD_STATE_OPEN)
    ]
    request = report_pb2.ListRecordsRequest(
        parent=book, filter='channel = "books/other/channels/meter"'
    )
    assert _reason(api.report.ListRecords, request) == "FIELD_INVALID"
