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
        "Listen beyond loopback without TLS or authentication, because a mesh or a proxy in "
        "front does both.",
    )
    log_level: str = setting(
        "info", "Lowest level that is logged.", choices=("debug", "info", "warning", "error")
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
        "empty: no traces. Needs the extra tonne[otel].",
    )
    cpus: int = setting(
        0,
        "Processors of the server, to compute its busy fraction. 0: as many as its machine and "
        "control group allow. In Kubernetes: the CPU request.",
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
        64,
        ("Largest number of calls at once on one connection; further calls queue in the client."),
        minimum=1,
    )
    lookahead_bytes: int = setting(
        MIB,
        "HTTP/2 window of a stream that the server does not read at the moment.",
        minimum=65_536,
    )
    metadata_bytes_max: int = setting(8_192, "Largest metadata of a call.", minimum=1_024)
    keepalive_time_s: float = setting(
        60.0, "Silence on a connection after which the server pings.", minimum=1
    )
    keepalive_timeout_s: float = setting(10.0, "Longest wait for the answer to a ping.", minimum=1)
    connection_idle_s_max: float = setting(
        300.0, "Time after which a connection without calls is closed.", minimum=1
    )
    connection_age_s_max: float = setting(
        300.0, "Backstop: age at which the server asks a connection to close.", minimum=1
    )
    connection_age_grace_s: float = setting(
        120.0, "Backstop: time that the streams of such a connection still have.", minimum=1
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
        "Threads that compute reports and pages of records; one caller gets all but one of them.",
        minimum=1,
    )
    lists_max: int = setting(
        64, "Largest number of such lists and changes at once, until they are answered.", minimum=1
    )
    caller_lists_max: int = setting(
        16, "Largest number of these of one caller at once; others wait.", minimum=1
    )
    book_lists_max: int = setting(
        32, "Largest number of these of one book, or of no book, at once; others wait.", minimum=1
    )
    reports_max: int = setting(
        8, "Largest number of reports that are computed or read at once; others wait.", minimum=1
    )
    caller_reports_max: int = setting(
        3, "Largest number of these of one caller at once; others wait.", minimum=1
    )
    book_reports_max: int = setting(
        4, "Largest number of these of one book, or of no book, at once; others wait.", minimum=1
    )
    queue_max: int = setting(
        256, "Largest number of waiting calls of each kind; further calls are refused.", minimum=1
    )
    caller_queue_max: int = setting(
        128, "Largest number of waiting calls of each kind of one caller.", minimum=1
    )
    queue_s_max: float = setting(
        30.0, "Longest wait of a call; then it is refused.", minimum=0.001
    )
    request_bytes_max: int = setting(MIB, "Largest request of a call that reads.", minimum=1_024)
    request_stall_s_max: float = setting(
        30.0, "Longest silence between two messages of a caller of Estimate.", minimum=0.001
    )
    answer_bytes_max: int = setting(
        64 * MIB,
        "Memory of answers that their callers have not read yet. Above it, no report begins; "
        "above a quarter of it by one caller, no report of that caller begins.",
        minimum=1_024,
    )
    answer_stall_s_max: float = setting(
        30.0,
        "Longest wait until a caller reads the next part of an answer; then the call ends.",
        minimum=0.001,
    )
    report_s_max: float = setting(
        600.0, "Longest time to compute and read a report.", minimum=0.001
    )


@dataclass(frozen=True, slots=True)
class FaultsConfig:
    """Fault points for tests. Nothing is armed unless asked for."""

    armed: str = setting("", "Like commit.after_sql=kill:3; see tonne.store.faults.")
