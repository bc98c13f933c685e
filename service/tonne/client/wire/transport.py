"""The border to gRPC: how a connection is made, and what its failures mean."""

from __future__ import annotations

import json
import typing
from typing import TYPE_CHECKING

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError

from tonne.client.errors import (
    ServerFailed,
    ServerRefused,
    ServerUnavailable,
    error_of_code,
)
from tonne.client.wire.credentials import TokenInterceptor

if TYPE_CHECKING:
    from tonne.client.wire.credentials import Credentials, TokenSource
    from tonne.errors import TonneError
    from tonne.v1 import status_pb2

ANSWER_BYTES_MAX = 16 * 1024 * 1024
"""Largest answer taken from a server."""

_KEEPALIVE = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
)

# OpenChannel and CreateBook are not among these: each attempt of theirs has an effect. Calls that
# are answered by a stream are not, either: see `Calls._stream_again`.
_REPEATABLE = (
    ("tonne.v1.IngestService", ("GetChannel", "ListChannels", "PostRecords")),
    (
        "tonne.v1.ImportService",
        ("CreateImport", "ListImports", "CompareRecords", "DigestRecords", "MendRecords"),
    ),
    (
        "tonne.v1.CorrectionService",
        (
            "CorrectRecords",
            "ListCorrections",
            "GetRecords",
            "ListSameRecords",
            "GetSameRecordSummary",
            "DecideSameRecord",
            "SetSameRecordRule",
        ),
    ),
    ("tonne.v1.PeriodService", ("CheckPeriod",)),
    (
        "tonne.v1.OverlapService",
        (
            "CheckOverlaps",
            "ListOverlaps",
            "GetOverlap",
            "AcceptOverlap",
            "DeclareSeveralMeters",
            "WithdrawSeveralMeters",
            "ListSeveralMeters",
        ),
    ),
    ("tonne.v1.ChangeService", ("ListChanges",)),
    (
        "tonne.v1.LedgerService",
        (
            "GetBook",
            "GetAccess",
            "ListBooks",
            "UpdateBook",
            "UpdateMethod",
            "GetMethod",
            "ListMethods",
            "ImportFacilities",
            "UpdateFacility",
            "ListFacilities",
            "ImportEntities",
            "UpdateEntity",
            "ListEntities",
            "ListWords",
            "ListPeriods",
            "ListMarks",
            "ListSuspense",
            "ListSuspenseCauses",
            "ListQuarantineCauses",
            "ListQuarantine",
        ),
    ),
    (
        "tonne.v1.CatalogueService",
        (
            "ImportEdition",
            "ListEditions",
            "ListFactors",
            "GetFactor",
            "SearchFactors",
            "SearchActivities",
        ),
    ),
    (
        "tonne.v1.IndicatorService",
        ("SearchIndicators", "CheckIndicatorClaims"),
    ),
    ("tonne.v1.ReportService", ("ListRecords",)),
    (
        "tonne.v1.StatementService",
        (
            "ListStatements",
            "ComputeSupplierCoverage",
            "ComputeScope3Evidence",
            "ComputeTargetProgress",
            "ListTargetProgress",
            "GetMeasureEffect",
            "GetMeasurePipeline",
            "GetClaims",
            "GetProductTotals",
        ),
    ),
    (
        "tonne.v1.BridgeService",
        (
            "ComputeBridge",
            "EstimateRestatement",
            "ListAppliedRestatements",
            "CheckBaseYear",
        ),
    ),
)

_SERVICE_CONFIG = json.dumps(
    {
        "methodConfig": [
            {
                "name": [
                    {"service": service, "method": method}
                    for service, methods in _REPEATABLE
                    for method in methods
                ],
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 3,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ]
    }
)

# Codes of a connection that broke, or of a server that is away: the same call may succeed.
_AWAY = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
    }
)


def open_unary_connection(
    target: str, credentials: Credentials, tokens: TokenSource | None = None
) -> grpc.Channel:
    """Connect for calls with one answer; repeatable ones are retried while the server is away."""
    return _connect(
        target,
        credentials,
        tokens,
        [
            *_KEEPALIVE,
            ("grpc.max_receive_message_length", ANSWER_BYTES_MAX),
            ("grpc.service_config", _SERVICE_CONFIG),
        ],
    )


def open_stream_connection(
    target: str, credentials: Credentials, tokens: TokenSource | None = None
) -> grpc.Channel:
    """Connect for append streams.

    It shares no connection with unary calls: beyond the server's limit of concurrent streams
    they would wait silently behind the streams.
    """
    return _connect(
        target,
        credentials,
        tokens,
        [
            *_KEEPALIVE,
            ("grpc.max_receive_message_length", ANSWER_BYTES_MAX),
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 1_000),
            ("grpc.max_reconnect_backoff_ms", 5_000),
        ],
    )


def _connect(
    target: str,
    credentials: Credentials,
    tokens: TokenSource | None,
    options: list[tuple[str, int | str]],
) -> grpc.Channel:
    if credentials.uses_tls:
        channel = grpc.secure_channel(target, credentials.channel_credentials(), options=options)
    else:
        channel = grpc.insecure_channel(target, options=options)
    return channel if tokens is None else grpc.intercept_channel(channel, TokenInterceptor(tokens))


def error_of_rpc(error: grpc.RpcError, target: str) -> TonneError:
    """Translate a failed call.

    The stable reason in the error's details decides; without one the canonical code does.
    """
    code = error.code()
    text = error.details() or ""
    reason, metadata, delay_s = _details(error)
    named = error_of_code(reason, text, metadata=metadata, retry_delay_s=delay_s)
    if named is not None:
        return named
    # A call that is cut while it is writing can surface as this INTERNAL (grpc/grpc #36066).
    if code in _AWAY or (code is grpc.StatusCode.INTERNAL and "from Core" in text):
        return ServerUnavailable(
            f"no Tonne server answers at {target} ({code.name}: {text})",
            metadata={"target": target},
            retry_delay_s=delay_s,
        )
    if code is grpc.StatusCode.UNKNOWN and "Stream removed" in text:
        return ServerUnavailable(f"the connection to {target} broke: {text}")
    if delay_s is not None:
        return ServerUnavailable(text, metadata=metadata, retry_delay_s=delay_s)
    if code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS):
        return ServerFailed(f"{code.name}: {text}", metadata=metadata)
    return ServerRefused(f"{code.name}: {text}", metadata=metadata)


def error_of_status(status: status_pb2.Status) -> TonneError:
    """Translate an error that came in-band."""
    delay_s = status.retry_delay.ToTimedelta().total_seconds()
    has_delay = status.HasField("retry_delay")
    metadata = dict(status.metadata)
    named = error_of_code(
        status.reason,
        status.message,
        metadata=metadata,
        retry_delay_s=delay_s if has_delay else None,
    )
    if named is not None:
        return named
    if has_delay:
        return ServerUnavailable(status.message, metadata=metadata, retry_delay_s=delay_s)
    if status.code in (2, 13, 15):  # UNKNOWN, INTERNAL, DATA_LOSS
        return ServerFailed(status.message, metadata=metadata)
    return ServerRefused(f"{status.reason}: {status.message}", metadata=metadata)


def _details(error: grpc.RpcError) -> tuple[str, dict[str, str], float | None]:
    """Read (reason, metadata, retry delay in s) from the details of an error."""
    trailing: typing.Any = error.trailing_metadata() or ()
    raw = next((value for key, value in trailing if key == "grpc-status-details-bin"), None)
    if not isinstance(raw, bytes):
        return "", {}, None
    reason, metadata, delay_s = "", dict[str, str](), None
    try:
        for detail in _RPC_STATUS.FromString(raw).details:
            if detail.type_url.endswith("/google.rpc.ErrorInfo"):
                info = _ERROR_INFO.FromString(detail.value)
                reason, metadata = info.reason, dict(info.metadata)
            elif detail.type_url.endswith("/google.rpc.RetryInfo"):
                info = _RETRY_INFO.FromString(detail.value)
                delay_s = info.retry_delay.seconds + info.retry_delay.nanos / 1e9
    except DecodeError:
        return "", {}, None
    return reason, metadata, delay_s


def _error_detail_messages() -> tuple[typing.Any, typing.Any, typing.Any]:
    """Declare google.rpc.Status, ErrorInfo and RetryInfo.

    Source: googleapis, google/rpc/status.proto and error_details.proto. Declared in a pool of
    their own, so that the SDK needs no further package and clashes with none.
    """
    pool = descriptor_pool.DescriptorPool()
    any_file = descriptor_pb2.FileDescriptorProto()
    Any.DESCRIPTOR.file.CopyToProto(any_file)
    pool.Add(any_file)
    kind = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="google/rpc/details.proto",
        package="google.rpc",
        syntax="proto3",
        dependency=[any_file.name],
    )

    def declare(name: str, *fields: tuple[str, int, int, bool, str]) -> None:
        message = file.message_type.add(name=name)
        for field_name, number, field_kind, repeated, of in fields:
            message.field.add(
                name=field_name,
                number=number,
                type=field_kind,
                label=kind.LABEL_REPEATED if repeated else kind.LABEL_OPTIONAL,
                type_name=of or None,
            )

    declare(
        "Status",
        ("code", 1, kind.TYPE_INT32, False, ""),
        ("message", 2, kind.TYPE_STRING, False, ""),
        ("details", 3, kind.TYPE_MESSAGE, True, ".google.protobuf.Any"),
    )
    declare(
        "ErrorInfo",
        ("reason", 1, kind.TYPE_STRING, False, ""),
        ("domain", 2, kind.TYPE_STRING, False, ""),
        ("metadata", 3, kind.TYPE_MESSAGE, True, ".google.rpc.ErrorInfo.MetadataEntry"),
    )
    entry = file.message_type[1].nested_type.add(name="MetadataEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=kind.TYPE_STRING, label=kind.LABEL_OPTIONAL)
    entry.field.add(name="value", number=2, type=kind.TYPE_STRING, label=kind.LABEL_OPTIONAL)
    declare(
        "Delay",
        ("seconds", 1, kind.TYPE_INT64, False, ""),
        ("nanos", 2, kind.TYPE_INT32, False, ""),
    )
    declare("RetryInfo", ("retry_delay", 1, kind.TYPE_MESSAGE, False, ".google.rpc.Delay"))
    pool.Add(file)
    status, info, retry = (
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"google.rpc.{name}"))
        for name in ("Status", "ErrorInfo", "RetryInfo")
    )
    return status, info, retry


_RPC_STATUS, _ERROR_INFO, _RETRY_INFO = _error_detail_messages()
