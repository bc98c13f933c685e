"""Records of sources, kept as they were read first: each look after it reads them from memory.

Before anything is posted the records of a file are looked at, and then they are sent. Up to a size
a file is parsed and checked once for both, and what is posted is what was looked at, whatever
becomes of the file meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tonne.cli.input.files import Piece
    from tonne.cli.input.repeats import Source

KEPT_BYTES_MAX = 512 << 20
"""Bytes of records that are kept of all sources of a command, some five million records; what is
beyond them is read from its file each time."""


class Kept:
    """Keeps the records of the sources of one command, each of them whole or not at all."""

    def __init__(self) -> None:
        self._left_bytes = KEPT_BYTES_MAX

    def over(self, source: Source) -> Source:
        """Give a source that is read from its file once, where there is room for its records."""
        kept: Sequence[Piece] | None = None

        def read() -> Iterator[Piece]:
            nonlocal kept
            if kept is not None:
                yield from kept
                return
            pieces: list[Piece] = []
            size_bytes = 0
            for piece in source.read():
                size_bytes += int(piece.estimated_size())
                if size_bytes <= self._left_bytes:
                    pieces.append(piece)
                else:
                    pieces.clear()
                yield piece
            if kept is None and size_bytes <= self._left_bytes:
                kept = pieces
                self._left_bytes -= size_bytes

        return replace(source, read=read) if source.is_repeatable else source
