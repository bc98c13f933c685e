"""JSON over HTTP, as curl speaks it: the same calls, the same errors, the caller's own token."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid

import pytest

from tonne.errors import FieldInvalid
from tonne.gateway.routes import request_of, routes

LINE_S = 60


@pytest.fixture(scope="module")
def http(running):
    """The address of a gateway before the shared server."""
    command = [sys.executable, "-m", "tonne.cli.main", "gateway"]
    options = ["--server", running.server.address, "--listen", "127.0.0.1:0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.match(r"(http://127\.0\.0\.1:\d+) serves", line)
        assert found, line
        yield found[1]
        process.terminate()
        assert process.wait(LINE_S) == 0


def curl(url, *options, body=None):
    """Status and answer of a request."""
    command = ["curl", "--silent", "--max-time", str(LINE_S), "--write-out", "\n%{http_code}"]
    if body is not None:
        options = (*options, "--data", json.dumps(body))
    done = subprocess.run([*command, *options, url], capture_output=True, text=True, check=True)
    text, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(text)


@pytest.fixture
def book(http):
    """A book made over HTTP."""
    book_id = f"http-{uuid.uuid4().hex[:12]}"
    status, made = curl(
        f"{http}/v1/books", body={"bookId": book_id, "book": {"displayName": "By curl"}}
    )
    assert status == 200, made
    assert (made["name"], made["displayName"]) == (f"books/{book_id}", "By curl")
    return f"{http}/v1/books/{book_id}"


def test_lists_are_filtered_over_http(book):
    """filter and orderBy come from the query, and a refusal says the place."""
    made = {"facilities": [{"id": "a", "region": "DE"}, {"id": "b", "region": "DE"}, {"id": "c"}]}
    assert curl(f"{book}/facilities:import", body=made)[0] == 200
    ask = ["--get", "--data-urlencode", 'filter=region = "DE"', "--data", "orderBy=id%20desc"]
    status, page = curl(f"{book}/facilities", *ask)
    assert (status, [each["id"] for each in page["facilities"]]) == (200, ["b", "a"])
    status, refused = curl(f"{book}/facilities", "--get", "--data-urlencode", "filter=region > DE")
    assert status == 400
    assert "filter: at character 8, expected one of =, !=, :" in refused["error"]["message"]


def test_days_are_dates_over_http(book):
    """A day is an object of year, month and day, in and out; a text is refused."""
    day = {"year": 2025, "month": 1, "day": 31}
    made = {"facilities": [{"id": "a", "validFrom": day}]}
    assert curl(f"{book}/facilities:import", body=made)[0] == 200
    assert curl(f"{book}/facilities")[1]["facilities"] == [{"id": "a", "validFrom": day}]
    made = {"facilities": [{"id": "a", "validFrom": "2025-01-31"}]}
    status, refused = curl(f"{book}/facilities:import", body=made)
    assert status == 400
    assert "validFrom" in refused["error"]["message"]


def test_a_book_is_updated_over_http(book):
    """PATCH takes the resource as its body and the mask from the query, as AIP-134 has it."""
    patch = ("--request", "PATCH")
    changed = {"displayName": "Changed", "timeZone": "Asia/Tokyo"}
    status, updated = curl(f"{book}?updateMask=displayName", *patch, body=changed)
    assert (status, updated["displayName"], updated["timeZone"]) == (200, "Changed", "UTC")
    status, refused = curl(f"{book}?updateMask=displayName,timeZone", *patch, body=changed)
    assert status == 400
    assert "'time_zone', a field of Book that never changes" in refused["error"]["message"]
    method = {"author": "Ada", "reason": "by curl", "gwpSet": "AR6"}
    status, made = curl(f"{book}/methods/current?updateMask=gwpSet", *patch, body=method)
    assert (status, made["gwpSet"], made["version"]) == (200, "AR6", 2)
    assert curl(f"{book}/facilities:import", body={"facilities": [{"id": "a/b"}]})[0] == 200
    facility = {"id": "a/b", "region": "DE"}
    assert curl(f"{book}/facilities", *patch, body=facility) == (200, facility)
    assert curl(f"{book}/methods", *patch, body=method)[0] == 405


def test_a_book_is_made_read_and_listed(http, book):
    """Paths, a body and a query come to the fields of the request."""
    name = book.partition("/v1/")[2]
    assert curl(book)[1]["name"] == name
    status, page = curl(f"{http}/v1/books?pageSize=1000")
    assert status == 200
    assert name in [each["name"] for each in page["books"]]
    assert len(curl(f"{http}/v1/books?page_size=1")[1]["books"]) == 1


def test_records_are_posted_and_their_inventory_is_an_array(book):
    """A day of electricity, to the last digit."""
    record = {
        "facility": "dc-1",
        "activity": "electricity.grid",
        "quantity": "100.5",
        "unit": "kWh",
        "region": "GB",
        "start": "2025-03-01T00:00:00Z",
        "end": "2025-03-02T00:00:00Z",
    }
    body = {"requestId": str(uuid.uuid4()), "rows": {"records": [record]}}
    status, posted = curl(f"{book}/records", body=body)
    assert status == 200, posted
    assert posted["controlTotals"]["postedCount"] == "1"
    status, parts = curl(f"{book}/inventory?groupBy=INVENTORY_DIMENSION_SCOPE")
    assert status == 200
    rows = [row for part in parts for row in part.get("rows", [])]
    assert "2" in str([row["group"] for row in rows])
    assert any(part.get("total") for part in parts)
    status, listed = curl(f"{book}/records?filter=record.facility%20%3D%20dc-1")
    assert [each["record"]["quantity"] for each in listed["records"]] == ["100.500000"]


def test_an_error_is_that_of_the_call(http, book):
    """Its code, its reason and its fields, in the form of AIP-193."""
    status, said = curl(f"{http}/v1/books/nobody")
    assert (status, said["error"]["status"]) == (404, "NOT_FOUND")
    assert said["error"]["details"][0]["reason"] == "BOOK_UNKNOWN"
    status, said = curl(f"{http}/v1/books", body={"bookId": book.rpartition("/")[2]})
    assert (status, said["error"]["status"]) == (409, "ALREADY_EXISTS")
    status, said = curl(f"{book}/inventory?fromPeriod=yesterday")
    assert (status, said["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("path", "options", "status", "words"),
    [
        ("/nothing", (), 404, "no call has the path"),
        ("/v1/books?colour=red", (), 400, "colour"),
        ("/v1/books?pageSize=many", (), 400, "pageSize"),
        ("/v1/books?pageSize=1&pageSize=2", (), 400, "expected once"),
        ("/v1/books", ("--data", "{"), 400, "expected JSON"),
        ("/v1/books", ("--data", "[1]"), 400, "object"),
        ("/v1/books", ("--data", '{"colour": 1}'), 400, "colour"),
        ("/v1/books/acme", ("--request", "DELETE"), 405, "GET"),
    ],
)
def test_what_is_no_request_is_told(http, path, options, status, words):
    """Before anything is called."""
    found, said = curl(http + path, *options)
    assert found == status
    assert words.lower() in said["error"]["message"].lower()


def test_a_large_body_is_refused(http, tmp_path):
    """The gateway holds no more than the server would take."""
    file = tmp_path / "large.json"
    file.write_text(json.dumps({"bookId": "x" * (5 << 20)}))
    command = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]
    url = f"{http}/v1/books"
    done = subprocess.run(
        [*command, "--data", f"@{file}", url], capture_output=True, text=True, check=True
    )
    assert done.stdout == "413"


def test_a_stream_that_is_not_read_ends_with_its_reader(book):
    """What was begun for a caller that went away is cancelled, and the next one is served."""
    with subprocess.Popen(
        ["curl", "--silent", f"{book}/inventory"], stdout=subprocess.PIPE
    ) as one:
        one.kill()
    assert curl(book)[0] == 200


def test_only_loopback_without_a_word():
    """An address that others reach needs `--insecure`: the gateway speaks no TLS."""
    command = [sys.executable, "-m", "tonne.cli.main", "gateway", "--listen", "0.0.0.0:0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LINE_S, check=False)
    assert done.returncode == 1
    assert "--insecure" in done.stderr


def route(name):
    return next(each for each in routes() if each.method.name == name)


def test_a_path_wins_over_a_body():
    """Nobody names another book in the body than the one that a proxy let through."""
    body = {"parent": "books/other", "requestId": "r"}
    request = request_of(route("PostRecords"), ["books/mine"], {}, body)
    assert request.parent == "books/mine"


def test_a_query_beside_a_body_is_refused():
    """One of the two would be left out without a word."""
    with pytest.raises(FieldInvalid, match="in the body"):
        request_of(route("PostRecords"), ["books/b"], {"parent": ["books/c"]}, {})


@pytest.mark.parametrize("name", ["book.facility_rule", "book.facilityRule"])
def test_a_query_into_a_body_is_refused(name):
    """A resource comes as the body whole; its mask alone stands beside it."""
    query = {"updateMask": ["facility_rule"], name: ["FACILITY_RULE_ANY"]}
    with pytest.raises(FieldInvalid, match="takes the fields of book in the body"):
        request_of(route("UpdateBook"), ["books/mine"], query, {"facilityRule": "REGISTERED"})
