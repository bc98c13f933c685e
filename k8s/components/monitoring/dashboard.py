"""The Grafana dashboard as code: `python k8s/components/monitoring/dashboard.py` writes its JSON.

Plain dictionaries in Grafana's own schema; no library. A test checks that `dashboard.json` is
current and that every query asks for metrics that exist.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("dashboard.json")
COLUMNS = 24
ROW_HEIGHT = 1
PANEL_HEIGHT = 8

HERE = 'namespace="$namespace"'
"""Every query is about the chosen namespace."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph: title, what it tells, unit of Grafana, and its queries by legend."""

    title: str
    about: str
    unit: str
    queries: dict[str, str]
    stacked: bool = False
    limit: float | None = None


CALLS = "rpc_server_call_duration_seconds"
"""Every gRPC server names this metric so: what is drawn of it is of the ledger's own calls."""

OURS = 'rpc_method=~"tonne[.]v1[.].+"'
NO_STREAMS = f'{OURS}, rpc_method!="tonne.v1.IngestService/Append"'


def quantile(share: str, metric: str, by: str = "", where: str = "") -> str:
    """Query of a quantile of a histogram."""
    labels = f"le, {by}" if by else "le"
    selector = f"{HERE}, {where}" if where else HERE
    return (
        f"histogram_quantile({share}, "
        f"sum by ({labels}) (rate({metric}_bucket{{{selector}}}[$__rate_interval])))"
    )


def rate(metric: str, by: str, more: str = "") -> str:
    """Query of a counter's rate, summed."""
    selector = f"{HERE}, {more}" if more else HERE
    return f"sum by ({by}) (rate({metric}{{{selector}}}[$__rate_interval]))"


def mean(histogram: str, by: str) -> str:
    """Query of a histogram's mean."""
    return f"{rate(histogram + '_sum', by)} / {rate(histogram + '_count', by)}"


ROWS: dict[str, tuple[Panel, ...]] = {
    "Objectives": (
        Panel(
            "Failed calls and batches",
            "Share that failed for reasons of the server. Objective: 0.1 % over 30 days.",
            "percentunit",
            {
                "1 h": f'tonne:slo_errors:ratio_rate1h{{{HERE}, slo="availability"}}',
                "3 days": f'tonne:slo_errors:ratio_rate3d{{{HERE}, slo="availability"}}',
            },
            limit=0.001,
        ),
        Panel(
            "Late acknowledgements",
            "Share of batches that waited longer than 2 s. Objective: 1 % over 30 days.",
            "percentunit",
            {
                "1 h": f'tonne:slo_errors:ratio_rate1h{{{HERE}, slo="acknowledgement"}}',
                "3 days": f'tonne:slo_errors:ratio_rate3d{{{HERE}, slo="acknowledgement"}}',
            },
            limit=0.01,
        ),
        Panel(
            "Producers' lag",
            "Age of the oldest record that a producer could not send yet.",
            "s",
            {"oldest": f"tonne:backlog_oldest_unsent_age_seconds:max{{{HERE}}}"},
            limit=300,
        ),
    ),
    "Traffic": (
        Panel(
            "Records",
            "Durable records, by what became of them.",
            "short",
            {"{{outcome}}": rate("tonne_records_total", "outcome")},
            stacked=True,
        ),
        Panel(
            "Bytes",
            "Bytes of batches received.",
            "Bps",
            {"in": rate("tonne_received_bytes_total", "")},
        ),
        Panel(
            "Calls",
            "Calls other than Append that ended, by method.",
            "reqps",
            {"{{rpc_method}}": rate(f"{CALLS}_count", "rpc_method", NO_STREAMS)},
        ),
    ),
    "Latency": (
        Panel(
            "Acknowledgement",
            "From the receipt of a batch until its acknowledgement is handed to the network.",
            "s",
            {
                "50 %": quantile("0.5", "tonne_ack_latency_seconds"),
                "99 %": quantile("0.99", "tonne_ack_latency_seconds"),
            },
            limit=2,
        ),
        Panel(
            "Calls",
            "Duration of calls other than Append.",
            "s",
            {
                "50 %": quantile("0.5", CALLS, where=NO_STREAMS),
                "99 %": quantile("0.99", CALLS, where=NO_STREAMS),
            },
        ),
        Panel(
            "Calls by method",
            "Mean duration.",
            "s",
            {
                "{{rpc_method}}": f"{rate(f'{CALLS}_sum', 'rpc_method', OURS)} / "
                f"{rate(f'{CALLS}_count', 'rpc_method', OURS)}"
            },
        ),
    ),
    "Errors": (
        Panel(
            "Batches refused",
            "By the code of the error.",
            "short",
            {"{{code}}": rate("tonne_batches_total", "code", 'code!="OK"') + " > 0"},
        ),
        Panel(
            "Calls failed",
            "By method and gRPC code.",
            "short",
            {
                "{{rpc_method}} {{rpc_response_status_code}}": rate(
                    f"{CALLS}_count",
                    "rpc_method, rpc_response_status_code",
                    f'{OURS}, rpc_response_status_code!="OK"',
                )
                + " > 0"
            },
        ),
        Panel(
            "Incidents and refused callers",
            "Defects of the server; calls refused for who made them.",
            "short",
            {
                "incidents": rate("tonne_incidents_total", ""),
                "{{reason}}": rate("tonne_auth_failures_total", "reason") + " > 0",
            },
        ),
    ),
    "Saturation": (
        Panel(
            "Busy, by pod",
            "The fullest of processors, decode threads and event loop. The autoscaler's target is "
            "0.7 on average.",
            "percentunit",
            {"{{pod}}": f"tonne:busy:ratio_rate1m{{{HERE}}}"},
            limit=0.7,
        ),
        Panel(
            "Busy, by resource",
            "The fullest pod.",
            "percentunit",
            {"{{resource}}": f"max by (resource) (tonne:resource_busy:ratio_rate1m{{{HERE}}})"},
        ),
        Panel(
            "Event loop lag",
            "How late the loop woke.",
            "s",
            {"{{pod}}": f"max by (pod) (tonne_event_loop_lag_seconds{{{HERE}}})"},
            limit=0.1,
        ),
        Panel(
            "Memory",
            "Resident, against what the control group allows.",
            "percentunit",
            {
                "{{pod}}": f"max by (pod) (process_resident_memory_bytes{{{HERE}}} / "
                f"tonne_memory_limit_bytes{{{HERE}}})"
            },
            limit=0.9,
        ),
        Panel(
            "In flight",
            "Memory of what is not durable yet, against its limit.",
            "percentunit",
            {
                "{{pod}}": f"max by (pod) (tonne_in_flight_bytes{{{HERE}}} / "
                f"tonne_in_flight_limit_bytes{{{HERE}}})"
            },
        ),
        Panel(
            "Streams not read on",
            "By what was used up.",
            "short",
            {"{{reason}}": rate("tonne_reads_held_total", "reason")},
        ),
    ),
    "Lists and reports": (
        Panel(
            "Busy, by kind",
            "Threads of the calls that open channels, list and change, compute reports: the "
            "fullest pod. No part of what the autoscaler goes by.",
            "percentunit",
            {
                "{{lane}}": "max by (lane) "
                f"(rate(tonne_call_busy_seconds_total{{{HERE}}}[$__rate_interval]) / "
                f"tonne_call_threads{{{HERE}}})"
            },
        ),
        Panel(
            "Waiting, by kind",
            "Calls that wait for their turn.",
            "short",
            {"{{lane}}": f"sum by (lane) (tonne_calls_waiting{{{HERE}}})"},
        ),
        Panel(
            "Wait for a turn",
            "99 % of those that waited.",
            "s",
            {"{{lane}}": quantile("0.99", "tonne_call_wait_seconds", "lane")},
        ),
        Panel(
            "Refused or ended by a limit",
            "Calls by limit of [calls]; streams, batches and estimates that were told to come "
            "back later.",
            "short",
            {
                "{{limit}}": rate("tonne_call_limits_total", "limit") + " > 0",
                "later: {{reason}}": rate("tonne_throttles_total", "reason") + " > 0",
            },
        ),
        Panel(
            "Memory",
            "Answers that are not read yet and estimates under way, against their limits: the "
            "fullest pod.",
            "percentunit",
            {
                "answers": f"max(tonne_answer_bytes{{{HERE}}} / "
                f"tonne_answer_limit_bytes{{{HERE}}})",
                "estimates": f"max(tonne_estimate_bytes{{{HERE}}} / "
                f"tonne_estimate_limit_bytes{{{HERE}}})",
            },
        ),
        Panel(
            "Silent streams",
            "Append streams whose first message has not come yet.",
            "short",
            {"{{pod}}": f"sum by (pod) (tonne_silent_streams{{{HERE}}})"},
        ),
    ),
    "Autoscaling": (
        Panel(
            "Demand and pods",
            "Pods that the demand asks for at the target of 0.7, and pods that are there.",
            "short",
            {
                "asked for": f"tonne:demand:sum{{{HERE}}} / 0.7",
                "busy": f"tonne:busy:sum{{{HERE}}}",
                "pods": f"tonne:pods:count{{{HERE}}}",
                "ready": f"sum(tonne_ready{{{HERE}}})",
            },
        ),
        Panel(
            "Backlog",
            "What waits: held back by the producers, as they say, and taken but not durable yet.",
            "short",
            {
                "all": f"tonne:backlog_records:sum{{{HERE}}}",
                "taken": f"sum(tonne_in_flight_records{{{HERE}}})",
            },
        ),
        Panel(
            "Backlog, as time",
            "How long it would take at the present pace.",
            "s",
            {"drain": f"tonne:backlog_drain_seconds{{{HERE}}}"},
        ),
        Panel(
            "Streams by pod",
            "Whether the load moves to new pods.",
            "short",
            {"{{pod}}": f"sum by (pod) (tonne_streams_active{{{HERE}}})"},
            stacked=True,
        ),
        Panel(
            "Ends of streams",
            "By reason.",
            "short",
            {"{{reason}}": rate("tonne_stream_ends_total", "reason")},
        ),
    ),
    "Store": (
        Panel(
            "Stages",
            "Mean time of one batch in decode; of one commit in post, write (files) and commit "
            "(manifest).",
            "s",
            {"{{stage}}": mean("tonne_stage_duration_seconds", "stage")},
        ),
        Panel(
            "Commits",
            "From their start until durable, tries again included; age of the oldest under way.",
            "s",
            {
                "50 %": quantile("0.5", "tonne_commit_latency_seconds"),
                "99 %": quantile("0.99", "tonne_commit_latency_seconds"),
                "under way": f"max(tonne_commit_running_age_seconds{{{HERE}}})",
            },
        ),
        Panel(
            "Store slow",
            "1 where the store is what everybody waits for; the autoscaler holds then.",
            "short",
            {"{{signal}}": f"tonne:store_slow:bool{{{HERE}}}"},
        ),
        Panel(
            "Commits by outcome",
            "Durable, tried again, failed.",
            "short",
            {"{{outcome}}": rate("tonne_commits_total", "outcome")},
        ),
        Panel(
            "Errors of the store",
            "Refused, or with an outcome that had to be looked up.",
            "short",
            {"{{error}}": rate("tonne_store_errors_total", "error")},
        ),
        Panel(
            "Upkeep",
            "Rounds of merging and collecting garbage.",
            "short",
            {"{{outcome}}": rate("tonne_upkeep_total", "outcome")},
        ),
        Panel(
            "Unknown objects",
            "Listed because the manifest does not name them; kept for days.",
            "short",
            {"objects": f"max(tonne_unknown_objects{{{HERE}}})"},
        ),
        Panel(
            "Published tables",
            "Age of the oldest segment that is not in its table, where a publisher runs.",
            "s",
            {"behind": f"max(tonne_publish_lag_seconds{{{HERE}}})"},
            limit=900,
        ),
        Panel(
            "Records that wait",
            "In suspense, and in quarantine with nothing in their place, of all books.",
            "short",
            {"{{worklist}}": f"max by (worklist) (tonne_waiting_records{{{HERE}}})"},
        ),
        Panel(
            "Oldest that waits",
            "In suspense, and for a decision about records of one id, of all books.",
            "s",
            {"{{worklist}}": f"max by (worklist) (tonne_waiting_age_seconds{{{HERE}}})"},
            limit=14 * 86_400,
        ),
    ),
    "Kept as acknowledged": (
        Panel(
            "Guarantees of the database",
            "1 where it keeps what it acknowledged, 0 where it may lose it; by what it rests on.",
            "short",
            {"{{guarantee}}": f"min by (guarantee) (tonne_store_durability{{{HERE}}})"},
        ),
        Panel(
            "Found lost or corrupt",
            "Books that lack what was acknowledged; reads of files that are not what was written.",
            "short",
            {
                "books": rate("tonne_history_losses_total", ""),
                "records": rate("tonne_lost_records_total", ""),
                "file: {{file_kind}}": rate("tonne_corrupt_files_total", "file_kind") + " > 0",
            },
        ),
        Panel(
            "Upkeep refused",
            "Rounds that deleted nothing: another manifest, or too much would have gone.",
            "short",
            {"{{reason}}": rate("tonne_garbage_refusals_total", "reason")},
        ),
    ),
    "Versions and certificates": (
        Panel(
            "Versions",
            "Pods by version.",
            "short",
            {"{{version}}": f"count by (version) (tonne_build_info{{{HERE}}})"},
            stacked=True,
        ),
        Panel(
            "Certificate",
            "Time until it expires.",
            "s",
            {
                "{{pod}}": "min by (pod) "
                f"(tonne_tls_certificate_expiry_timestamp_seconds{{{HERE}}} > 0) - time()"
            },
        ),
        Panel(
            "Keys and certificates read",
            "Readings of issuers' keys, certificates that changed.",
            "short",
            {
                "keys {{outcome}}": rate("tonne_jwks_reads_total", "outcome"),
                "certificates {{outcome}}": rate("tonne_tls_reloads_total", "outcome"),
            },
        ),
    ),
}

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def draw(panel: Panel, number: int, x: int, y: int, width: int) -> dict[str, object]:
    """Give a panel as Grafana takes it."""
    steps: list[dict[str, object]] = [{"color": "green", "value": None}]
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": DATASOURCE,
        "gridPos": {"h": PANEL_HEIGHT, "w": width, "x": x, "y": y},
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "custom": {
                    "fillOpacity": 20 if panel.stacked else 0,
                    "stacking": {"mode": "normal" if panel.stacked else "none"},
                    "thresholdsStyle": {"mode": "off" if panel.limit is None else "line"},
                },
                "thresholds": {"mode": "absolute", "steps": steps},
            },
            "overrides": [],
        },
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": DATASOURCE,
                "expr": expression,
                "legendFormat": legend,
            }
            for index, (legend, expression) in enumerate(panel.queries.items())
        ],
    }


def make_panels() -> list[dict[str, object]]:
    """Give all rows and panels, three panels beside each other."""
    made: list[dict[str, object]] = []
    number, y = 0, 0
    width = COLUMNS // 3
    for title, panels in ROWS.items():
        number += 1
        place = {"h": ROW_HEIGHT, "w": COLUMNS, "x": 0, "y": y}
        row: dict[str, object] = {"id": number, "type": "row", "title": title, "panels": []}
        made.append({**row, "collapsed": False, "gridPos": place})
        y += ROW_HEIGHT
        for index, panel in enumerate(panels):
            number += 1
            x = index % 3 * width
            made.append(draw(panel, number, x, y + index // 3 * PANEL_HEIGHT, width))
        y += -(-len(panels) // 3) * PANEL_HEIGHT
    return made


def make_dashboard() -> dict[str, object]:
    """Give the whole dashboard."""
    return {
        "uid": "tonne",
        "title": "Tonne",
        "tags": ["tonne"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus"},
                {
                    "name": "namespace",
                    "type": "query",
                    "datasource": DATASOURCE,
                    "query": {"query": "label_values(tonne_ready, namespace)", "refId": "names"},
                    "refresh": 2,
                },
            ]
        },
        "panels": make_panels(),
    }


def write_dashboard() -> str:
    """Give the text of `dashboard.json`."""
    return json.dumps(make_dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(write_dashboard(), encoding="utf-8")
