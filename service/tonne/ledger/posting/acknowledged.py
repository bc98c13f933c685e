"""What this process has told others is durable, so that it can tell where that is no longer so.

A database that fails over to a replica that was behind, or comes back from yesterday's copy, is
in itself consistent: no single row shows that something is missing. What shows it is memory. One
commit of each book is kept as a witness, which every later commit asks for; the highest offset
of each channel and the latest requests are kept to name what is missing. The memory is bounded,
and decides nothing: what is not remembered is not named.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from tonne.errors import BookUnknown, RecordsLost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tonne.model import Channel
    from tonne.store.rows import Commit

K = TypeVar("K")
V = TypeVar("V")

logger = logging.getLogger(__name__)

CHANNELS_MAX = 1 << 16
"""Most channels whose offset is remembered, the latest ones; some 200 bytes each."""

REQUESTS_MAX = 1 << 12
"""Most requests of PostRecords that are remembered, the latest ones."""

BOOKS_MAX = 1 << 12
"""Most books of which a commit is remembered."""

_PAGE = 1000

NAMED_MAX = 20
"""Most channels and requests that a message names."""


class Manifest(Protocol):
    """What is compared with the memory. Blocks."""

    def list_channels(self, book: str, after: str, limit: int) -> Sequence[Channel]:
        """List channels in order of their ids."""

    def commit_exists(self, commit_id: str) -> bool:
        """Say whether a commit happened."""


@dataclass(frozen=True, slots=True)
class LostChannel:
    """Offsets ``[first_offset, stop_offset)`` of a channel that were acknowledged and are gone."""

    channel: str
    first_offset: int
    stop_offset: int


@dataclass(frozen=True, slots=True)
class Loss:
    """Records of a book that the database is known to have lost."""

    book: str
    channels: tuple[LostChannel, ...] = ()
    request_ids: tuple[str, ...] = ()

    @property
    def record_count(self) -> int:
        """Records of channels that are known to be gone."""
        return sum(each.stop_offset - each.first_offset for each in self.channels)

    def __str__(self) -> str:
        """Name what is missing, in one line."""
        named = [
            f"records {each.first_offset} to {each.stop_offset - 1} of channel {each.channel}"
            for each in self.channels
        ] + [f"request {each}" for each in self.request_ids]
        rest = len(named) - NAMED_MAX
        text = ", ".join(named[:NAMED_MAX]) + (f" and {rest} more" if rest > 0 else "")
        return f"the database lost committed transactions of book {self.book!r}. Missing: " + (
            text or "a commit, but no acknowledged record that this server remembers"
        )


class Acknowledged:
    """The memory of one process. Safe to call from several threads.

    Parameters
    ----------
    manifest : Manifest
        What it is compared with.
    on_loss : callable
        Told each loss once; gives the id of the incident under which it is logged.
    """

    def __init__(self, manifest: Manifest, on_loss: Callable[[Loss], str]) -> None:
        self._manifest = manifest
        self._on_loss = on_loss
        self._lock = threading.Lock()
        self._witnesses: OrderedDict[str, str] = OrderedDict()
        self._offsets: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._told: set[tuple[str, str]] = set()
        self._requests: OrderedDict[tuple[str, str], str] = OrderedDict()

    def note_commit(self, commit: Commit) -> None:
        """Remember a commit that has happened."""
        with self._lock:
            _put(self._witnesses, commit.book, commit.id, BOOKS_MAX)
            for move in commit.moves:
                # Not the highest: where a producer went on from a lower offset, that is over.
                key = commit.book, move.channel
                _put(self._offsets, key, move.to_offset, CHANNELS_MAX)
                self._told.discard(key)
            for claim in commit.requests:
                _put(self._requests, (commit.book, claim.request_id), commit.id, REQUESTS_MAX)

    def note_channel(self, channel: Channel) -> None:
        """Remember what a producer is told when it opens a channel or begins a stream."""
        key = channel.book, channel.id
        with self._lock:
            known_offset = self._offsets.get(key, 0)
            _put(self._offsets, key, max(known_offset, channel.committed_offset), CHANNELS_MAX)

    def witness(self, book: str) -> str:
        """Give a commit of the book that has happened; empty where none is remembered."""
        with self._lock:
            return self._witnesses.get(book, "")

    def offset(self, book: str, channel: str) -> int:
        """Give the highest offset of a channel that was acknowledged; 0 where none is known."""
        with self._lock:
            return self._offsets.get((book, channel), 0)

    def find_lost(self) -> list[str]:
        """Find the books whose witness is gone."""
        with self._lock:
            witnesses = list(self._witnesses.items())
        # A database goes back as a whole: while the latest commit is there, so are the others.
        if not witnesses or self._manifest.commit_exists(witnesses[-1][1]):
            return []
        return [book for book, commit in witnesses if not self._manifest.commit_exists(commit)]

    def tell_lost(self, book: str) -> None:
        """Tell what a book lacks whose witness is gone.

        Each of its producers is told besides, when it comes (`check_channel`).
        """
        there = self._committed_offsets(book)
        with self._lock:
            requests = [(key[1], self._requests[key]) for key in self._requests if key[0] == book]
        gone = [name for name, commit in requests if not self._manifest.commit_exists(commit)]
        with self._lock:
            self._witnesses.pop(book, None)
            lost = tuple(
                LostChannel(name, there.get(name, 0), stop)
                for (owner, name), stop in self._offsets.items()
                if owner == book and there.get(name, 0) < stop and (book, name) not in self._told
            )
            self._told.update((book, each.channel) for each in lost)
            gone = [name for name in gone if self._requests.pop((book, name), None)]
        self._on_loss(Loss(book, lost, tuple(gone)))

    def check_channel(self, channel: Channel, acknowledged: int) -> None:
        """See that a channel as it was just read has all that was acknowledged before.

        Raises
        ------
        RecordsLost
            It has not. The next caller is not told again: it may go on from where the channel is.
        """
        first, key = channel.committed_offset, (channel.book, channel.id)
        if first >= acknowledged:
            return
        with self._lock:
            is_new = self._offsets.get(key) == acknowledged and key not in self._told
            if self._offsets.get(key) == acknowledged:
                self._offsets[key] = first
            self._told.discard(key)
        loss = Loss(channel.book, (LostChannel(channel.id, first, acknowledged),))
        raise records_lost(channel, acknowledged, self._on_loss(loss) if is_new else "")

    def _committed_offsets(self, book: str) -> dict[str, int]:
        """Read where the channels of a book are."""
        found: dict[str, int] = {}
        after = ""
        try:
            while page := self._manifest.list_channels(book, after, _PAGE):
                found.update((each.id, each.committed_offset) for each in page)
                after = page[-1].id
        except BookUnknown:
            return {}
        return found


def records_lost(channel: Channel, acknowledged: int, incident: str) -> RecordsLost:
    """Say that records were acknowledged and are gone, and what the producer can do."""
    return RecordsLost.of(
        f"channel {channel.id} of book {channel.book}",
        committed=channel.committed_offset,
        acknowledged=acknowledged,
        metadata={
            "book": channel.book,
            "channel": channel.id,
            **({"incident": incident} if incident else {}),
        },
    )


def log_loss(loss: Loss) -> str:
    """Log a loss, where there is no telemetry that gives incidents their ids."""
    logger.error("%s", loss)
    return ""


def _put(memory: OrderedDict[K, V], key: K, value: V, count_max: int) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > count_max:
        memory.popitem(last=False)
