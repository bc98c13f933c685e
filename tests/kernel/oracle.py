"""What the kernel must answer, said again in `int` and `Fraction`.

Shares no code with the kernel and goes another way: a decimal is a `Fraction`, a double the
`Fraction` of its `repr`, a period is found by walking the boundaries, a part is a truncated
`Fraction`, a status the least of all faults of a record. Slow, and meant to be read.
"""

import math
import re
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

MICRO = 10**6
ATTO = 10**18
QUANTITY_ATTO_STOP = 10**30  # 12 digits before the point, 18 after
FIRST_SUSPENSE_STATUS = 64
TIME_US_MIN = 0  # 1970-01-01T00:00Z
TIME_US_MAX = 7_258_118_400 * MICRO  # 2200-01-01T00:00Z
MONTH_US_MAX = 31 * 86_400 * MICRO
SHORT_TEXT_BYTES_MAX = 256
EVIDENCE_BYTES_MAX = 2_048
ATTRIBUTES_BYTES_MAX = 8_192
UNREAD_BYTES_MAX = 1_024

# Statuses by number, as in proto/tonne/v1/status.proto.
DECODE, UTF8, FIT = 1, 2, 3
FACILITY_PRESENT, ACTIVITY_PRESENT, UNIT_PRESENT = 4, 5, 6
QUANTITY_PRESENT, QUANTITY_NUMBER, QUANTITY_FINITE, QUANTITY_RANGE = 7, 8, 9, 10
START_PRESENT, END_PRESENT, START_RANGE, END_RANGE, END_FOLLOWS = 11, 12, 13, 14, 15
SPAN_FIT, READABLE = 18, 19

# Fields by number, as in ActivityRecord.
TEXT_LIMITS = {
    1: ("record_id", SHORT_TEXT_BYTES_MAX),
    2: ("facility", SHORT_TEXT_BYTES_MAX),
    3: ("activity", SHORT_TEXT_BYTES_MAX),
    6: ("unit", SHORT_TEXT_BYTES_MAX),
    9: ("region", SHORT_TEXT_BYTES_MAX),
    10: ("supplier", SHORT_TEXT_BYTES_MAX),
    11: ("product", SHORT_TEXT_BYTES_MAX),
    13: ("evidence", EVIDENCE_BYTES_MAX),
    14: ("attributes", ATTRIBUTES_BYTES_MAX),
    15: ("unread", UNREAD_BYTES_MAX),
}

Key = tuple[str, str, str, str]
"""facility, activity, unit, region."""

Runs = Sequence[tuple[int, int, int]]
"""(first period, day of it, disposition): a resolution's index, or minus a status."""

Cell = tuple[str, str, str, str, int, int, int, int]
"""facility, activity, unit, region, period, disposition, first and last day of the slice."""


@dataclass(frozen=True, slots=True)
class Record:
    """An activity record as it stands on the wire. Times are (seconds, nanos) or None."""

    facility: bytes = b"dc-1"
    activity: bytes = b"electricity.grid"
    quantity: bytes | float | None = b"1"
    unit: bytes = b"kWh"
    start: tuple[int, int] | None = (1_700_000_000, 0)
    end: tuple[int, int] | None = (1_700_000_900, 0)
    region: bytes = b""
    record_id: bytes = b""
    supplier: bytes = b""
    product: bytes = b""
    data_quality: int = 0
    evidence: bytes = b""
    attributes: bytes = b""
    unread: bytes = b""

    def __repr__(self) -> str:
        """What differs from the plain record, long texts cut: failures stay readable."""
        values = ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        told = [
            f"{name}={value[:12]!r} * {len(value)} bytes"
            if isinstance(value, bytes) and len(value) > 40
            else f"{name}={value!r}"
            for name, value in values
            if value != self.__dataclass_fields__[name].default
        ]
        return f"Record({', '.join(told)})"


@dataclass(frozen=True, slots=True)
class Totals:
    """Control totals of one slice."""

    record_count: int
    posted_count: int
    quarantined_count: int
    suspended_count: int
    quantity_atto: int


@dataclass(slots=True)
class Answer:
    """What `post` says of some slices."""

    statuses: list[list[tuple[int, int]]] = field(default_factory=list)
    """Per slice and record: (status, field); (0, 0) where posted."""

    totals: list[Totals] = field(default_factory=list)

    postings: dict[Cell, tuple[int, int, int]] = field(default_factory=dict)
    """Cell -> (quantity_atto, record_count, record_start_count)."""


_DECIMAL = re.compile(rb"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?")
_NOT_FINITE = re.compile(rb"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


class StatusError(Exception):
    """A quantity breaks the rule of this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def atto_of_fraction(value: Fraction) -> int:
    """Round half-even at the 18th place; QUANTITY_RANGE where it does not fit."""
    atto = round(value * ATTO)
    if abs(atto) >= QUANTITY_ATTO_STOP:
        raise StatusError(QUANTITY_RANGE)
    return atto


def atto_of_text(text: bytes) -> int:
    """Units of 10^-18 of a decimal text."""
    if _NOT_FINITE.fullmatch(text):
        raise StatusError(QUANTITY_FINITE)
    found = _DECIMAL.fullmatch(text)
    if not found or not (found[2] or found[3]):
        raise StatusError(QUANTITY_NUMBER)
    places = found[3] or b""
    digits = int((found[2] + places).decode())
    exponent = int((found[4] or b"0").decode()) - len(places)
    magnitude = len(str(digits)) + exponent  # the value is below 10**magnitude
    if digits == 0 or magnitude < -18:
        return 0  # too small for half of the last place, and Fraction need not hold 10**-(10**9)
    if magnitude > 13:
        raise StatusError(QUANTITY_RANGE)
    value = Fraction(digits) * Fraction(10) ** exponent
    return atto_of_fraction(-value if found[1] == b"-" else value)


def atto_of_double(value: float) -> int:
    """Units of 10^-18 of the shortest decimal that reads back as `value`."""
    if not math.isfinite(value):
        raise StatusError(QUANTITY_FINITE)
    return atto_of_fraction(Fraction(repr(value)))


def atto_of(quantity: bytes | float | None) -> int:
    """Units of 10^-18 of a quantity as it came."""
    if quantity is None or quantity == b"":
        raise StatusError(QUANTITY_PRESENT)
    if isinstance(quantity, bytes):
        return atto_of_text(quantity)
    return atto_of_double(quantity)


def instant_us(instant: tuple[int, int]) -> int:
    """Whole microseconds since 1970; finer parts are cut."""
    return instant[0] * MICRO + instant[1] // 1_000


def faults(record: Record, span_us_max: int = TIME_US_MAX) -> list[tuple[int, int]]:
    """All (status, field) that hold against a record, whatever the rules."""
    found: list[tuple[int, int]] = []
    texts = {number: getattr(record, name) for number, (name, _) in TEXT_LIMITS.items()}
    if isinstance(record.quantity, bytes):
        texts[4] = record.quantity
    for number, text in texts.items():
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            found.append((UTF8, number))
        if number != 4 and len(text) > TEXT_LIMITS[number][1]:
            found.append((FIT, number))
    if record.unread:
        found.append((READABLE, 15))
    for number, status in ((2, FACILITY_PRESENT), (3, ACTIVITY_PRESENT), (6, UNIT_PRESENT)):
        if not texts[number]:
            found.append((status, number))
    try:
        atto_of(record.quantity)
    except StatusError as error:
        found.append((error.status, 4))
    return found + time_faults(record, span_us_max)


def _precedence(fault: tuple[int, int]) -> tuple[float, int]:
    """Faults in the order in which they are told: by number, but for what is newer than its."""
    status, number = fault
    return (FIT + 0.5 if status == READABLE else status, number)


def time_faults(record: Record, span_us_max: int) -> list[tuple[int, int]]:
    """All (status, field) that hold against the times of a record."""
    found = []
    for instant, number, present, in_range, us_max in (
        (record.start, 7, START_PRESENT, START_RANGE, TIME_US_MAX - 1),
        (record.end, 8, END_PRESENT, END_RANGE, TIME_US_MAX),
    ):
        if instant is None:
            found.append((present, number))
        elif not (0 <= instant[1] < 10**9 and TIME_US_MIN <= instant_us(instant) <= us_max):
            found.append((in_range, number))
    if record.start and record.end and instant_us(record.end) <= instant_us(record.start):
        found.append((END_FOLLOWS, 8))
    if not (record.start and record.end):
        return found
    if instant_us(record.end) - instant_us(record.start) > span_us_max:
        found.append((SPAN_FIT, 8))
    return found


def period_parts(start: int, end: int, starts: Sequence[int]) -> list[tuple[int, int]]:
    """(period, microseconds of [start, end) in it), walking the boundaries one by one.

    The first period also holds what is before it, the last what is after it: 1970-01-01 and
    2200-01-01 are UTC, and the months of a zone begin earlier or later.
    """
    parts = []
    last = len(starts) - 2
    # No month is longer than 31 days: the walk may begin at this period, or before it.
    period = max(0, start // MONTH_US_MAX - 1)
    while period <= last:
        first = starts[period] if period > 0 else TIME_US_MIN
        stop = starts[period + 1] if period < last else TIME_US_MAX
        if first >= end:
            break
        duration = min(end, stop) - max(start, first)
        if duration > 0:
            parts.append((period, duration))
        period += 1
    return parts


def split(quantity_atto: int, parts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """(period, quantity): each but the last cut toward zero, the last takes the rest.

    What has at most 6 places is cut at the 6th, at most 12 at the 12th, else at the 18th.
    """
    whole = sum(duration for _, duration in parts)
    unit = unit_of(quantity_atto)
    shares = [Fraction(quantity_atto * duration, whole * unit) for _, duration in parts[:-1]]
    cut = [math.trunc(share) * unit for share in shares]
    quantities = [*cut, quantity_atto - sum(cut)]
    return [(period, quantity) for (period, _), quantity in zip(parts, quantities, strict=True)]


def unit_of(quantity_atto: int) -> int:
    """What a quantity is cut to: the 6th place, the 12th or the 18th, as it has places."""
    return next(10**n for n in (12, 6, 0) if quantity_atto % 10**n == 0)


def slices_of(
    runs: Runs, period: int, span: tuple[int, int], day_start: Callable[[int, int], int]
) -> list[tuple[int, int, int, int, int]]:
    """(first day, last day, start, end, disposition) of the slices of a month that a span touches.

    A slice goes from one day on which a run begins to the next; the month's first day begins one.
    """
    begun = [run for run in runs if (run[0], run[1]) <= (period, 1)][-1]
    inside = [run for run in runs if run[0] == period and run[1] > 1]
    days = [1, *(day for _, day, _ in inside), 32]
    starts = [span[0], *(day_start(period, day) for day in days[1:-1]), span[1]]
    outcomes = [begun[2], *(disposition for _, _, disposition in inside)]
    found = []
    for place, disposition in enumerate(outcomes):
        start, end = max(span[0], starts[place]), min(span[1], starts[place + 1])
        if start < end:
            found.append((days[place], days[place + 1] - 1, start, end, disposition))
    return found


def due(quantity_atto: int, part: int, whole: int, unit: int) -> int:
    """What of a quantity has come after a part of a time, cut toward zero to a unit."""
    return math.trunc(Fraction(quantity_atto * part, whole * unit)) * unit


def key_of(record: Record) -> Key:
    """What a record is resolved by."""
    return (
        record.facility.decode(),
        record.activity.decode(),
        record.unit.decode(),
        record.region.decode(),
    )


def post(
    slices: Sequence[Sequence[Record]],
    runs_of: Callable[[Key], Runs],
    starts: Sequence[int],
    field_of_status: dict[int, int],
    span_us_max: int = TIME_US_MAX,
    *,
    day_start: Callable[[int, int], int] = lambda _period, _day: 0,
) -> Answer:
    """Answer for slices of records, with the runs of each key and the period boundaries.

    `field_of_status` names the field for statuses that come from rules. A record longer than
    `span_us_max` is refused by itself, before any rule is asked.
    """
    answer = Answer()
    cells: dict[Cell, list[int]] = {}
    for records in slices:
        counts: Counter[str] = Counter()
        quantity_sum = 0
        share_statuses = []
        for record in records:
            status = min(faults(record, span_us_max), key=_precedence, default=(0, 0))
            parts: list[tuple[int, int]] = []
            if status == (0, 0):
                assert record.start is not None
                assert record.end is not None
                runs = runs_of(key_of(record))
                quantity = atto_of(record.quantity)
                durations = period_parts(instant_us(record.start), instant_us(record.end), starts)
                parts = split(quantity, durations)
                begun = instant_us(record.start)
                slices_by_period = {}
                for period, duration in durations:
                    span = (begun, begun + duration)
                    slices_by_period[period] = slices_of(runs, period, span, day_start)
                    begun += duration
                refused = [-s[-1] for p, _ in parts for s in slices_by_period[p] if s[-1] < 0]
                if refused:
                    status = (refused[0], field_of_status[refused[0]])
            share_statuses.append(status)
            kind = kind_of(status[0])
            counts[kind] += 1
            if kind == "quarantined":
                continue
            quantity_sum += quantity
            for place, (period, part) in enumerate(parts):
                cut = slices_by_period[period]
                begun, ended = cut[0][2], cut[-1][3]
                if status[0]:
                    cut = [(1, 31, begun, ended, -status[0])]
                for number, (first, last, start, end, disposition) in enumerate(cut):
                    key = (*key_of(record), period, disposition, first, last)
                    cell = cells.setdefault(key, [0, 0, 0])
                    whole = ended - begun
                    after = due(part, end - begun, whole, unit_of(quantity))
                    before = due(part, start - begun, whole, unit_of(quantity))
                    cell[0] += after - before
                    cell[1] += 1
                    cell[2] += place == 0 and number == 0
        answer.statuses.append(share_statuses)
        answer.totals.append(
            Totals(
                len(records),
                counts["posted"],
                counts["quarantined"],
                counts["suspended"],
                quantity_sum,
            )
        )
    answer.postings = {cell: (sums[0], sums[1], sums[2]) for cell, sums in cells.items()}
    return answer


def kind_of(status: int) -> str:
    """Where a record of this status goes."""
    if status == 0:
        return "posted"
    return "suspended" if status >= FIRST_SUSPENSE_STATUS else "quarantined"


def double_of_bits(bits: int) -> float:
    """The double with this bit pattern."""
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])
