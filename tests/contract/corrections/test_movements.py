"""Records as what moved: a correction in the style of a ledger, and as a difference."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.client import Client
from tonne.client.changes.movements import MovementKind, movements

WHY = {"reason": "read anew", "author": "Ada"}
DAY = {"facility": "dc", "start": "2025-01-01", "end": "2025-02-01", "region": "GB"}
GRID = DAY | {"activity": "electricity.grid", "unit": "kWh"}
_numbers = itertools.count(1)


@pytest.fixture
def client(running):
    """The SDK on the shared server."""
    with Client(running.server.address) as opened:
        yield opened


@pytest.fixture
def moved(client):
    """A book with a meter: nine records, some of them corrected; its id."""
    book = f"moved-{next(_numbers)}"
    client.create_book(book)
    with client.channel(book, "meter") as channel:
        channel.append([GRID | {"record_id": str(n), "quantity": "100"} for n in range(5)])

    def correct(offset, **changes):
        row = GRID | {"record_id": str(offset), "quantity": "80"} | changes
        client.correct_records(book, "meter", [offset], [row], **WHY)

    correct(0)
    correct(1, quantity="90.5")
    correct(1, quantity="120")  # a correction of a correction
    correct(2, facility="hut")  # another facility: no difference of quantities
    correct(3, activity="process.clay")  # which waits
    list(client.reverse_records(book, source="meter", offsets=[4], **WHY))
    return book


def told(client, book, style, **only):
    """Kind and quantity of each movement."""
    found = movements(client.list_records(book, **only), style)
    return [(str(each.kind), each.quantity) for each in found]


def sums(client, book, style, **only):
    """Sums of what moved, by facility, activity and unit; what is zero is left out."""
    found = Counter()
    for each in movements(client.list_records(book, **only), style):
        record = each.of.record
        found[record["facility"], record["activity"], record["unit"]] += each.quantity
    return {key: value for key, value in found.items() if value}


def test_one_record_stands_for_several(client):
    """Two estimates that one reading settles, and copies of it: each style has all of them."""
    book = f"moved-{next(_numbers)}"
    client.create_book(book)
    read = ("80", "measured")
    said = (("100", "estimated"), ("90", "estimated"), read, read, read)
    with client.channel(book, "meter") as channel:
        for quantity, quality in said:
            row = GRID | {"record_id": "x", "quantity": quantity, "data_quality": quality}
            channel.append([row])
    assert client.compare_same_records(book).reversed_count == 4
    key = ("dc", "electricity.grid", "kWh")
    assert sums(client, book, "ledger") == sums(client, book, "delta") == {key: Decimal(80)}
    assert told(client, book, "delta") == [
        ("record", Decimal(100)),
        ("record", Decimal(90)),
        ("reversal", Decimal(-90)),
        ("difference", Decimal(-20)),
        ("record", Decimal(80)),
        ("record", Decimal(80)),
        ("reversal", Decimal(-80)),
        ("reversal", Decimal(-80)),
    ]


def test_both_styles_add_up_to_what_the_ledger_has(client, moved):
    """Each by itself: all of both records, or what one differs from the other."""
    count = Counter(told(client, moved, "ledger"))
    assert count == Counter(
        [
            *[("record", Decimal(100))] * 5,
            *[("reversal", Decimal(-100))] * 5,
            *[("record", Decimal(80))] * 2,
            ("record", Decimal("90.5")),
            ("reversal", Decimal("-90.5")),
            ("record", Decimal(120)),
        ]
    )
    count = Counter(told(client, moved, "delta"))
    assert count == Counter(
        [
            *[("record", Decimal(100))] * 5,
            ("difference", Decimal(-20)),
            ("difference", Decimal("-9.5")),
            ("difference", Decimal("29.5")),
            ("record", Decimal(80)),
            *[("reversal", Decimal(-100))] * 3,
        ]
    )
    expected = {("dc", "electricity.grid", "kWh"): 200, ("hut", "electricity.grid", "kWh"): 80}
    for style in ("ledger", "delta"):
        assert sums(client, moved, style) == expected
        # What stands for a record may be left out of a listing: then it is taken back.
        assert sums(client, moved, style, facility="dc") == {
            key: value for key, value in expected.items() if key[0] == "dc"
        }
    total = client.inventory(moved, accounts="memo.energy").total
    assert total.energy_kwh == sum(expected.values())
    entries = {each.correction for each in movements(client.list_records(moved), "delta")}
    assert len(entries) == 7  # six entries, and none of what was never touched


def test_the_command_lists_records_and_what_moved(running, moved):
    """As of a moment before the corrections, too."""

    def run(*words):
        arguments = ["record", "list", "--book", moved, "--server", running.server.address]
        done = CliRunner().invoke(app, [*arguments, "--format", "csv", *map(str, words)])
        assert done.exit_code == 0, done.stderr
        return list(csv.DictReader(io.StringIO(done.stdout)))

    plain = run()
    assert Counter(each["status"] for each in plain)["REVERSED"] == 6
    rows = run("--style", "delta", "--facility", "dc")
    kinds = Counter(each["kind"] for each in rows)
    assert kinds[str(MovementKind.DIFFERENCE)] == 3
    assert next(each["quantity"][:3] for each in rows if each["kind"] == "difference") == "-20"
    assert sum(Decimal(each["quantity"]) for each in rows) == 200
    assert len([each for each in rows if each["correction"]]) == 6
    assert len(run("--style", "ledger", "--as-of", 2)) <= 5
