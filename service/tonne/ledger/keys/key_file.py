"""A key file: sorted 64-bit hashes of the record ids of a segment, or of a part of many.

It begins with a head of 40 bytes: `TONNEKEY`, the version, flags (1: segments follow), the count,
the base of the segments, a fingerprint of the hash key; all little-endian. The keys follow, each
8 bytes, ascending; then, where several segments are in it, 4 bytes for each key: how far above the
base the seq of its segment is.
"""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tonne.errors import LedgerInconsistent

if TYPE_CHECKING:
    from tonne.ledger.files.files import VerifiedFile

BUCKET_BITS: Final = 12
BUCKET_COUNT: Final = 1 << BUCKET_BITS
"""Buckets of the hashes: of their first bits. A part of a run has some of them, side by side."""

KEY_USES_MAX: Final = 1_000
"""Records of one id beyond which they are counted, and not compared."""

Run = tuple[memoryview, memoryview | None, int]
"""Keys, the segments beside them, and the base of these, as the kernel takes them."""

_HEAD: Final = struct.Struct("<8sIIqq8s")
_MAGIC: Final = b"TONNEKEY"
_VERSION: Final = 1
_HAS_SEGMENTS: Final = 1
_KEY_BYTES: Final = 8
_SEGMENT_BYTES: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """Keys in ascending order, and the segments of their records.

    `segments` count from `base`; None: all keys are of the segment whose seq is the base.
    """

    keys: memoryview
    segments: memoryview | None
    base: int

    @property
    def count(self) -> int:
        """How many keys these are; equal ones count each."""
        return len(self.keys)

    @property
    def run(self) -> Run:
        """Give them as the kernel takes them."""
        return self.keys, self.segments, self.base

    def within(self, first_bucket: int, stop_bucket: int) -> Keys:
        """Give those of buckets ``[first_bucket, stop_bucket)``, without a copy."""
        first = _place(self.keys, first_bucket)
        stop = _place(self.keys, stop_bucket)
        part = None if self.segments is None else self.segments[first:stop]
        return Keys(self.keys[first:stop], part, self.base)


def keys_of(keys: bytes, segments: bytes | None, base: int) -> Keys:
    """Take keys as the kernel gives them."""
    return Keys(
        memoryview(keys).cast("Q"),
        None if segments is None else memoryview(segments).cast("I"),
        base,
    )


def encode_keys(keys: bytes, segments: bytes | None, base: int, hash_key: bytes) -> bytes:
    """Write a key file."""
    flags = 0 if segments is None else _HAS_SEGMENTS
    count = len(keys) // _KEY_BYTES
    head = _HEAD.pack(_MAGIC, _VERSION, flags, count, base, _fingerprint(hash_key))
    return b"".join((head, keys, segments or b""))


def decode_keys(file: VerifiedFile, hash_key: bytes, base: int = 0) -> Keys:
    """Read a key file whose bytes are those that were written.

    Parameters
    ----------
    base : int
        Seq of the segment, where it was given only after the file was written.

    Raises
    ------
    LedgerInconsistent
        It is none, or was made under another hash key.
    """
    content = memoryview(file.content)
    if len(content) >= _HEAD.size:
        magic, version, flags, count, kept_base, fingerprint = _HEAD.unpack_from(content)
        has_segments = bool(flags & _HAS_SEGMENTS)
        size = _KEY_BYTES + (_SEGMENT_BYTES if has_segments else 0)
        if (magic, version, count, fingerprint) == (
            _MAGIC,
            _VERSION,
            file.row.row_count,
            _fingerprint(hash_key),
        ) and len(content) == _HEAD.size + count * size:
            stop = _HEAD.size + count * _KEY_BYTES
            return Keys(
                content[_HEAD.size : stop].cast("Q"),
                content[stop:].cast("I") if has_segments else None,
                kept_base if has_segments else base,
            )
    raise LedgerInconsistent(
        f"{file.path} is no key file of book {file.row.book!r}, or one under another hash key: "
        f"run `tonne duplicate recheck --book {file.row.book}`, and the upkeep makes them anew",
        metadata={"path": file.path, "book": file.row.book},
    )


def bucket_of(key: int) -> int:
    """Give the bucket of a key."""
    return key >> (64 - BUCKET_BITS)


def _place(keys: memoryview, bucket: int) -> int:
    """Find the first key of a bucket, or of one behind it."""
    if bucket <= 0:
        return 0
    if bucket >= BUCKET_COUNT:
        return len(keys)
    return bisect_left(keys, bucket << (64 - BUCKET_BITS))


def _fingerprint(hash_key: bytes) -> bytes:
    return hashlib.sha256(b"record keys\n" + hash_key).digest()[:8]
