"""Sums over any number of keys in bounded memory: what is too much goes to a folder in parts."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

import polars as pl

from tonne.ledger.files.frames import polars_errors
from tonne.ledger.files.postings import drop_zeros
from tonne.ledger.files.sums import COUNTS, RunningSums, sum_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.ledger.files.frames import Schema

PARTS_COUNT = 64
"""Parts by a hash of the key: one of them is added up at a time."""


class SpilledSums:
    """Sums by key of what is added; use it as a context.

    Memory holds the sums of `rows_max` keys and as many rows that wait. Beyond, sums go to a
    temporary folder, and what comes to nothing is forgotten on the way.

    Parameters
    ----------
    schema : mapping of str to type
        Columns: the keys (texts and numbers), `quantity` and the counts.
    rows_max : int
        Most sums in memory.
    """

    def __init__(self, schema: Schema, rows_max: int) -> None:
        self._schema = schema
        self._keys = [name for name in schema if name not in {"quantity", *COUNTS}]
        self._rows_max = rows_max
        self._sums = RunningSums(schema)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._spill_count = 0

    def __enter__(self) -> Self:
        """Begin with nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the folder."""
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, frame: pl.DataFrame) -> None:
        """Take rows in. Raises QuantityOverflow."""
        for rows in frame.iter_slices(self._rows_max):
            self._sums.add(rows)
            if self._sums.held_rows > self._rows_max:
                self._compact()

    def nonzero(self) -> Iterator[pl.DataFrame]:
        """Give the sums that are not nothing, each key once, part by part."""
        if self._folder is None:
            yield drop_zeros(self._sums.frame())
            return
        self._spill(self._sums.frame())
        for part in range(PARTS_COUNT):
            files = sorted(Path(self._folder.name).glob(f"{part}-*.ipc"))
            if files:
                with polars_errors("sums in a temporary folder"):
                    rows = pl.concat([pl.read_ipc(file) for file in files])
                yield drop_zeros(sum_by(rows, self._keys))

    def _compact(self) -> None:
        left = drop_zeros(self._sums.frame())
        self._sums = RunningSums(self._schema)
        if left.height > self._rows_max // 2:
            self._spill(left)
        else:
            self._sums.add(left)

    def _spill(self, sums: pl.DataFrame) -> None:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="tonne-check-")
        self._spill_count += 1
        with polars_errors("sums in a temporary folder"):
            keyed = sums.with_columns(part=pl.struct(self._keys).hash(seed=0) % PARTS_COUNT)
            for (part,), rows in keyed.group_by("part"):
                file = Path(self._folder.name) / f"{part}-{self._spill_count}.ipc"
                rows.drop("part").select(list(self._schema)).write_ipc(file, compression="zstd")
