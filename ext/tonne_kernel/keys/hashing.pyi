"""Keys of a column of texts: a part of the facade's contract."""

from tonne_kernel import ArrowTable, _ArrowArrayExportable, _ArrowStreamExportable

def hash_texts(
    column: _ArrowArrayExportable | _ArrowStreamExportable, key: bytes, *, bits: int = 64
) -> ArrowTable:
    """Hash texts, such as record ids, under a key: SipHash-2-4.

    Parameters
    ----------
    column : Arrow utf8, large_utf8 or utf8_view, such as a Polars series
        The texts; nulls are allowed.
    key : bytes
        16 of them. Nobody without them finds two texts of one hash.
    bits : int
        First bits of the hash that are kept, the others are 0: fewer than 64 for tests alone.

    Returns
    -------
    ArrowTable
        One plain uint64 column (`polars.Series(table)`) in the order of the rows: 0 of an empty
        text and a null, and of no other.

    Raises
    ------
    ValueError, TypeError
        Another type, a key of another size, a text outside of its block.
    """

def record_keys(
    column: _ArrowArrayExportable | _ArrowStreamExportable, key: bytes, *, bits: int = 64
) -> bytes:
    """Give the hashes that `hash_texts` gives, ascending, without those of empty texts.

    Returns
    -------
    bytes
        uint64, little-endian.
    """
