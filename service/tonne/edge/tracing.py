"""OpenTelemetry traces, where they are asked for: a span for each call, and its id in the logs.

Nothing of OpenTelemetry is imported unless `server.traces_endpoint` is set; it comes with the
extra `tonne[otel]`. What the SDK reads from the environment (`OTEL_RESOURCE_ATTRIBUTES`,
`OTEL_TRACES_SAMPLER`, ...) holds. Stages are no spans: a commit belongs to many streams.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeAlias

import grpc

from tonne.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

    Handler: TypeAlias = grpc.RpcMethodHandler[bytes, bytes]
    Behavior: TypeAlias = Callable[[object, grpc.aio.ServicerContext], Awaitable[object]]

API = "/tonne.v1."
"""Only calls of the API have spans; health checks would drown them."""

_FAULTS = frozenset({"UNKNOWN", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
"""Codes of a span that failed for reasons of the server."""


class Tracing:
    """Where the spans of one server go.

    Parameters
    ----------
    provider : TracerProvider
        Samples and exports; closed with this.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._filter = _TraceIds()
        for handler in logging.getLogger().handlers:
            handler.addFilter(self._filter)
        self.interceptor = _Interceptor(provider)

    @classmethod
    def export_to(cls, endpoint: str) -> Tracing:
        """Send spans to a collector by OTLP over gRPC, like `http://otel-collector:4317`.

        Raises
        ------
        ConfigInvalid
            OpenTelemetry is not installed.
        """
        try:
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # noqa: PLC0415  # an extra
                OTLPSpanExporter,
            )
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # an extra
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  # an extra
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  # an extra
        except ImportError as error:
            raise ConfigInvalid(
                "server.traces_endpoint needs OpenTelemetry: pip install 'tonne[otel]'",
                metadata={"key": "server.traces_endpoint"},
            ) from error
        resource = Resource.create({"service.name": "tonne"})
        provider = TracerProvider(resource=resource)
        insecure = not endpoint.startswith("https://")
        exporter = OTLPSpanExporter(endpoint=endpoint, insecure=insecure)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        return cls(provider)

    def close(self) -> None:
        """Send what is left, for some seconds at most. Blocks."""
        self._provider.shutdown()
        for handler in logging.getLogger().handlers:
            handler.removeFilter(self._filter)


def open_tracing(endpoint: str) -> Tracing | None:
    """Send traces to a collector, or none where none is named. Raises `ConfigInvalid`."""
    return Tracing.export_to(endpoint) if endpoint else None


class _TraceIds(logging.Filter):
    """Adds the ids of the current span to log lines, so that an incident leads to its trace."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass, with the ids."""
        from opentelemetry.trace import get_current_span  # noqa: PLC0415  # an extra

        context = get_current_span().get_span_context()
        if context.is_valid:
            record.trace_id = f"{context.trace_id:032x}"
            record.span_id = f"{context.span_id:016x}"
        return True


class _Interceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc has no types
    """Puts a span around each call of the API, below that of the caller where it sends one."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("tonne")

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Wrap the method that is called."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith(API):
            return handler
        metadata = dict(handler_call_details.invocation_metadata or ())
        if handler.stream_stream is not None:
            wrapped = self._spanned(handler.stream_stream, method, metadata)
            return grpc.stream_stream_rpc_method_handler(wrapped)
        if handler.unary_stream is not None:
            wrapped = self._spanned(handler.unary_stream, method, metadata)
            return grpc.unary_stream_rpc_method_handler(wrapped)
        wrapped = self._spanned(handler.unary_unary, method, metadata)
        return grpc.unary_unary_rpc_method_handler(wrapped)

    def _spanned(
        self, behavior: Behavior, method: str, metadata: Mapping[str, object]
    ) -> Behavior:
        from opentelemetry.trace import SpanKind  # noqa: PLC0415  # an extra
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415  # an extra
            TraceContextTextMapPropagator,
        )

        parent = TraceContextTextMapPropagator().extract(
            {key: value for key, value in metadata.items() if isinstance(value, str)}
        )
        # Names of OpenTelemetry's semantic conventions for RPC, as of 1.39.
        name = method.removeprefix("/")
        attributes = {"rpc.system.name": "grpc", "rpc.method": name}

        async def traced(request: object, context: grpc.aio.ServicerContext) -> object:
            with self._tracer.start_as_current_span(
                name,
                context=parent,
                kind=SpanKind.SERVER,
                attributes=attributes,
                record_exception=False,
                set_status_on_exception=False,
            ) as span:
                try:
                    answer = await behavior(request, context)
                except asyncio.CancelledError:
                    _end(span, grpc.StatusCode.CANCELLED)
                    raise
                _end(span, context.code())
                return answer

        return traced


def _end(span: Span, code: object) -> None:
    """Put the gRPC code onto a span; one that was never set is OK."""
    from opentelemetry.trace import StatusCode  # noqa: PLC0415  # an extra

    status = code if isinstance(code, grpc.StatusCode) else grpc.StatusCode.OK
    span.set_attribute("rpc.response.status_code", status.name)
    if status is not grpc.StatusCode.OK:
        span.set_attribute("error.type", status.name)
    if status.name in _FAULTS:
        span.set_status(StatusCode.ERROR, status.name)
