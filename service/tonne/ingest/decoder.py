"""Decoding in worker threads, with one kernel session for each stream."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import tonne_kernel
from tonne.errors import BatchMustFit, BatchMustParse, FieldInvalid

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from tonne.config import IngestConfig
    from tonne.errors import InputError
    from tonne.telemetry import Telemetry

KIND_NONE = 0
KIND_ROWS = 1
KIND_ARROW = 2

_TOO_MUCH = frozenset({"TOO_MANY_RECORDS"})

_DAY_US = 86_400 * 1_000_000


class Decoder:
    """Decodes the batches of one stream or call, one after another.

    Parameters
    ----------
    pool : Executor
        Threads that decode. The kernel releases the interpreter's lock meanwhile.
    """

    def __init__(self, pool: Executor, config: IngestConfig, telemetry: Telemetry) -> None:
        self._pool = pool
        self._config = config
        self._telemetry = telemetry
        self._session = self._new_session()

    @property
    def memory_bytes(self) -> int:
        """Memory of the dictionaries."""
        return self._session.memory_bytes

    def measure(self, kind: int, message: bytes, start: int, stop: int) -> int:
        """Bound the memory that `decode` takes, in bytes, from the lengths in the message.

        Raises
        ------
        BatchMustParse, BatchMustFit
            As `decode`.
        """
        measure = self._session.measure_rows if kind == KIND_ROWS else self._session.measure_arrow
        try:
            return measure(message, start, stop)
        except tonne_kernel.BatchError as error:
            raise parse_error(error) from error

    async def decode(self, kind: int, message: bytes, start: int, stop: int) -> tonne_kernel.Batch:
        """Decode `message[start:stop]`.

        Raises
        ------
        BatchMustParse, BatchMustFit
            The batch as a whole cannot be read, or has too many records, or would make too many
            postings.
        """
        if self._session.is_full:
            # Its batches keep it alive until they are committed.
            self._session = self._new_session()
        loop = asyncio.get_running_loop()
        try:
            batch = await loop.run_in_executor(
                self._pool, self._decode, kind, message, start, stop
            )
        except tonne_kernel.BatchError as error:
            raise parse_error(error) from error
        check_postings(batch, self._config.commit_postings_max)
        return batch

    def _decode(self, kind: int, message: bytes, start: int, stop: int) -> tonne_kernel.Batch:
        telemetry = self._telemetry
        with telemetry.busy("decode"), telemetry.stage("decode"):
            if kind == KIND_ROWS:
                return self._session.decode_rows(message, start, stop)
            return self._session.decode_arrow(message, start, stop)

    def _new_session(self) -> tonne_kernel.Session:
        return tonne_kernel.Session(
            batch_records_max=self._config.batch_records_max,
            key_count_max=self._config.key_count_max,
            span_us_max=self._config.span_days_max * _DAY_US,
            text_bytes_max=self._config.batch_text_bytes_max,
        )


def parse_header(message: bytes) -> tonne_kernel.AppendHeader:
    """Find the parts of an AppendRequest. Raises `BatchMustParse`."""
    try:
        return tonne_kernel.parse_append_request(message)
    except tonne_kernel.BatchError as error:
        raise parse_error(error) from error


def check_size(size_bytes: int, size_bytes_max: int) -> None:
    """Raise `BatchMustFit` where a message is over the limit."""
    if size_bytes > size_bytes_max:
        raise BatchMustFit.of_bytes(size_bytes, size_bytes_max)


def check_postings(batch: tonne_kernel.Batch, count_max: int) -> None:
    """Raise `BatchMustFit` where a batch can make more postings than one commit takes."""
    count = batch.posting_count_max
    if count > count_max:
        raise BatchMustFit.of_postings(batch.record_count, count, count_max)


def check_kind(kind: int) -> None:
    """Raise `FieldInvalid` where a request that needs a batch has none."""
    if kind == KIND_NONE:
        raise FieldInvalid(
            "batch: expected rows or arrow_ipc; got neither",
            metadata={"field": "batch"},
        )


def parse_error(error: tonne_kernel.BatchError) -> InputError:
    """Translate the kernel's error about a batch as a whole."""
    kind = BatchMustFit if error.reason in _TOO_MUCH else BatchMustParse
    where = f" at record {error.record_index}" if error.record_index >= 0 else ""
    return kind(
        f"the batch cannot be read{where}: {error}; nothing of it was taken",
        metadata={
            "reason": error.reason,
            "recordIndex": str(error.record_index),
            "field": error.field or "batch",
        },
    )
