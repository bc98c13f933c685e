"""Series of hours: objects named by their content, beside the edition that has them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from tonne.catalogue.editions.hours import read_series
from tonne.errors import LedgerInconsistent
from tonne.store.errors import ObjectMissing

if TYPE_CHECKING:
    from tonne.catalogue.editions.hours import HourSeries
    from tonne.store.objects.objects import Objects

CACHE_BYTES_MAX = 64 << 20
"""Most bytes of series that a process keeps: some 45 years of hours."""


class HourFiles:
    """Keeps series of hours. Safe to call from several threads.

    A series is written before the edition that names it, and never deleted: what was posted under
    it rests on it. Its name has not the form of a ledger's file, so no garbage collection takes
    it.

    Parameters
    ----------
    objects : Objects
        Where the ledger is kept.
    bytes_max : int
        Most bytes of series to keep in memory; the last one read is kept in any case.
    """

    def __init__(self, objects: Objects, bytes_max: int = CACHE_BYTES_MAX) -> None:
        self._objects = objects
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], HourSeries] = OrderedDict()
        self._bytes = 0

    def put(self, book: str, sha256: str, content: bytes) -> None:
        """Keep a series; it is durable on return, and one that is there already is fine."""
        self._objects.put(_path(book, sha256), content)

    def get(self, book: str, sha256: str) -> HourSeries:
        """Read a series; what comes has the digest that its name says.

        Raises
        ------
        LedgerInconsistent
            It is gone, or is not what its name says.
        StoreUnavailable
        """
        key = (book, sha256)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        found = self.read(book, sha256)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = found
                self._bytes += found.size_bytes
            while self._bytes > self._bytes_max and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.size_bytes
        return found

    def read(self, book: str, sha256: str) -> HourSeries:
        """Read a series from the store, whatever is in memory; raises as `get`."""
        path = _path(book, sha256)
        try:
            content = self._objects.get(path)
        except ObjectMissing as error:
            raise LedgerInconsistent(
                f"book {book} has factors and postings by the hours {sha256}, whose object {path} "
                "is missing: restore it from a copy, or import the same file of hours into "
                "another book and copy its object",
                metadata={"book": book, "hours": sha256, "path": path},
            ) from error
        return read_series(content, sha256)


def _path(book: str, sha256: str) -> str:
    return f"{book}/hours/{sha256}.csv"
