"""Producers under a paced load, in a process of their own.

Each channel is a meter gateway: messages fall due at a rate that rises once; what is due and not
yet sent waits. On stdout, a few times a second and for each channel: the durable offset and the
lag, which is the age of the oldest record that is due and not durable. It ends, everything
durable, when its standard input ends.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

import polars as pl

from tonne import Client
from tonne.client import Backlog
from tonne.client.wire.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.client.answers.results import Progress
    from tonne.errors import TonneError

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
QUARTER = dt.timedelta(minutes=15)
FACILITIES = 7
PERIOD_RECORDS = 100_000
"""Records after which the times of a channel begin anew: it stays within a few years."""


def make_frame(channel: str, first: int, count: int) -> pl.DataFrame:
    """Records `first` and on of a channel: the same each time they are asked for."""
    index = pl.int_range(first, first + count, dtype=pl.Int64, eager=True).alias("index")
    micro = (pl.col("index") * 7_919_333) % 5_000_000 + 1
    start = pl.lit(START) + (pl.col("index") % PERIOD_RECORDS) * QUARTER
    whole, rest = (micro // 1_000_000).cast(pl.String), (micro % 1_000_000).cast(pl.String)
    return pl.select(index).select(
        record_id=pl.lit(f"{channel}/") + pl.col("index").cast(pl.String),
        facility=pl.lit("bs-") + (pl.col("index") % FACILITIES).cast(pl.String),
        activity=pl.lit("electricity.grid"),
        quantity=whole + pl.lit(".") + rest.str.zfill(6),
        unit=pl.lit("kWh"),
        start=start,
        end=start + QUARTER,
        region=pl.lit("DE"),
    )


class Meter:
    """One channel. `rate` is in messages a second, times `factor` from `step_s` on."""

    def __init__(
        self,
        options: argparse.Namespace,
        channel: str,
        start_s: float,
        on_error: Callable[[], None],
    ) -> None:
        self.channel = channel
        self.durable = -1
        self._options = options
        self._on_error = on_error
        self._next_s = start_s
        self._waiting: deque[tuple[int, float]] = deque()
        self._base = 0
        self._ended = threading.Event()
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._guard, name=channel)

    def lag_s(self) -> float:
        """Age of the oldest record that is due and not durable."""
        waiting = tuple(self._waiting)
        due_s = waiting[0][1] if waiting else self._next_s
        return max(time.time() - due_s, 0.0)

    def end(self) -> None:
        """Make no more records."""
        self._ended.set()

    def _guard(self) -> None:
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001  (whatever it is, the test is told)
            self.error = error
            self._on_error()

    def _run(self) -> None:
        options = self._options
        policy = RetryPolicy(
            open_budget_s=120.0,
            delay_s_max=0.5,
            ack_timeout_s=options.ack_timeout_s,
            on_wait=self._on_wait,
        )
        with (
            Client(options.target, retry=policy) as client,
            client.channel(options.book, self.channel) as channel,
        ):
            self._base = self.durable = channel.committed_offset
            channel.append(self._frames(), progress=self._on_progress, backlog=self._backlog)

    def _frames(self) -> Iterator[pl.DataFrame]:
        count, offset = self._options.records, self._base
        while not self._ended.wait(max(self._next_s - time.time(), 0.0)):
            due_s = self._next_s
            self._waiting.append((offset + count, due_s))
            self._next_s = due_s + 1 / self._rate(due_s)
            yield make_frame(self.channel, offset, count)
            offset += count

    def _backlog(self) -> Backlog:
        """Records that are due and were not asked for yet, at the rate that is now."""
        late_s = time.time() - self._next_s
        if late_s <= 0:
            return Backlog()
        count = 1 + int(late_s * self._rate(self._next_s))
        return Backlog(count * self._options.records, self._next_s)

    def _rate(self, now_s: float) -> float:
        options = self._options
        return options.rate * (options.factor if now_s >= options.step_s else 1.0)

    def _on_progress(self, progress: Progress) -> None:
        self.durable = self._base + progress.record_count
        while self._waiting and self._waiting[0][0] <= self.durable:
            self._waiting.popleft()

    def _on_wait(self, error: TonneError) -> None:
        say("waiting", self.channel, error.code)


def say(*words: object) -> None:
    """Tell the test."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Produce until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("book")
    parser.add_argument("channels", nargs="+")
    parser.add_argument("--rate", type=float, default=5.0)
    parser.add_argument("--records", type=int, default=50)
    parser.add_argument("--factor", type=float, default=1.0)
    parser.add_argument("--step-s", type=float, default=float("inf"))
    parser.add_argument("--ack-timeout-s", type=float, default=30.0)
    options = parser.parse_args()
    ended = threading.Event()
    start_s = time.time()
    count = len(options.channels)
    meters = [
        Meter(options, channel, start_s + number / options.rate / count, ended.set)
        for number, channel in enumerate(options.channels)
    ]

    def wait_for_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    for meter in meters:
        meter.thread.start()
    while not ended.wait(0.2):
        tell(meters)
    for meter in meters:
        meter.end()
    for meter in meters:
        meter.thread.join()
    for meter in meters:
        if meter.error is not None:
            raise meter.error
        say("ended", meter.channel, meter.durable)


def tell(meters: list[Meter]) -> None:
    """Say where each channel stands."""
    for meter in meters:
        say("stands", meter.channel, meter.durable, round(meter.lag_s() * 1000))


if __name__ == "__main__":
    main()
