"""Writes docs/settings.md from the settings' dataclasses: `make docs`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from tonne.config import ENVIRONMENT_PREFIX, Config

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"

_HEAD = """\
# Settings

Made from `service/tonne/settings` by `make docs`; a test compares the
two. `tonne config` prints the values in force and where each came from.

A value comes from the first of: the option of the command, the environment, the file
(`--config FILE`, one table for each room), the default. In the environment a table is a JSON
object. An unknown key stops the start. All are read once, at the start.

The unit stands in the name: `_bytes`, `_s` (seconds), `_days`. "At least" is what is refused
below. The metric is what shows that the setting takes effect, or that it is too tight.
"""

SHOWN_BY: dict[str, tuple[str, ...]] = {
    "server.cpus": ("tonne_cpus",),
    "server.call_threads": ("tonne_call_threads", "tonne_call_busy_seconds_total"),
    "server.drain_s": ("tonne_stream_ends_total",),
    "server.stop_grace_s": ("tonne_stream_ends_total",),
    "server.streams_per_connection_max": ("tonne_streams_active",),
    "server.lookahead_bytes": ("process_resident_memory_bytes",),
    "server.metadata_bytes_max": ("rpc_server_call_duration_seconds",),
    "server.keepalive_time_s": ("tonne_stream_ends_total",),
    "server.keepalive_timeout_s": ("tonne_stream_ends_total",),
    "server.connection_idle_s_max": ("process_open_fds",),
    "server.connection_age_s_max": ("tonne_stream_ends_total",),
    "server.connection_age_grace_s": ("tonne_stream_ends_total",),
    "calls.list_threads": ("tonne_call_threads", "tonne_call_busy_seconds_total"),
    "calls.report_threads": ("tonne_call_threads", "tonne_call_busy_seconds_total"),
    "calls.lists_max": ("tonne_calls_waiting", "tonne_call_wait_seconds"),
    "calls.caller_lists_max": ("tonne_calls_waiting", "tonne_call_wait_seconds"),
    "calls.book_lists_max": ("tonne_calls_waiting", "tonne_call_wait_seconds"),
    "calls.reports_max": ("tonne_calls_waiting", "tonne_call_wait_seconds"),
    "calls.caller_reports_max": ("tonne_calls_waiting", "tonne_call_wait_seconds"),
    "calls.book_reports_max": ("tonne_calls_waiting", "tonne_call_wait_seconds"),
    "calls.queue_max": ("tonne_call_limits_total",),
    "calls.caller_queue_max": ("tonne_call_limits_total",),
    "calls.queue_s_max": ("tonne_call_limits_total", "tonne_call_wait_seconds"),
    "calls.request_bytes_max": ("tonne_call_limits_total",),
    "calls.request_stall_s_max": ("tonne_call_limits_total",),
    "calls.answer_bytes_max": ("tonne_answer_bytes", "tonne_answer_limit_bytes"),
    "calls.answer_stall_s_max": ("tonne_call_limits_total",),
    "calls.report_s_max": ("tonne_call_limits_total",),
    "ingest.message_bytes_max": ("tonne_batches_total",),
    "ingest.batch_records_max": ("tonne_batches_total",),
    "ingest.batch_text_bytes_max": ("tonne_batches_total",),
    "ingest.span_days_max": ("tonne_records_total",),
    "ingest.streams_max": ("tonne_streams_active", "tonne_streams_limit"),
    "ingest.silent_streams_max": ("tonne_silent_streams", "tonne_throttles_total"),
    "ingest.first_message_s_max": ("tonne_silent_streams", "tonne_batches_total"),
    "ingest.book_streams_max": ("tonne_throttles_total",),
    "ingest.book_in_flight_bytes_max": ("tonne_reads_held_total",),
    "ingest.book_bytes_per_s_max": ("tonne_reads_held_total", "tonne_throttles_total"),
    "ingest.book_hold_s_max": ("tonne_throttles_total",),
    "ingest.stream_window_bytes": ("tonne_reads_held_total",),
    "ingest.in_flight_bytes_max": ("tonne_in_flight_bytes", "tonne_in_flight_limit_bytes"),
    "ingest.key_count_max": ("process_resident_memory_bytes",),
    "ingest.row_errors_max": ("tonne_records_total",),
    "ingest.decode_threads": ("tonne_workers", "tonne_worker_busy_seconds_total"),
    "ingest.commit_threads": ("tonne_workers", "tonne_worker_busy_seconds_total"),
    "ingest.commit_bytes_max": ("tonne_commit_latency_seconds",),
    "ingest.commit_postings_max": ("tonne_batches_total", "tonne_commit_latency_seconds"),
    "ingest.estimate_bytes_max": ("tonne_estimate_bytes", "tonne_estimate_limit_bytes"),
    "ingest.estimate_postings_max": ("tonne_call_errors_total",),
    "ingest.estimate_records_max": ("tonne_call_errors_total",),
    "ingest.estimate_bookless_records_max": ("tonne_call_errors_total",),
    "ingest.estimate_each_records_max": ("tonne_call_errors_total",),
    "ingest.commit_delay_s_max": ("tonne_ack_latency_seconds",),
    "ingest.commit_quiet_s": ("tonne_ack_latency_seconds",),
    "ingest.retry_delay_s_min": ("tonne_commits_total",),
    "ingest.retry_delay_s_max": ("tonne_commits_total", "tonne_commit_running_age_seconds"),
    "ingest.stream_lifetime_s_min": ("tonne_stream_ends_total",),
    "ingest.stream_lifetime_s_max": ("tonne_stream_ends_total",),
    "ingest.close_grace_s": ("tonne_stream_ends_total",),
    "ingest.error_grace_s": ("tonne_stream_ends_total",),
    "ledger.postings_cache_bytes_max": ("process_resident_memory_bytes",),
    "ledger.read_bytes_max": ("process_resident_memory_bytes",),
    "ledger.overlap_bytes_max": ("tonne_overlaps_undecided",),
    "ledger.merge_files_max": ("tonne_upkeep_total",),
    "ledger.merge_bytes_max": ("process_resident_memory_bytes",),
    "ledger.merge_lease_s": ("tonne_upkeep_total",),
    "ledger.upkeep": ("tonne_upkeep_total",),
    "ledger.upkeep_interval_s": ("tonne_upkeep_total",),
    "publish.enabled": ("tonne_publish_rounds_total",),
    "publish.interval_s": ("tonne_publish_rounds_total", "tonne_publish_lag_seconds"),
    "publish.batch_files_max": ("tonne_publish_batches_total",),
    "publish.round_batches_max": ("tonne_publish_lag_seconds",),
    "publish.checkpoint_batches": ("tonne_publish_batches_total",),
    "publish.lease_s": ("tonne_publish_lag_seconds",),
    "store.manifest_url": ("tonne_store_reachable",),
    "store.objects_url": ("tonne_store_reachable",),
    "store.probe_interval_s": ("tonne_store_reachable",),
    "store.objects_options": ("tonne_store_errors_total",),
    "store.manifest_pool_size": ("tonne_stage_duration_seconds",),
    "store.manifest_pool_reserved": ("tonne_stage_duration_seconds",),
    "store.accepts_lost_records": ("tonne_store_durability",),
    "store.needs_synchronous_standby": ("tonne_store_durability",),
    "store.mark_interval_s": ("tonne_upkeep_total",),
    "store.quarantine_days": ("tonne_unknown_objects",),
    "store.backup_days": ("tonne_upkeep_total",),
    "store.garbage_share_max": ("tonne_garbage_refusals_total",),
    "security.tls_certificate_file": ("tonne_tls_certificate_expiry_timestamp_seconds",),
    "security.tls_key_file": ("tonne_tls_reloads_total",),
    "security.tls_client_ca_file": ("tonne_tls_reloads_total",),
    "security.client_certificate": ("tonne_auth_failures_total",),
    "security.issuers": ("tonne_auth_failures_total", "tonne_jwks_reads_total"),
    "security.audience": ("tonne_auth_failures_total",),
    "security.algorithms": ("tonne_auth_failures_total",),
    "security.required_claims": ("tonne_auth_failures_total",),
    "security.leeway_s": ("tonne_auth_failures_total",),
    "security.jwks_lifetime_s": ("tonne_jwks_reads_total",),
    "security.jwks_cooldown_s": ("tonne_jwks_reads_total",),
    "security.jwks_timeout_s": ("tonne_jwks_reads_total",),
    "security.roles_claim": ("tonne_auth_failures_total",),
    "security.roles": ("tonne_auth_failures_total",),
}
"""Metrics that show a setting's effect."""

SHOWN_BY_NONE = {
    "server.listen": "an address: the start tells it",
    "server.admin": "an address: the start tells it",
    "server.insecure": "a permission: without it the start fails",
    "server.log_level": "the log itself",
    "server.log_format": "the log itself",
    "server.traces_endpoint": "the traces themselves",
    "security.listen_mtls": "an address: the start tells it",
    "store.migrate_at_start": "the start tells it: it fails on tables that are too old",
    "security.reflection": "a list that clients ask for",
    "faults.armed": "for tests alone",
}
"""Settings that no metric shows, and why."""


def fields() -> list[tuple[str, str, dataclasses.Field[Any]]]:
    """Room, key and field of every setting."""
    config = Config()
    return [
        (room.name, f"{room.name}.{one.name}", one)
        for room in dataclasses.fields(config)
        if dataclasses.is_dataclass(getattr(config, room.name))
        for one in dataclasses.fields(getattr(config, room.name))
    ]


def write_page() -> str:
    """Text of the page: a table for each room."""
    config = Config()
    parts = [_HEAD]
    last = ""
    for room, key, one in fields():
        if room != last:
            last = room
            about = (type(getattr(config, room)).__doc__ or "").strip().splitlines()[0]
            parts.append(
                f"\n## {room}\n\n{about}\n\n"
                "| key, and in the environment | type | default | what it is | may be | metric |\n"
                "|---|---|---|---|---|---|\n"
            )
        default = getattr(getattr(config, room), one.name)
        cells = (
            f"`{key}`<br>`{ENVIRONMENT_PREFIX}{key.upper().replace('.', '_')}`",
            str(one.type).replace("dict[str, str]", "table"),
            _default(one.name, default),
            one.metadata["about"].replace("|", "\\|"),
            _bounds(one),
            _metrics(key),
        )
        parts.append("| " + " | ".join(cells) + " |\n")
    return "".join(parts)


def _default(name: str, value: object) -> str:
    if value in ("", {}):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value and "_bytes" in name and isinstance(value, int) and value % 1024 == 0:
        mib, rest = divmod(value, 1 << 20)
        return f"`{value}` ({f'{value >> 10} KiB' if rest else f'{mib} MiB'})"
    return f"`{value}`"


def _bounds(one: dataclasses.Field[Any]) -> str:
    if one.metadata["choices"]:
        return ", ".join(f"`{choice}`" for choice in one.metadata["choices"])
    minimum = one.metadata["minimum"]
    return "" if minimum is None else f"at least {minimum}"


def _metrics(key: str) -> str:
    if key in SHOWN_BY_NONE:
        return f"none: {SHOWN_BY_NONE[key]}"
    return ", ".join(f"`{name}`" for name in SHOWN_BY[key])


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
