"""The connections of a process's pool that readers may have: the others are kept for producers."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tonne.errors import StoreUnavailable
from tonne.work import is_reading

if TYPE_CHECKING:
    from collections.abc import Iterator


class ReaderShare:
    """Counts the connections that threads at work for readers have; others are not counted.

    Parameters
    ----------
    pool_size, reserved : int
        Connections of the pool, and how many of them readers leave alone; one is always theirs.
    timeout_s : float
        Longest wait for one.
    """

    def __init__(self, pool_size: int, reserved: int, timeout_s: float) -> None:
        self._most = max(pool_size - reserved, 1)
        self._free = threading.BoundedSemaphore(self._most)
        self._timeout_s = timeout_s

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Have the right to a connection. Raises `StoreUnavailable`."""
        if not is_reading():
            yield
            return
        if not self._free.acquire(timeout=self._timeout_s):
            raise StoreUnavailable(
                f"all {self._most} connections to the manifest for readers are busy "
                "(store.manifest_pool_size less store.manifest_pool_reserved): try again later",
            )
        try:
            yield
        finally:
            self._free.release()
