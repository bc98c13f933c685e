"""Settings of a server process: where it listens, how callers share it, planted faults."""

from __future__ import annotations

from dataclasses import dataclass

from tonne.settings.setting import check_address, setting

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where the server listens, and how it comes and goes."""

    listen: str = setting("127.0.0.1:50051", "Address of the gRPC port.", check=check_address)
    admin: str = setting(
        "127.0.0.1:9464", "Address of /metrics, /livez and /readyz.", check=check_address
    )
    insecure: bool = setting(
        False,
        "Listen beyond loopback without TLS, or without authentication: for a server behind a "
        "mesh or a proxy that sees to both.",
    )
    log_level: str = setting(
        "info", "Least level that is logged.", choices=("debug", "info", "warning", "error")
    )
    log_format: str = setting(
        "auto",
        "Form of the log's lines: short ones for people, JSON for programs; auto: for people on "
        "a terminal. TONNE_LOG_FORMAT is a shorter name for it.",
        choices=("auto", "text", "json"),
    )
    traces_endpoint: str = setting(
        "",
        "Collector of OpenTelemetry traces, like http://otel-collector:4317 (OTLP over gRPC); "
        "empty: none. Needs the extra tonne[otel].",
    )
    cpus: int = setting(
        0,
        "Processors that the server counts on, for its busy fraction; 0 means what its machine "
        "and control group allow. In Kubernetes: the request.",
        minimum=0,
    )
    call_threads: int = setting(
        8,
        "Threads for the calls that producers need: OpenChannel, GetChannel, CloseChannel, "
        "GetBook. No other call takes them.",
        minimum=1,
    )
    drain_s: float = setting(
        5.0, "Time over which a stopping server spreads its close signals.", minimum=0
    )
    stop_grace_s: float = setting(
        20.0, "How long a stopping server waits for its streams and calls to end.", minimum=0
    )
    streams_per_connection_max: int = setting(
        64, "Most calls at once on one connection; further ones queue in the client.", minimum=1
    )
    lookahead_bytes: int = setting(
        MIB, "HTTP/2 window of a stream that is not being read.", minimum=65_536
    )
    metadata_bytes_max: int = setting(8_192, "Largest metadata of a call.", minimum=1_024)
    keepalive_time_s: float = setting(
        60.0, "Silence on a connection after which the server pings.", minimum=1
    )
    keepalive_timeout_s: float = setting(10.0, "How long a ping may stay unanswered.", minimum=1)
    connection_idle_s_max: float = setting(
        300.0, "A connection without calls is closed after this.", minimum=1
    )
    connection_age_s_max: float = setting(
        300.0, "Backstop: a connection is asked to go after this.", minimum=1
    )
    connection_age_grace_s: float = setting(
        120.0, "Backstop: time for its streams after that.", minimum=1
    )


@dataclass(frozen=True, slots=True)
class CallsConfig:
    """How callers and books share a server: calls that read or keep the books.

    A caller is who its token or certificate names; where callers are not told apart, the
    address that it calls from.
    """

    list_threads: int = setting(
        4, "Threads for calls that list, look up, or change a book.", minimum=1
    )
    report_threads: int = setting(
        2,
        "Threads that compute reports and pages of records; one caller has all but one of them.",
        minimum=1,
    )
    lists_max: int = setting(
        64, "Most such lists and changes under way, until they are answered.", minimum=1
    )
    caller_lists_max: int = setting(16, "Most of these of one caller; others wait.", minimum=1)
    book_lists_max: int = setting(
        32, "Most of these of one book, or of none; others wait.", minimum=1
    )
    reports_max: int = setting(
        8, "Most reports that are computed or being read at once; others wait.", minimum=1
    )
    caller_reports_max: int = setting(3, "Most of these of one caller; others wait.", minimum=1)
    book_reports_max: int = setting(
        4, "Most of these of one book, or of none; others wait.", minimum=1
    )
    queue_max: int = setting(
        256, "Most calls of each kind that wait; further ones are refused.", minimum=1
    )
    caller_queue_max: int = setting(
        128, "Most calls of each kind of one caller that wait.", minimum=1
    )
    queue_s_max: float = setting(
        30.0, "Longest wait of a call; it is refused after that.", minimum=0.001
    )
    request_bytes_max: int = setting(MIB, "Largest request of a call that reads.", minimum=1_024)
    request_stall_s_max: float = setting(
        30.0, "Longest silence of a caller between two messages of Estimate.", minimum=0.001
    )
    answer_bytes_max: int = setting(
        64 * MIB,
        "Memory of answers that are not read yet; over it no report begins, and over a quarter "
        "of it by one caller none of that caller.",
        minimum=1_024,
    )
    answer_stall_s_max: float = setting(
        30.0,
        "How long the next part of an answer may wait for its reader; then the call ends.",
        minimum=0.001,
    )
    report_s_max: float = setting(600.0, "Longest report, computed and read.", minimum=0.001)


@dataclass(frozen=True, slots=True)
class FaultsConfig:
    """Fault points for tests. Nothing is armed unless asked for."""

    armed: str = setting("", "Like commit.after_sql=kill:3; see tonne.store.faults.")
