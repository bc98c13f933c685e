"""Metrics as they are counted.

One `Telemetry` for each server, with a registry of its own. Every series of the table
(`tonne.telemetry.metrics`) exists at zero from the start, so that rates have a beginning;
but those that the table has later.
"""

from __future__ import annotations

import platform
import time
from contextlib import contextmanager
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder

from tonne.telemetry.labels import METHODS, VERSION
from tonne.telemetry.metrics import CALL_DURATION, METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.telemetry.metrics import Metric

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # not typed there

_FULL_NAMES = {name.rpartition("/")[2]: name for name in METHODS}


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
        self._later: dict[str, Callable[[tuple[str, ...]], Histogram]] = {}
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
        bound = self._histograms.get((name, *labels))
        if bound is None:
            bound = self._histograms[(name, *labels)] = self._later[name](labels)
        bound.observe(value)

    def read_with(self, name: str, read: Callable[[], float], *labels: str) -> None:
        """Have a gauge call `read` at each scrape."""
        self._gauges[(name, *labels)].set_function(read)

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
        """Count a call that began at `start_s` of `time.perf_counter`, by its gRPC code."""
        duration_s = time.perf_counter() - start_s
        self.observe(CALL_DURATION, duration_s, "grpc", _FULL_NAMES[method], code)

    def value(self, name: str, **labels: str) -> float | None:
        """Read one sample, such as `tonne_ack_latency_seconds_count`; None where absent."""
        return self._registry.get_sample_value(name, labels)

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Write all series in the format that `accept` asks for; also its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def _declare(self, metric: Metric) -> None:
        names = tuple(metric.labels)
        series = product(
            *(
                values[:1] if name in metric.later else values
                for name, values in metric.labels.items()
            )
        )
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
            self._later[metric.name] = partial(_bind, metric, histogram)


def _bind(metric: Metric, histogram: Histogram, labels: tuple[str, ...]) -> Histogram:
    """Make a series of known labels that was not there from the start."""
    for (name, values), value in zip(metric.labels.items(), labels, strict=True):
        if value not in values:
            raise KeyError(f"{metric.name} has no {name} {value!r}")
    return histogram.labels(*labels)
