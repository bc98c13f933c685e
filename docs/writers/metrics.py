"""Writes docs/metrics.md from the table of metrics: `make docs`."""

from __future__ import annotations

from math import prod
from pathlib import Path

from tonne.telemetry.labels import CODES, ERROR_CODES, METHODS
from tonne.telemetry.metrics import METRICS, Metric

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"

_HEAD = """\
# Metrics

`GET /metrics` on the admin port. Units are base units (seconds, bytes); every series exists from
the start, but where it says so. This page is made from `METRICS` in
`service/tonne/telemetry/metrics.py` by `make docs`; a test compares the two.

What is recorded from them, alerted on and drawn:
[k8s/components/monitoring](../k8s/components/monitoring/README.md).

| metric | type | labels | meaning |
|---|---|---|---|
"""

_LISTED_BELOW = {METHODS: "methods", CODES: "gRPC codes", ERROR_CODES: "error codes"}


def count_series(metric: Metric) -> int:
    """Series of one metric at the start; a histogram's are its buckets, +Inf, sum and count."""
    label_sets = prod(
        1 if name in metric.later else len(values) for name, values in metric.labels.items()
    )
    return label_sets * (len(metric.buckets) + 3 if metric.kind == "histogram" else 1)


def write_page() -> str:
    """Text of the page."""
    lines = []
    for metric in METRICS:
        labels = "; ".join(
            f"{name}: {_values(name, values)}" for name, values in metric.labels.items()
        )
        lines.append(f"| `{metric.name}` | {metric.kind} | {labels} | {metric.about} |\n")
    count = sum(count_series(metric) for metric in METRICS)
    lines.append(
        f"\n{count} series for each server, and those of the process (`process_*`). Books, "
        "facilities and producers are never labels.\n"
    )
    for values, words in _LISTED_BELOW.items():
        listed = ", ".join(f"`{value}`" for value in values)
        lines.append(f"\n{words[0].upper()}{words[1:]}: {listed}.\n")
    return _HEAD + "".join(lines)


def _values(name: str, values: tuple[str, ...]) -> str:
    if name in {"version", "python"}:
        return "of the build"
    if values in _LISTED_BELOW:
        return f"{_LISTED_BELOW[values]} (below)"
    if values == ("OK", *ERROR_CODES):
        return "`OK`, error codes (below)"
    return ", ".join(f"`{value}`" for value in values)


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
