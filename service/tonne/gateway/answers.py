"""What a call said, as HTTP: status codes, errors and messages in JSON."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import json_format
from google.rpc import code_pb2, error_details_pb2, status_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message

STATUS = {
    grpc.StatusCode.OK: HTTPStatus.OK,
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.UNKNOWN: HTTPStatus.INTERNAL_SERVER_ERROR,
    grpc.StatusCode.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
    grpc.StatusCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    grpc.StatusCode.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    grpc.StatusCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    grpc.StatusCode.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    grpc.StatusCode.FAILED_PRECONDITION: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.ABORTED: HTTPStatus.CONFLICT,
    grpc.StatusCode.OUT_OF_RANGE: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
    grpc.StatusCode.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
    grpc.StatusCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    grpc.StatusCode.DATA_LOSS: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""HTTP status of each code of gRPC. Source: the comments of google/rpc/code.proto."""

_DETAILS = "grpc-status-details-bin"


def write_message(message: Message) -> bytes:
    """Write a message as JSON: lowerCamel names, int64 as texts, as the protobuf guide has it."""
    return json.dumps(json_format.MessageToDict(message), ensure_ascii=False).encode()


def write_error(error: grpc.aio.AioRpcError) -> tuple[int, bytes, float | None]:
    """Give the status, the body and the delay, in seconds, of an error of the server."""
    status = status_pb2.Status()
    trailing = error.trailing_metadata() or ()
    for key, value in trailing:
        if key == _DETAILS and isinstance(value, bytes):
            status.ParseFromString(value)
    delay_s = None
    for detail in status.details:
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(retry):
            delay_s = retry.retry_delay.ToTimedelta().total_seconds()
    details = [json_format.MessageToDict(detail) for detail in status.details]
    body = error_body(error.code(), error.details() or "", details)
    return int(STATUS[error.code()]), body, delay_s


def error_body(
    code: grpc.StatusCode, message: str, details: list[dict[str, Any]] | None = None
) -> bytes:
    """Write an error as JSON. Source: AIP-193, "HTTP/1.1+JSON representation"."""
    said = {
        "code": int(STATUS[code]),
        "message": message,
        "status": code_pb2.Code.Name(code.value[0]),
        "details": details or [],
    }
    return json.dumps({"error": said}, ensure_ascii=False).encode()
