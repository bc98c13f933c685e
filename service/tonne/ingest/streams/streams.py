"""The open streams of a process: they come in, are counted, and are asked to go."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Protocol

from tonne.ingest.admission.silence import Silence
from tonne.ingest.admission.slots import Slots

if TYPE_CHECKING:
    from tonne.config import IngestConfig
    from tonne.errors import TonneError
    from tonne.ingest.admission.memory import Admission
    from tonne.telemetry import Telemetry


class Stream(Protocol):
    """What the others know of a stream."""

    backlog_records: int
    backlog_oldest_us: int

    @property
    def is_closing(self) -> bool:
        """Whether it ends soon, by itself."""

    def stir(self) -> None:
        """Look again whether it may be read on."""

    def ask_to_close(self, reason: str) -> None:
        """Ask its producer in-band to reconnect."""

    def displace(self, error: TonneError) -> None:
        """End it: it has said nothing yet, and another one needs its room."""


class Streams:
    """Counts the streams of a process. Made and used on the event loop.

    Parameters
    ----------
    config : IngestConfig
    telemetry : Telemetry
    admission : Admission
        Counts them against the memory of the process.
    """

    def __init__(self, config: IngestConfig, telemetry: Telemetry, admission: Admission) -> None:
        self._config = config
        self._telemetry = telemetry
        self._admission = admission
        self._silence = Silence(config, telemetry)
        self._slots = Slots(admission, config.streams_max)
        self._open: dict[Stream, None] = {}
        self._kept: set[asyncio.Task[None]] = set()
        self._all_left = asyncio.Event()
        telemetry.read_with("tonne_backlog_records", self._backlog_records)
        telemetry.read_with("tonne_backlog_oldest_unsent_age_seconds", self._backlog_age_s)

    def greet(self, stream: Stream, caller: str) -> None:
        """Let a stream say what it is. Raises `StreamsExhausted`."""
        self._silence.enter(stream, caller)
        self._open[stream] = None
        self._admission.watch(stream.stir)

    def enter(self, stream: Stream, caller: str) -> None:
        """Count a stream in whose first message was authorized. Raises `StreamsExhausted`."""
        self._silence.leave(stream)
        self._admission.unwatch(stream.stir)
        self._slots.enter(stream, caller)

    def leave(self, stream: Stream, reason: str) -> None:
        """Count a stream out."""
        self._telemetry.add("tonne_stream_ends_total", 1, reason)
        self._silence.leave(stream)
        self._slots.leave(stream)
        self._open.pop(stream, None)
        if not self._open:
            self._all_left.set()

    def keep(self, task: asyncio.Task[None]) -> None:
        """Hold a task that outlives its caller until it is done.

        The reader of a stream is one: a read that waits is never cancelled, it returns when
        the stream has ended.
        """
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    def draw_lifetime_s(self) -> float:
        """Draw the life of a stream, so that not all reconnect at once."""
        low, high = self._config.stream_lifetime_s_min, self._config.stream_lifetime_s_max
        return random.uniform(low, high)  # noqa: S311  # no secret

    def draw_spread(self) -> float:
        """Draw from 0 to 1, to spread what would happen to many streams at once."""
        return random.random()  # noqa: S311  # no secret

    async def drain(self, spread_s: float, grace_s: float) -> None:
        """Ask all streams in-band to reconnect, spread over some time, and wait for them.

        Returns when none is left, or after `grace_s`.
        """
        loop = asyncio.get_running_loop()
        streams = list(self._open)
        for number, stream in enumerate(streams):
            delay_s = spread_s * number / len(streams)
            loop.call_later(delay_s, stream.ask_to_close, "server_drain")
        self._all_left.clear()
        if self._open:
            try:
                async with asyncio.timeout(grace_s):
                    await self._all_left.wait()
            except TimeoutError:
                return

    def _backlog_records(self) -> float:
        return sum(stream.backlog_records for stream in tuple(self._open))

    def _backlog_age_s(self) -> float:
        stated = [one.backlog_oldest_us for one in tuple(self._open)]
        oldest_us = min((us for us in stated if us >= 0), default=-1)
        return max(time.time() - oldest_us / 1e6, 0.0) if oldest_us >= 0 else 0.0
