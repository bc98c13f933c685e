"""Over the wire a corrupt file is INTERNAL with a stable reason, its id, and an incident."""

from __future__ import annotations

import uuid

import grpc
import pytest

from tests.support.servers.api import Producer, RunningServer, details_of, record
from tonne.v1 import ingest_pb2, ledger_pb2, report_pb2


@pytest.fixture
def served(tmp_path):
    """A server that keeps no postings in memory, and a book with good, waiting, bad records."""
    with RunningServer(tmp_path, ledger__postings_cache_bytes_max=1) as server:
        book = server.api.make_book("acme")
        call = Producer.opened(server.api, f"{book}/channels/meter")
        call.send_rows(
            0, record(0), record(1, activity="process.unheard"), record(2, quantity="much")
        )
        call.until_durable(3)
        call.finish()
        yield server, book, tmp_path / "objects" / "acme"


def damage(folder, kind, change):
    """Change the one file of a kind; gives its name in the storage."""
    (file,) = (folder / kind).rglob("*.parquet")
    content = change(file.read_bytes())
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    return file.name


def refused(call):
    """The status and the ErrorInfo of a call that fails."""
    with pytest.raises(grpc.RpcError) as failed:
        call()
    info, retry = details_of(failed.value)
    assert retry is None
    return failed.value, info


CALLS = {
    "postings": lambda api, book: list(
        api.report.GetInventory(report_pb2.GetInventoryRequest(name=book))
    ),
    "segments": lambda api, book: api.records(book),
    "quarantine": lambda api, book: api.quarantine(book),
}


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda _: None], ids=["short", "gone"])
@pytest.mark.parametrize("folder", CALLS)
def test_a_caller_is_told_which_file_and_no_path(served, folder, change, caplog):
    """The id and kind of a file of the caller's own book; path and digest are in the log."""
    server, book, objects = served
    name = damage(objects, folder, change)
    kind = folder.removesuffix("s") if folder == "segments" else folder
    error, info = refused(lambda: CALLS[folder](server.api, book))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert info.reason == ("FILE_MISSING" if change(b"x") is None else "FILE_CORRUPT")
    assert set(info.metadata) == {"incident", "file", "kind"}
    assert info.metadata["kind"] == kind
    assert info.metadata["file"] in error.details()
    assert info.metadata["incident"] in error.details()
    assert name not in error.details()
    assert server.value("tonne_corrupt_files_total", file_kind=kind) == 1
    assert server.value("tonne_incidents_total") == 1
    logged = [one.getMessage() for one in caplog.records if name in one.getMessage()]
    assert "What to do: " in logged[0]


def test_the_others_go_on(served):
    """A corrupt segment leaves the inventory, a corrupt postings file leaves streams and lists."""
    server, book, objects = served
    api = server.api
    before = CALLS["postings"](api, book)
    damage(objects, "segments", lambda data: data + b"\0")
    assert CALLS["postings"](api, book) == before
    damage(objects, "postings", lambda data: data[:50] + b"rot" + data[53:])
    request = ingest_pb2.PostRecordsRequest(
        parent=book, request_id=str(uuid.uuid4()), rows=ingest_pb2.Rows(records=[record(7)])
    )
    assert api.ingest.PostRecords(request).control_totals.posted_count == 1
    assert len(CALLS["quarantine"](api, book)) == 1


def test_a_repeat_of_what_is_corrupt_is_no_repeat(served):
    """A producer that sends committed offsets again is not told that they are the same."""
    server, book, objects = served
    damage(objects, "segments", lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:])
    call = Producer.opened(server.api, f"{book}/channels/meter")
    call.send_rows(0, record(0))
    answer = call.until_error()
    assert (answer.error.reason, answer.error.metadata["kind"]) == ("FILE_CORRUPT", "segment")
    assert "incident" in answer.error.metadata


def test_what_waits_in_a_corrupt_segment_is_not_cleared(served):
    """The clearing of suspense ends with the error; the records stay in suspense."""
    server, book, objects = served
    damage(objects, "segments", lambda data: data[:-9] + bytes(9))
    request = ledger_pb2.ClearSuspenseRequest(parent=book)
    _, info = refused(lambda: list(server.api.ledger.ClearSuspense(request)))
    assert info.reason == "FILE_CORRUPT"
