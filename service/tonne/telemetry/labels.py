"""What the labels of metrics can say. All values are known beforehand."""

from __future__ import annotations

import importlib.metadata

from tonne import errors
from tonne.telemetry.calls import methods

try:
    VERSION = importlib.metadata.version("tonne")
except importlib.metadata.PackageNotFoundError:
    VERSION = "source"
"""Version of the installed package; `source` where it runs from a tree without one."""

ERROR_CODES = tuple(
    sorted(
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.TonneError)
    )
)
"""Codes of all errors of `tonne.errors`, in alphabetical order."""

METHODS = tuple(f"{method.containing_service.full_name}/{method.name}" for method in methods())
"""Every call of the protocol, named as OpenTelemetry does: with its service."""

CODES = (
    "OK",
    "CANCELLED",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "DEADLINE_EXCEEDED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)
"""gRPC codes that a call can end with."""

GUARANTEES = ("flushed_commits", "whole_pages", "logged_tables", "synchronous_standby")
"""Guarantees of the database without which acknowledged records can be lost."""

POOLS = ("decode", "commit", "loop")
"""Threads at work: those that decode, those that commit, the one of the event loop."""

FILE_KINDS = (
    "segment",
    "postings",
    "quarantine",
    "clearing",
    "keys",
    "rollup",
    "rollup_members",
    "rollup_sites",
)
"""Kinds of the ledger's files."""

LANES = ("channel", "list", "report")
"""Kinds of calls, each with threads of its own: see `tonne.edge.access.lanes`."""

CALL_LIMITS = (
    "caller_queue",
    "queue",
    "queue_time",
    "request_size",
    "request_stall",
    "answer_stall",
    "report_time",
    "watches",
)
"""Limits over which a call is refused or ended."""

STREAM_ENDS = (
    "half_close",
    "stream_lifetime",
    "token_expiry",
    "server_drain",
    "displaced",
    "error",
    "disconnect",
)
"""Why an Append stream ended."""

THROTTLES = (
    "process_streams",
    "book_streams",
    "book_rate",
    "silent_streams",
    "caller_silent_streams",
    "estimates",
)
"""Limits over which a caller is told to come back later."""

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
