"""Factors by the hour: each minute of a record takes the factor of its hour, exactly."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.checks.recompute import Recompute
from tests.unit.ledger.conftest import embedded_bench, record
from tests.unit.reports.test_estimate import estimate, post
from tests.unit.reports.test_explain import ask
from tonne.catalogue.resolving.valuation import decimal_text
from tonne.catalogue.words.method import MethodSettings
from tonne.errors import FieldInvalid, LedgerInconsistent
from tonne.ledger.posting.restating.asking import Asked
from tonne.ledger.posting.restating.criteria import Criteria
from tonne.ledger.upkeep.check import BookCheck
from tonne.model import Entity, Facility, FacilityRule, Holding
from tonne.reports.hours.weighing import HOURS_BY_SHARE, HOURS_FLAT
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import InventoryRequest
from tonne.statements.changes.restatements import RestatementCause

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
BEGIN = dt.datetime(2025, 2, 26, 3, tzinfo=dt.UTC)
HOUR_COUNT = 8 * 24
ANNUAL = b"""\
activity,region,unit,valid_from,kg_co2e,gwp_set,source
electricity.grid,DE,kWh,2020-01-01,0.35,AR5,paper
"""
ANNUAL_KG = Fraction("0.35")
HEADER = "activity,region,unit,valid_from,valid_to,kg_co2e,gwp_set,source\n"
LOCATION = InventoryRequest(accounts=("scope2.location",))
_numbers = itertools.count(1)


def hour_rows(values):
    """CSV of hours; `values` by the number of the hour from `BEGIN` on."""
    rows = [
        f"electricity.grid,DE,kWh,{BEGIN + place * HOUR:%Y-%m-%dT%H:%MZ},"
        f"{BEGIN + (place + 1) * HOUR:%Y-%m-%dT%H:%MZ},{kg},AR5,grid operator\n"
        for place, kg in values.items()
    ]
    return (HEADER + "".join(rows)).encode()


def kilograms(each, values):
    """Oracle: minute by minute, since every record of these tests begins at a full one."""
    length = (each["end"] - each["start"]) // MINUTE
    total = Fraction(0)
    for number in range(length):
        hour = (each["start"] + number * MINUTE - BEGIN) // HOUR
        kg = Fraction(values[hour]) if hour in values else ANNUAL_KG
        total += Fraction(each["quantity"]) / length * kg
    return total


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """One ledger, with many books."""
    with embedded_bench(tmp_path_factory.mktemp("ledger")) as made:
        yield made


def make_book(bench, values=None, *, annual=True):
    """A book in Berlin with an annual factor, and hours where there are values."""
    book = f"hours-{next(_numbers)}"
    bench.ledger.books.create_book(
        book, time_zone="Europe/Berlin", facility_rule=FacilityRule.ANY, method=MethodSettings()
    )
    if annual:
        bench.ledger.editions.import_edition(book, "annual", ANNUAL)
    if values:
        import_hours(bench, book, values)
    return book


def import_hours(bench, book, values):
    """Import hours and prefer them."""
    bench.ledger.editions.import_edition(book, "hours", hour_rows(values))
    names = ("hours", *(each for each in ("annual",) if has_annual(bench, book)))
    bench.ledger.methods.update_method(book, {"editions": names}, author="t", reason="t")


def has_annual(bench, book):
    """Whether the book has the annual factor."""
    return "annual" in bench.ledger.books.get_book(book).editions


def power(start_minute, minutes, per_minute, **fields):
    """A record that has as many thousandths of a kWh in each of its minutes."""
    start = BEGIN + start_minute * MINUTE
    quantity = Fraction(per_minute * minutes, 1000)
    return record(
        start=start,
        end=start + minutes * MINUTE,
        quantity=decimal_text(quantity),
        region="DE",
        **fields,
    )


def values_of(seed, missing):
    """Hours with factors of one to four places, some of them missing."""
    draw = random.Random(seed)  # noqa: S311 - of tests, seeded
    return {
        place: f"{draw.randrange(20_000) / 10 ** draw.randrange(1, 5):.4f}"
        for place in range(HOUR_COUNT)
        if place not in missing
    }


MISSING = st.sets(st.integers(0, HOUR_COUNT - 1), max_size=5)
VALUES = st.builds(values_of, st.integers(0, 1000), MISSING)
RECORDS = st.lists(
    st.builds(
        power,
        st.integers(-3000, 60 * HOUR_COUNT),
        st.sampled_from([1, 15, 15, 60, 90, 1440, 9000]),
        st.integers(-9, 100),
        facility=st.sampled_from(["dc-1", "bs-1"]),
    ),
    max_size=8,
)


def total_of(bench, book, request_=LOCATION):
    """kg CO2e of a book."""
    found = book_inventory(bench.ledger.snapshots.take(book), request_)
    return found.total.kg_co2e


@settings(
    deadline=None,
    max_examples=25,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(values=VALUES, records=RECORDS)
def test_every_minute_takes_the_factor_of_its_hour(bench, values, records):
    """Inventory, groups of it, explanation, replay and estimate have the oracle's number."""
    book = make_book(bench, values)
    answer, each = estimate(bench, book, LOCATION, [records])
    assert post(bench, book, [records[:3], records[3:]]) == {}
    expected = sum((kilograms(one, values) for one in records), Fraction(0))
    assert total_of(bench, book) == decimal_text(expected)
    lines, _, (replay,), total = ask(bench, book, LOCATION, replay=True)
    assert total.kg_co2e == decimal_text(expected)
    assert sum((line.kg_co2e for line in lines), Fraction(0)) == expected
    assert replay.agrees, replay.differences
    assert replay.kg_co2e == expected
    by_facility = InventoryRequest(
        accounts=LOCATION.accounts, group_by=("facility", "period", "account")
    )
    rows = book_inventory(bench.ledger.snapshots.take(book), by_facility).rows
    assert sum((Fraction(row.kg_co2e) for row in rows), Fraction(0)) == expected
    assert answer.inventory == book_inventory(bench.ledger.snapshots.take(book), LOCATION)
    assert [one.kg_co2e for one in each] == [kilograms(one, values) for one in records]


@settings(
    deadline=None,
    max_examples=15,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(values=VALUES, before=RECORDS, after=RECORDS)
def test_records_of_before_the_hours_keep_their_factor(bench, values, before, after):
    """The order of the commits tells whose a record is, or a notice says that nothing does."""
    book = make_book(bench)
    post(bench, book, [before], channel="before")
    import_hours(bench, book, values)
    post(bench, book, [after], channel="after")
    found = book_inventory(bench.ledger.snapshots.take(book), LOCATION)
    if HOURS_BY_SHARE not in {notice.reason for notice in found.notices}:
        expected = sum((kilograms(one, values) for one in after), Fraction(0))
        expected += sum((Fraction(one["quantity"]) * ANNUAL_KG for one in before), Fraction(0))
        assert found.total.kg_co2e == decimal_text(expected)
    _, _, (replay,), _ = ask(bench, book, LOCATION, replay=True)
    assert replay.agrees, replay.differences


def test_what_hours_decide_on_is_not_restated(bench):
    """Before or after: it is refused, and nothing is changed."""
    book = make_book(bench)
    post(bench, book, [[power(600, 60, 100)]], channel="before")
    import_hours(bench, book, dict.fromkeys(range(HOUR_COUNT), "2"))
    asked = Asked("r-1", Criteria(edition="annual"), RestatementCause.METHOD, "ada", "hours")
    with pytest.raises(
        FieldInvalid, match=r"by the hour decide on records of 'electricity\.grid'"
    ):
        list(bench.ledger.restating.restate(book, asked))
    assert not bench.ledger.acts.list(book).items
    found = book_inventory(bench.ledger.snapshots.take(book), LOCATION)
    assert Fraction(found.total.kg_co2e) == 6 * ANNUAL_KG
    post(bench, book, [[power(720, 60, 100)]], channel="after")
    bench.ledger.methods.update_method(book, {"editions": ("annual",)}, author="t", reason="t")
    with pytest.raises(FieldInvalid, match="by the hour"):
        list(bench.ledger.restating.look(book, Criteria(edition="hours")))


def test_the_order_of_the_commits_tells_in_one_month(bench):
    """Half a month under the year's factor, half under hours: both exact, and nothing to tell."""
    values = {place: "2" if place % 2 else "0.4" for place in range(HOUR_COUNT)}
    book = make_book(bench)
    early, late = power(600, 60, 100), power(600, 90, 100)
    post(bench, book, [[early]], channel="before")
    import_hours(bench, book, values)
    post(bench, book, [[late]], channel="after")
    found = book_inventory(bench.ledger.snapshots.take(book), LOCATION)
    expected = Fraction(early["quantity"]) * ANNUAL_KG + kilograms(late, values)
    assert found.total.kg_co2e == decimal_text(expected)
    assert HOURS_BY_SHARE not in {notice.reason for notice in found.notices}


@settings(
    deadline=None,
    max_examples=15,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(values=VALUES, records=RECORDS)
def test_without_another_factor_what_touches_a_missing_hour_waits(bench, values, records):
    """Nothing is guessed: it waits whole, and counts once the hour is there."""
    book = make_book(bench, values, annual=False)
    statuses = post(bench, book, [records])
    waits = [
        any((one["start"] + number * MINUTE - BEGIN) // HOUR not in values
            for number in range((one["end"] - one["start"]) // MINUTE))
        for one in records
    ]  # fmt: skip
    assert {place for place, is_waiting in enumerate(waits) if is_waiting} == set(statuses)
    assert {each.name for each in statuses.values()} <= {"FACTOR_MUST_EXIST"}
    posted = [one for one, is_waiting in zip(records, waits, strict=True) if not is_waiting]
    expected = sum((kilograms(one, values) for one in posted), Fraction(0))
    assert total_of(bench, book) == decimal_text(expected)
    bench.ledger.editions.import_edition(book, "annual", ANNUAL)
    bench.ledger.methods.update_method(
        book, {"editions": ("hours", "annual")}, author="t", reason="t"
    )
    list(bench.ledger.suspense.clear(book))
    found = book_inventory(bench.ledger.snapshots.take(book), LOCATION)
    everything = sum((kilograms(one, values) for one in records), Fraction(0))
    if HOURS_BY_SHARE not in {notice.reason for notice in found.notices}:
        assert found.total.kg_co2e == decimal_text(everything)


def test_what_waits_for_an_hour_says_which(bench):
    """From when to when it is missing, and the two commands that give a factor."""
    values = dict.fromkeys(range(HOUR_COUNT), "0.5")
    del values[30]
    book = make_book(bench, values, annual=False)
    answer, _ = estimate(bench, book, LOCATION, [[power(30 * 60 + 15, 15, 100)]])
    (message,) = answer.messages.values()
    assert "none from 2025-02-27T09:00Z to 2025-02-27T10:00Z" in message
    assert "tonne factor hours" in message


def test_a_share_that_changes_cuts_hours_too(bench):
    """83 % from the second of March on, registered before or after: the same kilograms."""
    values = {place: str(place % 7 / 8) for place in range(HOUR_COUNT)}
    records = [power(1000, 9000, 8), power(5000, 15, 8)]
    holdings = (
        Holding("", "2025-03-02", "0.5", is_operated=False),
        Holding("2025-03-02", "", "0.83", is_operated=False),
    )
    found = []
    for is_before in (True, False):
        book = make_book(bench, values)
        steps = [
            lambda book=book: bench.ledger.register.import_entities(
                book, [Entity("joint", holdings=holdings)]
            ),
            lambda book=book: bench.ledger.register.import_facilities(
                book, [Facility("dc-1", entity="joint")]
            ),
            lambda book=book: post(bench, book, [records]),
        ]
        for step in steps if is_before else [steps[2], *steps[:2]]:
            step()
        request_ = InventoryRequest(accounts=LOCATION.accounts, consolidation="equity-share")
        found.append(total_of(bench, book, request_))
    cut = dt.datetime(2025, 3, 1, 23, tzinfo=dt.UTC)
    expected = Fraction(0)
    for one in records:
        minutes = (one["end"] - one["start"]) // MINUTE
        for number in range(minutes):
            time = one["start"] + number * MINUTE
            kg = Fraction(values[(time - BEGIN) // HOUR])
            share = Fraction("0.5") if time < cut else Fraction("0.83")
            expected += Fraction(one["quantity"]) / minutes * kg * share
    assert found == [decimal_text(expected)] * 2


def test_long_records_are_told(bench):
    """A record of a day counts as flat over it, and the notice counts it."""
    values = dict.fromkeys(range(HOUR_COUNT), "0.5")
    book = make_book(bench, values)
    post(bench, book, [[power(24 * 60, 1440, 1), power(24 * 60, 15, 1)]])
    found = book_inventory(bench.ledger.snapshots.take(book), LOCATION)
    assert [each.record_count for each in found.notices if each.reason == HOURS_FLAT] == [1]


def test_a_series_that_is_not_its_digest_is_no_number(bench):
    """An object that was changed, or is gone, is an error that names it."""
    values = dict.fromkeys(range(HOUR_COUNT), "0.5")
    book = make_book(bench, values)
    post(bench, book, [[power(24 * 60, 60, 1)]])
    assert BookCheck(bench.manifest, bench.objects, book).run().problems == []
    assert Recompute(bench.manifest, bench.objects).check_book(bench.ledger, book) == ()
    (path,) = [each.path for each in bench.objects.list(f"{book}/hours")]
    content = bench.objects.get(path)
    for wrong, said in ((content.replace(b"0.5", b"0.4", 1), "SHA-256"), (None, "missing")):
        bench.objects.delete(path)
        if wrong is not None:
            bench.objects.put(path, wrong)
        other = bench.other()
        with pytest.raises(LedgerInconsistent, match=said):
            book_inventory(other.ledger.snapshots.take(book), LOCATION)
        other.ledger.close()
        (problem,) = BookCheck(bench.manifest, bench.objects, book).run().problems
        assert said in problem.message
