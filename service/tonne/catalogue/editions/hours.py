"""A factor by the hour: a series of spans of time, each with its kilograms per unit.

What a record takes is the mean over its time, each span by the part of the time that it covers:

    kg of [a, b) = quantity * (I(b) - I(a)) / (b - a)

with I the integral of the factor over time since the first span. Sums of whole numbers give I at
the beginning of each span, so the mean of any time is exact, and found by two searches however
long it is.

Source: GHG Protocol Scope 2 Guidance, chapter 6 (emission factors match the time of the use).
"""

from __future__ import annotations

import hashlib
import itertools
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal

from tonne.errors import LedgerInconsistent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

DAY_US = 86_400_000_000
"""A day of 24 hours, in microseconds."""

SPAN_BYTES = 160
"""Memory of a span of a series that is read. Measured."""

_HEADER = "tonne hours 1"

HoursPartKind = Literal["values", "rest", "within"]


@dataclass(frozen=True, slots=True, order=True)
class HoursPart:
    """Which part of a quantity counts, and by what, under a series of hours.

    Parameters
    ----------
    series : str
        SHA-256 of the series.
    kind : str
        `values`: the part whose time the series covers, each hour by its factor; `rest`: the
        part whose time it does not cover; `within`: the part whose time it covers, as it is.
    """

    series: str
    kind: HoursPartKind


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time and its factor: microseconds since 1970, `stop_us` exclusive."""

    start_us: int
    stop_us: int
    kg: Decimal


class HourSeries:
    """Spans in order of time, none over another. Immutable.

    Parameters
    ----------
    spans : sequence of Span
        In order of time.
    """

    def __init__(self, spans: Sequence[Span]) -> None:
        places = max((_places(each.kg) for each in spans), default=0)
        self.scale = 10**places
        """What the whole numbers of the factor are over."""
        self._starts = [each.start_us for each in spans]
        self._stops = [each.stop_us for each in spans]
        self._values = [int(each.kg.scaleb(places)) for each in spans]
        self._sums, self._covered = [0], [0]
        for start, stop, value in zip(self._starts, self._stops, self._values, strict=True):
            self._sums.append(self._sums[-1] + value * (stop - start))
            self._covered.append(self._covered[-1] + stop - start)

    @property
    def size_bytes(self) -> int:
        """Memory that it takes, about."""
        return SPAN_BYTES * (len(self._starts) + 1)

    def integral(self, start_us: int, stop_us: int) -> tuple[int, int]:
        """Sum the factor over a time.

        Returns
        -------
        tuple of int and int
            Factor times microseconds, over `scale`; microseconds that have a factor.
        """
        sums, covered = self._until(stop_us)
        sums_before, covered_before = self._until(start_us)
        return sums - sums_before, covered - covered_before

    def is_over_one(self, start_us: int, stop_us: int) -> bool:
        """Whether a time has a span, and is not within one."""
        place = bisect_right(self._starts, start_us) - 1
        is_within = place >= 0 and stop_us <= self._stops[place]
        return not is_within and self.integral(start_us, stop_us)[1] > 0

    def _until(self, time_us: int) -> tuple[int, int]:
        place = bisect_right(self._starts, time_us) - 1
        if place < 0:
            return 0, 0
        begun = min(time_us, self._stops[place]) - self._starts[place]
        return self._sums[place] + self._values[place] * begun, self._covered[place] + begun


@dataclass(frozen=True, slots=True)
class DayRun:
    """Days of which a series has hours: all of them, or all but the gaps.

    Parameters
    ----------
    first_day, stop_day : int
        Numbers since 1970-01-01, `stop_day` exclusive.
    gaps : tuple of (int, int)
        Times of these days without a factor, in microseconds since 1970, the end exclusive.
    """

    first_day: int
    stop_day: int
    gaps: tuple[tuple[int, int], ...]


def day_runs(spans: Sequence[Span], day_start_us: Callable[[int], int]) -> Iterator[DayRun]:
    """Give the days of which a series has hours, those with gaps apart.

    Parameters
    ----------
    spans : sequence of Span
        In order of time.
    day_start_us : callable
        First instant of a day, by its number.
    """
    open_run: DayRun | None = None
    for day, gaps in _days(_stretches(spans), day_start_us):
        if open_run is not None and open_run.stop_day == day and bool(open_run.gaps) == bool(gaps):
            open_run = DayRun(open_run.first_day, day + 1, (*open_run.gaps, *gaps))
            continue
        if open_run is not None:
            yield open_run
        open_run = DayRun(day, day + 1, gaps)
    if open_run is not None:
        yield open_run


def _stretches(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Put spans together that follow each other without a gap."""
    found: list[tuple[int, int]] = []
    for span in spans:
        if found and found[-1][1] == span.start_us:
            found[-1] = (found[-1][0], span.stop_us)
        else:
            found.append((span.start_us, span.stop_us))
    return found


def _days(
    stretches: Sequence[tuple[int, int]], day_start_us: Callable[[int], int]
) -> Iterator[tuple[int, tuple[tuple[int, int], ...]]]:
    """Give each day that has a factor at some time, and its gaps."""
    place, done = 0, -1
    for start, stop in stretches:
        # Local midnight is less than a day from that of UTC.
        for day in range(max(start // DAY_US - 1, done + 1, 0), stop // DAY_US + 2):
            first, after = day_start_us(day), day_start_us(day + 1)
            if after <= start or first >= stop:
                continue
            done = day
            while stretches[place][1] <= first:
                place += 1
            gaps, begun = [], first
            for begin, end in itertools.islice(stretches, place, None):
                if begin >= after:
                    break
                if begin > begun:
                    gaps.append((begun, begin))
                begun = end
            if begun < after:
                gaps.append((begun, after))
            yield day, tuple(gaps)


def write_series(spans: Sequence[Span]) -> bytes:
    """Write a series as it is kept: a line for each span, and every digit of its factor."""
    lines = [_HEADER, *(f"{each.start_us},{each.stop_us},{each.kg:f}" for each in spans)]
    return "\n".join(lines).encode()


def digest_of(content: bytes) -> str:
    """SHA-256 of a series as it is kept, in hexadecimal: its name."""
    return hashlib.sha256(content).hexdigest()


def read_series(content: bytes, sha256: str) -> HourSeries:
    """Read what `write_series` wrote.

    Raises
    ------
    LedgerInconsistent
        It is not what its name says.
    """
    digest = digest_of(content)
    if digest != sha256:
        raise LedgerInconsistent(
            f"the hours {sha256} have the SHA-256 {digest}: restore the object from a copy",
            metadata={"hours": sha256},
        )
    try:
        lines = content.decode("ascii").removeprefix(f"{_HEADER}\n").split("\n")
        parts = [line.split(",") for line in lines]  # another header is no line of three
        return HourSeries([Span(int(a), int(b), Decimal(kg)) for a, b, kg in parts])
    except (ValueError, InvalidOperation) as error:
        raise LedgerInconsistent(
            f"the hours {sha256} cannot be read by this server ({error}): a newer one wrote them",
            metadata={"hours": sha256},
        ) from error


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101  a finite decimal
    return max(0, -exponent)
