"""The facade of the compiled kernel: the only module that other rooms import.

Contract. Times are int64 microseconds since 1970-01-01T00:00Z, quantities int64 millionths,
sums int128 millionths, periods months since 1970-01. Anything that "exports Arrow" has
`__arrow_c_array__` or `__arrow_c_stream__` (PyCapsule interface) and is taken by
`polars.DataFrame(...)` without a copy of its numeric buffers. Every method that touches
records releases the GIL. A `Session` and its batches are used by one thread at a time.
"""

from collections.abc import Buffer, Sequence  # 3.12; the real stub uses typing_extensions
from typing import Any

ROW_STATUS_COUNT: int

class BatchError(ValueError):
    """The batch as a whole cannot be read. Nothing of it was taken.

    `record_index` is the first record that could not be read, or -1; `reason` a stable
    UPPER_SNAKE word ("TRUNCATED", "TOO_MANY_RECORDS", "COLUMN_MISSING", "COLUMN_UNKNOWN", "COLUMN_TYPE",
    "ARROW_INVALID", "ARROW_COMPRESSED"); the text says what was there and what to do.
    """

    reason: str
    record_index: int
    field: str

class AppendHeader:
    """What stands in one AppendRequest besides the records."""

    channel: str           # empty where absent
    epoch: int
    offset: int
    kind: int              # 0 no batch, 1 rows, 2 arrow_ipc
    body_start: int        # position of the batch's bytes in the message
    body_stop: int
    backlog_records_count: int
    backlog_oldest_unsent_us: int   # -1 where absent

def parse_append_request(message: bytes) -> AppendHeader:
    """Find the parts of an AppendRequest without touching records. Raises BatchError."""

class Session:
    """Dictionaries of one stream: interned texts and the distinct record keys.

    A key is a distinct (facility, activity, unit, region), numbered densely from 0 in order
    of first sight. Each key has a rule (-1: not assigned yet).
    """

    def __init__(self, *, batch_records_max: int = ..., key_count_max: int = ...) -> None: ...
    @property
    def key_count(self) -> int: ...
    @property
    def ruled_key_count(self) -> int:
        """Keys [0, ruled_key_count) have a rule."""
    rule_list: int
    """Which list of rules the numbers stand in: 0 at first, then as the caller of set_rules
    writes it (the kernel never reads or changes it)."""
    def keys(self, first: int, stop: int) -> Any:
        """Export Arrow: columns facility, activity, unit, region (dictionary of utf8)."""
    def set_rules(self, first: int, rules: Buffer) -> None:
        """Give keys [first, first + n) their rules: n int32 in a contiguous buffer."""
    def forget_rules(self) -> None:
        """Take all rules away (the book has changed)."""
    @property
    def is_full(self) -> bool:
        """Whether key_count_max was passed: the owner replaces the session by a new one
        once its batches are committed. decode_* goes on working."""
    def decode_rows(self, message: bytes, start: int, stop: int) -> Batch:
        """Decode a serialized `Rows` message in message[start:stop]. Raises BatchError only
        where the framing of records itself is broken; a broken record becomes a row status."""
    def decode_arrow(self, message: bytes, start: int, stop: int) -> Batch:
        """Decode an Arrow IPC stream in message[start:stop]. Raises BatchError."""

class Batch:
    """Decoded records of one message, in order. Keeps its message alive."""

    session: Session
    record_count: int
    memory_bytes: int

class RuleTable:
    """What each rule says per period: runs of (first_period, outcome), immutable.

    Rule r has the runs run_offsets[r] .. run_offsets[r + 1]; a run holds from its first
    period to the next run's. Its runs begin at period 0. outcome >= 0: index of a resolution; outcome < 0: minus a RowStatus.
    """

    def __init__(self, run_offsets: Buffer, run_first_periods: Buffer, run_outcomes: Buffer) -> None:
        """All int32. Raises ValueError where the runs are not well-formed."""
    rule_count: int

class PeriodTable:
    """Period boundaries of a time zone: int64 microseconds, ascending, n + 1 of them;
    period p is [boundaries[p], boundaries[p + 1]). p counts months since 1970-01."""

    def __init__(self, boundaries_us: Buffer) -> None: ...

class Share:
    """One channel's part in a posting: which batch, and where it stands."""

    def __init__(self, batch: Batch, channel: str, first_offset: int) -> None: ...

class ShareTotals:
    records_count: int
    posted_count: int
    quarantined_count: int
    suspended_count: int
    quantity_micro: int
    row_errors: list[tuple[int, int, int]]   # (index, status, field), the first row_errors_max
    row_error_count: int                     # quarantined + suspended

class Posted:
    """Outcome of `post`: columns for the store, totals for the acks."""

    record_count: int        # rows of records()
    quarantine_count: int
    totals: list[ShareTotals]   # one per share, in order
    def records(self) -> Any:
        """Export Arrow: channel (dict), offset int64, record_id (utf8), facility, activity,
        unit, region (dict), quantity decimal128(18, 6), start, end timestamp[us, UTC],
        status uint8; and, each only where some record has it: supplier, product (dict),
        data_quality uint8, evidence, attributes (utf8). Posted and suspended records, in the
        order of the shares and offsets."""
    def quarantine(self) -> Any:
        """Export Arrow: channel (dict), offset int64, status uint8, field uint8, record_id,
        facility, activity, quantity, unit, region (utf8, as they came; empty where unreadable),
        start, end (int64 us, null where unreadable), raw (binary; empty for Arrow batches)."""
    def postings(self) -> Any:
        """Export Arrow: facility, activity, unit, region (dict), period int32, outcome int32
        (resolution index, or minus a RowStatus for suspense), quantity decimal128(38, 6),
        record_count int64 (records with a part here), record_start_count int64 (records
        whose first part is here). One row per distinct key, period and outcome."""

def post(shares: Sequence[Share], rules: RuleTable, periods: PeriodTable, *, row_errors_max: int = 1000) -> Posted:
    """Split by period, apply rules, aggregate. Every key must have a rule, else ValueError.

    A record is split by time over its periods: each part but the last is
    quantity * part duration / whole duration cut toward zero, the last takes the remainder.
    Where any part's outcome is negative, the whole record gets that status (the first such):
    below 64 quarantine, else suspense; its parts then are posted under that outcome (suspense)
    or nowhere (quarantine). Raises OverflowError where a sum leaves 128 bits.
    """

def sum_groups(groups: Any, group_count: int, values: Any) -> Any:
    """Exact sums: groups uint32 and values decimal128(38, s) as Arrow arrays (objects with
    __arrow_c_array__ or __arrow_c_stream__, e.g. polars Series); exports an Arrow array
    decimal128(38, s) of group_count sums. Raises OverflowError beyond 38 digits."""

def round_double(value: float) -> int:
    """Millionths of the shortest decimal that reads back as value, half-even; for tests.
    Raises ValueError for NaN, infinity or out of range."""

def parse_decimal(text: bytes) -> int:
    """Millionths of a decimal text, half-even; for tests. Raises ValueError."""
