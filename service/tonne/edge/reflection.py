"""gRPC reflection, by both of its names: clients ask which services there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMES = ("grpc.reflection.v1.ServerReflection", reflection.SERVICE_NAME)
"""The present name, and the one of older clients. The messages of both are the same."""


def generic_handlers(services: Iterable[str]) -> tuple[grpc.GenericRpcHandler, ...]:
    """Give the handlers that describe some services and themselves."""
    servicer = reflection.aio.ReflectionServicer((*services, *NAMES))
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return tuple(
        grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": handler})
        for name in NAMES
    )
