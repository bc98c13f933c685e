"""The facade of the compiled kernel: the only module that other rooms import.

Decodes batches of activity records, checks and interns them, splits and aggregates them.

Takes from: nothing but the bytes and tables that its callers hand in.
Hands to: `tonne.ingest` and `tonne.ledger`; what reads files of JSON lines.
Never: SQL, files, gRPC, or a Python object per record.

The contract stands in the stub beside this file: units, shapes, errors.
"""

from tonne_kernel.arrow.table import ArrowTable
from tonne_kernel.keys.hashing import hash_texts, record_keys
from tonne_kernel.keys.runs import latest_entries, merge_keys, repeated_keys, shared_entries
from tonne_kernel.memory.blocks import kept_memory_bytes
from tonne_kernel.posting.posted import BatchSlice, Posted, SliceTotals, post
from tonne_kernel.posting.rules import PeriodTable, RuleTable
from tonne_kernel.posting.sums import sum_groups
from tonne_kernel.records.json_lines import cut_json_lines
from tonne_kernel.records.request import AppendHeader, parse_append_request
from tonne_kernel.session.session import Batch, Session
from tonne_kernel.values.decimal import parse_decimal, round_double
from tonne_kernel.values.errors import BatchError
from tonne_kernel.values.tables import (
    ATTO_PER_ONE,
    BATCH_KINDS,
    QUANTITY_PLACES,
    ROW_STATUS_COUNT,
    ROW_STATUSES,
    TEXT_SIZE_MAX,
    TIME_US_STOP,
)

__all__ = [
    "ATTO_PER_ONE",
    "BATCH_KINDS",
    "QUANTITY_PLACES",
    "ROW_STATUSES",
    "ROW_STATUS_COUNT",
    "TEXT_SIZE_MAX",
    "TIME_US_STOP",
    "AppendHeader",
    "ArrowTable",
    "Batch",
    "BatchError",
    "BatchSlice",
    "PeriodTable",
    "Posted",
    "RuleTable",
    "Session",
    "SliceTotals",
    "cut_json_lines",
    "hash_texts",
    "kept_memory_bytes",
    "latest_entries",
    "merge_keys",
    "parse_append_request",
    "parse_decimal",
    "post",
    "record_keys",
    "repeated_keys",
    "round_double",
    "shared_entries",
    "sum_groups",
]
