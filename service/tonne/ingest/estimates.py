"""What estimates take of a process, all together: they post nothing, and wait for no commit.

Their memory is apart from that of streams and posts, so that no estimate holds up a producer. One
half of `ingest.estimate_bytes_max` is for work under way (decoding, posting, answering), asked
for before it begins; the other for the postings that estimates keep between their messages.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tonne.errors import BatchMustFit, EstimateMustFit, EstimatesExhausted
from tonne.ingest.admission.memory import WaitingBudget
from tonne.ingest.decoder import check_postings, check_size

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tonne.config import IngestConfig
    from tonne.ingest.decoder import Decoder
    from tonne.telemetry import Telemetry
    from tonne_kernel import Batch

POSTED_BYTES = 560
"""Memory that a posting of a batch takes while it is made and added up (measured: 530)."""

KEPT_BYTES = 128
"""Memory of a posting that an estimate keeps (measured: 60 to 110)."""

RECORD_BYTES = 3_072
"""Memory of the answer about one record (measured: 1,900 with a notice)."""

ANSWERED_BYTES = 512
"""Memory that a kept posting takes while the answer is computed (measured: 410)."""

LINE_BYTES = 2_560
"""Memory of a line of the answer: a group's account (measured: 2,100)."""

WAIT_S_MAX = 10.0
"""Longest wait for memory; then the caller is told to come back."""


class EstimateRoom:
    """The memory of all estimates of a process. Used on the event loop alone."""

    def __init__(self, config: IngestConfig, telemetry: Telemetry) -> None:
        self.config = config
        self.work = WaitingBudget(config.estimate_bytes_max // 2)
        self.kept_bytes_max = config.estimate_bytes_max // 2
        self.kept_bytes = 0
        self._telemetry = telemetry
        telemetry.read_with("tonne_estimate_bytes", lambda: self.work.used_bytes + self.kept_bytes)
        telemetry.set("tonne_estimate_limit_bytes", config.estimate_bytes_max)

    def exhausted(self) -> EstimatesExhausted:
        """Make the error of who found no memory."""
        self._telemetry.add("tonne_throttles_total", 1, "estimates")
        return EstimatesExhausted(
            f"the estimates of this server use all their {self.config.estimate_bytes_max} bytes "
            "of memory (ingest.estimate_bytes_max): try again later",
            metadata={"estimateBytesMax": str(self.config.estimate_bytes_max)},
        )


class OpenEstimate:
    """One estimate under way: what it may still take, and what it keeps.

    Parameters
    ----------
    room : EstimateRoom
        The memory that it shares.
    decoder : Decoder
        Of its batches.
    """

    def __init__(self, room: EstimateRoom, decoder: Decoder) -> None:
        self._room = room
        self._config = room.config
        self._decoder = decoder
        self._record_count = 0
        self._kept_bytes = 0
        self._each_record = False
        self._records_max = room.config.estimate_records_max

    def begin(self, *, has_book: bool, each_record: bool) -> None:
        """Say whose estimate it is, and whether each record is answered."""
        self._each_record = each_record
        if not has_book:
            self._records_max = self._config.estimate_bookless_records_max

    @asynccontextmanager
    async def batch(self, message: bytes, kind: int, content: bytes) -> AsyncIterator[Batch]:
        """Decode a batch; its memory, and that of its postings, is held meanwhile.

        Raises
        ------
        BatchMustParse, BatchMustFit
            The batch cannot be read, or is too large for an estimate.
        EstimateMustFit
            The estimate has too many records.
        EstimatesExhausted
            There is no memory for it now.
        """
        config = self._config
        check_size(len(message), config.message_bytes_max)
        size_bytes = len(message) + len(content)
        size_bytes += self._decoder.measure(kind, content, 0, len(content))
        size_bytes += config.estimate_postings_max * POSTED_BYTES * (1 + self._each_record)
        if self._each_record:
            size_bytes += config.estimate_each_records_max * RECORD_BYTES
        async with self._working(size_bytes):
            batch = await self._decoder.decode(kind, content, 0, len(content))
            check_postings(batch, config.estimate_postings_max)
            self._count(batch.record_count)
            yield batch

    def keep(self, posting_count: int) -> None:
        """Count the postings and the dictionaries that it keeps from now on.

        Raises
        ------
        EstimateMustFit
            They are more than one estimate may have.
        EstimatesExhausted
            All estimates together have no room for them.
        """
        if posting_count > self._config.estimate_postings_max:
            raise self._too_much("posting", posting_count, self._config.estimate_postings_max)
        kept_bytes = posting_count * KEPT_BYTES + self._decoder.memory_bytes
        grown_bytes = kept_bytes - self._kept_bytes
        if grown_bytes > 0 and self._room.kept_bytes + grown_bytes > self._room.kept_bytes_max:
            raise self._room.exhausted()
        self._room.kept_bytes += grown_bytes
        self._kept_bytes = kept_bytes

    @asynccontextmanager
    async def answer(self, posting_count: int, lines_count_max: int) -> AsyncIterator[None]:
        """Hold the memory of the answer while it is made and written. Raises as `batch`."""
        async with self._working(posting_count * ANSWERED_BYTES + lines_count_max * LINE_BYTES):
            yield

    def close(self) -> None:
        """Give back what it keeps."""
        self._room.kept_bytes -= self._kept_bytes
        self._kept_bytes = 0

    def _count(self, record_count: int) -> None:
        records_max = self._config.estimate_each_records_max
        if self._each_record and record_count > records_max:
            raise BatchMustFit.of_records(record_count, records_max)
        self._record_count += record_count
        if self._record_count > self._records_max:
            raise self._too_much("record", self._record_count, self._records_max)

    @asynccontextmanager
    async def _working(self, size_bytes: int) -> AsyncIterator[None]:
        work = self._room.work
        if size_bytes > work.limit_bytes:
            raise EstimateMustFit(
                f"the estimate needs up to {size_bytes} bytes of memory for its work, and may "
                f"have at most {work.limit_bytes}, half of ingest.estimate_bytes_max: group by "
                "fewer dimensions, or send fewer records",
                metadata={"sizeBytes": str(size_bytes), "sizeBytesMax": str(work.limit_bytes)},
            )
        try:
            async with asyncio.timeout(WAIT_S_MAX):
                await work.ask(size_bytes, asyncio.Event(), lambda: False)
        except TimeoutError as error:
            raise self._room.exhausted() from error
        try:
            yield
        finally:
            work.give_back(size_bytes)

    def _too_much(self, what: str, count: int, count_max: int) -> EstimateMustFit:
        return EstimateMustFit(
            f"an estimate has at most {count_max} {what}s; got {count}: make several estimates "
            "of fewer records each" + self._remedy(what),
            metadata={f"{what}Count": str(count), f"{what}CountMax": str(count_max)},
        )

    def _remedy(self, what: str) -> str:
        """Say what else helps."""
        if what == "posting":
            return (
                ". Records of the same facility, activity, unit, region and month share a posting"
            )
        is_bookless = self._records_max < self._config.estimate_records_max
        return ", or name a book that you may read" if is_bookless else ""
