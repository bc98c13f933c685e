"""What a file of records is known by, however it was saved: the least digests of its records.

Two files share the records whose digests both have; where a file has more records than digests
are kept, the least ones of both are a fair sample of what they share. A digest is of what a
record says, without its evidence and attributes, which name the file that it came from.
"""

from __future__ import annotations

import hashlib
import heapq
from typing import TYPE_CHECKING

import polars as pl

from tonne.client.answers.records import RECORD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

DIGESTS_MAX = 1_000
"""Digests of a file that are kept."""

RECORDS_MAX = 100_000
"""Records of a file that are looked at, its first ones."""

DIGEST_BYTES = 8

_FIELDS = tuple(name for name in RECORD_FIELDS if name not in {"evidence", "attributes"})
_BETWEEN = "\x1f"


class Sketch:
    """Takes the records of a file, and keeps the least digests of the first of them."""

    def __init__(self) -> None:
        self.record_count = 0
        self._digests: set[bytes] = set()

    def add(self, records: pl.DataFrame) -> None:
        """Take records of the file."""
        height = len(records)
        room = RECORDS_MAX - self.record_count
        self.record_count += height
        if room <= 0:
            return
        self._digests.update(
            hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()
            for text in _texts(records.head(room))
        )

    @property
    def distinct_count(self) -> int:
        """How many different records were looked at."""
        return len(self._digests)

    def digests(self) -> bytes:
        """Give the least digests, ascending, one behind the other."""
        return b"".join(heapq.nsmallest(DIGESTS_MAX, self._digests))


def shared_count(ours: bytes, our_count: int, theirs: bytes, their_count: int) -> int:
    """Tell how many of our records are among theirs; of large files, about how many."""
    mine, others = _split(ours), _split(theirs)
    if not mine or not others:
        return 0
    # Up to here both are complete: above it a file may have records whose digests were not kept.
    ends = [
        each[-1] for each, count in ((mine, our_count), (others, their_count)) if len(each) < count
    ]
    limit = min(ends, default=b"\xff" * (DIGEST_BYTES + 1))
    looked_at = [each for each in mine if each <= limit]
    shared = len(set(looked_at) & set(others))
    if len(mine) == our_count and limit > mine[-1]:
        return shared
    return -(-shared * our_count // len(looked_at)) if looked_at else 0


def file_sha256(path: Path) -> str:
    """Digest a file as it is."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _texts(frame: pl.DataFrame) -> Iterable[str]:
    parts = [
        pl.col(name).cast(pl.String).fill_null("") if name in frame.columns else pl.lit("")
        for name in _FIELDS
    ]
    texts: list[str] = frame.select(pl.concat_str(parts, separator=_BETWEEN)).to_series().to_list()
    return texts


def _split(digests: bytes) -> list[bytes]:
    return [
        digests[start : start + DIGEST_BYTES] for start in range(0, len(digests), DIGEST_BYTES)
    ]
