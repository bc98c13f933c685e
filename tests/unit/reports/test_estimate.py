"""An estimate is the inventory of an empty book after posting the same records."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.ledger.conftest import decode, embedded_bench, record, records_of
from tonne.catalogue.editions.library import default_settings
from tonne.catalogue.resolving.valuation import decimal_text
from tonne.catalogue.words.method import CONSOLIDATIONS, MethodSettings
from tonne.errors import BookUnknown
from tonne.ledger.posting import estimate as ledger_estimate
from tonne.ledger.posting.entries import ChannelEntry, Durable
from tonne.model import Entity, Facility, FacilityRule, Holding, RowStatus
from tonne.reports.estimate import Estimate
from tonne.reports.inventory.book import book_inventory
from tonne.reports.inventory.request import DIMENSIONS, InventoryRequest
from tonne_kernel import Session

EDITION = b"""\
activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,gases,gwp_set,account,source
power,,kWh,2020-01-01,2025-03-01,0.5,0.4,0.003,,AR5,scope2.location,paper
power,,kWh,2025-03-01,,0.3,,,,,scope2.location,paper
power,DE,kWh,2020-01-01,,0.35,,,,,scope2.location,paper
power,,kWh,2020-01-01,,0.1,,,,,scope2.market,paper
leak,,kg,2020-01-01,,,,,HFC-32=0.5;HFC-125=0.5,,scope1.fugitive,paper
wood,,t,2020-01-01,,1500,,,,,outside.biogenic,paper
"""
FACILITIES = (
    Facility("dc-1", type="data_centre", region="DE", entity="joint"),
    Facility("bs-1", type="base_station", valid_from="2025-02-01"),
    Facility("bs-2", type="base_station", region="GB"),
)
ENTITIES = (Entity("joint", holdings=(Holding("", "", "0.83", is_operated=False),)),)
ORIGIN = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
RECORDS = st.lists(
    st.builds(
        lambda start, length, **fields: record(
            start=ORIGIN + start, end=ORIGIN + start + length, **fields
        ),
        start=st.timedeltas(dt.timedelta(0), dt.timedelta(days=150)),
        length=st.timedeltas(dt.timedelta(microseconds=-1), dt.timedelta(days=100)),
        record_id=st.just("r"),
        facility=st.sampled_from(["dc-1", "bs-1", "bs-2", "unknown", ""]),
        activity=st.sampled_from(
            ["power", "leak", "wood", "electricity.grid", "fuel.diesel", "mystery"]
        ),
        quantity=st.decimals(-(10**6), 10**6, places=6).map(str) | st.just("much"),
        unit=st.sampled_from(["kWh", "MWh", "kg", "t", "litre", "cubits"]),
        region=st.sampled_from(["", "DE", "GB", "CN-GD", "FR"]),
    ),
    max_size=12,
)
REQUESTS = st.builds(
    InventoryRequest,
    first_period=st.sampled_from([0, 661]),
    last_period=st.sampled_from([662, 2000]),
    group_by=st.sets(st.sampled_from(DIMENSIONS), max_size=3).map(sorted).map(tuple),
    facilities=st.sampled_from([(), ("dc-1", "bs-1")]),
    accounts=st.sampled_from([(), (), ("scope3",), ("memo", "scope1", "outside")]),
    gwp_set=st.sampled_from(["", "AR4", "AR6"]),
    consolidation=st.sampled_from(["", *CONSOLIDATIONS]),
)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """One ledger, with many books."""
    with embedded_bench(tmp_path_factory.mktemp("ledger")) as made:
        yield made


def make_book(bench, *, rule=FacilityRule.REGISTERED_ONLY, method=None):
    """A fresh book, with factors of its own before the shipped ones."""
    book = f"book-{next(_numbers)}"
    bench.ledger.books.create_book(
        book, time_zone="Asia/Shanghai", facility_rule=rule, method=method
    )
    bench.ledger.register.import_facilities(book, FACILITIES)
    bench.ledger.register.import_entities(book, ENTITIES)
    bench.ledger.editions.import_edition(book, "own", EDITION)
    return book


def post(bench, book, messages, channel="c"):
    """Post messages through the journal; what became of each record."""
    session, opened = Session(), bench.ledger.channels.open_channel(book, channel)
    statuses, offset = {}, 0
    for records in messages:
        entry = ChannelEntry(decode(session, records), channel, opened.epoch, offset)
        (outcome,) = bench.ledger.journal.write(book, [entry])
        assert isinstance(outcome, Durable), outcome
        statuses |= {error.offset: error.status for error in outcome.row_errors}
        offset += len(records)
    return statuses


def estimate(bench, book, request, messages, **options):
    """The answer to messages, and their records' own figures."""
    asked = Estimate(
        bench.ledger.estimates.estimation(book),
        request,
        **({"each_record": True, "row_errors_max": 1000} | options),
    )
    session, records = Session(), []
    for message in messages:
        records += asked.add(decode(session, message))
    return asked.finish(), records


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(records=RECORDS, request_=REQUESTS, cuts=st.lists(st.integers(0, 12), max_size=2))
def test_an_estimate_is_what_posting_gives(bench, records, request_, cuts):
    """Every field of the inventory, each record's status, and the sum of their parts."""
    book = make_book(bench)
    edges = [0, *sorted(min(cut, len(records)) for cut in cuts), len(records)]
    messages = [records[a:b] for a, b in itertools.pairwise(edges)]
    answer, each = estimate(bench, book, request_, messages)
    statuses = post(bench, book, messages)
    assert answer.inventory == book_inventory(bench.ledger.snapshots.take(book), request_)
    assert answer.totals == bench.ledger.channels.get_channel(book, "c").totals
    assert {error.offset: error.status for error in answer.row_errors} == statuses
    assert [one.index for one in each] == list(range(len(records)))
    assert {one.index: one.status for one in each if one.status} == statuses
    assert all((one.kg_co2e is None) == (one.index in statuses) for one in each)
    summed = sum((one.kg_co2e for one in each if one.kg_co2e is not None), Fraction(0))
    assert decimal_text(summed) == answer.inventory.total.kg_co2e


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(records=RECORDS.filter(len), request_=REQUESTS)
def test_a_records_own_figure_is_its_estimate_alone(bench, records, request_):
    """Company changes nothing of it."""
    book = make_book(bench, rule=FacilityRule.ANY)
    _, each = estimate(bench, book, request_, [records])
    for one, alone in zip(each, records, strict=True):
        answer, (same,) = estimate(bench, book, request_, [[alone]])
        assert (same.status, same.kg_co2e, same.notices) == (
            one.status,
            one.kg_co2e,
            one.notices,
        )
        if one.kg_co2e is not None:
            assert answer.inventory.total.kg_co2e == decimal_text(one.kg_co2e)


def test_without_a_book_the_shipped_catalogue_answers(bench):
    """Its default method, months in UTC, any facility; equal to a fresh book of that method."""
    records = [
        record(activity="electricity.grid", region="GB", start=ORIGIN, quantity="1000",
               end=ORIGIN + dt.timedelta(days=365), facility="home"),
    ]  # fmt: skip
    request = InventoryRequest(group_by=("account", "period"))
    answer, _ = estimate(bench, "", request, [records])
    assert Fraction(answer.inventory.total.kg_co2e) > 0
    bench.ledger.books.create_book("plain", method=default_settings())
    posted, _ = estimate(bench, "plain", request, [records])
    assert posted.inventory.rows == answer.inventory.rows
    assert (answer.inventory.method_versions, posted.inventory.method_versions) == ((0,), (1,))


def test_many_keys_are_added_up_as_they_come(bench, monkeypatch):
    """Sums are made whenever as much waits as is there; the answer does not depend on it."""
    messages = [records_of(300, seed=seed) for seed in range(1, 8)]
    request = InventoryRequest(group_by=("facility", "activity", "period"))
    expected, _ = estimate(bench, "acme", request, messages, each_record=False)
    eager = functools.partial(ledger_estimate.RunningSums, pending_rows_min=1)
    monkeypatch.setattr(ledger_estimate, "RunningSums", eager)
    found, records = estimate(bench, "acme", request, messages, each_record=False)
    assert (found, records) == (expected, [])


def test_what_would_wait_is_told_with_what_is_near(bench):
    """The nearest ids, or the regions that have factors, where the record has none."""
    records = [
        record(activity="electricty.grid", region="GB"),
        record(activity="electricity.grid", region="XK"),
    ]
    answer, each = estimate(bench, "acme", InventoryRequest(), [records], row_errors_max=1)
    assert "electricity.grid" in each[0].notices[0]
    assert "XK" in each[1].notices[0]
    assert answer.messages == {0: each[0].notices[0]}


def test_row_errors_beyond_the_limit_are_counted(bench):
    """The first ones are named, by their index over all messages."""
    wrong = [record(quantity="much")] * 3
    for each_record in (False, True):
        answer, _ = estimate(
            bench, "acme", InventoryRequest(), [[record()], wrong, wrong],
            each_record=each_record, row_errors_max=4,
        )  # fmt: skip
        assert [error.index for error in answer.row_errors] == [1, 2, 3, 4]
        assert answer.row_errors_omitted_count == 2
        assert answer.row_errors[0].status is RowStatus.QUANTITY_MUST_BE_A_NUMBER


def test_nothing_is_stored(bench):
    """Neither files nor resolutions nor postings come of an estimate."""
    book = make_book(bench, method=MethodSettings())
    estimate(bench, book, InventoryRequest(), [[record(activity="power", facility="dc-1")]])
    assert bench.ledger.snapshots.take(book).frame().is_empty()
    assert list(bench.objects.list(book)) == []
    assert bench.manifest.get_resolutions(book, []) == {}
    with pytest.raises(BookUnknown):
        estimate(bench, "nobody", InventoryRequest(), [])


def test_postings_keep_their_schema(bench):
    """Also where nothing was posted."""
    found = bench.ledger.estimates.estimation("acme")
    assert list(found.postings().columns) == list(ledger_estimate.POSTINGS_SCHEMA)
    found.add(decode(Session(), [record(quantity="much")]), row_errors_max=1, by_record=True)
    assert found.postings().is_empty()
