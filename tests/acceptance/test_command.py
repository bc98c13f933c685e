"""The `tonne` command as its users meet it: real processes, a real server."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from decimal import Decimal

import polars as pl
import pytest

from tests.acceptance.conftest import COMMAND

EDITION = (
    "activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,"
    "table,note\n"
    "electricity.grid,,kWh,2020-01-01,,0.5,0.49,,,,own,,\n"
    "fuel.diesel.stationary,,L,2020-01-01,,2.66,,,,,own,,\n"
)
RECORDS = """record_id,facility,activity,quantity,unit,start,end,region
a,dc-1,electricity.grid,12.50,kWh,2025-01-01,2025-02-01,XA
b,dc-1,electricity.grid,7.5,MWh,2025-02-01T00:00:00Z,2025-03-01T00:00:00Z,XA
c,dc-2,fuel.diesel.stationary,100,L,2025-01-01T01:00:00+01:00,2025-01-01 02:00,XA
"""


@pytest.fixture
def book(request, tonne, tmp_path):
    """A book of the test's own with an edition; gives its id."""
    name = request.node.name.partition("[")[0].removeprefix("test_").replace("_", "-")[:50]
    name += f"-{abs(hash(request.node.name)) % 10_000}"
    edition = tmp_path / "factors.csv"
    edition.write_text(EDITION)
    assert tonne("book", "create", name, "--no-catalogue").returncode == 0
    assert tonne("edition", "import", edition, "--id", "own-1", "--book", name).returncode == 0
    return name


@pytest.fixture
def records(tmp_path):
    path = tmp_path / "records.csv"
    path.write_text(RECORDS)
    return path


def test_from_a_new_book_to_its_inventory(tonne, tonne_process, tmp_path, records):
    """The steps of the README: book, facilities, edition, records, inventory."""
    facilities = tmp_path / "facilities.csv"
    facilities.write_text("id,display_name,type,region\ndc-1,One,data_centre,XA\ndc-2,,,\n")
    edition = tmp_path / "factors.csv"
    edition.write_text(EDITION)
    for step in (
        ("book", "create", "readme", "--time-zone", "UTC", "--no-catalogue"),
        ("facility", "import", facilities, "--book", "readme"),
        ("edition", "import", edition, "--id", "own-1", "--book", "readme"),
        ("append", records, "--book", "readme", "--channel", "first"),
    ):
        run = tonne_process(*step)
        assert run.returncode == 0, run.stderr

    run = tonne("inventory", "--book", "readme", "--by", "facility,account", "--format", "json")
    answer = json.loads(run.stdout)
    (grid,) = (row for row in answer["rows"] if row["account"] == "scope2.location")
    assert grid == {
        "facility": "dc-1",
        "account": "scope2.location",
        "kg_co2e": grid["kg_co2e"],
        "kg_co2": grid["kg_co2"],
        "kg_ch4": None,
        "kg_n2o": None,
        "gases": [],
        "amounts": [],
        "energy_kwh": None,
        "records": 2,
        "partial_gases": [],
    }
    assert answer["total"]["partial_gases"] == ["co2"]
    assert Decimal(grid["kg_co2e"]) == Decimal("3756.25")
    assert Decimal(answer["total"]["kg_co2e"]) == Decimal("4022.25")
    assert answer["total"]["records"] == 3
    assert answer["suspended_records"] == 0

    january = tonne("inventory", "--book", "readme", "--from", "2025-01", "--to", "2025-01",
                    "--by", "period", "--format", "csv")  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(january.stdout))
    assert (row["period"], Decimal(row["kg_co2e"])) == ("2025-01", Decimal("272.25"))

    table = tonne("inventory", "--book", "readme")
    assert "4.022" in table.stdout
    assert "scope1.stationary" in table.stdout


def test_every_list_speaks_all_formats(tonne, book, records):
    """Each list prints a table, a JSON array and CSV of the same rows."""
    assert tonne("append", records, "--book", book, "--channel", "c").returncode == 0
    for command in (
        ("book", "list"),
        ("book", "show", book),
        ("facility", "list", "--book", book),
        ("method", "list", "--book", book),
        ("entity", "list", "--book", book),
        ("edition", "list", "--book", book),
        ("edition", "list", "--shipped"),
        ("channel", "list", "--book", book),
        ("suspense", "list", "--book", book),
        ("quarantine", "list", "--book", book),
        ("config",),
    ):
        table, array, lines = (tonne(*command, "--format", f) for f in ("table", "json", "csv"))
        assert (table.returncode, array.returncode, lines.returncode) == (0, 0, 0)
        items = json.loads(array.stdout)
        rows = list(csv.reader(io.StringIO(lines.stdout)))
        assert len(rows) == len(items) + 1
        assert all(list(item) == rows[0] for item in items)


@pytest.mark.parametrize(
    ("other", "is_told"),
    [
        ("DC-1", True),
        ("dc 1", True),
        ("\uff44\uff43-1", True),
        ("dc_1", True),
        ("dc\u20111", True),
        ("dc-2", False),
        ("dc-11", False),
    ],
)
def test_facilities_that_look_alike_are_told_and_stay_two(tonne, book, tmp_path, other, is_told):
    """Case, width and spaces make another facility, which people may not have meant."""
    path = tmp_path / "facilities.csv"
    path.write_text(f"id\ndc-1\n{other}\n", encoding="utf-8")
    made = tonne("facility", "import", path, "--book", book)
    listed = tonne("facility", "list", "--book", book, "--format", "json")
    assert {"dc-1", other} <= {each["id"] for each in json.loads(listed.stdout)}
    for run in (made, listed):
        assert run.returncode == 0, run.stderr
        assert ("they are two facilities" in run.stderr) is is_told


def test_a_bad_record_stops_no_other(tonne, book, tmp_path):
    """Bad numbers and dates go to quarantine with reason and offset; the exit code says so."""
    path = tmp_path / "mixed.csv"
    path.write_text(
        RECORDS
        + "d,dc-1,electricity.grid,many,kWh,2025-01-01,2025-02-01,\n"
        + "e,dc-1,electricity.grid,1,kWh,yesterday,2025-02-01,\n"
        + "f,dc-1,no.such.activity,1,kWh,2025-01-01,2025-02-01,\n"
        + "g,dc-1,electricity.grid,-1,kWh,2025-01-01,2025-02-01,\n"
    )
    run = tonne("append", path, "--book", book, "--channel", "c", "--format", "json")
    assert run.returncode == 3, run.stderr
    (summary,) = json.loads(run.stdout)
    assert [summary[key] for key in ("records", "posted", "quarantined", "suspended")] == [
        7, 4, 2, 1,
    ]  # fmt: skip
    assert "offset 3: QUANTITY_MUST_BE_A_NUMBER" in run.stderr
    listed = json.loads(tonne("quarantine", "list", "--book", book, "--format", "json").stdout)
    assert [(item["offset"], item["status"], item["quantity"]) for item in listed] == [
        (3, "QUANTITY_MUST_BE_A_NUMBER", "many"),
        (4, "FIELD_MUST_BE_READABLE", "1"),
    ]
    (waiting,) = json.loads(tonne("suspense", "list", "--book", book, "--format", "json").stdout)
    assert (waiting["offset"], waiting["status"]) == (5, "FACTOR_MUST_EXIST")


@pytest.mark.parametrize("kind", ["parquet", "arrow", "arrows", "jsonl"])
def test_every_kind_of_file_says_the_same(tonne, book, tmp_path, kind):
    """The same records from parquet, an Arrow file, an Arrow stream and JSON lines."""
    frame = pl.read_csv(io.StringIO(RECORDS), infer_schema=False)
    path = tmp_path / f"records.{kind}"
    write = {
        "parquet": frame.write_parquet,
        "arrow": frame.write_ipc,
        "arrows": frame.write_ipc_stream,
        "jsonl": frame.write_ndjson,
    }
    write[kind](path)
    run = tonne("append", path, "--book", book, "--channel", "c")
    assert run.returncode == 0, run.stderr
    total = json.loads(tonne("inventory", "--book", book, "--format", "json").stdout)["total"]
    assert (Decimal(total["kg_co2e"]), total["records"]) == (Decimal("4022.25"), 3)


def test_a_killed_append_goes_on_where_the_ledger_stands(tonne, server, client, book, tmp_path):
    """SIGKILL in the middle, the same command again: each record is there exactly once."""
    lines = [
        json.dumps(
            {
                "record_id": f"r{index}",
                "facility": "dc-1",
                "activity": "electricity.grid",
                "quantity": f"{index}.25",
                "unit": "kWh",
                "start": "2025-01-01",
                "end": "2025-01-02",
            }
        )
        + "\n"
        for index in range(25_000)
    ]
    pipe, whole = tmp_path / "pipe.jsonl", tmp_path / "whole.jsonl"
    whole.write_text("".join(lines))
    os.mkfifo(pipe)
    append = ("--book", book, "--channel", "c", "--server", server.address)
    with (
        subprocess.Popen(
            [*COMMAND, "append", str(pipe), *append], stderr=subprocess.DEVNULL
        ) as producer,
        pipe.open("w") as feed,
    ):
        feed.write("".join(lines[:20_000]))
        feed.flush()
        while not (durable := _committed_offset(client, book)):
            assert producer.poll() is None
        producer.kill()
        producer.wait()
    assert 0 < durable < 25_000

    run = tonne("append", whole, "--book", book, "--channel", "c")
    assert run.returncode == 0, run.stderr
    assert "records are already in the ledger; the command continues after them" in run.stderr
    (channel,) = json.loads(tonne("channel", "list", "--book", book, "--format", "json").stdout)
    assert (channel["records"], channel["posted"]) == (25_000, 25_000)
    assert Decimal(channel["quantity_sum"]) == sum(Decimal(f"{n}.25") for n in range(25_000))
    again = tonne("append", whole, "--book", book, "--channel", "c")
    assert again.returncode == 0, again.stderr
    ids = [item.record["record_id"] for item in client.list_records(book, channel="c")]
    assert ids == [f"r{index}" for index in range(25_000)]


def test_a_single_name_is_no_sequence_of_letters(tonne, client, book, records):
    """The client takes one column or one facility as a text too."""
    assert tonne("append", records, "--book", book, "--channel", "c").returncode == 0
    rows = client.inventory(book, by="facility", facilities="dc-1").rows
    assert [(row.group, row.record_count) for row in rows] == [({"facility": "dc-1"}, 2)]


def _committed_offset(client, book):
    return next((channel.committed_offset for channel in client.list_channels(book)), 0)


def test_another_file_is_not_taken_for_a_repeat(tonne, book, records, tmp_path):
    """A second file on the same channel is refused, with the option that appends it behind."""
    assert tonne("append", records, "--book", book, "--channel", "c").returncode == 0
    other = tmp_path / "february.csv"
    other.write_text(RECORDS.replace("\na,", "\nx,").replace("\nb,", "\ny,"))
    run = tonne("append", other, "--book", book, "--channel", "c")
    assert run.returncode == 4
    assert "--start-offset" not in run.stderr  # one record is the same: it would count twice
    run = tonne("append", other, "--book", book, "--channel", "c", "--start-offset", "3")
    assert run.returncode == 4
    other.write_text(other.read_text().replace("\nc,", "\nw,"))
    run = tonne("append", other, "--book", book, "--channel", "c")
    assert run.returncode == 4
    assert "--start-offset 3" in run.stderr
    short = tmp_path / "march.csv"
    short.write_text(RECORDS.partition("\nb,")[0].replace("\na,", "\nz,") + "\n")
    run = tonne("append", short, "--book", book, "--channel", "c")
    assert run.returncode == 4
    assert "--start-offset 3" in run.stderr
    run = tonne("append", other, "--book", book, "--channel", "c", "--start-offset", "3")
    assert run.returncode == 0, run.stderr
    total = json.loads(tonne("inventory", "--book", book, "--format", "json").stdout)["total"]
    assert total["records"] == 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("inventory",), "--book"),
        (("inventory", "--book", "b", "--by", "colour"), "colour"),
        (("inventory", "--book", "b", "--format", "xml"), "xml"),
        (("append", "--book", "b", "--channel", "c"), "FILE"),
        (("append", "no-such-file.csv", "--book", "b", "--channel", "c"), "no-such-file.csv"),
        (("book", "create", "b", "--facilities", "some"), "some"),
        (("harvest",), "harvest"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(tonne, arguments, words):
    """What the command line itself forbids is told on standard error, with exit code 2."""
    run = tonne(*arguments)
    assert run.returncode == 2
    assert words in run.stderr
    assert run.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("book", "show", "nobody"), ["nobody"]),
        (("book", "create", "No Book"), ["No Book", "a-z"]),
        (("inventory", "--book", "nobody"), ["nobody"]),
        (("inventory", "--book", "b", "--from", "2025-13"), ["YYYY-MM", "2025-13"]),
        (("channel", "list", "--book", "b", "--server", "127.0.0.1:1"),
         ["127.0.0.1:1", "tonne serve"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_a_mistake_ends_with_1_and_one_line(tonne, arguments, words):
    """A mistake or a refusal is one line that says what was there, and never a traceback."""
    run = tonne(*arguments)
    assert run.returncode == 1
    assert run.stdout == ""
    assert len(run.stderr.splitlines()) == 1, run.stderr
    assert [word for word in words if word not in run.stderr] == []


@pytest.mark.parametrize(
    "case",
    [
        ("a.dat", b"", ["a.dat", "csv"]),
        ("a.csv", b"facility,kwh\nx,1\n", ["without activity", "'kwh'"]),
        ("a.csv", b"", ["a.csv"]),
        ("a.parquet", b"no parquet", ["a.parquet"]),
        ("a.arrow", b"no arrow at all", ["a.arrow", "Arrow IPC"]),
        ("a.jsonl", b'{"facility": "x"}\n{"facility":\n', ["line 2", "JSON"]),
        ("a.jsonl", b"[1]\n", ["line 1", "an array"]),
        ("a.jsonl", b'{"kwh": 1}\n', ["line 1, field kwh"]),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tonne, book, tmp_path, case):
    """The error names the file, what was expected, and what was there."""
    name, content, words = case
    path = tmp_path / name
    path.write_bytes(content)
    run = tonne("append", path, "--book", book, "--channel", "c")
    assert run.returncode == 1, run.stderr
    assert "Traceback" not in run.stderr
    last = run.stderr.splitlines()[-1]
    assert [word for word in words if word not in last] == []
