"""A producer in a process of its own, for tests that kill it.

Appends the deterministic records of a channel in chunks of random size and says on stdout what
it knows to be durable. It ends when its standard input ends.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sys
import threading

from tonne import Client
from tonne.client.wire.retry import RetryPolicy

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
QUARTER = dt.timedelta(minutes=15)
FACILITIES = 7
BUDGET_S = 900.0


def make_record(channel: str, index: int) -> dict[str, object]:
    """Record `index` of a channel: the same each time it is asked for."""
    start = START + index * QUARTER
    return {
        "record_id": f"{channel}/{index}",
        "facility": f"bs-{index % FACILITIES}",
        "activity": "electricity.grid",
        "quantity": "{}.{:06d}".format(*divmod(quantity_micro(index), 1_000_000)),
        "unit": "kWh",
        "start": start,
        "end": start + QUARTER,
        "region": "DE",
    }


def quantity_micro(index: int) -> int:
    """Quantity of record `index` in millionths."""
    return (index * 7_919_333) % 5_000_000 + 1


def main() -> None:
    """Append until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("book")
    parser.add_argument("channel")
    parser.add_argument("seed", type=int)
    options = parser.parse_args()
    ended = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    chance = random.Random(options.seed)  # noqa: S311  (reproducible, no secret)
    # A battle may kill each server before its first commit, life after life: whether a producer
    # gives up in the end is no part of it.
    policy = RetryPolicy(open_budget_s=BUDGET_S, budget_s=BUDGET_S, delay_s_max=0.2)
    with Client(options.target, retry=policy) as client:
        channel = client.channel(options.book, options.channel)
        print("opened", channel.committed_offset, flush=True)  # noqa: T201  (the test reads it)
        offset = channel.committed_offset
        while not ended.is_set():
            stop = offset + chance.randint(1, 400)
            records = (make_record(options.channel, index) for index in range(offset, stop))
            offset = channel.append(records).durable_up_to_offset
            print("durable", offset, flush=True)  # noqa: T201  (the test reads it)


if __name__ == "__main__":
    main()
