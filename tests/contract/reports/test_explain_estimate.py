"""Explain and Estimate over the wire: the same numbers as the inventory, and bad requests."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from fractions import Fraction

import grpc
import polars as pl
import pytest

from tests.support.servers.api import START, details_of, record
from tonne.catalogue.resolving.valuation import decimal_text
from tonne.client import Client, RecordsInvalid
from tonne.client.answers.explain_results import ExplainLine, ExplainRecord, ExplainReplay
from tonne.client.answers.report_results import InventoryRow
from tonne.errors import FieldInvalid
from tonne.model import Facility
from tonne.v1 import ingest_pb2, ledger_pb2, report_pb2

RECORDS = [
    {"record_id": f"r{number}", "facility": f"site-{number % 3}", "activity": activity,
     "quantity": f"{number}.25", "unit": unit, "region": "DE",
     "start": START + number * dt.timedelta(days=20),
     "end": START + number * dt.timedelta(days=20) + dt.timedelta(days=15)}
    for number, (activity, unit) in enumerate(
        [("electricity.grid", "kWh"), ("fuel.diesel.stationary", "litre"),
         ("electricity.grid", "MWh"), ("mystery", "kg"), ("electricity.grid", "cubit")] * 4
    )
]  # fmt: skip


@pytest.fixture
def client(running):
    """The SDK on the shared server."""
    with Client(running.server.address) as made:
        yield made


@pytest.fixture
def book_id(book):
    """Id of a fresh book."""
    return book.partition("/")[2]


@pytest.mark.parametrize("form", ["mappings", "generator", "frame"])
def test_an_estimate_is_the_inventory_after_posting(client, book_id, form):
    """Whatever form the records come in; no record was posted by it."""
    forms = {
        "mappings": RECORDS,
        "generator": (each for each in RECORDS),
        "frame": pl.DataFrame(RECORDS),
    }
    by = ("facility", "account", "period")
    found = client.estimate(forms[form], book=book_id, by=by, each_record=True, gwp_set="AR6")
    assert client.inventory(book_id).total.record_count == 0
    with client.channel(book_id, "erp") as channel:
        channel.append(RECORDS)
    posted = client.inventory(book_id, by=by, gwp_set="AR6")
    assert found.inventory == dataclasses.replace(posted, moment=None)
    assert (found.record_count, found.posted_count, found.suspended_count) == (20, 12, 4)
    assert [error.position for error in found.row_errors] == [3, 4, 8, 9, 13, 14, 18, 19]
    assert found.row_errors_omitted_count == 0
    assert [one.index for one in found.records] == list(range(20))
    posted = [one.kg_co2e for one in found.records if one.kg_co2e is not None]
    assert len(posted) == 12
    assert decimal_text(sum(posted, Fraction(0))) == f"{found.inventory.total.kg_co2e:f}"
    waiting = found.records[3]
    assert waiting.status == "FACTOR_MUST_EXIST"
    assert waiting.notices


def test_an_estimate_needs_no_book(client):
    """The shipped catalogue answers; a thousand kWh of the British grid."""
    one = RECORDS[0] | {"quantity": "1000", "region": "GB", "start": "2025-01-01",
                        "end": "2026-01-01"}  # fmt: skip
    found = client.estimate([one], by="account")
    kilograms = {row.group["account"]: row.kg_co2e for row in found.inventory.rows}
    assert kilograms["scope2.location"] == Decimal(177)
    assert found.inventory.total.energy_kwh == 1000
    assert found.inventory.method_versions == (0,)


def test_an_estimate_of_nothing_is_nothing(client, book_id):
    """No record, no row; a record that is none is told in the caller's own words."""
    assert client.estimate([], book=book_id).inventory.total.record_count == 0
    with pytest.raises(RecordsInvalid, match="record 0"):
        client.estimate([7], book=book_id)
    with pytest.raises(FieldInvalid):
        client.estimate([], book=book_id, consolidation="by-guess")


def estimate_raw(api, *requests):
    """Responses to messages as they are."""
    call = api.channel.stream_stream(
        "/tonne.v1.ReportService/Estimate",
        request_serializer=None,
        response_deserializer=report_pb2.EstimateResponse.FromString,
    )
    return list(call(iter(requests), timeout=30))


def test_selection_and_records_may_share_a_message(api, book):
    """One message is enough, and a text that is no UTF-8 spoils one record alone."""
    broken = record(1).SerializeToString().replace(b"dc-1", b"dc-\xff")
    rows = b"".join(
        b"\x0a" + bytes([len(each)]) + each for each in (record(0).SerializeToString(), broken)
    )
    selection = report_pb2.GetInventoryRequest(name=book)
    message = report_pb2.EstimateRequest(selection=selection, each_record=True).SerializeToString()
    message += b"\x12" + bytes([128 | len(rows) & 127, len(rows) >> 7]) + rows
    *_, last = estimate_raw(api, message)
    assert last.control_totals.record_count == 2
    assert last.control_totals.quarantined_count == 1
    assert [(error.index, error.field) for error in last.row_errors] == [(1, "facility")]


@pytest.mark.parametrize(
    ("requests", "field"),
    [
        ([], "selection"),
        ([report_pb2.EstimateRequest(), report_pb2.EstimateRequest()], "batch"),
        ([report_pb2.EstimateRequest(selection=report_pb2.GetInventoryRequest(gwp_set="AR9"))],
         "gwp_set"),
        ([report_pb2.EstimateRequest(selection=report_pb2.GetInventoryRequest(name="x"))],
         "selection.name"),
        ([report_pb2.EstimateRequest(selection=report_pb2.GetInventoryRequest(consolidation=9))],
         "consolidation"),
        ([report_pb2.EstimateRequest(rows=ingest_pb2.Rows()),
          report_pb2.EstimateRequest(each_record=True, rows=ingest_pb2.Rows())], "selection"),
        ([b"\x08"], "request"),
        ([report_pb2.EstimateRequest(arrow_ipc=b"no arrow")], "batch"),
    ],
)  # fmt: skip
def test_a_bad_estimate_names_its_field(api, requests, field):
    """One ErrorInfo with the field; nothing else of the call is lost."""
    messages = [each if isinstance(each, bytes) else each.SerializeToString() for each in requests]
    with pytest.raises(grpc.RpcError) as caught:
        estimate_raw(api, *messages)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    info, _ = details_of(caught.value)
    assert info.metadata["field"] == field


def test_a_message_over_the_limit_is_refused(running, api, book):
    """In words, with both sizes."""
    limit = running.server._config.ingest.message_bytes_max
    selection = report_pb2.GetInventoryRequest(name=book)
    message = report_pb2.EstimateRequest(selection=selection, arrow_ipc=bytes(limit))
    with pytest.raises(grpc.RpcError) as caught:
        estimate_raw(api, message.SerializeToString())
    info, _ = details_of(caught.value)
    assert (info.reason, info.metadata["sizeBytesMax"]) == ("BATCH_MUST_FIT", str(limit))
    assert running.server._ingest.intake.admission.used_bytes == 0


def test_an_explanation_adds_up_and_replays(client, book_id):
    """Lines, records, replay and total, in this order; imported factors with their source."""
    with client.channel(book_id, "erp") as channel:
        channel.append(RECORDS)
    parts = list(client.explain(book_id, replay=True, records_max=5, from_period="2024-04"))
    kinds = [type(part) for part in parts]
    assert kinds == sorted(
        kinds, key=[ExplainLine, ExplainRecord, ExplainReplay, InventoryRow].index
    )
    lines = [part for part in parts if isinstance(part, ExplainLine)]
    records = [part for part in parts if isinstance(part, ExplainRecord)]
    replay, total = parts[-2:]
    assert total == client.inventory(book_id, from_period="2024-04").total
    assert decimal_text(sum((line.kg_co2e for line in lines), Fraction(0))) == (
        f"{total.kg_co2e:f}"
    )
    assert (replay.agrees, replay.kg_co2e, replay.segment_count) == (True, total.kg_co2e, 1)
    assert len(records) == 5
    assert records[0].record.record["record_id"] == "r1"
    assert set(records[0].parts) == {"2024-04"}
    grid = next(line for line in lines if line.unit == "MWh")
    assert grid.factor.name == f"books/{book_id}/editions/own/factors/1"
    assert grid.factor.source == "test"
    assert [(step.kind, step.ratio) for step in grid.steps] == [("unit", 1000)]
    assert grid.kg_co2e == Fraction(grid.quantity) * 1000 * Fraction("0.4")


def test_small_messages_come_together(client, api, book_id):
    """A selection of nothing has its total alone; an unknown book is told."""
    assert [type(part) for part in client.explain(book_id)] == [InventoryRow]
    selection = report_pb2.GetInventoryRequest(name="books/nobody")
    with pytest.raises(grpc.RpcError) as caught:
        list(api.report.Explain(report_pb2.ExplainRequest(selection=selection)))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_an_inventory_has_gases_energy_and_shares(client, api, book_id):
    """All that the new fields carry, through the SDK."""
    client.import_edition(
        book_id, "gases", b"activity,unit,valid_from,gases,account\n"
        b"leak,kg,2020-01-01,HFC-32=0.5;HFC-125=0.5,scope1.fugitive\n",
    )  # fmt: skip
    api.ledger.ImportEntities(
        ledger_pb2.ImportEntitiesRequest(
            parent=f"books/{book_id}",
            entities=[
                ledger_pb2.Entity(
                    id="joint",
                    holdings=[ledger_pb2.Holding(equity_share="0.5", not_operated=True)],
                )
            ],
        )
    )
    api.ledger.ImportFacilities(
        ledger_pb2.ImportFacilitiesRequest(
            parent=f"books/{book_id}",
            facilities=[ledger_pb2.Facility(id="dc", entity="joint", region="DE")],
        )
    )
    base = {"facility": "dc", "start": START, "end": START + dt.timedelta(days=1)}
    client.post_records(
        book_id,
        [base | {"activity": "leak", "quantity": 2, "unit": "kg"},
         base | {"activity": "electricity.grid", "quantity": 1000, "unit": "kWh"}],
    )  # fmt: skip
    found = client.inventory(book_id, by="account", gwp_set="AR5", consolidation="equity-share")
    rows = {row.group["account"]: row for row in found.rows}
    leak = rows["scope1.fugitive"]
    assert [(gas.gas, gas.kg, gas.kg_co2e) for gas in leak.gases] == [
        ("HFC-125", Decimal("0.5"), Decimal(1585)),
        ("HFC-32", Decimal("0.5"), Decimal("338.5")),
    ]
    assert leak.kg_co2e == Decimal("1923.5")
    assert rows["memo.energy"].energy_kwh == 500
    assert (found.gwp_set, found.consolidation) == ("AR5", "equity-share")
    operated = client.inventory(book_id, by="account")
    assert operated.consolidation == "operational-control"
    assert {row.group["account"]: row.kg_co2e for row in operated.rows} == {
        "scope3.15.investments": Decimal("2123.5")
    }


def test_an_estimate_and_an_explanation_count_by_days(client, book_id):
    """A site leased from 10 April: of 30 l of April, 21 days are its own, before and after."""
    client.import_facilities(book_id, [Facility("site-1", valid_from="2024-04-10")])
    whole_april = {
        "record_id": "april",
        "facility": "site-1",
        "activity": "fuel.diesel.stationary",
        "quantity": "30",
        "unit": "litre",
        "start": dt.datetime(2024, 4, 1, tzinfo=dt.UTC),
        "end": dt.datetime(2024, 5, 1, tzinfo=dt.UTC),
    }
    estimate = client.estimate([whole_april], book=book_id, each_record=True)
    with client.channel(book_id, "erp") as channel:
        channel.append([whole_april])
    total = client.inventory(book_id).total
    assert estimate.inventory.total.kg_co2e == total.kg_co2e
    (line,) = (part for part in client.explain(book_id) if isinstance(part, ExplainLine))
    assert (line.slice_start, line.slice_end) == ("2024-04-10", "2024-05-01")
    assert (line.period, line.quantity, line.share) == ("2024-04", 21, 1)
    (own,) = estimate.records
    assert own.kg_co2e == line.kg_co2e


def test_lines_that_come_together_are_those_that_come_one_by_one(client, api, book_id):
    """Whatever fits into a response: the same lines, in the same order, then the rest."""
    more = [
        {**each, "record_id": f"m{number}-{day}", "facility": f"mast-{number}-{day}"}
        for number, each in enumerate(RECORDS)
        for day in range(9)
    ]
    with client.channel(book_id, "erp") as channel:
        channel.append(RECORDS + more)
    selection = report_pb2.GetInventoryRequest(name=f"books/{book_id}")
    answers = {}
    for lines_max in (0, 1, 2, 7, 100, 2**31 - 1):
        request = report_pb2.ExplainRequest(
            selection=selection, replay=True, records_max=5, lines_max=lines_max
        )
        found = list(api.report.Explain(request))
        together = [len(each.lines) for each in found if each.lines]
        single = [each.line for each in found if each.WhichOneof("part") == "line"]
        assert bool(together) == (lines_max > 1)
        assert not (together and single)
        assert max(together, default=0) <= min(lines_max, 100)
        assert all(each.WhichOneof("part") is None for each in found if each.lines)
        lines = single or [line for each in found for line in each.lines]
        others = [each for each in found if each.WhichOneof("part") not in {None, "line"}]
        answers[lines_max] = (lines, others)
    assert len(answers[0][0]) > 100
    assert all(each == answers[0] for each in answers.values())
    parts = list(client.explain(book_id, replay=True, records_max=5))
    exact = [each.kg_co2e for each in parts if isinstance(each, ExplainLine)]
    assert exact == [Fraction(each.kg_co2e) for each in answers[0][0]]
    names = [each.factor.name for each in parts if isinstance(each, ExplainLine)]
    assert names == [each.factor.name for each in answers[0][0]]
