"""Cutting records into the messages of an append, a few at a time."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from tonne.client.answers.places import Rounded, is_rounded
from tonne.client.answers.records import record_message
from tonne.client.errors import PolarsMissing, RecordsInvalid
from tonne.v1 import ingest_pb2

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    import polars as pl

    from tonne.client.answers.book_days import Days
    from tonne.model import Limits

MESSAGE_BYTES_TARGET = 512 * 1024
"""Size of a message that is large enough for throughput and small enough for the window."""

ENVELOPE_BYTES = 1024
"""Room that a message keeps for what stands in it besides the records."""

FIRST_SLICE_RECORDS = 2_000
"""Records of a frame's first message, from which the size of the next ones is estimated."""

RUN_RECORDS = 2_000
"""Mappings that are put into a frame at a time; fewer travel as a message each, without Polars."""

CHUNK_RECORDS = 100_000
"""Records of a lazy frame that are read at a time."""

Records: TypeAlias = "pl.DataFrame | pl.LazyFrame | Iterable[Any]"
"""What can be appended: a frame, anything that exports Arrow, or an iterable of mappings or of
frames."""

Chunk: TypeAlias = "pl.DataFrame | Iterator[object]"
"""A part of the records: a frame, or a run of mappings."""


@dataclass(slots=True)
class Batch:
    """Records of one message, on their way. `offset` is given when it enters the window."""

    request: ingest_pb2.AppendRequest
    record_count: int
    size_bytes: int
    offset: int = 0

    @property
    def stop(self) -> int:
        """Offset after the last record."""
        return self.offset + self.record_count

    def put_into(self, request: Any) -> None:
        """Set the batch of another request: its oneof has the fields `rows` and `arrow_ipc`."""
        if self.request.WhichOneof("batch") == "rows":
            request.rows.CopyFrom(self.request.rows)
        else:
            request.arrow_ipc = self.request.arrow_ipc

    def drop(self, count: int) -> Batch:
        """Make the batch without its first `count` records: they are durable already."""
        if self.request.WhichOneof("batch") == "arrow_ipc":
            request = ingest_pb2.AppendRequest(
                arrow_ipc=_frames().drop_records(self.request.arrow_ipc, count)
            )
        else:
            request = ingest_pb2.AppendRequest()
            request.rows.records.extend(self.request.rows.records[count:])
        return Batch(request, self.record_count - count, request.ByteSize(), self.offset + count)


@dataclass(slots=True)
class Backlog:
    """What is known of the records that wait: how many, and since when (seconds since 1970)."""

    record_count: int = 0
    since_s: float = 0.0

    def write(self, request: ingest_pb2.AppendRequest, unsent_count: int) -> None:
        """Tell the server, with so many records that were handed over and are not sent yet."""
        request.ClearField("backlog")
        waiting = self.record_count + unsent_count
        request.backlog.record_count = waiting
        if waiting and self.since_s:
            request.backlog.oldest_unsent_time.FromMicroseconds(int(self.since_s * 1_000_000))


class Batches:
    """The messages of one append call, made one at a time as they are asked for.

    Parameters
    ----------
    records : Records
        What to send.
    limits : Limits
        What the server takes.
    days : Days
        When the days of the book begin; where there is no book, those of UTC.
    skip_count : int
        Records at the beginning that the ledger has already. They come from `skipped`, to be
        compared with the ledger's, and have to be read there before the others;
        `skipped_count` is how many there were. `rounded` says which of the others have more
        places than the ledger keeps.
    record_count : int, optional
        How many records there are, where the caller knows and `records` does not.
    bytes_target : int
        Size that messages are meant to have.
    waiting : callable, optional
        Says what waits behind the records that were read; asked whenever `backlog` is.
    """

    def __init__(
        self,
        records: Records,
        limits: Limits,
        *,
        days: Days,
        skip_count: int = 0,
        record_count: int | None = None,
        bytes_target: int = MESSAGE_BYTES_TARGET,
        waiting: Callable[[], Backlog] | None = None,
    ) -> None:
        self._bytes_max = limits.message_bytes_max - ENVELOPE_BYTES
        self._bytes_target = min(bytes_target, self._bytes_max)
        self._records_max = limits.batch_records_max
        self._slice_records = max(1, FIRST_SLICE_RECORDS * bytes_target // MESSAGE_BYTES_TARGET)
        self._days = days
        self.rounded = Rounded()
        self._since_s = time.time()
        self._waiting = waiting
        if record_count is None and _is_frame(records):
            record_count = records.height
        self._record_count = record_count
        self._chunks = _Chunks(_read(records))
        self._skip_count = skip_count
        self.skipped_count = self._position = 0
        self._batches = self._cut(self._rest())

    def skipped(self) -> Iterator[Batch]:
        """Make the messages of the records that the ledger has already, as far as there are."""
        for batch in self._cut(self._chunks.take(self._skip_count)):
            self.skipped_count += batch.record_count
            self._position += batch.record_count
            yield batch
        self.rounded = Rounded()

    def _rest(self) -> Iterator[Chunk]:
        for _ in self._chunks.take(self._skip_count - self.skipped_count):
            pass  # what nobody asked for of the skipped ones
        yield from self._chunks.rest

    def __iter__(self) -> Iterator[Batch]:
        """Return itself: the messages are made once."""
        return self

    def __next__(self) -> Batch:
        """Make the next message."""
        batch = next(self._batches)
        self._position += batch.record_count
        return batch

    @property
    def backlog(self) -> Backlog:
        """What waits here, as far as its number is known."""
        if self._waiting is not None:
            return self._waiting()
        if self._record_count is None or self._position >= self._record_count:
            return Backlog()
        return Backlog(self._record_count - self._position, self._since_s)

    def _cut(self, chunks: Iterator[Chunk]) -> Iterator[Batch]:
        for chunk in chunks:
            if isinstance(chunk, Iterator):
                yield from self._cut_run(chunk)
            else:
                yield from self._cut_frame(_frames().prepare_frame(chunk, self._days))

    def _cut_frame(self, frame: pl.DataFrame) -> Iterator[Batch]:
        self.rounded.add(*_frames().find_rounded(frame["quantity"]))
        frame = _frames().with_dictionaries(frame, self._slice_records)
        row = 0
        while row < frame.height:
            count = min(self._slice_records, self._records_max, frame.height - row)
            while True:
                body = _frames().encode_frame(frame.slice(row, count))
                if len(body) <= self._bytes_max:
                    break
                if count == 1:
                    raise _too_large(self._position, len(body), self._bytes_max)
                count = max(1, count * self._bytes_target // len(body))
            self._slice_records = max(1, count * self._bytes_target // len(body))
            row += count
            yield Batch(ingest_pb2.AppendRequest(arrow_ipc=body), count, len(body))

    def _cut_run(self, mappings: Iterator[object]) -> Iterator[Batch]:
        """Cut mappings, a frame of them at a time where there are many."""
        while run := list(itertools.islice(mappings, RUN_RECORDS)):
            frame = _frame_of(run) if len(run) == RUN_RECORDS else None
            if frame is None:
                yield from self._cut_mappings(iter(run))
            else:
                yield from self._cut_frame(_frames().prepare_frame(frame, self._days))

    def _cut_mappings(self, mappings: Iterator[object]) -> Iterator[Batch]:
        request, size_bytes = ingest_pb2.AppendRequest(), 0
        for mapping in mappings:
            count = len(request.rows.records)
            message = self._message(mapping, self._position + count)
            # Tag and length of a repeated field take at most 6 bytes.
            added_bytes = message.ByteSize() + 6
            if added_bytes > self._bytes_max:
                raise _too_large(self._position + count, added_bytes, self._bytes_max)
            if count and (
                size_bytes + added_bytes > self._bytes_target or count == self._records_max
            ):
                yield Batch(request, count, size_bytes)
                request, size_bytes = ingest_pb2.AppendRequest(), 0
            request.rows.records.append(message)
            size_bytes += added_bytes
        if request.rows.records:
            yield Batch(request, len(request.rows.records), size_bytes)

    def _message(self, mapping: object, position: int) -> ingest_pb2.ActivityRecord:
        if not isinstance(mapping, Mapping):
            raise RecordsInvalid(
                f"record {position}: expected a mapping, got {type(mapping).__name__}",
                metadata={"record": str(position)},
            )
        quantity = mapping.get("quantity")
        if is_rounded(quantity):
            self.rounded.add(1, str(quantity))
        return record_message(mapping, position, self._days)


def _read(records: Records) -> Iterator[Chunk]:
    """Read records as frames and runs of mappings, in order and lazily."""
    if _is_frame(records):
        yield records
    elif _is_lazy(records):
        yield from records.collect_batches(chunk_size=CHUNK_RECORDS, maintain_order=True)
    elif _exports_arrow(records):
        yield _arrow_frame(records)
    elif isinstance(records, Mapping | str | bytes) or not isinstance(records, Iterable):
        raise RecordsInvalid(
            "expected a frame, an Arrow table or an iterable of mappings; "
            f"got {type(records).__name__}"
        )
    else:
        for is_frame, run in itertools.groupby(
            records, lambda item: _is_frame(item) or _exports_arrow(item)
        ):
            if is_frame:
                for item in run:
                    yield item if _is_frame(item) else _arrow_frame(item)
            else:
                yield run


class _Chunks:
    """Chunks of records, of which the first records can be taken out."""

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self.rest = chunks

    def take(self, count: int) -> Iterator[Chunk]:
        """Take out the first `count` records; what remains of their last chunk stays."""
        while count > 0 and (chunk := next(self.rest, None)) is not None:
            if _is_frame(chunk):
                taken_count = min(count, chunk.height)
                yield chunk.head(taken_count)
                chunk = chunk.slice(taken_count)
            else:
                mappings = list(itertools.islice(chunk, min(count, CHUNK_RECORDS)))
                taken_count = len(mappings)
                if not mappings:
                    continue
                yield iter(mappings)
            count -= taken_count
            if isinstance(chunk, Iterator) or chunk.height:
                self.rest = itertools.chain([chunk], self.rest)


def _is_frame(item: object) -> TypeGuard[pl.DataFrame]:
    # Whoever has a frame has loaded Polars; a producer of mappings need not have it at all.
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(item, polars.DataFrame)


def _is_lazy(item: object) -> TypeGuard[pl.LazyFrame]:
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(item, polars.LazyFrame)


def _frames() -> ModuleType:
    """Load what handles frames, with Polars below it."""
    try:
        from tonne.client.wire import frames  # noqa: PLC0415  # mappings need no Polars
    except ModuleNotFoundError as error:
        if error.name != "polars":
            raise
        raise PolarsMissing(
            "frames and Arrow tables need Polars, which is not installed: install "
            '"tonne-client[polars]", or append mappings'
        ) from error
    return frames


def _frame_of(run: list[object]) -> pl.DataFrame | None:
    """Put mappings into a frame; None where one cannot hold them, or Polars is not there."""
    try:
        from tonne.client.wire import columns  # noqa: PLC0415  # fewer mappings need no Polars
    except ModuleNotFoundError as error:
        if error.name != "polars":
            raise
        return None
    return columns.frame_of(run)


def _exports_arrow(item: object) -> bool:
    return hasattr(item, "__arrow_c_stream__") or hasattr(item, "__arrow_c_array__")


def _arrow_frame(table: Any) -> pl.DataFrame:
    frame: pl.DataFrame = _frames().read_arrow(table)
    return frame


def _too_large(position: int, size_bytes: int, limit_bytes: int) -> RecordsInvalid:
    return RecordsInvalid(
        f"record {position}: has {size_bytes} bytes, but a message has at most {limit_bytes}: "
        "shorten its texts",
        metadata={"record": str(position), "sizeBytes": str(size_bytes)},
    )
