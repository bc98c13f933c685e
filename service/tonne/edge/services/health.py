"""The gRPC health service: open to whoever may connect, so bounded in what it holds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1.health import SERVICE_NAME as NAME

from tonne.edge.messages.codec import read_request
from tonne.errors import FieldInvalid

if TYPE_CHECKING:
    from tonne.edge.messages.status import CallContext
    from tonne.telemetry import Telemetry

__all__ = ["NAME", "Health"]

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN

WATCHES_MAX = 256
"""Watches at once; load balancers have one for each of their connections."""

PEER_WATCHES_MAX = 64
"""Watches at once from one address."""


class Health:
    """Says whether services take work. Used on the event loop.

    A watch that is not read holds nobody up: who sets a status waits for no watcher, and a
    watcher is told the latest status, not each.

    Parameters
    ----------
    services : tuple of str
        What may be asked for, beside the empty name.
    """

    def __init__(self, services: tuple[str, ...], telemetry: Telemetry) -> None:
        self._services = ("", *services)
        self._telemetry = telemetry
        self._status = NOT_SERVING
        self._watches: dict[asyncio.Event, str] = {}

    def tell(self, *, is_serving: bool) -> None:
        """Set the status of all services."""
        self._status = SERVING if is_serving else NOT_SERVING
        for changed in self._watches:
            changed.set()

    def handlers(self) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        return {
            "Check": grpc.unary_unary_rpc_method_handler(self._check),
            "Watch": grpc.unary_stream_rpc_method_handler(self._watch),
        }

    async def _check(self, message: bytes, context: CallContext) -> bytes:
        name = _read_name(message)
        if name not in self._services:
            context.set_code(grpc.StatusCode.NOT_FOUND)
            return b""
        return _write(self._status)

    async def _watch(self, message: bytes, context: CallContext) -> None:
        name, peer = _read_name(message), context.peer().rpartition(":")[0]
        peers = tuple(self._watches.values())
        if len(peers) >= WATCHES_MAX or peers.count(peer) >= PEER_WATCHES_MAX:
            self._telemetry.add("tonne_call_limits_total", 1, "watches")
            context.set_code(grpc.StatusCode.RESOURCE_EXHAUSTED)
            context.set_details(
                f"the server has at most {WATCHES_MAX} watches of its health at once, "
                f"{PEER_WATCHES_MAX} from one address: call Check instead"
            )
            return
        changed = asyncio.Event()
        self._watches[changed] = peer
        told = None
        try:
            while True:
                changed.clear()
                status = self._status if name in self._services else SERVICE_UNKNOWN
                if status != told:
                    await context.write(_write(status))
                    told = status
                await changed.wait()
        finally:
            del self._watches[changed]


def _read_name(message: bytes) -> str | None:
    try:
        name: str = read_request(health_pb2.HealthCheckRequest, message).service
    except FieldInvalid:
        return None
    return name


def _write(status: health_pb2.HealthCheckResponse.ServingStatus.ValueType) -> bytes:
    written: bytes = health_pb2.HealthCheckResponse(status=status).SerializeToString()
    return written
