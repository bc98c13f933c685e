"""Which calls share threads: a lane for each kind, so that none of them waits for another kind.

What producers need has threads of its own, and connections to the manifest. What reads or keeps
the books has others, and places: a call has one until its answer has been read.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from tonne.edge.access.gate import current
from tonne.edge.access.roles import RULES
from tonne.edge.access.turns import Limit, TurnLimits, Turns
from tonne.errors import CallTooLong, forget_frames
from tonne.work import Work

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tonne.config import CallsConfig
    from tonne.edge.access.gate import Call
    from tonne.telemetry import Telemetry

T = TypeVar("T")

CHANNEL, LIST, REPORT = "channel", "list", "report"

CALLER_SHARE = 4
"""One caller has at most this part of the memory of answers that are not read."""

LANE_OF: dict[str, str] = {
    **dict.fromkeys(RULES, LIST),
    **dict.fromkeys(("OpenChannel", "GetChannel", "CloseChannel", "GetBook"), CHANNEL),
    **dict.fromkeys(
        (
            "GetInventory",
            "GetCoverage",
            "GetIndicatorValues",
            "ExplainIndicator",
            "AllocateMeter",
            "Explain",
            "Estimate",
            "ListRecords",
            "ListSuspense",
            "ListQuarantineCauses",
            "ListQuarantine",
            "ListSuspenseCauses",
            "ClearSuspense",
            "ReverseRecords",
            "ListCorrections",
            "CheckPeriod",
            "ClosePeriod",
            "SealPeriod",
            "CheckOverlaps",
            "ListOverlaps",
            "GetOverlap",
            "AcceptOverlap",
            "GetRecords",
            "ListSameRecords",
            "GetSameRecordSummary",
            "DecideSameRecord",
            "CompareSameRecords",
            "RecheckSameRecords",
            "CreateWord",
            "ComputeSupplierCoverage",
            "ComputeScope3Evidence",
            "ComputeTargetProgress",
            "ListTargetProgress",
            "GetMeasureEffect",
            "GetMeasurePipeline",
            "GetClaims",
            "GetProductTotals",
            "ComputeBridge",
            "EstimateRestatement",
            "NoteRestatement",
            "ApplyRestatement",
            "ListAppliedRestatements",
            "CheckBaseYear",
        ),
        REPORT,
    ),
}
"""The lane of each call. Append and PostRecords run in the threads of ingest."""


class Lane:
    """Calls of one kind: threads, places, and whose turn it is. Used on the event loop.

    Parameters
    ----------
    name : str
        One of `metrics.LANES`.
    threads : int
        Threads at work.
    places : TurnLimits, optional
        Of calls that are not answered yet, the threads' queue aside.
    answer_bytes_max : int
        Memory of answers that are not read, over which none begins; 0: no limit.
    """

    def __init__(
        self,
        name: str,
        threads: int,
        calls: CallsConfig,
        telemetry: Telemetry,
        *,
        places: TurnLimits | None = None,
        answer_bytes_max: int = 0,
    ) -> None:
        self.name = name
        self.config = calls
        self._telemetry = telemetry
        self._pool = ThreadPoolExecutor(threads, name)
        # One thread is left to other callers, whatever one has waiting.
        caller_threads = max(threads - 1, 1)
        self._threads = Turns(name, _limits(calls, threads, caller_threads, threads), telemetry)
        self._places = Turns(name, places, telemetry, self._has_room) if places else None
        self._answer_bytes_max = answer_bytes_max
        self._held_bytes: Counter[str] = Counter()
        telemetry.set("tonne_call_threads", threads, name)

    @property
    def waiting_count(self) -> int:
        """Calls that wait for a place or a thread."""
        places = self._places.waiting_count if self._places else 0
        return places + self._threads.waiting_count

    @property
    def held_bytes(self) -> int:
        """Memory of answers that are not read."""
        return self._held_bytes.total()

    async def enter(self) -> Callable[[], None]:
        """Wait for a place for the current call; gives what gives it back, once.

        Raises
        ------
        CallsExhausted
        """
        if self._places is None:
            return lambda: None
        call, places = current(), self._places
        caller, book = call.caller_key, call.book
        await places.enter(caller, book)
        held = [(caller, book)]
        return lambda: places.leave(*held.pop()) if held else None

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Have a place for the current call, no longer than a report may take.

        Raises
        ------
        CallsExhausted, CallTooLong
        """
        leave = await self.enter()
        limit_s = self.config.report_s_max
        ended = asyncio.timeout(limit_s)
        try:
            async with ended:
                yield
        except TimeoutError:
            if not ended.expired():
                raise
            self.count_limit("report_time")
            raise CallTooLong(
                f"the call took longer than {limit_s:g} s to compute and read "
                "(calls.report_s_max): ask for fewer months or facilities, or read faster",
                metadata={"limit": "calls.report_s_max", "value": f"{limit_s:g}"},
            ) from None
        finally:
            leave()

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run what blocks in a thread, when the caller's turn has come.

        Where the call ends meanwhile, the work is told; its thread is free when it has ended.
        """
        call = current()
        async with self._threads.turn(call.caller_key, call.book):
            own = Work(is_reading=self.name != CHANNEL)
            todo = own.run(self._timed, work, *arguments)
            future = asyncio.get_running_loop().run_in_executor(self._pool, todo)
            try:
                return await asyncio.shield(future)
            except asyncio.CancelledError:
                own.end()
                # However often the call is ended meanwhile: by its time, its caller, the server.
                while not future.done():
                    with suppress(asyncio.CancelledError):
                        await asyncio.wait([future])
                if error := future.exception():  # which nobody waits for
                    forget_frames(error)
                raise

    def drop(self, close: Callable[[], object]) -> None:
        """Have what is left of an answer ended in a thread, when there is one."""
        self._pool.submit(close)

    def hold(self, call: Call, size_bytes: int) -> None:
        """Count memory of an answer in; a negative size counts it out."""
        caller = call.caller_key
        self._held_bytes[caller] += size_bytes
        if not self._held_bytes[caller]:
            del self._held_bytes[caller]
        if size_bytes < 0 and self._places is not None:
            self._places.serve()

    def count_limit(self, limit: str) -> None:
        """Count a call that a limit ended."""
        self._telemetry.add("tonne_call_limits_total", 1, limit)

    def close(self) -> None:
        """End the threads, after what they are doing."""
        self._pool.shutdown(wait=False)

    def _has_room(self, caller: str) -> bool:
        most = self._answer_bytes_max
        own_bytes = self._held_bytes[caller]
        return not most or (self.held_bytes < most and own_bytes < max(most // CALLER_SHARE, 1))

    def _timed(self, work: Callable[..., T], *arguments: object) -> T:
        start_s = time.perf_counter()
        try:
            return work(*arguments)
        finally:
            busy_s = time.perf_counter() - start_s
            self._telemetry.add("tonne_call_busy_seconds_total", busy_s, self.name)


class Lanes:
    """The lanes of a server."""

    def __init__(self, call_threads: int, calls: CallsConfig, telemetry: Telemetry) -> None:
        lists = _limits(calls, calls.lists_max, calls.caller_lists_max, calls.book_lists_max)
        computed = _limits(
            calls, calls.reports_max, calls.caller_reports_max, calls.book_reports_max
        )
        self.config = calls
        self._lanes = {
            CHANNEL: Lane(CHANNEL, call_threads, calls, telemetry),
            LIST: Lane(LIST, calls.list_threads, calls, telemetry, places=lists),
            REPORT: Lane(
                REPORT,
                calls.report_threads,
                calls,
                telemetry,
                places=computed,
                answer_bytes_max=calls.answer_bytes_max,
            ),
        }
        for name, lane in self._lanes.items():
            telemetry.read_with(
                "tonne_calls_waiting", partial(getattr, lane, "waiting_count"), name
            )
        reports = self._lanes[REPORT]
        telemetry.read_with("tonne_answer_bytes", lambda: reports.held_bytes)
        telemetry.set("tonne_answer_limit_bytes", calls.answer_bytes_max)

    def of(self, method: str) -> Lane:
        """Give the lane of a call."""
        return self._lanes[LANE_OF[method]]

    def close(self) -> None:
        """End the threads, after what they are doing."""
        for lane in self._lanes.values():
            lane.close()


def _limits(calls: CallsConfig, at_once_max: int, caller_max: int, book_max: int) -> TurnLimits:
    return TurnLimits(
        at_once_max,
        caller_max,
        book_max,
        Limit(calls.queue_max, "calls.queue_max"),
        Limit(calls.caller_queue_max, "calls.caller_queue_max"),
        Limit(calls.queue_s_max, "calls.queue_s_max"),
    )
