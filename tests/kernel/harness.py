"""Drives the kernel through its facade and gives its answer in the oracle's form."""

import datetime as dt
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

import tonne_kernel as kernel
from tests.kernel.oracle import TIME_US_MAX, TIME_US_MIN, Answer, Key, Runs, Totals
from tonne.model import PERIOD_COUNT_MAX, PERIOD_EPOCH_YEAR

FIELD_OF_RULE = {16: 6, 17: 6, 64: 2, 65: 3}
"""Field that a status of a rule is about: unit, unit, facility, activity."""


@cache
def period_starts(zone_name: str) -> tuple[int, ...]:
    """Microseconds of the local month starts of 1970-01 to 2200-01."""
    zone = ZoneInfo(zone_name)
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    starts = []
    for period in range(PERIOD_COUNT_MAX + 1):
        year, month = divmod(period, 12)
        local = dt.datetime(PERIOD_EPOCH_YEAR + year, month + 1, 1, tzinfo=zone)
        starts.append((local.astimezone(dt.UTC) - epoch) // dt.timedelta(microseconds=1))
    return tuple(starts)


@cache
def day_start(zone_name: str, period: int, day: int) -> int:
    """Microseconds of the local start of a day of a month."""
    year, month = divmod(period, 12)
    local = dt.datetime(PERIOD_EPOCH_YEAR + year, month + 1, day, tzinfo=ZoneInfo(zone_name))
    since = local.astimezone(dt.UTC) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return since // dt.timedelta(microseconds=1)


@cache
def period_table(zone_name: str) -> kernel.PeriodTable:
    """The kernel's table of the same boundaries, the outer ones moved to the time that records
    may have."""
    first, *inner, last = period_starts(zone_name)
    bounds = [min(first, TIME_US_MIN), *inner, max(last, TIME_US_MAX)]
    return kernel.PeriodTable(array("q", bounds))


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Rules, and which of them a key gets: by a checksum of the key, so that it is the same
    in every session."""

    rules: tuple[Runs, ...] = (((0, 1, 0),),)

    def index_of(self, key: Key) -> int:
        """Index of the key's rule."""
        return zlib.crc32("\0".join(key).encode()) % len(self.rules)

    def runs_of(self, key: Key) -> Runs:
        """The key's rule."""
        return self.rules[self.index_of(key)]

    @property
    def slice_count_max(self) -> int:
        """Most slices of a month under any rule."""
        counts = Counter(
            (number, period)
            for number, runs in enumerate(self.rules)
            for period, day, _ in runs
            if day > 1
        )
        return 1 + max(counts.values(), default=0)

    def table(self, zone_name: str) -> kernel.RuleTable:
        """The kernel's form."""
        offsets, firsts, dispositions = array("i", [0]), array("i"), array("i")
        days, starts = array("i"), array("q")
        for runs in self.rules:
            for first, day, disposition in runs:
                firsts.append(first)
                days.append(day)
                starts.append(day_start(zone_name, first, day))
                dispositions.append(disposition)
            offsets.append(len(firsts))
        if set(days) == {1}:
            return kernel.RuleTable(offsets, firsts, dispositions)
        return kernel.RuleTable(offsets, firsts, dispositions, days, starts)

    def apply(self, session: kernel.Session) -> None:
        """Give the session's new keys their rules."""
        first = session.ruled_key_count
        keys = table_of(session.keys(first, session.key_count))
        columns = [column.to_pylist() for column in keys.columns]
        indices = [self.index_of(key) for key in zip(*columns, strict=True)]
        session.set_rules(first, array("i", indices))


def table_of(exported: Any) -> pa.Table:
    """An Arrow table of what the kernel exports, its buffers checked."""
    table = pa.table(exported)
    table.validate(full=True)
    return table


def rows_of_table(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """The rows of a table as tuples."""
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def whole_quantities(records: pa.Table) -> pa.Table:
    """Put the two columns of a segment's quantities together, and see that they agree."""
    if "quantity_rest" not in records.column_names:
        return records
    pairs = zip(
        *(records[name].to_pylist() for name in ("quantity", "quantity_rest")), strict=True
    )
    cut, rests = zip(*((atto(micro), atto(rest)) for micro, rest in pairs), strict=True)
    assert any(rests)
    assert all(micro * rest >= 0 for micro, rest in zip(cut, rests, strict=True))
    sums = [Decimal(f"{micro + rest}e-18") for micro, rest in zip(cut, rests, strict=True)]
    place = records.schema.get_field_index("quantity")
    quantities = pa.array(sums, pa.decimal128(38, 18))
    return records.set_column(place, "quantity", quantities).drop_columns("quantity_rest")


def atto(quantity: Any) -> int:
    """Units of 10^-18 of a Decimal, exact whatever the decimal context."""
    value = Fraction(quantity) * 10**18
    assert value.denominator == 1
    return value.numerator


def decode(
    session: kernel.Session, body: bytes, *, arrow: bool = False, margin: int = 0
) -> kernel.Batch:
    """Decode a body that lies in a larger message, `margin` bytes from its ends.

    What is decoded was measured before, and never takes more than was told; what cannot be
    measured cannot be decoded.
    """
    message = b"\xff" * margin + body + b"\xff" * margin
    read = session.decode_arrow if arrow else session.decode_rows
    measure = session.measure_arrow if arrow else session.measure_rows
    span = (message, margin, margin + len(body))
    try:
        told_bytes = measure(*span)
    except kernel.BatchError:
        told_bytes = -1
    batch = read(*span)
    assert batch.columns_memory_bytes <= told_bytes
    return batch


def answer_of(posted: kernel.Posted) -> Answer:
    """The kernel's answer in the oracle's form."""
    answer = Answer()
    for totals in posted.totals:
        statuses = [(0, 0)] * totals.record_count
        assert totals.row_error_count == len(totals.row_errors)
        for index, status, field in totals.row_errors:
            assert statuses[index] == (0, 0)
            statuses[index] = (status, field)
        answer.statuses.append(statuses)
        answer.totals.append(
            Totals(
                totals.record_count,
                totals.posted_count,
                totals.quarantined_count,
                totals.suspended_count,
                totals.quantity_atto,
            )
        )
    names = ["facility", "activity", "unit", "region", "period", "disposition"]
    names += ["first_day", "last_day"]
    values = ["quantity", "record_count", "record_start_count"]
    table = table_of(posted.postings()).select(names + values)
    for *cell, quantity, count, start_count in rows_of_table(table):
        key = tuple(cell)
        assert key not in answer.postings
        answer.postings[key] = (atto(quantity), count, start_count)
    return answer


def post_batches(
    batches: Sequence[kernel.Batch], rule_book: RuleBook, zone_name: str = "UTC"
) -> kernel.Posted:
    """Post each batch as a slice of its own channel."""
    for batch in batches:
        rule_book.apply(batch.session)
    slices = [kernel.BatchSlice(batch, f"channel-{n}", 10 * n) for n, batch in enumerate(batches)]
    posted = kernel.post(
        slices, rule_book.table(zone_name), period_table(zone_name), row_errors_max=1_000_000
    )
    bound = sum(batch.posting_count_max for batch in batches)
    assert len(posted.postings()) <= bound * rule_book.slice_count_max
    return posted


def post_rows(
    body: bytes, rule_book: RuleBook | None = None, zone_name: str = "UTC", **session: int
) -> Answer:
    """Decode one `Rows` message in a session of its own, and post it."""
    batch = decode(kernel.Session(**session), body)
    return answer_of(post_batches([batch], rule_book or RuleBook(), zone_name))
