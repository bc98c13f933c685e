"""Sorted runs of keys: a part of the facade's contract."""

from typing_extensions import Buffer

from tonne_kernel import ArrowTable

def merge_keys(runs: list[tuple[Buffer, Buffer | None, int]], base: int) -> tuple[bytes, bytes]:
    """Merge sorted runs of keys.

    Parameters
    ----------
    runs : list of tuple
        Each of its keys (uint64, ascending), its segments (uint32, from the run's base; None: all
        are the base) and the base.
    base : int
        From which the segments of the result count.

    Returns
    -------
    tuple of bytes and bytes
        Keys (uint64) and segments (uint32) of all entries, ascending by key; of equal keys those
        of the first run first.

    Raises
    ------
    OverflowError
        A segment is below the base, or 2^32 or more above it.
    ValueError
        Keys and segments of unequal lengths.
    """

def shared_entries(keys: Buffer, run: tuple[Buffer, Buffer | None, int]) -> ArrowTable:
    """Find the entries of a sorted run whose key is among some sorted keys (uint64).

    It costs the fewer entries of the two, times the logarithm of how many more the other has.

    Returns
    -------
    ArrowTable
        `key` (uint64) and `segment` (int64, not from the base) of each, ascending by key.
    """

def repeated_keys(keys: Buffer) -> bytes:
    """Give the keys (uint64, ascending) that occur more than once, each once, as bytes."""

def latest_entries(keys: Buffer, segments: Buffer, uses_max: int) -> tuple[Buffer, Buffer]:
    """Leave out the entries of a key beyond its last segments.

    Parameters
    ----------
    keys, segments : bytes
        Keys (uint64, ascending), and beside each its segment (uint32).
    uses_max : int
        How many entries of one key stay, those of the last segments; 1 at least.

    Returns
    -------
    tuple of bytes and bytes
        As they came where no key has more.
    """
