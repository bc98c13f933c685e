"""Records of one id on the wire and by the command: found, listed, decided."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tests.support.servers.api import Producer, record
from tonne.cli.main import app
from tonne.client import Client
from tonne.errors import FieldInvalid
from tonne.model import Facility


@pytest.fixture
def client(running):
    """The SDK on the shared server."""
    with Client(running.server.address) as opened:
        yield opened


@pytest.fixture
def sent(api, book, running) -> str:
    """A book in which one id is a duplicate and one a conflict, compared; gives its id."""
    for channel, quantity in (("a", "10"), ("b", "4")):
        producer = Producer.opened(api, f"{book}/channels/{channel}")
        producer.send_rows(
            0, record(0, record_id="same"), record(1, record_id="other", quantity=quantity)
        )
        producer.finish()
    book_id = book.removeprefix("books/")
    running.server._ledger.same_check.check(book_id)
    return book_id


def run(running, *arguments):
    """Run a command; what it said."""
    server = ["--server", running.server.address]
    result = CliRunner().invoke(app, [*arguments, *server], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_records_of_one_id_are_found_listed_and_decided(client, sent):
    """Of two that say the same the later one is reversed, of the others a person decides."""
    first, second = client.get_records(sent, "same")
    assert (first.status, second.status) == ("", "REVERSED")
    assert second.replaced_by.endswith("/channels/a")
    assert client.get_records(sent, source="b", offset=0) == (second,)
    (conflict,) = client.list_same_records(sent, "conflict")
    assert [each.quantity for each in conflict.members] == ["10.000000", "4.000000"]
    assert (conflict.kg_co2e, conflict.members[0].worth) == (None, "")
    (valued,) = client.list_same_records(sent, "conflict", with_kg_co2e=True)
    ten, four = (each.kg_co2e for each in valued.members)
    assert (four, valued.kg_co2e) == (ten * 4 / 10, ten)
    assert [each.kept_change_kg_co2e for each in valued.members] == [-four, -ten]
    assert {each.worth for each in valued.members} == {"posted"}
    (group,) = client.same_record_summary(sent, with_kg_co2e=True).groups
    assert (group.valued_entry_count, group.kg_co2e) == (1, ten)
    assert group.oldest_time == conflict.create_time
    assert client.same_record_summary(sent).groups[0].kg_co2e is None
    summary = client.same_record_summary(sent)
    assert (summary.is_complete, summary.rule, summary.undecided_count) == (True, "reverse", 1)
    assert [group.entry_count for group in summary.groups] == [1]
    decided = client.decide_same_record(sent, conflict.number, [1], reason="read", author="ada")
    assert (decided.state, decided.kept, decided.author) == ("decided", (1,), "ada")
    with pytest.raises(FieldInvalid, match="ada decided"):
        client.decide_same_record(sent, conflict.number, [2], reason="no", author="bob")
    assert client.same_record_summary(sent).undecided_count == 0


def test_an_append_tells_what_became_of_ids_that_the_book_had(running, client, tmp_path):
    """An estimate that is settled, and a conflict, at once; the command's figures are right."""
    client.create_book("told")
    edition = "activity,unit,valid_from,kg_co2e,source\nelectricity.grid,kWh,2020-01-01,0.4,test\n"
    client.import_edition("told", "own", edition.encode())
    client.import_facilities("told", [Facility("dc-1")])
    head = "record_id,facility,activity,quantity,unit,start,end,data_quality\n"
    row = "{},dc-1,electricity.grid,{},kWh,2025-03-01,2025-04-01,{}\n"
    files = {
        "estimates": row.format("x", 1000, "estimated") + row.format("y", 5, "measured"),
        "read": row.format("x", 870, "measured") + row.format("y", 6, "measured"),
    }
    said = ""
    for name, rows in files.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(head + rows)
        said = run(running, "append", str(path), "--book", "told", "--channel", name)
    assert "1 record reversed, for which another one of the id stands" in said
    assert "1 id of several records that all count until somebody decides" in said
    estimate, read = client.get_records("told", "x")
    assert (estimate.status, estimate.replaced_by) == ("REVERSED", "books/told/channels/read")
    assert read.status != "REVERSED"
    assert client.same_record_summary("told").is_complete
    again = client.compare_same_records("told")
    assert (again.reversed_count, again.entry_count, again.is_complete) == (0, 0, True)


def test_what_cannot_be_meant_is_refused(client, sent):
    """Each with the field that is wrong."""
    for wrong in ({"record_id": "nothing"}, {"record_id": ""}, {"source": "a", "offset": 99}):
        with pytest.raises(FieldInvalid):
            client.get_records(sent, **wrong)
    for number, keep, reason in ((1, [3], "x"), (1, [], "x"), (9, [1], "x"), (1, [1], " ")):
        with pytest.raises(FieldInvalid):
            client.decide_same_record(sent, number, keep, reason=reason)


def test_the_commands_say_it(running, sent):
    """List, groups, status, decide, show, rule and recheck."""
    book = ("--book", sent)
    rows = json.loads(run(running, "conflict", "list", *book, "--format", "json"))
    assert [row["quantity"] for row in rows] == ["10.000000", "4.000000"]
    assert [row["kept_change_kg_co2e"] for row in rows] == [
        f"-{rows[1 - n]['kg_co2e']}" for n in (0, 1)
    ]
    plain = json.loads(run(running, "conflict", "list", *book, "--format", "json", "--no-co2e"))
    assert [row["kg_co2e"] for row in plain] == [None, None]
    groups = run(running, "conflict", "list", *book, "--groups", "--format", "json")
    assert json.loads(groups)[0]["kg_co2e"] == rows[0]["kg_co2e"]
    assert "dc-1" in run(running, "conflict", "list", *book, "--groups")
    assert "1 entry to decide" in run(running, "duplicate", "status", *book)
    kept = run(
        running, "conflict", "decide", "1", *book, "--keep-all", "--reason", "two", "--author", "a"
    )
    assert kept.startswith("2 records kept, 0 records reversed")
    shown = json.loads(run(running, "record", "show", "same", *book, "--format", "json"))
    assert [row["status"] for row in shown] == ["POSTED", "REVERSED"]
    assert "listed" in run(running, "duplicate", "rule", "report", *book)
    assert "made anew" in run(running, "duplicate", "recheck", *book)
    run(running, "duplicate", "list", *book)
