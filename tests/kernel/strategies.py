"""What Hypothesis draws: values that lean to the edges."""

import math
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kernel.harness import RuleBook, period_starts
from tests.kernel.oracle import ATTO, MICRO, TIME_US_MAX, Record, double_of_bits

if TYPE_CHECKING:
    from collections.abc import Sequence

ZONES = (
    "UTC",
    "Europe/Berlin",
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "America/New_York",
    "America/Sao_Paulo",  # midnights that DST left out
    "Africa/Monrovia",  # an offset with seconds, in 1970
    "Australia/Lord_Howe",  # DST of half an hour
    "Pacific/Apia",  # left out a day, in 2011
)
"""Time zones whose months begin at odd instants."""

QUARANTINE_OUTCOMES = (-16, -17)
SUSPENSE_OUTCOMES = (-64, -65)


def near(edges: st.SearchStrategy[int], distance: int = 3) -> st.SearchStrategy[int]:
    """An edge, plus or minus little."""
    return st.builds(int.__add__, edges, st.integers(-distance, distance))


powers = st.one_of(st.integers(0, 70).map(lambda k: 2**k), st.integers(0, 22).map(lambda k: 10**k))
edge_integers = st.builds(
    int.__mul__,
    st.sampled_from((-1, 1)),
    st.one_of(st.integers(0, 10**18), near(powers), st.integers(0, 1000)),
)

signs = st.sampled_from(("", "-", "+"))
digits = st.text("0123456789", min_size=1, max_size=25)


@st.composite
def half_way_texts(draw: st.DrawFn) -> str:
    """Decimals whose 7th or 19th place is half, exactly or by a hair."""
    whole = abs(draw(edge_integers)) % 10**13
    count = draw(st.sampled_from((18, 6)))
    places = draw(st.text("0123456789", min_size=count, max_size=count))
    tail = draw(st.sampled_from(("5", "50", "500000000000", "5" + "0" * 40 + "1", "49999999999")))
    return f"{draw(signs)}{whole}.{places}{tail}"


@st.composite
def exponent_texts(draw: st.DrawFn) -> str:
    """Decimals with an exponent, within reach or far away."""
    exponent = draw(st.one_of(st.integers(-30, 30), near(powers).map(lambda n: -n), near(powers)))
    mantissa = draw(st.one_of(digits, st.builds("{}.{}".format, digits, digits)))
    mark = draw(st.sampled_from("eE"))
    plus = draw(st.sampled_from(("", "+"))) if exponent >= 0 else ""
    return f"{draw(signs)}{mantissa}{mark}{plus}{exponent}"


plain_texts = st.one_of(
    edge_integers.map(str),
    st.builds("{}{}.{}".format, signs, digits, digits),
    st.builds("{}{}.".format, signs, digits),
    st.builds("{}.{}".format, signs, digits),
    st.builds("{}{}{}".format, signs, st.integers(0, 60).map(lambda n: "0" * n), digits),
)
decimal_texts = st.one_of(plain_texts, half_way_texts(), exponent_texts())

junk_texts = st.one_of(
    st.text("+-.eE0123456789 _,naifNAIF\0", max_size=12),
    st.text(max_size=8),
    st.sampled_from(
        ("", ".", "-", "+", "e5", "1e", "1e+", "--1", "1..2", "1.2.3", "0x10", "1_000", " 1", "1 ")
    ),
    st.sampled_from(("nan", "NaN", "-nan", "inf", "-Inf", "+infinity", "INFINITY", "infinit")),
    st.sampled_from(("\u0661", "1\u00a0", "\u221e", "1,5", "1'000")),
)


@st.composite
def near_half_doubles(draw: st.DrawFn) -> float:
    """Doubles near a half at the 7th or 19th place, and their neighbours."""
    odd = 2 * draw(st.integers(0, 10 ** draw(st.integers(1, 15)))) + 1
    half = odd / (2 * draw(st.sampled_from((ATTO, MICRO))))
    steps = draw(st.integers(-2, 2))
    for _ in range(abs(steps)):
        half = math.nextafter(half, math.copysign(math.inf, steps))
    return draw(st.sampled_from((1.0, -1.0))) * half


digit_doubles = st.builds(
    lambda significand, places: float(f"{significand}e{-places}"),
    st.one_of(st.integers(-(10**17), 10**17), edge_integers),
    st.integers(0, 22),
)
doubles = st.one_of(
    st.floats(-1e12, 1e12),
    st.floats(),
    st.integers(0, 2**64 - 1).map(double_of_bits),
    near_half_doubles(),
    digit_doubles,
    near(powers).map(float),
    st.sampled_from((0.0, -0.0, 5e-324, 2.2250738585072014e-308, 5e-7, 999999999999.9999995)),
)
ledger_doubles = st.one_of(st.floats(-1e11, 1e11), near_half_doubles(), digit_doubles).filter(
    lambda value: abs(value) < 1e11
)


def instants_us(zone_name: str) -> st.SearchStrategy[int]:
    """Microseconds in range, leaning to the month starts of a zone and to leap days."""
    starts: Sequence[int] = [s for s in period_starts(zone_name) if 0 <= s <= TIME_US_MAX]
    leap_days = [s + 28 * 86_400 * MICRO for s in starts[25:2760:48]]
    return st.one_of(
        st.integers(0, TIME_US_MAX),
        near(st.sampled_from(starts)),
        near(st.sampled_from(leap_days)),
        near(st.sampled_from((0, TIME_US_MAX, 951_782_400 * MICRO, 951_868_800 * MICRO))),
    )


durations_us = st.one_of(
    st.integers(1, 3),
    st.integers(1, 200).map(lambda months: months * 2_629_746 * MICRO),
    st.just(900 * MICRO),
    st.integers(1, 40 * 366 * 86_400 * MICRO),
)


@st.composite
def intervals(draw: st.DrawFn, zone_name: str = "UTC") -> tuple[tuple[int, int], tuple[int, int]]:
    """A valid start and end as (seconds, nanos), with parts finer than a microsecond."""
    start = min(max(draw(instants_us(zone_name)), 0), TIME_US_MAX - 1)
    end = min(start + draw(durations_us), TIME_US_MAX)
    return at(start, draw(st.integers(0, 999))), at(end, draw(st.sampled_from((0, 1, 999))))


def at(us: int, nanos: int = 0) -> tuple[int, int]:
    """(seconds, nanos) of microseconds and nanoseconds."""
    return us // MICRO, us % MICRO * 1_000 + nanos


FACILITIES = (b"dc-1", b"bs-0001", b"bs-0002", "Wärmewerk".encode(), b"x" * 256)
ACTIVITIES = (b"electricity.grid", b"fuel.diesel.stationary", b"refrigerant.r410a")
UNITS = (b"kWh", b"MWh", b"l")
REGIONS = (b"", b"DE", b"US-WA-Seattle")


@st.composite
def valid_records(
    draw: st.DrawFn,
    zone_name: str = "UTC",
    quantities: st.SearchStrategy[bytes | float] | None = None,
) -> Record:
    """Records that only a rule can refuse."""
    if quantities is None:
        quantities = st.one_of(
            st.integers(-(10**18) + 1, 10**18 - 1).map(micro_text),
            edge_integers.filter(lambda n: abs(n) < 10**18).map(micro_text),
            st.integers(-(10**30) + 1, 10**30 - 1).map(atto_text),
            edge_integers.filter(lambda n: abs(n) < 10**18).map(atto_text),
            ledger_doubles,
        )
    start, end = draw(intervals(zone_name))
    return Record(
        facility=draw(st.sampled_from(FACILITIES)),
        activity=draw(st.sampled_from(ACTIVITIES)),
        quantity=draw(quantities),
        unit=draw(st.sampled_from(UNITS)),
        region=draw(st.sampled_from(REGIONS)),
        start=start,
        end=end,
        record_id=draw(st.sampled_from((b"", b"r-1", b"r" * 256))),
        supplier=draw(st.sampled_from((b"", b"acme"))),
        data_quality=draw(st.integers(0, 3)),
    )


def micro_text(value: int) -> bytes:
    """Millionths as a decimal text."""
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // MICRO}.{abs(value) % MICRO:06d}".encode()


def atto_text(value: int) -> bytes:
    """Units of 10^-18 as a decimal text."""
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // ATTO}.{abs(value) % ATTO:018d}".encode()


broken_texts = st.one_of(
    st.just(b""),
    st.sampled_from((b"x" * 257, b"\xff", b"a\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80")),
    st.sampled_from((b"x" * 256, "é".encode() * 128, "€".encode(), "𝄞".encode(), b"\0")),
    st.binary(max_size=6),
)
broken_instants = st.one_of(
    st.none(),
    st.sampled_from(((0, 0), (-1, 0), (-1, 999_999_999), (7_258_118_400, 0))),
    st.sampled_from(((7_258_118_400, 999), (7_258_118_400, 1_000), (2**63 - 1, 0), (-(2**63), 0))),
    st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(0, 10**9 - 1)),
)
broken_quantities = st.one_of(
    st.none(),
    decimal_texts.map(str.encode),
    junk_texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=4),
    doubles,
)
BREAKERS = {
    **dict.fromkeys(("facility", "activity", "unit", "region", "record_id"), broken_texts),
    **dict.fromkeys(("supplier", "product"), broken_texts),
    **dict.fromkeys(("start", "end"), broken_instants),
    "quantity": broken_quantities,
    "evidence": st.sampled_from((b"e" * 2048, b"e" * 2049, b"\xfe")),
    "attributes": st.sampled_from((b'{"a":1}', b"a" * 8192, b"a" * 8193, b"\xfe")),
    "unread": st.sampled_from((b'{"start":"01/03"}', b"u" * 1024, b"u" * 1025, b"\xfe")),
}


@st.composite
def records(draw: st.DrawFn, zone_name: str = "UTC") -> Record:
    """Records of any kind: valid, or with up to four fields broken."""
    record = draw(valid_records(zone_name))
    names = draw(st.lists(st.sampled_from(sorted(BREAKERS)), max_size=4, unique=True))
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return Record(**{**values, **{name: draw(BREAKERS[name]) for name in names}})


@st.composite
def runs(draw: st.DrawFn) -> tuple[tuple[int, int, int], ...]:
    """A rule: resolutions, suspense and quarantine from days on, most of them in the years of
    the records."""
    periods = st.one_of(st.integers(0, 2759), st.sampled_from(range(420, 700)))
    days = st.tuples(periods, st.one_of(st.just(1), st.integers(1, 28)))
    several = st.tuples(periods, st.lists(st.integers(2, 28), max_size=4)).map(
        lambda found: [(found[0], day) for day in found[1]]
    )
    firsts = sorted({(0, 1), *draw(st.lists(days, max_size=4)), *draw(several)})
    dispositions = st.one_of(
        st.integers(0, 5), st.sampled_from(QUARANTINE_OUTCOMES + SUSPENSE_OUTCOMES)
    )
    return tuple((first, day, draw(dispositions)) for first, day in firsts)


rule_books = st.lists(runs(), min_size=1, max_size=5).map(lambda rules: RuleBook(tuple(rules)))
"""Some rules; which key gets which is a checksum of the key."""


@st.composite
def streams(draw: st.DrawFn, size_max: int = 12) -> tuple[str, list[Record]]:
    """A zone and records for it."""
    zone_name = draw(st.sampled_from(ZONES))
    return zone_name, draw(st.lists(records(zone_name), max_size=size_max))
