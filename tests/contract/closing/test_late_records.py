"""Late records on the wire: by the SDK and by the command."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from tests.contract.closing.test_closing import WHY, client, month, run
from tests.support.servers.api import Producer, record
from tonne.client.answers.explain_results import ExplainLine
from tonne.errors import FieldInvalid, TonneError
from tonne.model import LateRecords, month_of_period, period_of_month
from tonne.statements.changes.bridges import Side

__all__ = ["client", "month"]


LATE = {"record_id": "late", "facility": "other"}


@pytest.fixture
def late(client, api, book, month):
    """A book with a record that came behind the close of its month; its id, and the months."""
    id_ = book.removeprefix("books/")
    made = client.update_book(id_, late_records=LateRecords.NEXT_OPEN)
    assert made.late_records is LateRecords.NEXT_OPEN
    client.close_period(id_, month, **WHY, accepts={"suspense": "small"})
    producer = Producer.opened(api, f"{book}/channels/late")
    producer.send_rows(0, record(0, **LATE))
    assert not [error for each in producer.finish() for error in each.row_errors]
    return id_, month, month_of_period(period_of_month(month) + 1)


def test_a_report_chooses_its_months(client, late):
    """Both add up to the same; each tells what it has of other months, and what it lacks."""
    book, first, second = late
    counted = client.inventory(book, by="period")
    happened = client.inventory(book, by="period", months_by="happened")
    assert [row.group["period"] for row in counted.rows] == [first, second]
    assert [row.group["period"] for row in happened.rows] == [first]
    assert counted.total == happened.total
    (there,) = (
        each
        for each in client.inventory(book, from_period=second).notices
        if "LATE" in each.reason
    )
    assert (there.reason, there.record_count) == ("LATE_HERE", 1)
    assert there.kg_co2e == counted.rows[1].kg_co2e
    with pytest.raises(FieldInvalid, match="months_by: expected one of counted, happened"):
        client.inventory(book, months_by="when")


def test_an_explanation_names_both_months(client, late):
    """Its lines, and a replay of them."""
    book, first, second = late
    parts = list(client.explain(book, from_period=second, replay=True))
    (line,) = (each for each in parts if isinstance(each, ExplainLine) and each.kg_co2e)
    assert (line.period, line.counted_period) == (first, second)


def test_a_bridge_goes_by_either(client, late):
    """From the first month to the second one, by months of either kind."""
    book, first, second = late
    sides = Side(first, first), Side(second, second)
    counted = client.bridge(book, *sides)
    happened = client.bridge(book, *sides, months_by="happened")
    assert Fraction(counted.to_kg_co2e) > 0
    assert Fraction(happened.to_kg_co2e) == 0
    assert Fraction(happened.from_kg_co2e) == Fraction(counted.from_kg_co2e) + Fraction(
        counted.to_kg_co2e
    )


def test_the_command_line_says_the_same(running, client, late):
    """Options of book, inventory and explanation."""
    book, first, second = late
    asked = ("--book", book, "--from", first, "--to", first, "--format", "json")
    counted = json.loads(run(running, "inventory", *asked))
    happened = json.loads(run(running, "inventory", *asked, "--months-by", "happened"))
    assert Fraction(happened["total"]["kg_co2e"]) > Fraction(counted["total"]["kg_co2e"])
    told = run(running, "explain", "--book", book, "--period", second)
    assert f"counts in {second}" in " ".join(told.split())
    run(running, "book", "update", book, "--late-records", "refuse")
    assert client.get_book(book).late_records is LateRecords.REFUSE
    assert "refuse" in run(running, "book", "show", book)
    with pytest.raises((AssertionError, TonneError)):
        run(running, "book", "update", book, "--late-records", "maybe")
