"""Options of the gRPC server. Each is there for a measured reason; see docs/operations.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tonne.config import Config

SEND_BYTES_MAX = 16 << 20
"""Largest response: a page of 1,000 records with all their texts."""


def server_options(config: Config) -> list[tuple[str, int]]:
    """Give the options of `grpc.aio.server`.

    What a stalled stream can put into the process is `lookahead_bytes` and one message:
    bandwidth probing, which would let the window grow with the number of streams, is off. The
    hard limit of a message is twice the service's own, so that a message over the limit is
    refused in-band; gRPC ends the stream only beyond that.
    """
    server = config.server
    return [
        ("grpc.so_reuseport", 0),
        ("grpc.http2.bdp_probe", 0),
        ("grpc.http2.lookahead_bytes", server.lookahead_bytes),
        ("grpc.max_concurrent_streams", server.streams_per_connection_max),
        ("grpc.max_receive_message_length", 2 * config.ingest.message_bytes_max),
        ("grpc.max_send_message_length", SEND_BYTES_MAX),
        ("grpc.max_metadata_size", server.metadata_bytes_max),
        ("grpc.absolute_max_metadata_size", 2 * server.metadata_bytes_max),
        ("grpc.keepalive_time_ms", _ms(server.keepalive_time_s)),
        ("grpc.keepalive_timeout_ms", _ms(server.keepalive_timeout_s)),
        ("grpc.keepalive_permit_without_calls", 1),
        # Clients ping every 30 s; 10 s is what a nervous one may do.
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.max_connection_idle_ms", _ms(server.connection_idle_s_max)),
        # Streams end by themselves in-band long before; this is for those that do not.
        ("grpc.max_connection_age_ms", _ms(server.connection_age_s_max)),
        ("grpc.max_connection_age_grace_ms", _ms(server.connection_age_grace_s)),
    ]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
