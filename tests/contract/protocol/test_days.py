"""Days are google.type.Date on the wire, texts in programs; wrong ones are told by row."""

from __future__ import annotations

import grpc
import pytest
from google.type.date_pb2 import Date
from typer.testing import CliRunner

from tests.support.servers.api import details_of
from tonne.cli.main import app
from tonne.client import Client
from tonne.client.answers.days import day_message, row_messages
from tonne.client.wire.resources import facility_message, last_id
from tonne.errors import FieldInvalid
from tonne.model import Entity, Facility, Holding
from tonne.v1 import ledger_pb2


@pytest.fixture
def client(running):
    """The SDK on the shared server."""
    with Client(running.server.address) as opened:
        yield opened


def test_days_come_back_as_they_were_given(api, client, book):
    """By the client as texts, on the wire as dates; an open end is absent."""
    book_id = last_id(book)
    facilities = [
        Facility("a", valid_from="2024-02-29", valid_to="9999-12-31"),
        Facility("b", valid_from="0999-01-01"),
        Facility("c"),
    ]
    client.import_facilities(book_id, facilities)
    assert list(client.list_facilities(book_id)) == facilities
    listed = api.ledger.ListFacilities(ledger_pb2.ListFacilitiesRequest(parent=book)).facilities
    assert listed[0].valid_from == Date(year=2024, month=2, day=29)
    assert [each.HasField("valid_to") for each in listed] == [True, False, False]
    entity = Entity("e", holdings=(Holding("", "2024-01-01", "0.5"), Holding("2024-01-01")))
    client.import_entities(book_id, [entity])
    assert list(client.list_entities(book_id)) == [entity]
    factor = client.get_factor("own", 1, book=book_id)
    assert (factor.valid_from, factor.valid_to) == ("2020-01-01", "")


@pytest.mark.parametrize(
    "day",
    [
        Date(),
        Date(year=2025),
        Date(year=2025, month=1),
        Date(year=2025, month=2, day=30),
        Date(year=2025, month=13, day=1),
        Date(year=10000, month=1, day=1),
        Date(year=-1, month=1, day=1),
        Date(month=1, day=1),
    ],
)
def test_what_the_calendar_does_not_have_is_refused_by_row(api, book, day):
    """Each row at fault is named with its field and with what was there; nothing is imported."""
    facilities = [
        ledger_pb2.Facility(id="a"),
        ledger_pb2.Facility(id="b", valid_from=day),
        ledger_pb2.Facility(id="c", valid_to=day),
    ]
    request = ledger_pb2.ImportFacilitiesRequest(parent=book, facilities=facilities)
    with pytest.raises(grpc.RpcError) as refused:
        api.ledger.ImportFacilities(request)
    text = refused.value.details()
    assert "facilities[1], valid_from: expected a day as YYYY-MM-DD" in text
    assert "facilities[2], valid_to: expected a day as YYYY-MM-DD" in text
    assert f"got '{day.year:04d}-{day.month:02d}-{day.day:02d}'" in text
    assert "2 of 3 rows are wrong" in text
    assert details_of(refused.value)[0].metadata["place"] == "facilities[1]"
    holding = ledger_pb2.Holding(valid_from=day, equity_share="1")
    entity = ledger_pb2.Entity(id="e", holdings=[holding])
    with pytest.raises(grpc.RpcError) as refused:
        api.ledger.ImportEntities(ledger_pb2.ImportEntitiesRequest(parent=book, entities=[entity]))
    assert "entities[0], valid_from" in refused.value.details()


@pytest.mark.parametrize(
    "day", ["31.01.2025", "2025-1-31", "2025-02-30", "20250131", "\u0662025-01-01"]
)
def test_a_text_that_is_no_day_is_refused_before_it_is_sent(client, book, day):
    """The client says what the server says, of all rows at once."""
    wrong = [Facility("a"), Facility("b", valid_from=day), Facility("c", valid_to=day)]
    with pytest.raises(FieldInvalid) as refused:
        client.import_facilities(last_id(book), wrong)
    message = refused.value.message
    told = f"valid_from: expected a day as YYYY-MM-DD, or nothing; got {day!r}"
    assert message.startswith(f"facilities: facilities[1], {told}")
    assert "facilities[2], valid_to" in message
    assert message.endswith("nothing was imported: 2 of 3 rows are wrong")
    assert list(client.list_facilities(last_id(book))) == []
    with pytest.raises(FieldInvalid, match=r"entities\[0\], valid_to"):
        client.import_entities(last_id(book), [Entity("e", holdings=(Holding("", day),))])


def test_many_wrong_rows_are_counted():
    """So many are told, the others counted."""
    with pytest.raises(FieldInvalid, match=r"and 5 more; nothing was imported: 25 of 25 rows"):
        row_messages("facilities", [Facility("f", valid_to="never")] * 25, facility_message)
    assert day_message("", "facilities[0]", "valid_to") is None


def test_the_command_tells_a_wrong_day(running, book, tmp_path):
    """A file with a wrong day is refused with its row and what stood there."""
    file = tmp_path / "facilities.csv"
    file.write_text("id,valid_from\na,2025-01-31\nb,31.01.2025\n")
    options = ["--book", last_id(book), "--server", running.server.address]
    done = CliRunner().invoke(app, ["facility", "import", str(file), *options])
    assert done.exit_code != 0
    told = " ".join(f"{done.output} {done.exception!r}".split())
    assert "facilities[1], valid_from: expected a day as YYYY-MM-DD" in told
    assert "31.01.2025" in told
