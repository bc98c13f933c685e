"""Pieces of records in parts that fit memory: what is too much waits in a temporary folder."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import polars as pl

from tonne.ledger.closing.overlaps.laying import PIECE_SCHEMA, SUBJECT
from tonne.ledger.files.frames import polars_errors
from tonne.work import check_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS_COUNT: Final = 64
"""Parts by a hash of the subject; one of them is laid at a time."""

PART_ROWS: Final = 1 << 17
"""Pieces that a part should have at most, and that wait in memory."""

SPILLED_ROW_BYTES: Final = 100
"""A piece in the folder. Measured: 40 to 80 bytes, by how much the texts repeat."""

_DEPTH_MAX: Final = 3
_WHAT: Final = "records in a temporary folder"


class SpilledPieces:
    """Pieces by their subject; use it as a context.

    Parameters
    ----------
    part_rows : int
        Pieces in memory, and of a part, as long as it has several subjects.
    depth : int
        How often these pieces were parted before.
    """

    def __init__(self, part_rows: int = PART_ROWS, depth: int = 0) -> None:
        self._part_rows = part_rows
        self._depth = depth
        self._waiting: list[pl.DataFrame] = []
        self._waiting_rows = 0
        self._rows = [0] * PARTS_COUNT
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._spill_count = 0

    def __enter__(self) -> Self:
        """Begin with nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the folder."""
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, pieces: pl.DataFrame) -> None:
        """Take pieces, columns of `PIECE_SCHEMA`."""
        self._waiting.append(pieces)
        self._waiting_rows += pieces.height
        if self._waiting_rows > self._part_rows:
            self._spill()

    def parts(self) -> Iterator[pl.DataFrame]:
        """Give the pieces, all of a subject at once; one subject may be more than a part."""
        if self._folder is None:
            yield pl.concat([pl.DataFrame(schema=PIECE_SCHEMA), *self._waiting])
            return
        self._spill()
        for part in range(PARTS_COUNT):
            check_wanted()
            files = sorted(Path(self._folder.name).glob(f"{part}-*.ipc"))
            if self._rows[part] <= self._part_rows or self._depth == _DEPTH_MAX:
                with polars_errors(_WHAT):
                    read = [pl.read_ipc(file) for file in files]
                if read:
                    yield pl.concat(read)
                continue
            with SpilledPieces(self._part_rows, self._depth + 1) as again:
                for file in files:
                    with polars_errors(_WHAT):
                        again.add(pl.read_ipc(file))
                    file.unlink()
                yield from again.parts()

    def _spill(self) -> None:
        if not self._waiting_rows:
            return
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="tonne-overlaps-")
        self._spill_count += 1
        seed = part_seed(self._depth)
        with polars_errors(_WHAT):
            parted = pl.concat(self._waiting).with_columns(
                part=pl.struct(SUBJECT).hash(seed) % PARTS_COUNT
            )
            for (part,), rows in parted.group_by("part"):
                number = int(str(part))
                self._rows[number] += rows.height
                file = Path(self._folder.name) / f"{number}-{self._spill_count}.ipc"
                rows.drop("part").write_ipc(file, compression="zstd")
        self._waiting, self._waiting_rows = [], 0


def part_seed(depth: int) -> int:
    """Give the seed by which pieces are parted that were parted so often before."""
    return 0x6F76 + depth
