"""The settings: one frozen dataclass for each room, with defaults, units and what each means."""

from __future__ import annotations

from dataclasses import dataclass

from tonne.security_settings import SecurityConfig
from tonne.setting import check_address, setting

__all__ = [
    "CallsConfig",
    "FaultsConfig",
    "IngestConfig",
    "LedgerConfig",
    "PublishConfig",
    "SecurityConfig",
    "ServerConfig",
    "StoreConfig",
]

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
class IngestConfig:
    """What one process and one stream may hold, and how commits are gathered."""

    message_bytes_max: int = setting(
        4 * MIB, "Largest AppendRequest or PostRecordsRequest.", minimum=1_024
    )
    batch_records_max: int = setting(131_072, "Most records of one batch.", minimum=1)
    batch_text_bytes_max: int = setting(
        64 * MIB,
        "Most bytes of the texts of one Arrow batch, its dictionaries and views written out.",
        minimum=1_024,
    )
    span_days_max: int = setting(
        3_653,
        "Longest time from start to end of a record; a longer one is quarantined. The default is "
        "ten years.",
        minimum=1,
    )
    streams_max: int = setting(128, "Most Append streams at once.", minimum=1)
    silent_streams_max: int = setting(
        0,
        "Most Append streams whose first message was not authorized yet, beside those that have "
        "a place; over it the caller with the most loses its oldest. 0: ingest.streams_max.",
        minimum=0,
    )
    first_message_s_max: float = setting(
        10.0, "How long the first message of a stream of requests may take.", minimum=0.001
    )
    book_streams_max: int = setting(
        0, "Most Append streams of one book at once in one server; 0: no limit.", minimum=0
    )
    book_in_flight_bytes_max: int = setting(
        0,
        "Memory of the batches of one book that are not durable, in one server; each stream may "
        "put one message on top. 0: no limit of its own.",
        minimum=0,
    )
    book_bytes_per_s_max: int = setting(
        0,
        "Most bytes a second of batches of one book, in one server; at once, the bytes of a "
        "second or one message, whichever is more. 0: no limit.",
        minimum=0,
    )
    book_hold_s_max: float = setting(
        5.0,
        "Longest wait of a batch for the rate of its book; its producer is told to come back "
        "where it would be more.",
        minimum=0,
    )
    stream_window_bytes: int = setting(
        16 * MIB, "Most bytes of one stream that are taken and not acknowledged.", minimum=1_024
    )
    in_flight_bytes_max: int = setting(
        256 * MIB,
        "Memory of all messages and their decoded batches that are not durable.",
        minimum=1_024,
    )
    key_count_max: int = setting(
        200_000,
        "Distinct record keys after which a stream's dictionaries begin anew.",
        minimum=1,
    )
    row_errors_max: int = setting(1_000, "Most row errors of one response.", minimum=1)
    decode_threads: int = setting(
        0, "Threads that decode; 0 means one for each processor.", minimum=0
    )
    commit_threads: int = setting(
        4, "Threads that write commits: as many books commit at the same time.", minimum=1
    )
    commit_bytes_max: int = setting(
        8 * MIB, "Bytes of batches after which a commit waits for no more.", minimum=1
    )
    commit_postings_max: int = setting(
        524_288,
        "Most postings of one commit, counted before they are made: a record makes one for each "
        "month that it touches. A batch of more is refused.",
        minimum=1_024,
    )
    estimate_bytes_max: int = setting(
        512 * MIB,
        "Memory of all estimates under way: half for work, half for the postings that they keep.",
        minimum=65_536,
    )
    estimate_postings_max: int = setting(
        131_072,
        "Most postings of one estimate: of a message, before they are made, and of all.",
        minimum=1,
    )
    estimate_records_max: int = setting(10_000_000, "Most records of one estimate.", minimum=1)
    estimate_bookless_records_max: int = setting(
        200_000,
        "Most records of one estimate that names no book, which any caller may ask for.",
        minimum=1,
    )
    estimate_each_records_max: int = setting(
        16_384,
        "Most records of one message of an estimate that answers each record.",
        minimum=1,
    )
    commit_delay_s_max: float = setting(
        0.25, "Longest wait of a batch for others to share its commit.", minimum=0
    )
    commit_quiet_s: float = setting(
        0.002, "Silence of a book's streams after which a commit waits for no more.", minimum=0
    )
    retry_delay_s_min: float = setting(
        0.1, "First wait before a commit that the store refused is tried again.", minimum=0.001
    )
    retry_delay_s_max: float = setting(
        5.0, "Longest such wait; each is twice the one before.", minimum=0.001
    )
    stream_lifetime_s_min: float = setting(
        60.0, "Streams are asked to reconnect after this ...", minimum=0.001
    )
    stream_lifetime_s_max: float = setting(120.0, "... to this time, drawn evenly.", minimum=0.001)
    close_grace_s: float = setting(
        15.0, "How long a stream is still read after its close signal.", minimum=0
    )
    error_grace_s: float = setting(
        2.0, "How long a stream that failed waits for the producer's half-close.", minimum=0
    )


@dataclass(frozen=True, slots=True)
class LedgerConfig:
    """What is kept in memory, and the upkeep."""

    postings_cache_bytes_max: int = setting(
        256 * MIB, "Memory of decoded postings kept for inventories.", minimum=0
    )
    read_bytes_max: int = setting(
        1024 * MIB,
        "Memory of all calls that read: inventories, explanations, lists of records, clearings of "
        "suspense. One that needs more is refused and told how to ask for less.",
        minimum=128 * MIB,
    )
    merge_files_max: int = setting(
        64, "Live postings files of one tier of a book beyond which they are merged.", minimum=2
    )
    merge_bytes_max: int = setting(
        256 * MIB,
        "Memory of a merge of postings files. A larger one is made in turns, up to 64 of them.",
        minimum=16 * MIB,
    )
    merge_lease_s: float = setting(
        120.0, "How long a merge of a server that died keeps the others off.", minimum=1
    )
    upkeep: bool = setting(
        True,
        "Whether a server merges and collects garbage itself; off where `tonne maintain` runs "
        "beside the servers.",
    )
    upkeep_interval_s: float = setting(
        10.0, "Time between two rounds of merging and of collecting garbage.", minimum=0.01
    )


@dataclass(frozen=True, slots=True)
class PublishConfig:
    """The published table of each book, for readers that know Delta Lake."""

    enabled: bool = setting(
        False,
        "Whether a server publishes, itself; off where `tonne publish` runs beside the servers. "
        "Needs the extra tonne[publish].",
    )
    interval_s: float = setting(10.0, "Time between two rounds of publishing.", minimum=0.01)
    batch_files_max: int = setting(1_000, "Most segments of one batch.", minimum=1)
    round_batches_max: int = setting(
        10, "Most batches of one book in one round; the others wait for the next.", minimum=1
    )
    checkpoint_batches: int = setting(
        50, "Batches after which the log of a table is summed up in a checkpoint.", minimum=1
    )
    lease_s: float = setting(
        120.0, "How long a publisher that died keeps the others off a book.", minimum=1
    )


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where the ledger is kept."""

    manifest_url: str = setting(
        "", "sqlite:///FILE, or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE."
    )
    objects_url: str = setting("", "file:///DIR, s3://BUCKET/PREFIX, gs://... or az://...")
    objects_options: dict[str, str] = setting(  # noqa: RUF009  # makes a new one each time
        {}, "Options of the object storage, as obstore names them."
    )
    probe_interval_s: float = setting(
        5.0,
        "Time between two looks at whether the objects can be reached; a server that cannot "
        "reach them is not ready.",
        minimum=0.05,
    )
    manifest_pool_size: int = setting(8, "Connections to the manifest.", minimum=1)
    manifest_pool_reserved: int = setting(
        5,
        "Connections of these that reports, lists and changes of books leave to producers; one "
        "is always theirs.",
        minimum=0,
    )
    migrate_at_start: bool = setting(
        True,
        "Whether a process brings the tables of the manifest to its own revision at its start; "
        "off where `tonne migrate` runs before a rollout.",
    )
    accepts_lost_records: bool = setting(
        False,
        "Whether a PostgreSQL is taken that may lose acknowledged records: one with fsync or "
        "full_page_writes off, or with unlogged tables.",
    )
    needs_synchronous_standby: bool = setting(
        False,
        "Whether a PostgreSQL is refused whose synchronous_standby_names is empty: a standby "
        "that is promoted there may lack acknowledged records.",
    )
    mark_interval_s: float = setting(
        60.0,
        "How often the upkeep writes down among the objects how far the manifest has come, where "
        "something happened.",
        minimum=1,
    )
    quarantine_days: float = setting(
        7.0,
        "How long objects that the manifest does not name have been listed before they are "
        "deleted: the time in which a wrong manifest must be found out.",
        minimum=1,
    )
    backup_days: float = setting(
        35.0,
        "How old a backup of the manifest may be that is restored: files that a merge replaced "
        "stay as long.",
        minimum=0,
    )
    garbage_share_max: float = setting(
        0.1,
        "Largest share of the files that may be deleted as unknown in one collection, beyond 32 "
        "files; 1: all.",
        minimum=0,
    )


@dataclass(frozen=True, slots=True)
class FaultsConfig:
    """Fault points for tests. Nothing is armed unless asked for."""

    armed: str = setting("", "Like commit.after_sql=kill:3; see tonne.store.faults.")
