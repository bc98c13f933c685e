"""Corrections on the wire: records reversed once, corrected at once, listed with who and why."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import grpc
import pytest
from typer.testing import CliRunner

from tests.support.servers.api import Producer, details_of, record
from tonne.cli.main import app
from tonne.client import Client
from tonne.errors import ContentMustMatch, FieldInvalid
from tonne.v1 import corrections_pb2, ingest_pb2

WHY = {"reason": "the meter was another one", "author": "ada"}


@pytest.fixture
def channel(api, book) -> str:
    """A channel with five records, one in quarantine and one in suspense."""
    name = f"{book}/channels/meter"
    rows = [
        record(0),
        record(1),
        record(2, quantity="x"),
        record(3, activity="electricity.greed"),
        record(4),
    ]
    producer = Producer.opened(api, name)
    producer.send_rows(0, *rows)
    producer.finish()
    return name


@pytest.fixture
def client(running):
    """The SDK on the shared server."""
    with Client(running.server.address) as opened:
        yield opened


def id_of(book: str) -> str:
    """Id of a book by its name."""
    return book.removeprefix("books/")


def kg(client, book) -> Decimal:
    """The inventory's total."""
    return client.inventory(id_of(book)).total.kg_co2e


def reverse(client, book, **selection):
    """Reverse records; the last answer."""
    *_, step = client.reverse_records(id_of(book), **WHY, **selection)
    return step


@pytest.mark.usefixtures("channel")
def test_a_reversal_is_done_once_and_told(client, book):
    """By place, by id, by a range: what was reversed is counted, and the list has it."""
    before = kg(client, book)
    step = reverse(client, book, source="meter", offsets=[1])
    assert (step.reversed_count, step.already_reversed_count) == (1, 0)
    assert kg(client, book) == before - before / 3
    step = reverse(client, book, source="meter", first_offset=0, stop_offset=5)
    assert (step.reversed_count, step.already_reversed_count, step.quarantined_count) == (3, 1, 1)
    assert kg(client, book) == 0
    listed = list(client.list_records(id_of(book), filter_by="status = ROW_STATUS_REVERSED"))
    assert [each.offset for each in listed] == [0, 1, 3, 4]
    assert listed[1].correction == f"{book}/corrections/1"
    assert not list(client.list_suspense(id_of(book)))
    first, second = client.list_corrections(id_of(book))
    assert (first.number, first.kind, first.author, first.reason) == (
        1,
        "reversal",
        "ada",
        WHY["reason"],
    )
    assert (second.record_count, len(second.records)) == (3, 3)


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        ({"source": "meter", "offsets": [2]}, "in quarantine"),
        ({"source": "meter", "offsets": [9]}, "offsets 0 to 5"),
        ({"record_id": "nobody"}, "no record"),
        ({}, "expected one of"),
    ],
)
@pytest.mark.usefixtures("channel")
def test_what_cannot_be_reversed_says_why(client, book, selection, told):
    """Nothing is done."""
    with pytest.raises(FieldInvalid) as refused:
        reverse(client, book, **selection)
    assert told in refused.value.message
    assert not list(client.list_corrections(id_of(book)))


def test_a_reversal_needs_a_reason_and_a_code(api, channel, book):
    """Neither is guessed."""
    for code, reason, field in ((0, "why", "reason_code"), (1, " ", "reason")):
        request = corrections_pb2.ReverseRecordsRequest(
            parent=book,
            selection=corrections_pb2.RecordSelection(source=channel, offsets=[0]),
            reason_code=code,
            reason=reason,
            author="ada",
        )
        with pytest.raises(grpc.RpcError) as caught:
            list(api.correction.ReverseRecords(request))
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert details_of(caught.value)[0].metadata["field"] == field


def test_a_correction_is_linked_and_its_request_idempotent(api, client, channel, book):
    """The same request again is answered as before; the old record says where the new one is."""
    request = corrections_pb2.CorrectRecordsRequest(
        name=channel,
        request_id=str(uuid.uuid4()),
        offsets=[0, 3],
        rows=ingest_pb2.Rows(records=[record(0, quantity="3"), record(3, quantity="3")]),
        reason_code=corrections_pb2.REASON_CODE_ESTIMATE,
        reason="read by now",
        author="bob",
    )
    first, again = (api.correction.CorrectRecords(request) for _ in range(2))
    assert first.control_totals.posted_count == 2
    assert (first.already_posted, again.already_posted) == (False, True)
    old = next(iter(client.list_records(id_of(book))))
    assert old.status == "REVERSED"
    assert old.replaced_by == f"{book}/requests/{request.request_id}"
    (entry,) = client.list_corrections(id_of(book))
    assert (entry.kind, entry.reason_code, entry.record_count) == ("correction", "estimate", 2)
    assert [Decimal(str(each.after.record["quantity"])) for each in entry.records] == [3, 3]
    with pytest.raises(ContentMustMatch):
        client.correct_records(id_of(book), "meter", [2], [_row(client, book)], **WHY)


def _row(client, book):
    """A record as the SDK takes it, made of one that is kept."""
    return dict(next(iter(client.list_records(id_of(book)))).record)


@pytest.mark.usefixtures("channel")
def test_of_many_who_correct_one_record_one_does(client, book):
    """The others are told; the number is that of one."""
    row = _row(client, book)

    def correct(quantity):
        try:
            client.correct_records(
                id_of(book), "meter", [0], [row | {"quantity": quantity}], **WHY
            )
        except ContentMustMatch:
            return None
        return quantity

    with ThreadPoolExecutor(4) as pool:
        done = [each for each in pool.map(correct, ["5", "6", "7", "8"]) if each]
    entries = list(client.list_corrections(id_of(book)))
    assert len(entries) == len(done) >= 1  # one that began later corrects the newest
    kept = [each for each in client.list_records(id_of(book)) if not each.status]
    assert sum(Decimal(str(each.record["quantity"])) in range(5, 9) for each in kept) == 1


@pytest.mark.usefixtures("channel")
def test_the_commands_reverse_correct_and_list(running, client, book, tmp_path):
    """As the SDK does, in words."""

    def run(*words):
        place = ["--book", id_of(book), "--server", running.server.address]
        result = CliRunner().invoke(app, [*words, *place], catch_exceptions=False)
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    why = ["--reason", "typed twice", "--author", "ada"]
    code, _, remarks = run("record", "reverse", "--channel", "meter", "--offset", "1", *why)
    assert (code, remarks) == (0, "1 record reversed")
    _, _, remarks = run("record", "reverse", "--channel", "meter", "--offset", "1", *why)
    assert "had been reversed before" in remarks
    row = _row(client, book)
    start, end = (row[name].isoformat() for name in ("start", "end"))
    file = tmp_path / "right.csv"
    file.write_text(
        "channel,offset,record_id,facility,activity,quantity,unit,start,end,region\n"
        f"meter,0,{row['record_id']},{row['facility']},{row['activity']},80,{row['unit']},"
        f"{start},{end},{row['region']}\n"
    )
    code, _, remarks = run("record", "correct", str(file), *why, "--reason-code", "estimate")
    assert (code, remarks) == (0, "1 record corrected")
    code, text, _ = run("correction", "list", "--records", "--format", "json")
    rows = [json.loads(line) for line in text.splitlines()] if "}\n{" in text else json.loads(text)
    assert [each["kind"] for each in rows] == ["reversal", "correction"]
    assert rows[1]["after"].startswith("80 kWh")


@pytest.mark.usefixtures("channel")
def test_a_request_that_is_said_twice_is_one(client, book):
    """Corrected and mended by a name of one's own: once, and no other content by that name."""
    said = {"request_id": str(uuid.uuid4())}
    row = _row(client, book) | {"quantity": "7"}
    for _ in range(2):
        client.correct_records(id_of(book), "meter", [0], [row], **WHY, **said)
    assert len(list(client.list_corrections(id_of(book)))) == 1
    with pytest.raises(ContentMustMatch):
        client.correct_records(id_of(book), "meter", [0], [row | {"quantity": "8"}], **WHY, **said)
    mended = {"request_id": str(uuid.uuid4())}
    before = kg(client, book)
    for _ in range(2):
        client.mend_records(id_of(book), "meter", [2], [row], **mended)
    assert kg(client, book) - before == Decimal("2.8")
    with pytest.raises(FieldInvalid, match="request_id: expected a UUID"):
        client.mend_records(id_of(book), "meter", [2], [row], request_id="mine")
