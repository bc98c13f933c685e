"""The batches of a channel that are not durable yet, in the order of their offsets."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tonne.client.append.batches import Batch


class Window:
    """Batches from the first that is not durable to the last that was made.

    The first `sent` of them are on the way; the others wait.
    """

    def __init__(self) -> None:
        self._batches: deque[Batch] = deque()
        self._sent_count = 0
        self.in_flight_bytes = 0

    def __len__(self) -> int:
        """Count the batches that are not durable."""
        return len(self._batches)

    @property
    def has_in_flight(self) -> bool:
        """Whether something was sent and is not acknowledged."""
        return self._sent_count > 0

    @property
    def sent_stop(self) -> int | None:
        """Offset after the last record on the way; None where nothing is."""
        return self._batches[self._sent_count - 1].stop if self._sent_count else None

    @property
    def unsent_count(self) -> int:
        """Records of the batches that wait."""
        return sum(
            self._batches[index].record_count
            for index in range(self._sent_count, len(self._batches))
        )

    def add(self, batch: Batch) -> None:
        """Take a new batch; it waits."""
        self._batches.append(batch)

    def first_unsent(self) -> Batch | None:
        """Return the batch that is sent next."""
        if self._sent_count == len(self._batches):
            return None
        return self._batches[self._sent_count]

    def mark_sent(self) -> None:
        """Take note that `first_unsent` is on the way."""
        self.in_flight_bytes += self._batches[self._sent_count].size_bytes
        self._sent_count += 1

    def settle(self, durable_up_to_offset: int) -> None:
        """Forget the batches that are durable as a whole."""
        while self._batches and self._batches[0].stop <= durable_up_to_offset:
            batch = self._batches.popleft()
            if self._sent_count:
                self._sent_count -= 1
                self.in_flight_bytes -= batch.size_bytes

    def rewind(self, committed_offset: int) -> None:
        """Go back to the ledger's offset: all from there on waits to be sent (again)."""
        self.settle(committed_offset)
        self._sent_count = 0
        self.in_flight_bytes = 0
        if self._batches and self._batches[0].offset < committed_offset:
            first = self._batches[0]
            self._batches[0] = first.drop(committed_offset - first.offset)

    def clear(self) -> None:
        """Forget all batches."""
        self._batches.clear()
        self._sent_count = 0
        self.in_flight_bytes = 0
