"""Metrics and logs. Every metric is declared in `METRICS`; `docs/metrics.md` is made from it.

One `Telemetry` for each server, with a registry of its own. All label values are known
beforehand and every series exists at zero from the start, so that rates have a beginning;
books, facilities and producers are never labels. A scrape stays far below 2,000 series.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import logging
import platform
import sys
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal, TextIO

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder

from tonne import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # not typed there

try:
    VERSION = importlib.metadata.version("tonne")
except importlib.metadata.PackageNotFoundError:
    VERSION = "source"
"""Version of the installed package; `source` where it runs from a tree without one."""

ACK_SLO_S = (0.5, 2.0)
"""Stated objectives: half of all batches are acknowledged within the first, 99 % within the
second. The acknowledgement histogram has an edge at each."""

_FAST_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_SLOW_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


ERROR_CODES = tuple(
    sorted(
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.TonneError)
    )
)
"""Codes of all errors of `tonne.errors`, in alphabetical order."""


def code_of(error: BaseException) -> str:
    """Give the code under which an error is counted: its own, or that of its family."""
    kinds = type(error).__mro__
    codes = (kind.code for kind in kinds if issubclass(kind, errors.TonneError))
    return next((code for code in codes if code in ERROR_CODES), "DEFECT")


METHODS = (
    "Append",
    "OpenChannel",
    "GetChannel",
    "ListChannels",
    "CloseChannel",
    "PostRecords",
    "CreateBook",
    "GetBook",
    "ListBooks",
    "SetMethod",
    "GetMethod",
    "ListMethods",
    "SetEditionOrder",
    "ImportFacilities",
    "ListFacilities",
    "ImportEntities",
    "ListEntities",
    "ClearSuspense",
    "ListPeriods",
    "ListSuspense",
    "ListQuarantine",
    "ImportEdition",
    "ListEditions",
    "ListFactors",
    "GetFactor",
    "SearchFactors",
    "SearchActivities",
    "GetInventory",
    "Explain",
    "Estimate",
    "ListRecords",
)
"""Every call."""

CODES = (
    "OK",
    "CANCELLED",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "INTERNAL",
    "UNAVAILABLE",
    "UNAUTHENTICATED",
)
"""gRPC codes that a call can end with."""

POOLS = ("decode", "commit", "loop")
"""Threads at work: those that decode, those that commit, the one of the event loop."""

STREAM_ENDS = (
    "half_close",
    "stream_lifetime",
    "token_expiry",
    "server_drain",
    "error",
    "disconnect",
)
"""Why an Append stream ended."""

AUTH_FAILURES = (
    "missing",
    "malformed",
    "algorithm",
    "issuer",
    "audience",
    "key_unknown",
    "signature",
    "expired",
    "not_yet_valid",
    "claims",
    "certificate",
    "keys_unavailable",
    "foreign_book",
    "role",
)
"""Why a call was refused for who made it."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `labels` gives every value that each label can have."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    about: str
    labels: dict[str, tuple[str, ...]]
    buckets: tuple[float, ...] = ()


def _metric(
    name: str,
    kind: Literal["counter", "gauge", "histogram"],
    about: str,
    buckets: tuple[float, ...] = (),
    **labels: tuple[str, ...],
) -> Metric:
    return Metric(name, kind, about, labels, buckets)


METRICS: tuple[Metric, ...] = (
    _metric(
        "tonne_records_total",
        "counter",
        "Durable records, by what became of them.",
        outcome=("posted", "quarantined", "suspended"),
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
        "Age of the oldest commit under way, waits for the store included; 0 where there is none.",
    ),
    _metric(
        "tonne_store_reachable",
        "gauge",
        "1 while the last commit of every book reached the store.",
    ),
    _metric(
        "tonne_worker_busy_seconds_total",
        "counter",
        "Time that worker threads spent at work, waits for the store included; of the event loop, "
        "its processor time. Divided by tonne_workers: the busy fraction.",
        pool=POOLS,
    ),
    _metric("tonne_workers", "gauge", "Worker threads.", pool=POOLS),
    _metric(
        "tonne_cpus",
        "gauge",
        "Processors that the server counts on: server.cpus, or what its machine allows.",
    ),
    _metric(
        "tonne_memory_limit_bytes",
        "gauge",
        "Memory beyond which the process is killed: of its control group, or the machine.",
    ),
    _metric(
        "tonne_backlog_records",
        "gauge",
        "Records that the producers of open streams say they have not sent yet.",
    ),
    _metric(
        "tonne_backlog_oldest_unsent_age_seconds",
        "gauge",
        "Age of the oldest of them; 0 where there is none.",
    ),
    _metric(
        "tonne_in_flight_bytes",
        "gauge",
        "Memory of messages and decoded batches that are not durable yet.",
    ),
    _metric("tonne_in_flight_limit_bytes", "gauge", "Limit of tonne_in_flight_bytes."),
    _metric(
        "tonne_reads_held_total",
        "counter",
        "How often a stream was not read on, by what was used up.",
        reason=("stream_window", "process_memory", "replies"),
    ),
    _metric("tonne_streams_active", "gauge", "Open Append streams."),
    _metric("tonne_streams_limit", "gauge", "Most Append streams at once."),
    _metric(
        "tonne_stream_ends_total",
        "counter",
        "Append streams ended, by reason.",
        reason=STREAM_ENDS,
    ),
    _metric(
        "tonne_calls_total",
        "counter",
        "Calls that ended, by method and gRPC code. Those of Append are streams.",
        method=METHODS,
        code=CODES,
    ),
    _metric(
        "tonne_call_seconds_total",
        "counter",
        "Time of ended calls, by method. Divided by tonne_calls_total: the mean.",
        method=METHODS,
    ),
    _metric(
        "tonne_call_errors_total",
        "counter",
        "Failed calls other than Append, by the code of the error.",
        code=ERROR_CODES,
    ),
    _metric(
        "tonne_call_duration_seconds",
        "histogram",
        "Time of calls other than Append.",
        _SLOW_S,
    ),
    _metric(
        "tonne_store_errors_total",
        "counter",
        "Errors of the manifest and the object storage.",
        error=("unavailable", "outcome_unknown"),
    ),
    _metric(
        "tonne_incidents_total",
        "counter",
        "Defects met; each is logged with its incident id.",
    ),
    _metric(
        "tonne_upkeep_total",
        "counter",
        "Rounds of merging postings files and collecting garbage.",
        outcome=("done", "failed"),
    ),
    _metric(
        "tonne_event_loop_lag_seconds",
        "gauge",
        "How late the event loop woke from its last short rest.",
    ),
    _metric(
        "tonne_auth_failures_total",
        "counter",
        "Calls refused for who made them: no or bad credentials (missing to keys_unavailable), a "
        "book of others, a role that the caller lacks.",
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
        "Certificates that changed on disk: taken, or broken, so that the old one stays.",
        outcome=("done", "failed"),
    ),
    _metric(
        "tonne_tls_certificate_expiry_timestamp_seconds",
        "gauge",
        "When the certificate in force expires, in Unix time; 0 without TLS.",
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


class Telemetry:
    """The metrics of one server.

    `add`, `set` and `observe` name the metric and its label values in the order of the table;
    the series are bound once, at the start. All methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self._registry)
        self._counters: dict[tuple[str, ...], Counter] = {}
        self._gauges: dict[tuple[str, ...], Gauge] = {}
        self._histograms: dict[tuple[str, ...], Histogram] = {}
        for metric in METRICS:
            self._declare(metric)
        self.set("tonne_build_info", 1, VERSION, platform.python_version())

    def add(self, name: str, amount: float = 1, *labels: str) -> None:
        """Raise a counter by `amount`."""
        self._counters[(name, *labels)].inc(amount)

    def set(self, name: str, value: float, *labels: str) -> None:
        """Set a gauge."""
        self._gauges[(name, *labels)].set(value)

    def observe(self, name: str, value: float, *labels: str) -> None:
        """Put one value into a histogram."""
        self._histograms[(name, *labels)].observe(value)

    def read_with(self, name: str, read: Callable[[], float]) -> None:
        """Have a gauge call `read` at each scrape."""
        self._gauges[(name,)].set_function(read)

    @contextmanager
    def stage(self, stage: str) -> Iterator[None]:
        """Time one stage of a batch or commit: decode, post, write or commit."""
        start_s = time.perf_counter()
        try:
            yield
        finally:
            self.observe("tonne_stage_duration_seconds", time.perf_counter() - start_s, stage)

    @contextmanager
    def busy(self, pool: str) -> Iterator[None]:
        """Count the time of a worker thread as busy."""
        start_s = time.perf_counter()
        try:
            yield
        finally:
            self.add("tonne_worker_busy_seconds_total", time.perf_counter() - start_s, pool)

    def end_call(self, method: str, code: str, start_s: float) -> None:
        """Count a call that began at `start_s` of `time.perf_counter` and ended with a gRPC code.

        Streams of records are no part of the histogram: they live as long as they may.
        """
        duration_s = time.perf_counter() - start_s
        self.add("tonne_calls_total", 1, method, code)
        self.add("tonne_call_seconds_total", duration_s, method)
        if method != "Append":
            self.observe("tonne_call_duration_seconds", duration_s)

    def value(self, name: str, **labels: str) -> float | None:
        """Read one sample, such as `tonne_ack_latency_seconds_count`; None where absent."""
        return self._registry.get_sample_value(name, labels)

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Write all series in the format that `accept` asks for; also its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def _declare(self, metric: Metric) -> None:
        names = tuple(metric.labels)
        series = product(*metric.labels.values())
        if metric.kind == "counter":
            counter = Counter(metric.name, metric.about, names, registry=self._registry)
            for values in series:
                bound = counter.labels(*values) if values else counter
                self._counters[(metric.name, *values)] = bound
        elif metric.kind == "gauge":
            gauge = Gauge(metric.name, metric.about, names, registry=self._registry)
            for values in series:
                self._gauges[(metric.name, *values)] = gauge.labels(*values) if values else gauge
        else:
            histogram = Histogram(
                metric.name, metric.about, names, registry=self._registry, buckets=metric.buckets
            )
            for values in series:
                bound_h = histogram.labels(*values) if values else histogram
                self._histograms[(metric.name, *values)] = bound_h


class JsonFormatter(logging.Formatter):
    """One JSON object for each log line: time, level, logger, message, and what was added."""

    _OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """Write the record."""
        line: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({k: v for k, v in vars(record).items() if k not in self._OWN})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure_logging(level: str, stream: TextIO | None = None) -> None:
    """Send the logs of the whole process to `stream` (stderr) as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


def log_incident(
    telemetry: Telemetry, logger: logging.Logger, message: str, error: BaseException
) -> str:
    """Log a defect with its traceback under a new incident id, and return the id."""
    incident = uuid.uuid4().hex[:12]
    telemetry.add("tonne_incidents_total")
    logger.error(
        "%s",
        message,
        exc_info=(type(error), error, error.__traceback__),
        extra={"incident": incident},
    )
    return incident
