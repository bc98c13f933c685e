"""Published examples of allocation, by the service: by mass, area, revenue and count, exact."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from tonne.client.meters import AllocationKey, AllocationSpan

PLACES = Fraction(1, 10**18)


@pytest.fixture
def shared(request, client):
    """Post what is shared, in kg CO2e of January 2025; gives the book."""
    words = request.node.name.removeprefix("test_").rstrip("]")
    name = re.sub("[^a-z0-9]+", "-", words.lower())[:60]

    def post(kg, account):
        client.create_book(name)
        row = f"example.shared,,kgCO2e,2020-01-01,1,{account},example"
        header = "activity,region,unit,valid_from,kg_co2e,account,source"
        client.import_edition(name, "own", f"{header}\n{row}".encode())
        record = {
            "record_id": "1",
            "facility": "shared",
            "activity": "example.shared",
            "quantity": kg,
            "unit": "kgCO2e",
            "start": "2025-01-01",
            "end": "2025-02-01",
            "region": "GB",
        }
        with client.channel(name, "c") as channel:
            assert channel.append([record]).posted_count == 1
        return name

    return post


def allocated(client, book, account, key_unit, weights, *, whole=""):
    """What is whose of January, and what is nobody's."""
    key = AllocationKey(
        "k", *key_unit, "the example", (AllocationSpan("2025-01-01", "", weights, whole),)
    )
    answer = client.allocate_meter(
        book,
        "shared",
        key,
        from_period="2025-01",
        to_period="2025-01",
        measure="kg_co2e",
        account=account,
    )
    (month,) = answer.months
    parts = {part.recipient: Fraction(part.amount) for part in month.parts}
    assert sum(parts.values()) + Fraction(month.unallocated) == Fraction(month.metered)
    return parts, Fraction(month.unallocated)


def test_shipments_by_what_they_weigh_over_their_way(client, shared):
    """GHG Protocol scope 3, example 4.3 (DHL): 31.5 kg over 240, 150 and 250 driven t.km."""
    account = "scope3.04.transport"
    book = shared("31.5", account)
    weights = {"1": "240", "2": "150", "3": "250"}
    parts, left = allocated(client, book, account, ("mass", "t"), weights)
    assert parts == {
        "1": Fraction("11.8125"),
        "2": Fraction("7.3828125"),
        "3": Fraction("12.3046875"),
    }
    assert left == 0


def test_a_rented_floor_of_a_building(client, shared):
    """GHG Protocol scope 3, example 8.1: 200 m2 of 2,000 m2 occupied to 75 %, of 9,900 kg."""
    kg = 1500 * Fraction("0.2") + 3000 * Fraction("0.7") + 5 * 1500
    book = shared(str(kg), "scope3.08.leased")
    weights = {"us": "200"}
    parts, left = allocated(client, book, "scope3.08", ("area", "m2"), weights, whole="1500")
    assert parts == {"us": 1320}
    assert left == 9900 - 1320


@pytest.mark.parametrize(("basis", "unit"), [("revenue", "CNY2020"), ("count", "unit")])
def test_thirds_and_sevenths(client, shared, basis, unit):
    """Shares that do not end as decimals lose no digit: 1, 2 and 4 of 7 of 100 kg."""
    book = shared("100", "scope1.process")
    parts, left = allocated(
        client, book, "scope1.process", (basis, unit), {"a": "1", "b": "2", "c": "4"}
    )
    assert sum(parts.values()) == 100
    assert left == 0
    exact = {"a": Fraction(100, 7), "b": Fraction(200, 7), "c": Fraction(400, 7)}
    assert all(abs(parts[name] - exact[name]) < PLACES for name in exact)
