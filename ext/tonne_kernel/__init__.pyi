"""The facade of the compiled kernel: the only module that other rooms import.

Contract. Times are int64 microseconds since 1970-01-01T00:00Z, periods months since 1970-01.
Quantities have at most 12 digits before the point and 18 behind it, more are rounded half-even;
sums have 128 bits. What exports Arrow is an `ArrowTable`: `polars.DataFrame(table)` takes it
without a copy of its numeric buffers, and it outlives everything it came from. Every call that
touches records releases the GIL. Calls that share a `Session` take turns.
"""

from collections.abc import Iterable
from typing import Final, Protocol, Self, final

from typing_extensions import Buffer

from tonne_kernel.keys.hashing import hash_texts as hash_texts
from tonne_kernel.keys.hashing import record_keys as record_keys
from tonne_kernel.keys.runs import latest_entries as latest_entries
from tonne_kernel.keys.runs import merge_keys as merge_keys
from tonne_kernel.keys.runs import repeated_keys as repeated_keys
from tonne_kernel.keys.runs import shared_entries as shared_entries
from tonne_kernel.records.json_lines import cut_json_lines as cut_json_lines

ROW_STATUSES: Final[dict[str, int]]
"""The kernel's statuses by name; equal to `tonne.model.RowStatus`."""

ROW_STATUS_COUNT: Final[int]
BATCH_KINDS: Final[dict[str, int]]
"""What `AppendHeader.kind` may be, by name: NONE, ROWS, ARROW."""

TIME_US_STOP: Final[int]
"""2200-01-01T00:00Z in microseconds since 1970: no start is as late, no end is later."""

QUANTITY_PLACES: Final[int]
"""Decimal places of a quantity."""

ATTO_PER_ONE: Final[int]
"""Units of 10^-18 in one."""

TEXT_SIZE_MAX: Final[int]
"""Most bytes of an id, unit, region, supplier or product."""

class _ArrowArrayExportable(Protocol):
    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...

class _ArrowStreamExportable(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class BatchError(ValueError):
    """The batch as a whole cannot be read. Nothing of it was taken.

    `record_index` is the first record that could not be read, or -1; `field` the field or
    column at fault, or empty; `reason` a stable word:

    TRUNCATED           the bytes end inside a field
    MALFORMED           the bytes are no message of this kind
    TOO_MANY_RECORDS    more than batch_records_max
    COLUMN_MISSING, COLUMN_UNKNOWN, COLUMN_TYPE     of an Arrow batch
    ARROW_INVALID       an Arrow stream that contradicts its format
    ARROW_COMPRESSED    an Arrow stream with compressed bodies

    The text says what was expected, what was there and what to do.
    """

    reason: str
    record_index: int
    field: str

    def __init__(
        self, message: str, *, reason: str, record_index: int = -1, field: str = ""
    ) -> None: ...

@final
class ArrowTable:
    """Columns of one length, or one plain column, handed out as Arrow PyCapsules."""

    @property
    def row_count(self) -> int: ...
    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...

@final
class AppendHeader:
    """What stands in one AppendRequest besides the records."""

    @property
    def channel(self) -> str:
        """Channel name, empty where absent."""
    @property
    def epoch(self) -> int: ...
    @property
    def offset(self) -> int:
        """Number of the batch's first record in the channel, as it came: any int64."""
    @property
    def kind(self) -> int:
        """0 no batch, 1 rows, 2 arrow_ipc."""
    @property
    def body_start(self) -> int:
        """Position of the batch's first byte in the message."""
    @property
    def body_stop(self) -> int: ...
    @property
    def backlog_record_count(self) -> int: ...
    @property
    def backlog_oldest_unsent_us(self) -> int:
        """Microseconds since 1970, -1 where absent or out of range."""

def parse_append_request(message: bytes) -> AppendHeader:
    """Find the parts of an AppendRequest without touching records.

    Raises
    ------
    BatchError
        TRUNCATED or MALFORMED; two batches in one request are MALFORMED.
    """

@final
class Session:
    """Dictionaries of one stream: interned texts and the distinct record keys.

    A key is a distinct (facility, activity, unit, region), numbered densely from 0 in order
    of first sight. Each key has a rule (-1: not assigned yet).

    Parameters
    ----------
    batch_records_max : int
        Most records of one batch.
    key_count_max : int
        When the session counts as full.
    span_us_max : int
        Longest time from start to end of a record; a longer one gets SPAN_MUST_FIT. No limit
        where it is left out.
    text_bytes_max : int
        Most bytes of record ids, evidence, attributes and rejected texts of one Arrow batch,
        in which dictionaries and views let a few bytes stand for many.
    """

    def __new__(
        cls,
        *,
        batch_records_max: int = 1_000_000,
        key_count_max: int = 1_000_000,
        span_us_max: int = ...,
        text_bytes_max: int = 67_108_864,
    ) -> Self: ...
    @property
    def batch_records_max(self) -> int: ...
    @property
    def key_count_max(self) -> int: ...
    @property
    def span_us_max(self) -> int: ...
    @property
    def text_bytes_max(self) -> int: ...
    rule_list: int
    """Which list the rules are numbers of: 0 at first, then as the caller of set_rules writes
    it. The kernel itself never reads it."""
    @property
    def key_count(self) -> int: ...
    @property
    def ruled_key_count(self) -> int:
        """Keys [0, ruled_key_count) have a rule."""
    @property
    def is_full(self) -> bool:
        """Whether keys, facilities, suppliers or products passed key_count_max.

        The owner then replaces the session by a new one, once its batches are committed.
        decode_* goes on working.
        """
    @property
    def memory_bytes(self) -> int:
        """Memory of the dictionaries."""
    def keys(self, first: int, stop: int) -> ArrowTable:
        """Export keys [first, stop): facility, activity, unit, region (utf8 views)."""
    def set_rules(self, first: int, rules: Buffer) -> None:
        """Give keys [first, first + n) their rules: n int32 in a contiguous buffer.

        Raises ValueError where that leaves a gap, passes key_count, or a rule is negative.
        """
    def forget_rules(self) -> None:
        """Take all rules away (the book has changed)."""
    def measure_rows(self, message: bytes, start: int, stop: int) -> int:
        """Bound the memory that `decode_rows` takes, in bytes, before any of it is taken.

        It is at least the batch's `columns_memory_bytes`. Costs a pass over the framing, takes
        no lock and interns nothing. Raises BatchError as `decode_rows` does.
        """
    def measure_arrow(self, message: bytes, start: int, stop: int) -> int:
        """Bound the memory that `decode_arrow` takes, likewise.

        Costs a pass over the metadata, the values of dictionaries and the lengths of views.
        """
    def decode_rows(self, message: bytes, start: int, stop: int) -> Batch:
        """Decode a serialized `Rows` message in message[start:stop].

        A broken record becomes a row status.

        Raises
        ------
        BatchError
            TRUNCATED or MALFORMED where the framing of records itself is broken, or
            TOO_MANY_RECORDS. No text or key was interned then.
        """
    def decode_arrow(self, message: bytes, start: int, stop: int) -> Batch:
        """Decode an Arrow IPC stream in message[start:stop]. Raises BatchError."""

@final
class Batch:
    """Decoded records of one message, in order. Keeps its message and session alive."""

    @property
    def session(self) -> Session: ...
    @property
    def record_count(self) -> int: ...
    @property
    def rejected_count(self) -> int:
        """Records that broke a rule of their own; rules of the book may refuse more."""
    @property
    def posting_count_max(self) -> int:
        """Most postings that the records can make in months without slices, in any time zone.

        A record in good order makes one for each month that it touches: at most two where it
        spans at most 28 days, and one more for each further 28 days or part of them. All
        together make at most one for each key of the session and month that any of them touches.
        Each date that cuts a month can add one.
        """
    @property
    def columns_memory_bytes(self) -> int:
        """Memory of the columns."""
    @property
    def memory_bytes(self) -> int:
        """Memory of the columns and of the message."""

@final
class RuleTable:
    """What each rule says from which day on: runs of (first_period, disposition), immutable.

    Rule r has the runs run_offsets[r] .. run_offsets[r + 1], each from its first period, 0 at
    first, to the next. disposition >= 0: a resolution; < 0: minus a RowStatus. All int32. Runs
    that begin within a month have the day in run_first_days (1 to 31), the instant in
    run_starts_us (int64 microseconds). What touches a hole of its rule has hole_status."""
    def __new__(
        cls, run_offsets: Buffer, run_first_periods: Buffer, run_dispositions: Buffer,
        run_first_days: Buffer | None = None, run_starts_us: Buffer | None = None,
        hole_offsets: Buffer | None = None, hole_starts_us: Buffer | None = None,
        hole_stops_us: Buffer | None = None, hole_status: int = 0,
    ) -> Self: ...  # fmt: skip
    @property
    def rule_count(self) -> int: ...

@final
class PeriodTable:
    """Period boundaries of a time zone: int64 microseconds, ascending, n + 1 of them.

    Period p is [boundaries[p], boundaries[p + 1]); p counts months since 1970-01. What lies
    before the first boundary counts to the first period, what lies after the last one to the
    last (1970-01-01T00:00Z is still December 1969 west of Greenwich).
    """

    def __new__(cls, boundaries_us: Buffer) -> Self: ...
    @property
    def period_count(self) -> int: ...

@final
class BatchSlice:
    """One channel's part in a posting: which batch, and where it stands."""

    def __init__(
        self, batch: Batch, channel: str, first_offset: int, open_from_us: int = ...
    ) -> None: ...
    @property
    def batch(self) -> Batch: ...
    @property
    def channel(self) -> str: ...
    @property
    def first_offset(self) -> int: ...
    @property
    def open_from_us(self) -> int: ...

@final
class SliceTotals:
    """Control totals of one slice."""

    @property
    def record_count(self) -> int: ...
    @property
    def posted_count(self) -> int: ...
    @property
    def quarantined_count(self) -> int: ...
    @property
    def suspended_count(self) -> int: ...
    @property
    def quantity_atto(self) -> int:
        """Sum of the quantities of all records that are not in quarantine, in units of 10^-18."""
    @property
    def row_errors(self) -> list[tuple[int, int, int]]:
        """(index, status, field) of the first row_errors_max records that were not posted."""
    @property
    def row_error_count(self) -> int:
        """Quarantined and suspended."""

@final
class Posted:
    """What `post` gives: columns for the store, totals for the acks."""

    @property
    def record_count(self) -> int:
        """Rows of records()."""
    @property
    def quarantine_count(self) -> int:
        """Rows of quarantine()."""
    @property
    def totals(self) -> list[SliceTotals]:
        """One per slice, in order."""
    def records(self) -> ArrowTable:
        """Posted and suspended records, in the order of the slices and offsets.

        channel (dict), offset int64, record_id (utf8), facility, activity, unit, region (dict),
        quantity decimal128(18, 6), start, end timestamp[us, UTC], status uint8, rule int32; and,
        each only where some record has it: quantity_rest decimal128(18, 18), supplier, product
        (dict), data_quality uint8, evidence, attributes (utf8), then empty or 0 where a record
        has none. Quantity and quantity_rest: whole millionths cut toward zero, and what is left.
        """
    def quarantine(self) -> ArrowTable:
        """Records in quarantine, in the order of the slices and offsets.

        channel (dict), offset int64, status, field uint8, record_id, facility, activity, quantity,
        unit, region, evidence, unread (utf8, as they came, cut to what a good one may have; empty
        where unreadable), start, end (int64 us, null where unreadable), raw (binary; or empty).
        """
    def postings(self) -> ArrowTable:
        """One row per distinct key, period, slice and disposition, in order of first sight.

        facility, activity, unit, region (dict), period int32, first_day and last_day uint8 (of
        the slice: 1 and 31 where it is the whole month), disposition int32 (resolution index,
        or minus a RowStatus for suspense), quantity decimal128(38, 18), record_count int64
        (records with a part here), record_start_count int64 (records whose first part is here).
        """

def post(
    slices: Iterable[BatchSlice],
    rules: RuleTable,
    periods: PeriodTable,
    *,
    row_errors_max: int = 1000,
) -> Posted:
    """Split by period and slice, apply rules, aggregate.

    Over its periods: each part but the last is quantity * part duration / whole duration cut
    toward zero, the last takes the remainder. Over slices: up to each cut counts part * duration
    since the part began / part duration, cut toward zero, less what is counted already. What is
    cut has 6 places where the quantity has no more, else 12, else 18. Where any part's
    disposition is negative, the whole record gets that status (the first such): below 64
    quarantine, where nothing is posted, else suspense, under which its parts are posted. A record
    that begins before its slice's `open_from_us` is refused before any rule.

    Raises
    ------
    ValueError
        A key of the batches has no rule, or one that the table does not have.
    OverflowError
        A sum has more than 20 digits before the point.
    """

def sum_groups(
    groups: _ArrowArrayExportable | _ArrowStreamExportable,
    group_count: int,
    values: _ArrowArrayExportable | _ArrowStreamExportable,
) -> ArrowTable:
    """Exact sums of decimals by group.

    Parameters
    ----------
    groups : Arrow uint32, such as a Polars series
        Group of each value, below group_count. No nulls.
    group_count : int
        Number of sums.
    values : Arrow decimal128(38, s)
        As many as groups. No nulls.

    Returns
    -------
    ArrowTable
        One plain decimal128(38, s) column of group_count sums. Raises OverflowError for a sum of
        more than 38 digits; ValueError, TypeError for other types, nulls, unequal lengths.
    """

def kept_memory_bytes() -> int:
    """Memory of blocks kept for the next columns: at most 96 MiB, 0 in builds with checks."""

def round_double(value: float) -> int:
    """Units of 10^-18 of the shortest decimal that reads back as value; ValueError for none."""

def parse_decimal(text: bytes) -> int:
    """Units of 10^-18 of a decimal text, half-even. Raises ValueError."""
