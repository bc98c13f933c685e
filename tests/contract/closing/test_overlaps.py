"""Overlaps on the wire and by the command: looked for, listed with CO2e, accepted, declared."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from tests.support.servers.api import Producer, record
from tonne.cli.main import app
from tonne.client import Client
from tonne.errors import FieldInvalid, NameInvalid, PeriodMustBeReady


@pytest.fixture
def client(running):
    """The SDK on the shared server."""
    with Client(running.server.address) as opened:
        yield opened


@pytest.fixture
def sent(api, book) -> str:
    """A book in which two channels have the same hour, in kWh; gives its id."""
    for channel, quantity in (("a", "10"), ("b", "4")):
        producer = Producer.opened(api, f"{book}/channels/{channel}")
        producer.send_rows(0, record(0, record_id=channel, quantity=quantity))
        producer.finish()
    return book.removeprefix("books/")


def run(running, *arguments):
    """Run a command; what it said."""
    server = ["--server", running.server.address]
    result = CliRunner().invoke(app, [*arguments, *server], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_overlaps_are_found_listed_and_accepted(client, sent):
    """With both sides, what they are worth, and who decided what."""
    done = client.check_overlaps(sent)
    assert (len(done.months), done.overlap_count, done.undecided_count) == (1, 1, 1)
    assert client.check_overlaps(sent).months == ()
    (found,) = client.list_overlaps(sent, is_undecided=True)
    (month,) = found.months
    assert (found.first_source, found.second_source, month.state) == ("a", "b", "open")
    assert (month.record_count, month.pair_count) == (2, 1)
    first, second = month.sides
    assert (first.quantities, first.kg_co2e) == ({"kWh": Decimal(10)}, Decimal(4))
    assert (second.quantities, second.kg_co2e) == ({"kWh": Decimal(4)}, Decimal("1.6"))
    assert month.kg_co2e == Decimal(4)
    with pytest.raises(PeriodMustBeReady, match="overlaps: 1 time"):
        client.close_period(sent, month.month, reason="over", author="ada")
    accepted = client.accept_overlap(sent, found.number, reason="two halls", author="ada")
    assert accepted.months[0].state == "accepted"
    assert (accepted.months[0].author, accepted.months[0].reason) == ("ada", "two halls")
    assert list(client.list_overlaps(sent, is_undecided=True)) == []
    assert client.get_overlap(sent, found.number) == accepted
    client.close_period(sent, month.month, reason="over", author="ada")


def test_several_meters_are_declared_and_withdrawn(client, sent):
    """A declaration accepts what comes; withdrawn, it waits."""
    made = client.declare_several_meters(
        sent, "electricity.*", from_month="2020-01", reason="two halls", author="ada"
    )
    assert (made.number, made.facility, made.from_month, made.to_month) == (1, "", "2020-01", "")
    assert client.check_overlaps(sent).undecided_count == 0
    (found,) = client.list_overlaps(sent)
    assert (found.months[0].state, found.months[0].declaration) == ("declared", 1)
    gone = client.withdraw_several_meters(sent, 1, reason="one was taken out", author="bob")
    assert (gone.withdraw_author, gone.withdraw_time is None) == ("bob", False)
    assert client.list_several_meters(sent) == [gone]
    assert client.check_overlaps(sent).undecided_count == 1


def test_what_cannot_be_meant_is_refused(client, sent):
    """Each with what is wrong."""
    client.check_overlaps(sent)
    for call in (
        lambda: client.accept_overlap(sent, 9, reason="x", author="ada"),
        lambda: client.accept_overlap(sent, 1, reason=" ", author="ada"),
        lambda: client.get_overlap(sent, 9),
        lambda: client.declare_several_meters(sent, "*", reason="x", author="ada"),
        lambda: client.withdraw_several_meters(sent, 3, reason="x", author="ada"),
        lambda: client.check_overlaps(sent, from_month="2024-02", to_month="2024-01"),
    ):
        with pytest.raises(FieldInvalid):
            call()
    with pytest.raises((FieldInvalid, NameInvalid)):
        client.check_overlaps(sent, from_month="2024-13")


def test_the_command_does_all_of_it(running, sent):
    """Look, list, show, accept, declare, withdraw; for people and as JSON."""
    assert "1 month looked at, 2 records" in run(running, "overlap", "check", "--book", sent)
    listed = run(running, "overlap", "list", "--book", sent)
    assert "10 kWh" in listed
    (found,) = json.loads(run(running, "overlap", "list", "--book", sent, "--format", "json"))
    assert found["months"][0]["sides"][0]["kg_co2e"] == "4"
    shown = run(running, "overlap", "show", "1", "--book", sent)
    assert "tonne record reverse" in shown
    assert json.loads(run(running, "overlap", "show", "1", "--book", sent, "--format", "json"))
    done = json.loads(run(running, "overlap", "check", "--book", sent, "--format", "json"))
    assert (done["months"], done["undecided_count"]) == ([], 1)
    why = ("--reason", "two halls", "--author", "ada")
    assert "accepted in 1 month" in run(running, "overlap", "accept", "1", "--book", sent, *why)
    assert "two halls" in run(running, "overlap", "list", "--all", "--book", sent)
    run(running, "overlap", "declare", "electricity.*", "--book", sent, *why)
    assert "electricity.*" in run(running, "overlap", "declared", "--book", sent)
    run(running, "overlap", "withdraw", "1", "--book", sent, *why)
    told = json.loads(run(running, "overlap", "declared", "--book", sent, "--format", "json"))
    assert told[0]["withdraw_reason"] == "two halls"
