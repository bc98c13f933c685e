"""Where a stream stands: what came, what is durable, what its producer has been told of."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonne.errors import ChannelClosed, EpochStale, EpochUnknown, OffsetGap, OffsetRepeat
from tonne.model import ChannelState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.model import Channel


@dataclass(frozen=True, slots=True)
class _Unacknowledged:
    """A batch that was taken and whose acknowledgement is not written yet."""

    stop_offset: int
    size_bytes: int
    received_s: float


@dataclass(slots=True)
class Position:
    """Offsets of one channel, as one stream sees them. `expected` is that of the next record."""

    channel: Channel
    expected: int = field(init=False)
    durable: int = field(init=False)
    unacknowledged_bytes: int = field(default=0, init=False)
    _waiting: deque[_Unacknowledged] = field(default_factory=deque, init=False)

    def __post_init__(self) -> None:
        """Begin where the channel stands."""
        self.expected = self.durable = self.channel.committed_offset

    @property
    def is_settled(self) -> bool:
        """Whether all that was taken is durable."""
        return self.durable == self.expected

    def check_gap(self, offset: int) -> None:
        """See that a batch leaves nothing out. Raises `OffsetGap`."""
        if offset > self.expected or offset < 0:
            raise self._gap(offset)

    def check_overlap(self, first: int, stop: int) -> None:
        """See that a batch that begins too early ends early enough, too. Raises `OffsetGap`."""
        if stop > self.expected:
            raise self._gap(first, stop)

    def repeat(self, first: int, stop: int) -> OffsetRepeat:
        """Say that the records of a batch are durable already, with the same content."""
        return OffsetRepeat(
            f"offset: the records {first} to {stop} are already durable, with the same content: "
            f"continue at offset {self.expected}",
            metadata={
                "field": "offset",
                "offset": str(first),
                "expectedOffset": str(self.expected),
            },
        )

    def take(self, record_count: int, size_bytes: int, received_s: float) -> int:
        """Go on by a batch that was taken; gives its first offset."""
        first = self.expected
        self.expected += record_count
        self._waiting.append(_Unacknowledged(self.expected, size_bytes, received_s))
        self.unacknowledged_bytes += size_bytes
        return first

    def acknowledge(self, durable: int) -> Iterator[float]:
        """Free the window of what the producer was told; gives when each batch of it came."""
        while self._waiting and self._waiting[0].stop_offset <= durable:
            done = self._waiting.popleft()
            self.unacknowledged_bytes -= done.size_bytes
            yield done.received_s

    def _gap(self, offset: int, stop: int = 0) -> OffsetGap:
        channel = self.channel
        return OffsetGap.of(
            channel.book, channel.id, offset=offset, expected=self.expected, stop=stop
        )


def check_opening(channel: Channel, epoch: int) -> None:
    """See that a stream may write to a channel as the owner of `epoch`.

    Raises
    ------
    ChannelClosed, EpochUnknown, EpochStale
    """
    book, name = channel.book, channel.id
    if channel.state is ChannelState.CLOSED:
        raise ChannelClosed.of(book, name)
    if not 0 < epoch <= channel.epoch:
        raise EpochUnknown.of(book, name, epoch=epoch, current=channel.epoch)
    if epoch < channel.epoch:
        raise EpochStale.of(book, name, epoch=epoch, current=channel.epoch)
