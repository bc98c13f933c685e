"""Producers who note what they were promised, and a watcher who believes no number.

Each channel has a facility of its own, and each of its records a quantity that only its index
knows. So the total of a facility tells how many records are in it: it is one of the sums of the
first k, for one k alone, or it is wrong.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
from bisect import bisect_left
from fractions import Fraction
from typing import TYPE_CHECKING

from tonne import Client
from tonne.client.wire.retry import RetryPolicy
from tonne.errors import CapacityError, DefectError, TonneError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BOOK = "honest"
FACTOR = "0.38"
EDITION = (
    "activity,region,unit,valid_from,valid_to,kg_co2e,kg_co2,kg_ch4,kg_n2o,account,source,table,"
    f"note\nelectricity.grid,DE,kWh,2020-01-01,,{FACTOR},,,,scope2.location,test,1,\n"
)
CHUNK_MAX = 300
PAUSE_S = 0.05
START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
QUARTER = dt.timedelta(minutes=15)
ANSWER_S_MAX = 15.0
"""Deadline of the watcher's calls: one that met a server at its death is made again."""
PATIENCE = RetryPolicy(budget_s=20.0, open_budget_s=20.0, ack_timeout_s=10.0, delay_s_max=0.5)


def quantity_micro(index: int) -> int:
    """Quantity of record `index` of a channel, in millionths: never 0."""
    return (index * 7_919_333) % 5_000_000 + 1


def facility_of(channel: str) -> str:
    """The facility that this channel alone reports of."""
    return f"site-{channel}"


def make_record(channel: str, index: int) -> dict[str, object]:
    """Record `index` of a channel: the same each time it is asked for."""
    start = START + (index % 30_000) * QUARTER
    return {
        "record_id": f"{channel}/{index}",
        "facility": facility_of(channel),
        "activity": "electricity.grid",
        "quantity": "{}.{:06d}".format(*divmod(quantity_micro(index), 1_000_000)),
        "unit": "kWh",
        "start": start,
        "end": start + QUARTER,
        "region": "DE",
    }


class Stand:
    """What one producer was promised, and what it may have sent."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.lock = threading.Lock()
        self.durable = 0
        """Acknowledged, and not named as missing since."""
        self.sent = 0
        self.losses: list[str] = []
        """What told the producer that acknowledged records are missing."""
        self._sums = [0]

    def promised(self) -> int:
        """How many records must be in the ledger now."""
        with self.lock:
            return self.durable

    def count_of(self, micro: int) -> int | None:
        """How many records make this sum, or None where no number of them does."""
        with self.lock:
            while len(self._sums) <= self.sent:
                self._sums.append(self._sums[-1] + quantity_micro(len(self._sums) - 1))
            found = bisect_left(self._sums, micro)
            is_there = found < len(self._sums) and self._sums[found] == micro
            return found if is_there else None


class Producers:
    """One thread a channel, each with a client of its own, for as long as the world stands."""

    def __init__(self, targets: Callable[[], str], channels: Sequence[str], seed: int) -> None:
        self.stands = {channel: Stand(channel) for channel in channels}
        self.problems: list[str] = []
        self.may_lose = threading.Event()
        """Set while an act may take back what was acknowledged: then producers must be told."""
        self._targets = targets
        self._seed = seed
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._moved = threading.Condition()

    def start(self) -> None:
        """Let all of them begin."""
        for number, channel in enumerate(self.stands):
            chance = random.Random(self._seed * 1_000 + number)  # noqa: S311  (reproducible, no secret)
            thread = threading.Thread(
                target=self._guard, args=(self.stands[channel], chance), name=channel, daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Let them end after the chunk that they are at."""
        self._ending.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive(), f"producer {thread.name} does not end"

    def wait_for_progress(self, count: int = 1, wait_s_max: float = 120.0) -> None:
        """Wait until each channel has become durable by so many records more."""
        aims = {name: stand.promised() + count for name, stand in self.stands.items()}

        def is_there() -> bool:
            return all(self.stands[name].promised() >= aim for name, aim in aims.items())

        with self._moved:
            came = self._moved.wait_for(lambda: is_there() or bool(self.problems), wait_s_max)
        assert not self.problems, self.problems
        stands = {name: stand.promised() for name, stand in self.stands.items()}
        assert came, f"producers do not go on: at {stands}, wanted {aims}"

    def _guard(self, stand: Stand, chance: random.Random) -> None:
        try:
            while not self._ending.is_set():
                self._serve(stand, chance)
        except BaseException as error:  # noqa: BLE001  (the test shows it)
            self.problems.append(f"{stand.channel}: {error!r}")
            with self._moved:
                self._moved.notify_all()

    def _serve(self, stand: Stand, chance: random.Random) -> None:
        """Append over one connection until it fails, as a gateway's program would."""
        try:
            with Client(self._targets(), retry=PATIENCE) as client:
                channel = client.channel(BOOK, stand.channel)
                self._look_back(stand, channel.committed_offset, "OpenChannel said so")
                while not self._ending.wait(PAUSE_S):
                    self._append(stand, channel, chance.randint(1, CHUNK_MAX))
        except (CapacityError, DefectError):
            self._ending.wait(PAUSE_S)  # a server that is down, or that met what an act broke
        except TonneError as error:
            self._on_refusal(stand, error)

    def _append(self, stand: Stand, channel, count: int) -> None:
        first = channel.committed_offset
        stop = first + count
        with stand.lock:
            stand.sent = max(stand.sent, stop)
        records = (make_record(stand.channel, index) for index in range(first, stop))
        result = channel.append(records, start_offset=first)
        with stand.lock:
            stand.durable = max(stand.durable, result.durable_up_to_offset)
        with self._moved:
            self._moved.notify_all()

    def _on_refusal(self, stand: Stand, error: TonneError) -> None:
        """What was refused for good: a loss that was named, or a fault of the test."""
        if not self.may_lose.is_set():
            raise error
        stand.losses.append(f"{error.code}: {error.message}")
        self._ending.wait(PAUSE_S)

    def _look_back(self, stand: Stand, committed: int, how: str) -> None:
        """Take note of what a fresh opening tells: less than was promised is a loss."""
        with stand.lock:
            if committed >= stand.durable:
                return
            assert self.may_lose.is_set(), (
                f"{stand.channel}: {stand.durable} were acknowledged, {committed} are there"
            )
            stand.losses.append(f"{how}: {committed} of {stand.durable}")
            stand.durable = committed


class Watcher:
    """Asks for the inventory again and again, and checks each number that comes."""

    def __init__(self, targets: Callable[[], str], producers: Producers) -> None:
        self.number_count = 0
        self.error_count = 0
        self.problems: list[str] = []
        self.expects_defects = threading.Event()
        """Set while an act has broken a file: an error is then the right answer."""
        self._targets = targets
        self._producers = producers
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._guard, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Look once more, and end."""
        self._ending.set()
        self._thread.join(120)
        assert not self._thread.is_alive(), "the watcher does not end"

    def look(self) -> None:
        """Ask once, where an answer is due."""
        with Client(self._targets()) as client:
            self._check(client)

    def _guard(self) -> None:
        try:
            while not self._ending.wait(PAUSE_S):
                self._watch()
        except BaseException as error:  # noqa: BLE001  (the test shows it)
            self.problems.append(repr(error))

    def _watch(self) -> None:
        try:
            with Client(self._targets(), timeout_s=ANSWER_S_MAX) as client:
                while not self._ending.wait(PAUSE_S):
                    self._check(client)
        except CapacityError:
            self.error_count += 1
        except DefectError as error:
            self.error_count += 1
            if not self.expects_defects.is_set():
                self.problems.append(f"an inventory failed with nothing broken: {error}")

    def _check(self, client: Client) -> None:
        stands = self._producers.stands
        lossy_before = self._producers.may_lose.is_set()
        promised = {name: stand.promised() for name, stand in stands.items()}
        inventory = client.inventory(BOOK, by=["facility"])
        found = {row.group["facility"]: row.kg_co2e for row in inventory.rows}
        self.number_count += 1
        for name, stand in stands.items():
            kg = Fraction(found.get(facility_of(name), 0))
            micro = kg / Fraction(FACTOR) * 1_000_000
            count = stand.count_of(int(micro)) if micro.denominator == 1 else None
            if count is None:
                self.problems.append(f"{name}: {kg} kg is the sum of no first records")
            elif count < promised[name] and not (
                lossy_before or self._producers.may_lose.is_set()
            ):
                self.problems.append(
                    f"{name}: the inventory has {count} records, {promised[name]} were promised"
                )
