"""Months that used less than nothing are told, and one fuel in two kinds of units."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.reports.books import Record, post, register, resolution
from tonne.reports.inventory.inventory import inventory
from tonne.reports.inventory.oddities import NAMED_MAX, negative_notices, overlap_notices
from tonne.reports.inventory.request import InventoryRequest
from tonne.reports.inventory.selection import select

GRID = resolution("scope2.location", kg_co2e="0.5")
MONTHS = range(540, 560)
OUTCOMES = {
    (activity, month): GRID
    for activity in ("electricity.grid", "electricity.export")
    for month in MONTHS
}


def selected(*records, request=InventoryRequest()):  # noqa: B008  it is frozen
    return select(post(records, OUTCOMES), {GRID.id: GRID}, register(), request)


def used(facility, month, micro, unit="kWh", activity="electricity.grid"):
    return Record(facility, activity, "GB", month, (micro,), unit=unit)


def test_a_rollover_that_was_taken_for_consumption_is_told():
    """The inventory's notice names facility, activity, month, sum and records."""
    records = [used("flat", 633 - 90, part, "Wh") for part in (26_600_000, -838_845_200_000)]
    found = inventory(post(records, OUTCOMES), {GRID.id: GRID}, register(), InventoryRequest())
    (notice,) = found.notices
    assert (notice.reason, notice.record_count) == ("NEGATIVE_QUANTITY", 2)
    assert notice.message == (
        "flat, electricity.grid, 2015-04: the quantities add up to -838818.6 Wh, which is "
        "negative: look for a register that rolled over or was swapped, or for a correction of "
        "another month; what was fed into the grid is electricity.export"
    )


def test_another_facility_or_month_does_not_hide_it():
    """Neither in the total nor in a group."""
    records = [
        used("a", 540, 10**9),
        used("a", 541, -5),
        used("b", 540, -7),
        used("b", 541, 10**9),
    ]
    for group_by in ((), ("account",), ("period",), ("facility",)):
        chosen = selected(*records, request=InventoryRequest(group_by=group_by))
        told = [message.partition(":")[0] for message, _ in negative_notices(chosen)]
        assert told == ["a, electricity.grid, 2015-02", "b, electricity.grid, 2015-01"]


def test_a_correction_in_its_own_month_is_none():
    """Also in another unit; what remains decides, to the last digit."""
    whole = [used("a", 540, 2_000_000, "MWh"), used("a", 540, -2_000_000_000, "kWh")]
    assert list(negative_notices(selected(*whole))) == []
    beyond = [*whole, used("a", 540, -1, "kWh")]
    ((message, count),) = negative_notices(selected(*beyond))
    assert "-0.000000001 MWh" in message
    assert count == 3


def test_an_export_with_a_minus_is_not_told_to_be_one():
    """It is an export already; its sign is wrong."""
    ((message, _),) = negative_notices(selected(used("a", 540, -5, activity="electricity.export")))
    assert "the quantities add up to -0.000005 kWh" in message
    assert "fed into" not in message


def test_only_the_months_and_accounts_asked_for_are_looked_at():
    records = [used("a", 540, -5), used("a", 541, 5)]
    assert not list(negative_notices(selected(*records, request=InventoryRequest(541, 541))))
    other = InventoryRequest(accounts=("scope1",))
    assert not list(negative_notices(selected(*records, request=other)))


def test_many_are_counted():
    """Ten are named, the rest are one notice with their records."""
    records = [used(f"site-{number:02}", 540, -1) for number in range(NAMED_MAX + 5)]
    told = list(negative_notices(selected(*records)))
    assert len(told) == NAMED_MAX + 1
    assert told[-1][0].startswith("and 5 more with a negative sum")
    assert told[-1][1] == 5


def test_a_large_book_is_looked_at_as_far_as_the_request_tells_apart():
    """There facilities and months are summed away before anyone looks."""
    records = [used("a", 540, 3), used("b", 541, -5)]
    chosen = selected(*records)
    plain = replace(chosen, posted=chosen.posted.drop("facility"), tells_months=False)
    ((message, count),) = negative_notices(plain)
    assert message.startswith("electricity.grid: the quantities add up to -0.000002 kWh")
    assert count == 2


GAS = "fuel.natural_gas"
BURNT = {(activity, month): GRID for activity in (GAS, "electricity.grid") for month in MONTHS}


def overlaps(*records, request=InventoryRequest()):  # noqa: B008  it is frozen
    chosen = select(post(records, BURNT), {GRID.id: GRID}, register(), request)
    return list(overlap_notices(chosen))


def test_one_fuel_by_volume_and_by_heat_is_told():
    """A bill of 100 m3 states 1,120 kWh as well; the two records count both."""
    bill = [used("a", 540, 10**8, "m3", GAS), used("a", 540, 1_120_000_000, "kWh_gross", GAS)]
    for group_by in ((), ("account",), ("facility", "period")):
        assert overlaps(*bill, request=InventoryRequest(group_by=group_by)) == [
            (
                (
                    "a, fuel.natural_gas, 2015-01: 1120 kWh_gross and 100 m3 are all counted; "
                    "where one bill states both, send one of them"
                ),
                2,
            )
        ]


def test_units_of_one_kind_other_months_and_other_facilities_are_none():
    """Neither kWh beside therms, nor gas beside electricity."""
    assert not overlaps(
        used("a", 540, 10**8, "kWh_gross", GAS),
        used("a", 540, 10**8, "kWh_net", GAS),
        used("a", 541, 10**8, "m3", GAS),
        used("b", 540, 10**8, "m3", GAS),
        used("a", 540, 10**8, "kWh"),
    )


def test_overlaps_that_are_many_are_counted():
    """Ten are named."""
    records = [
        used(f"s-{number}", 540, 10**6, unit, GAS)
        for number in range(NAMED_MAX + 2)
        for unit in ("m3", "kWh_gross")
    ]
    assert overlaps(*records)[NAMED_MAX:] == [
        ("and 2 more with one fuel in two kinds of units", 4)
    ]
