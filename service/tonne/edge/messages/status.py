"""The one table from errors to gRPC statuses, and how a status is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status as RpcStatus

from tonne.errors import TonneError
from tonne.text.visible import visible
from tonne.v1.status_pb2 import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

DOMAIN: Final = "tonne.v1"
"""Domain of every ErrorInfo: reasons are unique in it."""

DETAILS_KEY: Final = "grpc-status-details-bin"
"""Trailing metadata that carries a google.rpc.Status."""

METADATA_CHARS_MAX = 1_024
"""Longest text of a variable in a status: what came in may be long, metadata must be short."""

MESSAGE_CHARS_MAX = 2_048
"""Longest message of a status."""

Code = grpc.StatusCode


class CallContext(Protocol):
    """A call as methods see it: the part of `grpc.aio.ServicerContext` that is used.

    Messages stand as bytes on both sides.
    """

    async def read(self) -> object:
        """Give the next message, or `grpc.aio.EOF`."""

    async def write(self, message: bytes) -> None:
        """Send a message."""

    def peer(self) -> str:
        """Give the address of the connection."""

    def auth_context(self) -> Mapping[str, Iterable[bytes]]:
        """Give the properties of the connection, such as the client's certificate."""

    def invocation_metadata(self) -> Iterable[tuple[str, str | bytes]] | None:
        """Give what came with the call."""

    def add_done_callback(self, callback: Callable[[object], None]) -> None:
        """Have a call made once the status has been sent, or the call is gone."""

    def set_code(self, code: grpc.StatusCode) -> None:
        """Set the final code."""

    def set_details(self, details: str) -> None:
        """Set the final message."""

    def set_trailing_metadata(self, trailing_metadata: tuple[tuple[str, bytes], ...]) -> None:
        """Set what comes with the final status."""


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """How an error is answered.

    `retry_delay_s`: how long to wait before trying again, where that may help; the error
    itself may say otherwise.
    """

    code: grpc.StatusCode
    retry_delay_s: float | None = None


ANSWERS: dict[str, ErrorAnswer] = {
    # the caller's fault
    "INVALID_INPUT": ErrorAnswer(Code.INVALID_ARGUMENT),
    "FIELD_INVALID": ErrorAnswer(Code.INVALID_ARGUMENT),
    "NAME_INVALID": ErrorAnswer(Code.INVALID_ARGUMENT),
    "BOOK_UNKNOWN": ErrorAnswer(Code.NOT_FOUND),
    "BOOK_EXISTS": ErrorAnswer(Code.ALREADY_EXISTS),
    "METHOD_UNKNOWN": ErrorAnswer(Code.NOT_FOUND),
    "NOT_REGISTERED": ErrorAnswer(Code.NOT_FOUND),
    "METHOD_CHANGED": ErrorAnswer(Code.ABORTED),
    "IMPORTS_CHANGED": ErrorAnswer(Code.ABORTED),
    "CHANNEL_UNKNOWN": ErrorAnswer(Code.NOT_FOUND),
    "CHANNEL_CLOSED": ErrorAnswer(Code.FAILED_PRECONDITION),
    "STATEMENT_UNKNOWN": ErrorAnswer(Code.NOT_FOUND),
    "STATEMENT_CHANGED": ErrorAnswer(Code.ABORTED),
    "EPOCH_UNKNOWN": ErrorAnswer(Code.FAILED_PRECONDITION),
    "EPOCH_STALE": ErrorAnswer(Code.ABORTED),
    "OFFSET_GAP": ErrorAnswer(Code.OUT_OF_RANGE),
    "OFFSET_REPEAT": ErrorAnswer(Code.ALREADY_EXISTS),
    "CONTENT_MUST_MATCH": ErrorAnswer(Code.INVALID_ARGUMENT),
    "BATCH_MUST_PARSE": ErrorAnswer(Code.INVALID_ARGUMENT),
    "BATCH_MUST_FIT": ErrorAnswer(Code.INVALID_ARGUMENT),
    "SELECTION_MUST_FIT": ErrorAnswer(Code.FAILED_PRECONDITION),
    "STREAM_SILENT": ErrorAnswer(Code.DEADLINE_EXCEEDED),
    "ANSWER_UNREAD": ErrorAnswer(Code.DEADLINE_EXCEEDED),
    "ESTIMATE_MUST_FIT": ErrorAnswer(Code.INVALID_ARGUMENT),
    "EDITION_UNKNOWN": ErrorAnswer(Code.NOT_FOUND),
    "EDITION_EXISTS": ErrorAnswer(Code.ALREADY_EXISTS),
    "FACTOR_UNKNOWN": ErrorAnswer(Code.NOT_FOUND),
    "PAGE_TOKEN_INVALID": ErrorAnswer(Code.INVALID_ARGUMENT),
    "PERIOD_MUST_BE_OPEN": ErrorAnswer(Code.FAILED_PRECONDITION),
    "PERIOD_MUST_BE_CLOSED": ErrorAnswer(Code.FAILED_PRECONDITION),
    "PERIOD_MUST_BE_READY": ErrorAnswer(Code.FAILED_PRECONDITION),
    "PERIOD_OUT_OF_ORDER": ErrorAnswer(Code.FAILED_PRECONDITION),
    "CREDENTIALS_MISSING": ErrorAnswer(Code.UNAUTHENTICATED),
    "CREDENTIALS_INVALID": ErrorAnswer(Code.UNAUTHENTICATED),
    "ROLE_MISSING": ErrorAnswer(Code.PERMISSION_DENIED),
    "CONFIG_INVALID": ErrorAnswer(Code.INVALID_ARGUMENT),
    "LEDGER_MISMATCH": ErrorAnswer(Code.FAILED_PRECONDITION),
    "GARBAGE_REFUSED": ErrorAnswer(Code.FAILED_PRECONDITION),
    # not now
    "OVER_CAPACITY": ErrorAnswer(Code.RESOURCE_EXHAUSTED, 1.0),
    "STORE_UNAVAILABLE": ErrorAnswer(Code.UNAVAILABLE, 1.0),
    "OUTCOME_UNKNOWN": ErrorAnswer(Code.UNAVAILABLE, 1.0),
    "SERVER_DRAINING": ErrorAnswer(Code.UNAVAILABLE, 1.0),
    "STREAMS_EXHAUSTED": ErrorAnswer(Code.RESOURCE_EXHAUSTED, 5.0),
    "CALLS_EXHAUSTED": ErrorAnswer(Code.RESOURCE_EXHAUSTED, 1.0),
    "CALL_TOO_LONG": ErrorAnswer(Code.RESOURCE_EXHAUSTED, 5.0),
    "BOOK_RATE_EXCEEDED": ErrorAnswer(Code.RESOURCE_EXHAUSTED, 1.0),
    "READS_EXHAUSTED": ErrorAnswer(Code.RESOURCE_EXHAUSTED, 2.0),
    "ESTIMATES_EXHAUSTED": ErrorAnswer(Code.RESOURCE_EXHAUSTED, 1.0),
    "KEYS_UNAVAILABLE": ErrorAnswer(Code.UNAVAILABLE, 1.0),
    "LEASE_LOST": ErrorAnswer(Code.ABORTED, 0.1),
    "POSITION_LOST": ErrorAnswer(Code.ABORTED, 0.1),
    "REQUEST_KNOWN": ErrorAnswer(Code.ABORTED, 0.1),
    "MENDS_KNOWN": ErrorAnswer(Code.ABORTED, 0.1),
    "BOOK_CHANGED": ErrorAnswer(Code.ABORTED, 0.1),
    "HISTORY_LOST": ErrorAnswer(Code.ABORTED, 0.1),
    "SUSPENSE_CHANGED": ErrorAnswer(Code.ABORTED, 0.1),
    # ours
    "INTERNAL": ErrorAnswer(Code.INTERNAL),
    "DEFECT": ErrorAnswer(Code.INTERNAL),
    "RECORDS_LOST": ErrorAnswer(Code.DATA_LOSS),
    "QUANTITY_OVERFLOW": ErrorAnswer(Code.INTERNAL),
    "LEDGER_INCONSISTENT": ErrorAnswer(Code.INTERNAL),
    "FILE_CORRUPT": ErrorAnswer(Code.INTERNAL),
    "FILE_MISSING": ErrorAnswer(Code.INTERNAL),
    "OBJECT_EXISTS": ErrorAnswer(Code.INTERNAL),
    "OBJECT_MISSING": ErrorAnswer(Code.INTERNAL),
}
"""Every code of every error; a test walks the classes."""


def answer_of(error: TonneError) -> ErrorAnswer:
    """Find how an error is answered; a code without a line takes its family's."""
    codes = (kind.code for kind in type(error).__mro__ if issubclass(kind, TonneError))
    return next(ANSWERS[code] for code in codes if code in ANSWERS)


def write_in_band(error: TonneError) -> Status:
    """Write an error as `tonne.v1.Status`."""
    code, _ = answer_of(error).code.value
    return Status(
        code=code,
        reason=error.code,
        message=_message(error),
        metadata=_metadata(error),
        retry_delay=_duration(_retry_delay_s(error)),
    )


def write_details(error: TonneError) -> bytes:
    """Write an error as a serialized google.rpc.Status.

    Its details are exactly one ErrorInfo, and a RetryInfo whenever trying again may help.
    """
    code, _ = answer_of(error).code.value
    details = [ErrorInfo(reason=error.code, domain=DOMAIN, metadata=_metadata(error))]
    delay_s = _retry_delay_s(error)
    packed = [_pack(detail) for detail in details]
    if delay_s is not None:
        packed.append(_pack(RetryInfo(retry_delay=_duration(delay_s))))
    message = _message(error)
    serialized: bytes = RpcStatus(code=code, message=message, details=packed).SerializeToString()
    return serialized


def set_status(context: CallContext, error: TonneError) -> None:
    """Set the final status of a call, with its details in the trailing metadata."""
    context.set_code(answer_of(error).code)
    context.set_details(_message(error))
    context.set_trailing_metadata(((DETAILS_KEY, write_details(error)),))


def _retry_delay_s(error: TonneError) -> float | None:
    answer = answer_of(error)
    return answer.retry_delay_s if error.retry_delay_s is None else error.retry_delay_s


def _duration(seconds: float | None) -> Duration | None:
    if seconds is None:
        return None
    duration = Duration()
    duration.FromNanoseconds(round(seconds * 1e9))
    return duration


def _message(error: TonneError) -> str:
    """Give the message as one line, whatever the input that it quotes holds."""
    return _short(visible(error.message), MESSAGE_CHARS_MAX)


def _metadata(error: TonneError) -> dict[str, str]:
    return {key: _short(text, METADATA_CHARS_MAX) for key, text in error.metadata.items()}


def _short(text: str, chars_max: int) -> str:
    # Surrogates, which no protobuf text can carry, come from names that were no UTF-8.
    clean = text.encode("utf-8", "replace").decode()
    return clean if len(clean) <= chars_max else clean[: chars_max - 1] + "…"


def _pack(message: ErrorInfo | RetryInfo) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed
