"""What ingest hands to the journal, and what it gets back."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from tonne.errors import TonneError
    from tonne.model import ControlTotals, RowError
    from tonne.store.rows import MendRow
    from tonne.store.statement_rows import Correction
    from tonne_kernel import Batch

REQUEST_PREFIX = "requests/"
"""Records of a request stand under this and the request id where channels have their id; a
channel id has no slash, so the two never meet."""

_serials = itertools.count()


@dataclass(frozen=True, slots=True, eq=False)
class ChannelEntry:
    """A decoded batch of a channel.

    Parameters
    ----------
    batch : Batch
        Decoded records, of any session.
    channel : str
        Channel id.
    epoch : int
        Epoch under which the batch came.
    first_offset : int
        Offset of the first record: the committed offset, or where the entry before it of
        the same channel and call ends.
    owner : str
        Who owns the epoch, as the channel said; empty where it did not.
    serial : int
        Number of the entry in this process. Two streams under one epoch can bring other records
        for the same place: position and size do not tell an entry from another.
    """

    batch: Batch
    channel: str
    epoch: int
    first_offset: int
    owner: str = ""
    serial: int = field(default_factory=_serials.__next__, init=False)


@dataclass(frozen=True, slots=True, eq=False)
class RequestEntry:
    """The decoded batch of one PostRecords call, named by its request id.

    Parameters
    ----------
    batch : Batch
        Decoded records, of any session.
    request_id : str
        Id that makes the call idempotent.
    content_sha256 : str
        SHA-256 of the request's records, in hexadecimal.
    mends : tuple of MendRow
        The records in quarantine that these stand for, in their order; empty where they stand for
        none.
    correction : Correction, optional
        Who corrects, and why, where `mends` are of records that may be posted.
    """

    batch: Batch
    request_id: str
    content_sha256: str
    mends: tuple[MendRow, ...] = ()
    correction: Correction | None = None


Entry = ChannelEntry | RequestEntry


def entry_key(entry: Entry) -> Hashable:
    """Tell whether two entries are one and the same."""
    if isinstance(entry, ChannelEntry):
        return entry.serial
    return entry.request_id, entry.content_sha256


def is_correction(entry: Entry) -> bool:
    """Whether an entry puts records in the place of others that may be posted."""
    return isinstance(entry, RequestEntry) and entry.correction is not None


def plain_and_corrections(entries: Sequence[Entry]) -> tuple[list[int], list[int]]:
    """Part entries: corrections are let into months where nothing else is, by their own commit."""
    parts: tuple[list[int], list[int]] = [], []
    for i, entry in enumerate(entries):
        parts[is_correction(entry)].append(i)
    return parts


@dataclass(frozen=True, slots=True)
class Durable:
    """The entry's records are durable.

    Parameters
    ----------
    totals : ControlTotals
        Sums over the entry's records.
    row_errors : tuple of RowError
        The first records that were not posted, by index and offset.
    row_error_count : int
        All records that were not posted: more than `row_errors` when some are left out.
    already_posted : bool
        Whether an earlier request of the same id and content had posted them.
    """

    totals: ControlTotals
    row_errors: tuple[RowError, ...]
    row_error_count: int
    already_posted: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The entry was refused and nothing of it was taken.

    `error` is EpochStale, ChannelClosed, ContentMustMatch (another content under the same
    request id) or PeriodMustBeOpen.
    """

    error: TonneError


Outcome = Durable | Lost
