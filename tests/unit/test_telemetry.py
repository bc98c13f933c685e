"""Metrics and logs."""

from __future__ import annotations

import io
import json
import logging

import pytest

from docs.writers.metrics import PAGE, count_series, write_page
from tonne import errors
from tonne.store.errors import OutcomeUnknown
from tonne.telemetry import (
    Telemetry,
    code_of,
    log_incident,
)
from tonne.telemetry.logs import JsonFormatter
from tonne.telemetry.metrics import ACK_SLO_S, CALL_DURATION, METRICS

SERIES_MAX = 2_000
"""A scrape costs the interpreter some 10 us a series."""


def test_the_reference_is_current():
    """docs/metrics.md is what the table renders to: `make docs`."""
    assert PAGE.read_text(encoding="utf-8") == write_page()


def test_a_scrape_stays_small():
    """The page's count is that of the exposition, the process included, and below the limit."""
    lines = Telemetry().render()[0].decode().splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    own = [line for line in samples if line.startswith(("tonne_", "rpc_"))]
    assert len(own) == sum(count_series(metric) for metric in METRICS)
    assert len(own) < len(samples) < SERIES_MAX


def test_names_follow_the_conventions():
    """One prefix, base units, counters end in _total, and only they do; one name is not ours."""
    for metric in METRICS:
        assert metric.name.startswith("tonne_") or metric.name == CALL_DURATION
        assert (metric.kind == "counter") == metric.name.endswith("_total")
        assert not metric.name.endswith(("_ms", "_minutes", "_mib"))
        assert (metric.kind == "histogram") == bool(metric.buckets)
        assert not {"book", "facility", "channel"} & set(metric.labels)


def test_the_stated_objectives_are_edges_of_the_histogram():
    """Otherwise the share within the objective could not be read off."""
    (ack,) = [metric for metric in METRICS if metric.name == "tonne_ack_latency_seconds"]
    assert set(ACK_SLO_S) <= set(ack.buckets)


def test_every_series_is_there_at_zero():
    """A fresh registry has all label values, and two registries share nothing."""
    one, other = Telemetry(), Telemetry()
    one.add("tonne_batches_total", 3, "OFFSET_GAP")
    assert one.value("tonne_batches_total", code="OFFSET_GAP") == 3
    assert other.value("tonne_batches_total", code="OFFSET_GAP") == 0
    assert other.value("tonne_stage_duration_seconds_count", stage="write") == 0


def test_a_series_that_is_not_declared_is_a_defect():
    """A name or label that is in no table raises instead of making a series."""
    telemetry = Telemetry()
    for name, labels in (("tonne_new_total", ()), ("tonne_batches_total", ("acme",))):
        with pytest.raises(KeyError):
            telemetry.add(name, 1, *labels)


def test_calls_are_named_as_opentelemetry_does():
    """rpc.server.call.duration in Prometheus' words; OK is there at zero, other codes later."""
    telemetry = Telemetry()
    labels = {"rpc_system_name": "grpc", "rpc_method": "tonne.v1.LedgerService/GetBook"}
    name = "rpc_server_call_duration_seconds_count"
    assert telemetry.value(name, **labels, rpc_response_status_code="OK") == 0
    assert telemetry.value(name, **labels, rpc_response_status_code="NOT_FOUND") is None
    for _ in range(2):
        telemetry.end_call("GetBook", "NOT_FOUND", 0.0)
    assert telemetry.value(name, **labels, rpc_response_status_code="NOT_FOUND") == 2
    assert telemetry.value(name, **labels, rpc_response_status_code="OK") == 0
    for method, code in (("GetBooks", "OK"), ("GetBook", "TEAPOT")):
        with pytest.raises(KeyError):
            telemetry.end_call(method, code, 0.0)
    (metric,) = [each for each in METRICS if each.name == CALL_DURATION]
    advised = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
    own = metric.buckets[:-2]  # two are beyond
    assert set(own) <= set(advised)
    assert (own[0], own[-1]) == (advised[0], advised[-1])


def test_stages_and_busy_time_are_timed_also_when_they_fail():
    """A stage that raises counts, too."""
    telemetry = Telemetry()
    with pytest.raises(ValueError, match="x"), telemetry.stage("post"), telemetry.busy("commit"):
        raise ValueError("x")
    assert telemetry.value("tonne_stage_duration_seconds_count", stage="post") == 1
    assert telemetry.value("tonne_worker_busy_seconds_total", pool="commit") > 0


def test_both_formats_are_rendered():
    """Prometheus asks for OpenMetrics; a person with a browser gets plain text."""
    telemetry = Telemetry()
    plain, plain_type = telemetry.render()
    opened, opened_type = telemetry.render("application/openmetrics-text; version=1.0.0")
    assert plain_type.startswith("text/plain")
    assert opened_type.startswith("application/openmetrics-text")
    assert opened.endswith(b"# EOF\n")
    assert b"_created" not in plain + opened


def test_an_error_is_counted_by_its_own_code_or_its_familys():
    """Codes of other rooms fall to the family that the table knows; a stranger is a defect."""
    assert code_of(errors.OffsetGap("x")) == "OFFSET_GAP"
    assert code_of(OutcomeUnknown("x")) == "OVER_CAPACITY"
    assert code_of(ValueError("x")) == "DEFECT"


def test_an_incident_is_logged_as_one_line_of_json():
    """The id that is given out stands in the log with message, traceback and level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("test")
    logger.addHandler(handler)
    telemetry = Telemetry()
    with pytest.raises(ValueError, match="the cause") as caught:
        raise ValueError("the cause")
    incident = log_incident(telemetry, logger, "it failed", caught.value)
    logger.removeHandler(handler)
    (line,) = stream.getvalue().splitlines()
    logged = json.loads(line)
    assert (logged["incident"], logged["message"]) == (incident, "it failed")
    assert (logged["level"], logged["logger"]) == ("error", "test")
    assert "ValueError: the cause" in logged["exception"]
    assert telemetry.value("tonne_incidents_total") == 1
