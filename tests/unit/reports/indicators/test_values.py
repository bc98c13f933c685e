"""Values of indicators against a plain computation over the records, and their laws."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from fractions import Fraction

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.reports.books import Record, entry, post, register
from tonne.catalogue.resolving.resolution import Resolution
from tonne.catalogue.resolving.texts import Texts
from tonne.catalogue.words.method import MethodSettings
from tonne.ledger.reading.snapshot import Snapshot
from tonne.model import Book, Entity, FacilityRule, Holding
from tonne.reports.indicators.book import book_indicators
from tonne.reports.indicators.request import IndicatorRequest
from tonne.reports.inventory.request import InventoryRequest
from tonne.store.manifest.moments import Point, PostingsAt

MONTHS = range(540, 556)
KINDS = {
    # activity: unit, what one unit is: kg of scope 1, of scope 2, kWh of energy, amounts.
    "electricity.grid": ("kWh", {"scope2.location": "0.5", "scope2.market": "0.4", "kwh": "1"}),
    "electricity.onsite.solar": ("kWh", {"kwh": "1", "renewable": "1"}),
    "fuel.diesel": ("t", {"scope1.stationary": "3100.5", "kwh": "11900"}),
    "cooling": ("kWh", {"scope2.location": "0.2", "kwh": "1"}),
    "electricity.it": ("kWh", {"memo.it_energy": "1"}),
    "driver.traffic": ("PB", {"memo.traffic TB": "1000"}),
    "driver.revenue": ("CNY2020", {"memo.revenue CNY2020": "1"}),
}
KGCE = {
    "electricity.grid": "0.1229",
    "electricity.onsite.solar": "0.1229",
    "fuel.diesel": "1457.1",
    "cooling": "0.1229",
}
TYPES = {"dc-1": "data_centre", "dc-2": "data_centre", "bs-1": "base_station"}
SHARES = {"dc-2": Fraction("0.3")}
OWNERS = {"dc-1": "", "dc-2": "joint", "bs-1": "group"}
ENTITIES = [
    Entity("group"),
    Entity("joint", parent="group", holdings=(Holding(equity_share="0.3"),)),
]


def _resolution(activity):
    _, worth = KINDS[activity]
    entries = []
    for name, text in worth.items():
        account, _, unit = name.partition(" ")
        if unit:
            masses = {"kg_co2e": None, "amount": "1", "unit": unit, "conversion": Fraction(text)}
            entries.append(entry(account, **masses))
        elif name in {"kwh", "renewable", "memo.it_energy"}:
            account = {"kwh": "memo.energy", "renewable": "memo.renewable"}.get(name, name)
            entries.append(entry(account, kg_co2e=None, kwh=text))
        else:
            entries.append(entry(account, kg_co2e=text))
    return Resolution(tuple(entries))


RESOLUTIONS = {activity: _resolution(activity) for activity in KINDS}
OUTCOMES = {(activity, period): RESOLUTIONS[activity] for activity in KINDS for period in MONTHS}

RECORDS = st.lists(
    st.builds(
        lambda activity, **fields: Record(activity=activity, unit=KINDS[activity][0], **fields),
        activity=st.sampled_from(list(KINDS)),
        facility=st.sampled_from(["dc-1", "dc-2", "bs-1", "unknown"]),
        region=st.sampled_from(["", "KR", "DE"]),
        first_period=st.integers(540, 552),
        parts_micro=st.lists(st.integers(0, 10**12), min_size=1, max_size=3).map(tuple),
    ),
    max_size=25,
)
DC = {"data_centre"}
PLAIN = {
    # indicator: times, types, by numerator and denominator the names of `measures`, needed names.
    "energy_per_traffic": (1, None, {"kgce": 1}, "TB", ("kgce",)),
    "energy_per_revenue": (10**6, None, {"kgce": 1}, "CNY2020", ("kgce",)),
    "co2e_per_revenue": (1000, None, {"scope1": 1, "location": 1}, "CNY2020", ("kg",)),
    "pue_3": (1, DC, {"kwh": 1}, "it", ("kwh",)),
    "cue": (1, DC, {"scope1": 1, "location": 1}, "it", ("kg",)),
    "renewable_share": (100, None, {"renewable": 1}, "kwh", ()),
    "esrs_e1_5_fossil": (100, None, {"fossil": 1}, "kwh", ()),
    "esrs_e1_5_untold": (100, None, {"untold": 1}, "kwh", ()),
}
USED = {
    (name, "data_centre" if types else None)
    for _, types, numerator, denominator, _ in PLAIN.values()
    for name in (*numerator, denominator)
}
SOURCES = {"fuel.diesel": "fossil", "electricity.onsite.solar": "renewable"}


def measures(activity):
    """What one unit of an activity is, by the names of `PLAIN`."""
    worth = {name: Fraction(text) for name, text in KINDS[activity][1].items()}
    found = {}
    if "kwh" in worth:
        found |= {"kwh": worth["kwh"], "kgce": Fraction(KGCE[activity])}
        found[SOURCES.get(activity, "untold")] = worth["kwh"]
    if "scope1.stationary" in worth:
        found |= {"scope1": worth["scope1.stationary"], "kg": Fraction(0)}
    if "scope2.location" in worth:
        found |= {"location": worth["scope2.location"], "kg": Fraction(0)}
    for name, key in (
        ("memo.it_energy", "it"),
        ("memo.traffic TB", "TB"),
        ("memo.revenue CNY2020", "CNY2020"),
    ):
        if name in worth:
            found[key] = worth[name]
    return found


def plain_sums(records, place_of):
    """Sums by indicator side, place and month, and which names occur there."""
    sums = defaultdict(Fraction)
    for record in records:
        share = SHARES.get(record.facility, Fraction(1))
        for period, part in record.parts():
            for name, worth in measures(record.activity).items():
                for kind in {None, TYPES.get(record.facility)}:
                    key = (name, kind, place_of(record), period)
                    sums[key] += Fraction(part, 10**6) * worth * share
    return sums


def plain_value(sums, indicator, place, window):
    """The value, or why there is none; None where nothing of it is there."""
    times, types, numerator, denominator, needed = PLAIN[indicator]
    kind = next(iter(types)) if types else None

    def total(name):
        keys = [(name, kind, place, period) for period in range(window[0], window[1] + 1)]
        found = [sums[key] for key in keys if key in sums]
        return sum(found, Fraction(0)), bool(found)

    below, has_below = total(denominator)
    above = sum((total(name)[0] * sign for name, sign in numerator.items()), Fraction(0))
    has_above = any(total(name)[1] for name in needed)
    if not has_below and not has_above:
        return None
    if not has_below:
        return "DENOMINATOR_MISSING"
    if below == 0:
        return "DENOMINATOR_ZERO"
    if needed and not has_above:
        return "NUMERATOR_MISSING"
    value = above / below * (Fraction(times) if times != 1000 else 1000)
    if indicator == "pue_3" and value < 1:
        return "OUT_OF_BOUNDS"
    return value


class Kept:
    """The resolutions of the book."""

    def resolutions(self, _book, ids):
        known = {each.id: each for each in RESOLUTIONS.values()}
        return {id_: known[id_] for id_ in ids}


def snapshot_of(frame):
    """A book at the moment at which it had these postings."""
    settings = MethodSettings(gwp_set="AR5", consolidation="equity-share")
    now = dt.datetime.now(dt.UTC)
    rows = [(name, TYPES[name], "KR", OWNERS[name], "", "") for name in TYPES]
    return Snapshot(
        Book("acme", "", "UTC", FacilityRule.ANY, 1, now, (), 3, settings.to_json()),
        Point("acme", 0, now, 1),
        PostingsAt(()),
        settings,
        register(*rows),
        Texts(()),
        ENTITIES,
        0,
        lambda *_: frame.iter_slices(5),
        Kept(),
        evidence=None,
        again=None,
    )


def ask(records, *, first=540, last=556, **asked):
    """Values of a question, by indicator, place and window."""
    frame = pl.concat([post(records[start::2], OUTCOMES) for start in range(2)])
    request = IndicatorRequest(InventoryRequest(first, last), indicators=tuple(PLAIN), **asked)
    found = book_indicators(snapshot_of(frame), request)
    return {(each.definition.id, each.place, each.window): each for each in found.values}


PLACES_OF = {
    "": lambda _: "",
    "facility": lambda record: record.facility,
    "facility_type": lambda record: TYPES.get(record.facility, ""),
    "region": lambda record: record.region or ("KR" if record.facility in TYPES else ""),
    "entity": lambda record: OWNERS.get(record.facility, ""),
}


@given(
    records=RECORDS,
    by=st.sampled_from(list(PLACES_OF)),
    span=st.sampled_from(["", "month", "year", "rolling_year"]),
)
def test_values_are_what_a_plain_program_finds(records, by, span):
    """Each value to the last digit, each refusal by its reason, and no other."""
    found = ask(records, by=by, span=span)
    sums = plain_sums(records, PLACES_OF[by])
    periods = sorted({key[3] for key in sums if key[:2] in USED})
    places = {key[2] for key in sums}
    windows = {
        "": [(540, 556)],
        "month": [(each, each) for each in periods],
        "year": [
            (max(540, periods[0]), min(551, periods[-1])),
            (max(552, periods[0]), min(563, periods[-1])),
        ]
        if periods
        else [],
        "rolling_year": [
            (each - 11, each)
            for each in range(max(540, periods[0]), min(556, periods[-1] + 11) + 1)
        ]
        if periods
        else [],
    }[span]
    expected = {
        (indicator, place, window): value
        for indicator in PLAIN
        for place in places
        for window in windows
        if window[0] <= window[1]
        and (value := plain_value(sums, indicator, place, window)) is not None
    }
    assert {key: each.refusal or each.value for key, each in found.items()} == expected


@given(records=RECORDS, by=st.sampled_from(["facility", "facility_type", "region", "entity"]))
def test_a_group_is_the_ratio_of_the_sums_of_its_parts(records, by):
    """Numerators and denominators of parts and of months add up to those of the whole."""
    whole = ask(records)
    parts = ask(records, by=by)
    months = ask(records, span="month")
    for (indicator, _, _), each in whole.items():
        for others in (parts, months):
            mine = [other for key, other in others.items() if key[0] == indicator]
            assert sum((other.numerator for other in mine), Fraction(0)) == each.numerator
            assert sum((other.denominator for other in mine), Fraction(0)) == each.denominator
        if each.value is not None:
            assert each.value == each.definition.times * each.numerator / each.denominator


def test_two_sides_below_nothing_make_no_ratio():
    """A month of corrections alone: -100 kWh over -50 kWh is no PUE of 2."""
    records = [
        Record("dc-1", "electricity.grid", "KR", 540, (-100 * 10**6,)),
        Record("dc-1", "electricity.it", "KR", 540, (-50 * 10**6,)),
    ]
    (found,) = (each for (name, *_), each in ask(records).items() if name == "pue_3")
    assert (found.value, found.refusal) == (None, "OUT_OF_BOUNDS")
    assert "memo.it_energy adds up to less than nothing, -50" in found.message


def test_a_rolling_year_is_the_same_wherever_the_question_begins():
    """It ends with its month and reads the twelve before; a month without any record is told."""
    records = [
        Record("dc-1", activity, "KR", first, (parts_micro,) * count)
        for activity, parts_micro in (("electricity.grid", 3 * 10**6), ("electricity.it", 10**6))
        for first, count in ((540, 5), (546, 7))
    ]
    window = (541, 552)
    found = [
        ask(records, first=first, last=last, span="rolling_year")["pue_3", "", window]
        for first, last in ((540, 552), (545, 553), (546, 552), (552, 552), (552, 556))
    ]
    assert all(each == found[0] for each in found)
    assert (found[0].value, found[0].denominator) == (3, 11)
    assert found[0].remarks == ("no record of memo.energy and memo.it_energy in 2015-06",)
    # Without a first month, the first year is the first that is whole.
    first, *_ = sorted(key[2] for key in ask(records, first=0, span="rolling_year"))
    assert first == (540, 551)
