"""The table of metrics. Every metric is declared here; `docs/metrics.md` is made from it.

All label values are known beforehand; books, facilities and producers are never labels.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Literal

from tonne.telemetry.labels import (
    AUTH_FAILURES,
    CALL_LIMITS,
    CODES,
    ERROR_CODES,
    FILE_KINDS,
    GUARANTEES,
    LANES,
    METHODS,
    POOLS,
    STREAM_ENDS,
    THROTTLES,
    VERSION,
)

CALL_DURATION = "rpc_server_call_duration_seconds"
"""The one metric that is not named by the house: every gRPC server's is called so."""

ACK_SLO_S = (0.5, 2.0)
"""Stated objectives: half of all batches are acknowledged within the first, 99 % within the
second. The acknowledgement histogram has an edge at each."""
_FAST_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_CALL_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Edges of OpenTelemetry's semantic conventions for RPC, without 0.075, 0.75 and 7.5: each edge is
a series of every call. Two are beyond: a report may take a minute."""
_SLOW_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `labels` gives every value that each label can have.

    A series exists from the start, so that its first increase is seen. Where all are too many,
    only that of the first value of each label in `later`.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    about: str
    labels: dict[str, tuple[str, ...]]
    buckets: tuple[float, ...] = ()
    later: tuple[str, ...] = ()


def _metric(
    name: str,
    kind: Literal["counter", "gauge", "histogram"],
    about: str,
    buckets: tuple[float, ...] = (),
    later: tuple[str, ...] = (),
    **labels: tuple[str, ...],
) -> Metric:
    return Metric(name, kind, about, labels, buckets, later)


METRICS: tuple[Metric, ...] = (
    _metric(
        "tonne_records_total",
        "counter",
        "Durable records, by their status: posted, in suspense or in quarantine.",
        outcome=("posted", "quarantined", "suspended"),
    ),
    _metric(
        "tonne_reversed_records_total",
        "counter",
        "Records that were reversed, by reversals and by corrections.",
    ),
    _metric(
        "tonne_restated_records_total",
        "counter",
        "Records that were posted again under other rules, by restatements.",
    ),
    _metric(
        "tonne_period_acts_total",
        "counter",
        "Months of books that were closed, sealed and reopened.",
        act=("close", "seal", "reopen"),
    ),
    _metric(
        "tonne_duplicates_reversed_total",
        "counter",
        "Records that the upkeep reversed: they said what an earlier one of their id says.",
    ),
    _metric(
        "tonne_same_records_undecided",
        "gauge",
        "Entries of records of one id that wait for a decision, of all books.",
        entry=("duplicate", "conflict"),
    ),
    _metric(
        "tonne_overlaps_undecided",
        "gauge",
        "Overlaps that wait for a decision, of all books: records of one facility and activity "
        "that lie over each other.",
    ),
    _metric(
        "tonne_uncompared_age_seconds",
        "gauge",
        "Age of the oldest records that are not yet compared with all others by their ids.",
    ),
    _metric(
        "tonne_waiting_records",
        "gauge",
        "Records of all books in suspense, and in quarantine with nothing in their place.",
        worklist=("suspense", "quarantine"),
    ),
    _metric(
        "tonne_waiting_age_seconds",
        "gauge",
        "For how long the oldest waits: in suspense, or for a decision about records of one id.",
        worklist=("suspense", "duplicate", "conflict"),
    ),
    _metric("tonne_received_bytes_total", "counter", "Bytes of batches received."),
    _metric(
        "tonne_batches_total",
        "counter",
        "Batches of streams and PostRecords, by outcome: OK, or the code of the error.",
        code=("OK", *ERROR_CODES),
    ),
    _metric(
        "tonne_stage_duration_seconds",
        "histogram",
        "Time of one batch in decode; of one commit in post (rules and posting), write (files) "
        "and commit (manifest).",
        _FAST_S,
        stage=("decode", "post", "write", "commit"),
    ),
    _metric(
        "tonne_commit_latency_seconds",
        "histogram",
        "Time from the start of a commit until it is durable, retries included.",
        _SLOW_S,
    ),
    _metric(
        "tonne_commits_total",
        "counter",
        "Commits, by outcome.",
        outcome=("durable", "retried", "failed"),
    ),
    _metric(
        "tonne_ack_latency_seconds",
        "histogram",
        "Time from the receipt of a batch until its acknowledgement is handed to the network. "
        f"Objective: 50 % within {ACK_SLO_S[0]} s, 99 % within {ACK_SLO_S[1]} s.",
        _SLOW_S,
    ),
    _metric(
        "tonne_commit_running_age_seconds",
        "gauge",
        "Age of the oldest running commit, with its waits for the store; 0 if there is none.",
    ),
    _metric(
        "tonne_store_reachable",
        "gauge",
        "1 while the last commit of every book and the last check of the objects reached the "
        "store.",
    ),
    _metric(
        "tonne_worker_busy_seconds_total",
        "counter",
        "Time that worker threads spent at work, with their waits for the store; for the event "
        "loop, its processor time. Divided by tonne_workers: the busy fraction.",
        pool=POOLS,
    ),
    _metric("tonne_workers", "gauge", "Worker threads.", pool=POOLS),
    _metric(
        "tonne_cpus",
        "gauge",
        "Processors of the server: server.cpus, or as many as its machine allows.",
    ),
    _metric(
        "tonne_memory_limit_bytes",
        "gauge",
        "Memory above which the process is killed: that of its control group, or of the machine.",
    ),
    _metric(
        "tonne_backlog_records",
        "gauge",
        "Records that the producers of open streams say they have not sent yet.",
    ),
    _metric(
        "tonne_backlog_oldest_unsent_age_seconds",
        "gauge",
        "Age of the oldest record that producers have not sent yet; 0 if there is none.",
    ),
    _metric(
        "tonne_in_flight_records",
        "gauge",
        "Records that are taken but not durable yet. Together with the unsent ones: all that "
        "wait.",
    ),
    _metric(
        "tonne_in_flight_bytes",
        "gauge",
        "Memory of messages and decoded batches that are not durable yet.",
    ),
    _metric("tonne_in_flight_limit_bytes", "gauge", "Limit of tonne_in_flight_bytes."),
    _metric(
        "tonne_estimate_bytes",
        "gauge",
        "Memory of the running estimates, as the server counts it.",
    ),
    _metric("tonne_estimate_limit_bytes", "gauge", "Limit of tonne_estimate_bytes."),
    _metric(
        "tonne_reads_held_total",
        "counter",
        "How often the server stopped reading a stream, by the limit that was used up.",
        reason=("stream_window", "process_memory", "book_memory", "book_rate", "replies"),
    ),
    _metric(
        "tonne_throttles_total",
        "counter",
        "Streams, batches and estimates that were told to come back later, by limit.",
        reason=THROTTLES,
    ),
    _metric("tonne_streams_active", "gauge", "Open Append streams."),
    _metric("tonne_streams_limit", "gauge", "Largest number of Append streams at once."),
    _metric(
        "tonne_stream_ends_total",
        "counter",
        "Append streams ended, by reason.",
        reason=STREAM_ENDS,
    ),
    _metric(
        CALL_DURATION,
        "histogram",
        "Time of ended calls, by method and gRPC code: OpenTelemetry's rpc.server.call.duration. "
        "A call of Append is a stream, and as long as it may be. A code other than OK has its "
        "series from its first call on.",
        _CALL_S,
        later=("rpc_response_status_code",),
        rpc_system_name=("grpc",),
        rpc_method=METHODS,
        rpc_response_status_code=CODES,
    ),
    _metric(
        "tonne_call_errors_total",
        "counter",
        "Failed calls other than Append, by the code of the error.",
        code=ERROR_CODES,
    ),
    _metric("tonne_call_threads", "gauge", "Threads for calls, by kind.", lane=LANES),
    _metric(
        "tonne_call_busy_seconds_total",
        "counter",
        "Time that threads for calls spent at work. Divided by tonne_call_threads: their busy "
        "fraction. Not part of tonne_workers, because ingest does not scale by reports.",
        lane=LANES,
    ),
    _metric("tonne_calls_waiting", "gauge", "Calls that wait for their turn.", lane=LANES),
    _metric(
        "tonne_call_wait_seconds",
        "histogram",
        "How long calls waited for their turn; only calls that waited.",
        _SLOW_S,
        lane=LANES,
    ),
    _metric(
        "tonne_call_limits_total",
        "counter",
        "Calls that a limit refused or ended.",
        limit=CALL_LIMITS,
    ),
    _metric("tonne_answer_bytes", "gauge", "Memory of answers that are not read yet."),
    _metric("tonne_answer_limit_bytes", "gauge", "Limit of tonne_answer_bytes."),
    _metric(
        "tonne_silent_streams", "gauge", "Append streams whose first message has not come yet."
    ),
    _metric(
        "tonne_store_errors_total",
        "counter",
        "Errors of the manifest and the object storage.",
        error=("unavailable", "outcome_unknown"),
    ),
    _metric(
        "tonne_corrupt_files_total",
        "counter",
        "Reads of files that are damaged or missing, by the kind of the file. Nothing was "
        "computed from them; each is logged with its path.",
        file_kind=FILE_KINDS,
    ),
    _metric(
        "tonne_store_durability",
        "gauge",
        "1 if the database keeps what it acknowledged, 0 if it may lose it, by guarantee: the "
        "disk is waited for, torn pages are mended, tables survive a crash, commits wait for a "
        "standby where there is one.",
        guarantee=GUARANTEES,
    ),
    _metric(
        "tonne_history_losses_total",
        "counter",
        "How often a book lacked commits or records that had been acknowledged; each is an "
        "incident.",
    ),
    _metric(
        "tonne_lost_records_total",
        "counter",
        "Acknowledged records of channels that the database lost, as far as this process knows; "
        "several processes may count the same records.",
    ),
    _metric("tonne_incidents_total", "counter", "Defects; each is logged with its incident id."),
    _metric(
        "tonne_upkeep_total",
        "counter",
        "Rounds of merging postings files and collecting garbage.",
        outcome=("done", "failed"),
    ),
    _metric(
        "tonne_garbage_refusals_total",
        "counter",
        "Rounds of upkeep that deleted nothing, because the manifest and the objects are not a "
        "pair, or too many files would have been deleted.",
        reason=("mismatch", "share"),
    ),
    _metric(
        "tonne_unknown_objects",
        "gauge",
        "Objects unknown to the manifest at the last collection of this process.",
    ),
    _metric(
        "tonne_publish_lag_seconds",
        "gauge",
        "Age of the oldest segment that is not in the published table of its book, as of the "
        "last round of publishing. It rises until a round ends. 0 if nothing publishes.",
    ),
    _metric("tonne_publish_batches_total", "counter", "Batches of segments that were published."),
    _metric(
        "tonne_publish_rounds_total",
        "counter",
        "Rounds of publishing; failed: the store or the table of a book refused.",
        outcome=("done", "failed"),
    ),
    _metric(
        "tonne_event_loop_lag_seconds",
        "gauge",
        "How late the event loop woke from its last short sleep.",
    ),
    _metric(
        "tonne_auth_failures_total",
        "counter",
        "Calls refused because of their caller: no or bad credentials (missing to "
        "keys_unavailable), a book of others, or a missing role.",
        reason=AUTH_FAILURES,
    ),
    _metric(
        "tonne_jwks_reads_total",
        "counter",
        "Readings of the keys of issuers of tokens.",
        outcome=("done", "failed"),
    ),
    _metric(
        "tonne_tls_reloads_total",
        "counter",
        "Certificates that changed on disk: taken; or broken, and the old one stays.",
        outcome=("done", "failed"),
    ),
    _metric(
        "tonne_tls_certificate_expiry_timestamp_seconds",
        "gauge",
        "Time at which the certificate in force expires, in Unix time; 0 without TLS.",
    ),
    _metric("tonne_ready", "gauge", "1 while the server takes work."),
    _metric(
        "tonne_build_info",
        "gauge",
        "Always 1; the labels tell the build.",
        version=(VERSION,),
        python=(platform.python_version(),),
    ),
)
"""Every metric of Tonne. Those of the process itself (`process_*`) come from the library."""
