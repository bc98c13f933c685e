"""What cannot be posted says why and what is near, and is posted once what it lacks is there."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tonne.model import Facility

GOOD = {
    "facility": "dc-1",
    "activity": "electricity.grid",
    "quantity": "1000",
    "unit": "kWh",
    "region": "GB",
    "start": "2025-03-01",
    "end": "2025-04-01",
}
# What is wrong, the change that makes it so, and what must be told.
WAITING = {
    "a typing error": ({"activity": "electrcity.grid"}, "electricity.grid"),
    "a wider id that nobody defined": ({"activity": "electricity.grid.gren"}, "electricity.grid"),
    "no region": ({"region": ""}, "no region"),
    "a region without a factor": ({"region": "BR"}, "BR"),
    "a year before all sets": ({"start": "1990-03-01", "end": "1990-04-01"}, "factors for GB"),
    "an unknown facility": ({"facility": "dc-2"}, "dc-2"),
}
REFUSED = {
    "another dimension": ({"unit": "kg"}, "electricity.grid takes kWh"),
    "an unknown unit": ({"unit": "kilowatts"}, "electricity.grid takes kWh"),
}
FACTORS = b"""\
activity,region,unit,stage,valid_from,valid_to,kg_co2e,gwp_set
electricity.grid,BR,kWh,generation,2025-01-01,,0.1,AR5
electricity.grid,GB,kWh,generation,1990-01-01,1991-01-01,0.7,AR5
"""


@pytest.fixture(scope="module")
def book(client):
    """A book with a register, one good record and all that are not."""
    name = "waiting"
    client.create_book(name)
    client.import_facilities(name, [Facility("dc-1")])
    changes = {"good": ({}, ""), **WAITING, **REFUSED}
    records = [
        {**GOOD, **change, "record_id": record_id} for record_id, (change, _) in changes.items()
    ]
    with client.channel(name, "meters") as channel:
        result = channel.append(records)
    assert result.posted_count == 1
    return name


def test_a_record_that_waits_says_for_what(client, book):
    """Each message names what was looked for and what is nearest to it."""
    messages = {item.record["record_id"]: item.message for item in client.list_suspense(book)}
    assert set(messages) == set(WAITING)
    for record_id, (_, told) in WAITING.items():
        assert told in messages[record_id], record_id


def test_a_refused_record_says_which_units_would_do(client, book):
    """Field, record and remedy."""
    messages = {item.record["record_id"]: item.message for item in client.list_quarantine(book)}
    assert set(messages) == set(REFUSED)
    for record_id, (_, told) in REFUSED.items():
        assert told in messages[record_id], record_id


def test_what_they_lack_posts_them_exactly_once(client, tonne, book):
    """An edition and a facility later: posted by `tonne suspense clear`, once, whoever asks."""
    before = client.inventory(book, accounts=("scope2.location",)).total.kg_co2e
    client.import_edition(book, "own", FACTORS)
    client.import_facilities(book, [Facility("dc-2")])
    run = tonne("suspense", "clear", "--book", book)
    assert run.returncode == 0, run.stderr
    left = {item.record["record_id"] for item in client.list_suspense(book)}
    assert left == {"a typing error", "a wider id that nobody defined", "no region"}
    expected = before + Decimal("0.1") * 1000 + Decimal("0.7") * 1000 + Decimal("0.177") * 1000
    after = client.inventory(book, accounts=("scope2.location",))
    assert after.total.kg_co2e == expected
    assert after.suspended_count == 3
    again = tonne("suspense", "clear", "--book", book)
    assert again.returncode == 0
    assert client.inventory(book, accounts=("scope2.location",)).total.kg_co2e == expected
