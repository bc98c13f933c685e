"""Periods and changes on the wire: by the SDK and by the command."""

from __future__ import annotations

import json

import grpc
import pytest
from typer.testing import CliRunner

from tests.support.servers.api import Producer, details_of, record
from tonne.cli.main import app
from tonne.client import Client
from tonne.errors import FieldInvalid, PeriodMustBeReady, PeriodOutOfOrder
from tonne.model import Facility, PeriodState
from tonne.v1 import ledger_pb2, periods_pb2

WHY = {"reason": "the month is reported", "author": "ada"}


@pytest.fixture
def client(running):
    """The SDK on the shared server."""
    with Client(running.server.address) as opened:
        yield opened


@pytest.fixture
def month(api, book) -> str:
    """The month of the records of a channel, one of which waits."""
    producer = Producer.opened(api, f"{book}/channels/meter")
    producer.send_rows(0, record(0), record(1, activity="electricity.greed"))
    producer.finish()
    (period,) = api.ledger.ListPeriods(ledger_pb2.ListPeriodsRequest(parent=book)).periods
    assert period.name == f"{book}/periods/{period.month}"
    return period.month


def run(running, *words, code=0):
    """Run a command on the shared server; what it printed."""
    given = CliRunner().invoke(app, [*words, "--server", running.server.address])
    assert given.exit_code == code, given.output
    if code:
        return str(given.exception)  # `main` says it
    return given.stdout or " ".join(given.stderr.split())


def test_a_month_is_checked_closed_sealed_and_reopened(client, api, book, month):
    """What stands against it is told, accepted, kept; a record of it is refused by its index."""
    id_ = book.removeprefix("books/")
    found = client.check_period(id_, month)
    (finding,) = (
        each for each in found if each.check not in {"uncompared", "unlaid"}
    )  # by a close
    assert (finding.check, finding.count) == ("suspense", 1)
    with pytest.raises(PeriodMustBeReady, match="suspense: 1 record") as refused:
        client.close_period(id_, month, **WHY)
    assert refused.value.metadata["suspense"] == "1"
    closed = client.close_period(id_, month, **WHY, accepts={"suspense": "small"})
    assert closed.state is PeriodState.SOFT_CLOSED
    assert [(x.check, x.count, x.reason) for x in closed.closes[0].accepted] == [
        ("suspense", 1, "small")
    ]
    producer = Producer.opened(api, f"{book}/channels/other")
    producer.send_rows(0, record(0))
    errors = [error for each in producer.finish() for error in each.row_errors]
    assert [(each.index, each.field) for each in errors] == [(0, "start")]
    assert "`tonne period reopen`" in errors[0].message
    with pytest.raises(PeriodMustBeReady, match="quarantine: 1 record"):
        client.seal_period(id_, month, **WHY)
    sealed = client.seal_period(id_, month, **WHY, accepts={"quarantine": "came late"})
    assert sealed.state is PeriodState.SEALED
    with pytest.raises(PeriodOutOfOrder, match="closed already"):
        client.close_period(id_, month, **WHY)
    (opened,) = client.reopen_period(id_, month, reason="late", author="bob")
    assert (opened.state, opened.closes[0].reopened.author) == (PeriodState.OPEN, "bob")
    assert opened.closes[0].sealed.commit_number >= opened.closes[0].closed.commit_number
    changes = list(client.list_changes(id_, filter_by='kind = "period"'))
    assert [each.after["state"] for each in changes] == ["SOFT_CLOSED", "SEALED", "OPEN"]
    assert [each.author for each in changes] == ["ada", "ada", "bob"]


def test_what_is_wrong_is_told(client, api, book, month):
    """No reason, no such check, a month that is not over, a check twice, no month at all."""
    id_ = book.removeprefix("books/")
    with pytest.raises(FieldInvalid, match="reason"):
        client.close_period(id_, month, reason="", author="ada")
    with pytest.raises(FieldInvalid, match="author"):
        client.close_period(id_, month, reason="over")
    with pytest.raises(
        FieldInvalid,
        match=r"suspense, .*conflicts, uncompared, overlaps, unlaid, restatements; got 'luck'",
    ):
        client.close_period(id_, month, **WHY, accepts={"luck": "why not"})
    with pytest.raises(PeriodOutOfOrder, match="is not over"):
        client.close_period(id_, "2199-12", **WHY)
    twice = periods_pb2.ClosePeriodRequest(
        name=f"{book}/periods/{month}",
        **WHY,
        accepted=[ledger_pb2.Acceptance(check="suspense", reason="a")] * 2,
    )
    with pytest.raises(grpc.RpcError) as raised:
        api.period.ClosePeriod(twice)
    info, _ = details_of(raised.value)
    assert info.metadata["field"] == "accepted[1].check"
    with pytest.raises(grpc.RpcError) as raised:
        api.period.SealPeriod(periods_pb2.SealPeriodRequest(name=f"{book}/periods/May", **WHY))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_the_command_closes_and_tells(running, client, book, month):
    """`tonne period` and `tonne audit`, as tables and for programs."""
    id_ = book.removeprefix("books/")
    client.import_facilities(id_, [Facility("dc-1", region="DE")], reason="opened in May")
    assert "suspense" in run(running, "period", "check", month, "--book", id_)
    act = ("--book", id_, "--reason", "reported", "--author", "ada")
    assert "has things undone" in run(running, "period", "close", month, *act, code=1)
    told = run(running, "period", "close", month, *act, "--accept", "suspense=small")
    assert f"{month} is closed (revision 1" in told
    assert "accepted: suspense, 1: small" in told
    table = run(running, "period", "list", "--book", id_)
    assert "soft-closed" in table
    assert max(map(len, table.splitlines())) <= 100
    assert f"{month} is sealed" in run(running, "period", "seal", month, *act)
    assert f"{month} is open again" in run(running, "period", "reopen", month, *act)
    history = json.loads(
        run(running, "period", "list", "--book", id_, "--history", "--format", "json")
    )
    assert [each["act"] for each in history] == ["close", "seal", "reopen"]
    lines = run(running, "audit", "list", "--book", id_, "--kind", "facility", "--lines")
    (entry,) = map(json.loads, lines.splitlines())
    assert (entry["object"], entry["reason"], entry["before"]) == ("dc-1", "opened in May", None)
    assert entry["after"] == {"region": "DE"}
    table = run(running, "audit", "list", "--book", id_, "--from", "2020-01-01")
    assert "-> OPEN" in table
    assert run(running, "audit", "list", "--book", id_, "--to", "2020-01-01", "--lines") == ""
