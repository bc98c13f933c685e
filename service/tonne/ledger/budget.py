"""The memory that calls which read may hold, of a whole process."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tonne.errors import ReadsExhausted, SelectionMustFit

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_BYTES_MAX = 1 << 30
"""Memory of all calls that read, unless told otherwise."""

WAIT_S_MAX = 10.0
"""How long a call waits for room before it begins."""

PART_BYTES = 72 << 20
"""What a call holds to go through postings, whatever it asks: a part of them, decoded, and what is
made of it before it is summed."""

SEGMENT_ROW_BYTES = 700
"""Memory of a record of a segment that is read, with a copy of its columns."""

_MIB = 1 << 20
_RETRY_S = 2.0


class Budget:
    """Gives calls the memory that they say they need. Safe to call from several threads.

    Parameters
    ----------
    bytes_max : int
        Most that all calls may hold together.
    wait_s_max : float
        How long a call waits before it begins, in seconds. One that has begun never waits, so
        that no two wait for each other.
    """

    def __init__(self, bytes_max: int = READ_BYTES_MAX, wait_s_max: float = WAIT_S_MAX) -> None:
        self.bytes_max = bytes_max
        self._wait_s_max = wait_s_max
        self._room = threading.Condition()
        self._held_bytes = 0

    @property
    def held_bytes(self) -> int:
        """What calls hold now."""
        return self._held_bytes

    @contextmanager
    def holding(self, size_bytes: int) -> Iterator[Hold]:
        """Hold memory for a call; what its `Hold` grew by is given back with it.

        One call can always begin, whatever it needs at first: it then has all there is.

        Raises
        ------
        ReadsExhausted
            Others hold too much of it, and did so for `wait_s_max`.
        """
        wanted = min(size_bytes, self.bytes_max)
        end_s = time.monotonic() + self._wait_s_max
        with self._room:
            while self._held_bytes + wanted > self.bytes_max:
                left_s = end_s - time.monotonic()
                if left_s <= 0 or not self._room.wait(left_s):
                    raise self._exhausted(wanted)
            self._held_bytes += wanted
        hold = Hold(self, wanted)
        try:
            yield hold
        finally:
            self._give_back(hold.size_bytes)

    def _take(self, size_bytes: int, before_bytes: int) -> None:
        with self._room:
            if before_bytes + size_bytes > self.bytes_max:
                needed_mib = (before_bytes + size_bytes) // _MIB
                raise SelectionMustFit(
                    f"the answer needs more than {needed_mib} MiB of memory, and all calls that "
                    f"read may hold {self.bytes_max // _MIB} MiB (ledger.read_bytes_max): ask "
                    "for fewer facilities or activities, for fewer months at once, or group by "
                    "less",
                    metadata={"readBytesMax": str(self.bytes_max)},
                )
            if self._held_bytes + size_bytes > self.bytes_max:
                raise self._exhausted(size_bytes)
            self._held_bytes += size_bytes

    def _give_back(self, size_bytes: int) -> None:
        with self._room:
            self._held_bytes -= size_bytes
            self._room.notify_all()

    def _exhausted(self, size_bytes: int) -> ReadsExhausted:
        return ReadsExhausted(
            f"the call needs {-(-size_bytes // _MIB)} MiB more of memory, and calls that read "
            f"hold {self._held_bytes // _MIB} of {self.bytes_max // _MIB} MiB "
            "(ledger.read_bytes_max): try again later, or ask for less at once",
            metadata={
                "readBytesMax": str(self.bytes_max),
                "heldBytes": str(self._held_bytes),
            },
            retry_delay_s=_RETRY_S,
        )


class Hold:
    """What one call holds of a budget. For one thread at a time."""

    def __init__(self, budget: Budget, size_bytes: int) -> None:
        self._budget = budget
        self.size_bytes = size_bytes

    def grow_to(self, size_bytes: int) -> None:
        """Hold so much, at least.

        Raises
        ------
        SelectionMustFit
            That is more than all calls may hold together: the same call fails again.
        ReadsExhausted
            Others hold too much of it.
        """
        more_bytes = size_bytes - self.size_bytes
        if more_bytes > 0:
            self._budget._take(more_bytes, self.size_bytes)  # noqa: SLF001  the two are one
            self.size_bytes = size_bytes

    @contextmanager
    def more(self, size_bytes: int) -> Iterator[None]:
        """Hold more for a while, but no more than there is in all.

        Raises
        ------
        ReadsExhausted
            Others hold too much of it.
        """
        before_bytes = self.size_bytes
        self.grow_to(min(before_bytes + size_bytes, self._budget.bytes_max))
        added_bytes = self.size_bytes - before_bytes
        try:
            yield
        finally:
            self.size_bytes -= added_bytes
            self._budget._give_back(added_bytes)  # noqa: SLF001  as above
