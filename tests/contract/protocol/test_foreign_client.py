"""A client that shares no code with Tonne (Go's gRPC, through `buf curl`) uses the API."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers.server import ROOT, ServerProcess

BUF = Path(sys.executable).with_name("buf")

EDITION = (
    "activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,"
    "note\n"
    "electricity.grid,DE,kWh,2024-01-01,,0.4,0.39,,,,test,1,\n"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    data = tmp_path_factory.mktemp("foreign")
    with ServerProcess("--data", str(data)) as running:
        yield running


def call(server: ServerProcess, method: str, *messages: object) -> list[dict]:
    command = [
        *(str(BUF), "curl", "--protocol", "grpc", "--http2-prior-knowledge"),
        *("--reflect", "--data", "@-", f"http://{server.address}/tonne.v1.{method}"),
    ]
    done = subprocess.run(
        command,
        input="\n".join(json.dumps(message) for message in messages),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    decoder, answers, at = json.JSONDecoder(), [], 0
    text = done.stdout.strip()
    while at < len(text):
        answer, stop = decoder.raw_decode(text, at)
        answers.append(answer)
        at = stop + len(text[stop:]) - len(text[stop:].lstrip())
    return answers


def test_a_foreign_client_appends_and_reads_the_inventory(server):
    """OpenChannel, Append and GetInventory work from Go, found by reflection alone."""
    book = {"book_id": "acme", "book": {"time_zone": "UTC"}}
    call(server, "LedgerService/CreateBook", book)
    edition = {"parent": "books/acme", "edition_id": "own", "csv": _base64(EDITION)}
    call(server, "CatalogueService/ImportEdition", edition)
    name = "books/acme/channels/go"
    (opened,) = call(server, "IngestService/OpenChannel", {"name": name})
    record = {
        "record_id": "r1",
        "facility": "dc-1",
        "activity": "electricity.grid",
        "quantity": "12.5",
        "unit": "kWh",
        "start": "2024-03-01T00:00:00Z",
        "end": "2024-03-01T01:00:00Z",
        "region": "DE",
    }
    wrong = {**record, "record_id": "r2", "quantity": "many"}
    first = {
        "channel": name,
        "epoch": opened["channel"]["epoch"],
        "offset": "0",
        "rows": {"records": [record, wrong]},
    }
    second = {"offset": "2", "rows": {"records": [{**record, "quantityDouble": 0.1}]}}
    second["rows"]["records"][0].pop("quantity")

    answers = call(server, "IngestService/Append", first, second)

    assert max(int(answer.get("durableUpToOffset", 0)) for answer in answers) == 3
    errors = [error for answer in answers for error in answer.get("rowErrors", [])]
    assert [(e.get("index"), e["status"], e["field"]) for e in errors] == [
        ("1", "ROW_STATUS_QUANTITY_MUST_BE_A_NUMBER", "quantity")
    ]
    inventory = call(
        server,
        "ReportService/GetInventory",
        {"name": "books/acme", "group_by": ["INVENTORY_DIMENSION_FACILITY"]},
    )
    total = inventory[-1]["total"]
    assert total["kgCo2e"] == "5.04"
    assert total["recordCount"] == "2"


def _base64(text: str) -> str:

    return base64.b64encode(text.encode()).decode()
