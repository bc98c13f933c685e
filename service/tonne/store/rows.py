"""Plain rows, as they go into the manifest and come out of it.

Times are aware, UTC, in microseconds. Offsets count records, `stop` is exclusive.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003  dataclass fields are read at run time by tools
from collections.abc import Mapping  # noqa: TC003  see dt
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from tonne.model import Channel, ControlTotals  # noqa: TC001  see dt
from tonne.store.statement_rows import Correction, FileKind, KeyFile, Span  # noqa: TC001  see dt

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NewMethod:
    """A version of a book's method that is to follow `expected_version` (0: to be the first)."""

    expected_version: int
    body: str
    author: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FactorRow:
    """One row of an edition, every value as the text that its publisher gave ("" = none).

    `row` counts from 1; dates are ISO days, `valid_to` exclusive; `gases` is like
    ``HFC-32=0.5;HFC-125=0.5``; `cell` is the row as its publisher names it; `hours` is the
    SHA-256 of a series of hours, and behind it the times that it lacks.
    """

    row: int
    activity: str
    region: str
    unit: str
    valid_from: str
    valid_to: str
    kg_co2e: str = ""
    kg_co2: str = ""
    kg_ch4: str = ""
    kg_n2o: str = ""
    account: str = ""
    source: str = ""
    table: str = ""
    note: str = ""
    stage: str = ""
    gwp_set: str = ""
    co2e_ch4: str = ""
    co2e_n2o: str = ""
    kg_biogenic_co2: str = ""
    gases: str = ""
    kwh: str = ""
    loss: str = ""
    uncertainty: str = ""
    cell: str = ""
    licence: str = ""
    evidence: str = ""
    steps: str = ""
    hours: str = ""


@dataclass(frozen=True, slots=True)
class FileRow:
    """One immutable file that the manifest knows.

    `seq` is given by the manifest when the file is committed: it rises by book in the order of
    the commits, without regard to who asks (0 before). `commit_id` is empty for postings that
    a merge made. `row_count` counts the rows of the file, `suspended_count` those of a segment
    that wait in suspense now, `reversed_count` those that were reversed; `restated_count` rises by
    each record that is posted again under other rules. `segment` is the id of
    the segment whose records a clearing posts or takes back, or the run of postings files that a
    rollup is of. `span` is known of segments, and of postings that a merge made; `first_commit`
    and `last_commit` are the numbers of what a postings file sums. `counts_from` is that of the
    commit.
    """

    id: str
    book: str
    kind: FileKind
    path: str
    row_count: int
    size_bytes: int
    sha256: str
    commit_id: str
    create_time: dt.datetime
    seq: int = 0
    suspended_count: int = 0
    segment: str = ""
    reversed_count: int = 0
    restated_count: int = 0
    first_commit: int = 0
    last_commit: int = 0
    span: Span | None = None
    counts_from: int = 0


@dataclass(frozen=True, slots=True)
class RangeRow:
    """Offsets ``[first_offset, stop_offset)`` of a channel that a file holds records of."""

    file_id: str
    commit_id: str
    channel: str
    first_offset: int
    stop_offset: int


@dataclass(frozen=True, slots=True)
class BookSnapshot:
    """A book at one moment, as far as later commits, merges and clearings change it.

    Commits up to and with `stop_seq` had happened. `suspended_counts`, `reversed_counts` and
    `restated_counts` are of segments with records that wait, are reversed or were restated, by id.
    """

    book: str
    stop_seq: int
    channels: tuple[Channel, ...]
    postings: tuple[FileRow, ...]
    suspended_counts: dict[str, int]
    reversed_counts: dict[str, int]
    restated_counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class CommitRow:
    """A commit that happened: the book's revision under which it was made, and when."""

    revision: int
    create_time: dt.datetime


@dataclass(frozen=True, slots=True)
class Soundness:
    """What the manifest's database found wrong with itself, and by which means."""

    problems: tuple[str, ...]
    means: str


@dataclass(frozen=True, slots=True)
class Move:
    """One channel's step in a commit: from the offset that was read to the new one.

    `owner` is asserted with the epoch, whose number may come again; empty: it was not known.
    """

    channel: str
    epoch: int
    from_offset: int
    to_offset: int
    totals: ControlTotals
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Clearing:
    """Records of a segment that leave suspense in a commit, or are reversed or restated by it.

    `suspended_before` is compared with what the segment has; `suspended_after` is less, so that
    of two clearings that saw the same records the second fails. So it is with `reversed_before`
    and `reversed_after`, which is more, where records are reversed, and with `restated_before` and
    `restated_after` where they are restated; in either case all three counts are compared, as what
    is taken back follows from all. With `is_asserted` they are compared, and nothing changes.
    `channels` are pairs of a channel and a count, whose totals follow: records that are posted;
    `withdrawn_channels` those for which others stand, which count as quarantined from here on.
    Records of requests are not among them: their answer stays.
    """

    segment_id: str
    suspended_before: int
    suspended_after: int
    channels: tuple[tuple[str, int], ...] = ()
    withdrawn_channels: tuple[tuple[str, int], ...] = ()
    reversed_before: int = 0
    reversed_after: int = 0
    restated_before: int = 0
    restated_after: int = 0
    is_asserted: bool = False


@dataclass(frozen=True, slots=True)
class RequestClaim:
    """A PostRecords request in a commit: its id is posted at most once."""

    request_id: str
    content_sha256: str
    totals: ControlTotals
    row_errors_json: str = "[]"


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A PostRecords request that was posted."""

    request_id: str
    content_sha256: str
    totals: ControlTotals
    row_errors_json: str
    commit_id: str
    create_time: dt.datetime


@dataclass(frozen=True, slots=True)
class MendRow:
    """A record of a request that stands for one in quarantine, or in suspense.

    `source` and `offset` name that one as files do; `channel` and `channel_offset` the place to
    which the record was appended; `generation` counts its mends from 1. `segment` is the id of
    the one in which it waits until then; empty where it is in quarantine.
    """

    source: str
    offset: int
    channel: str
    channel_offset: int
    generation: int
    request_id: str
    index: int
    segment: str = ""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A file that was brought into a channel; `number` is 0 before the manifest gave it one."""

    channel: str
    file_name: str
    sha256: str
    first_offset: int
    record_count: int
    profile: str
    profile_sha256: str
    sketch: bytes
    sketch_count: int
    caller: str
    number: int = 0
    durable_count: int = 0
    create_time: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportClaim:
    """What an import is bound to that claims the records of its file.

    The channel is open under `epoch`; the file was compared with the imports up to
    `compared_number`; nothing of those numbered `superseded` is durable, nor may it become so.
    """

    epoch: int
    compared_number: int
    superseded: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Commit:
    """All that becomes true in one transaction, or not at all.

    Parameters
    ----------
    id : str
        A uuid in hex, new for each set of content; the same commit may be tried again with it.
    book : str
        Book id.
    revision : int
        The book's revision under which the records were resolved.
    revision_token : str
        Its token, as the same number may come again; empty: the number alone is asserted.
    resolutions : Mapping[str, str]
        Every resolution that the postings name, by id: those that are not there are inserted.
    witness : str
        Id of a commit of the book that is known to have happened; empty: none is known.
    moves, requests, mends, clearings, corrections, files, keys, ranges, periods : tuple
        What the commit moves, claims, supersedes, clears, notes, adds and touches. Channels,
        request ids and segments that are cleared are unique within a commit.
    first_period : int, optional
        The first month of its records, those in quarantine too; None: it is not known.
    counts_from : int
        The first month in which what it posts counts, whenever it happened; `periods` are months
        in which it counts. 0: each in its own.
    """

    id: str
    book: str
    revision: int
    revision_token: str = ""
    resolutions: Mapping[str, str] = field(default_factory=dict)
    witness: str = ""
    moves: tuple[Move, ...] = ()
    requests: tuple[RequestClaim, ...] = ()
    mends: tuple[MendRow, ...] = ()
    clearings: tuple[Clearing, ...] = ()
    corrections: tuple[Correction, ...] = ()
    files: tuple[FileRow, ...] = ()
    keys: tuple[KeyFile, ...] = ()
    ranges: tuple[RangeRow, ...] = ()
    periods: tuple[int, ...] = field(default=())
    first_period: int | None = None
    counts_from: int = 0


@dataclass(frozen=True, slots=True)
class PublicationBatch:
    """Segments that come into the published table of a book together, or not at all.

    Which they are is fixed for ever when the batch is written down, so that whoever finishes it
    adds the same ones. `number` counts from 1 in each `generation` of the table, without gaps.
    """

    book: str
    generation: int
    number: int
    files: tuple[FileRow, ...]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to be the only one to do something until `expire_time`.

    `fence` rises with each new holder: work marked with a lower fence is of an older one.
    """

    name: str
    holder: str
    fence: int
    expire_time: dt.datetime


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Which ledger a manifest holds: its id, and the incarnation that it is in.

    `number` counts incarnations from 1. `is_placed`: the objects hold the identity too.
    `is_copy`: a backup made it, and nobody has adopted it.
    """

    id: str
    incarnation: str
    number: int
    is_placed: bool
    is_copy: bool
    create_time: dt.datetime
    incarnation_time: dt.datetime


@dataclass(frozen=True, slots=True)
class UnknownObject:
    """An object that the manifest does not name, as it was listed.

    `modified_time` is by the storage's clock, `list_time` by the time of the upkeep.
    """

    path: str
    size_bytes: int
    modified_time: dt.datetime
    list_time: dt.datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """What the value of a column must be: one comparison of a filter.

    `prefix` is an operator of texts; `set`, of what may be empty, whatever the value.
    """

    column: str
    operator: Literal["=", "!=", "<", "<=", ">", ">=", "prefix", "set"]
    value: object = None


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of a listing are asked for: `limit` of those after a key that `conditions` take.

    `after` is None at the beginning.
    """

    after: str | int | None
    limit: int
    is_descending: bool = False
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What was found of a window, and the key after which it goes on; None at the end.

    It may be less than was asked for, even nothing, and go on: see `scan.SCAN_ROWS_MAX`.
    """

    items: list[T]
    last: str | int | None
