"""Keys of record ids: the hash against a naive one, sort, merges and searches against Python."""

from __future__ import annotations

import struct
from array import array
from collections import Counter

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tonne_kernel as kernel

KEY = bytes(range(16))
MASK = (1 << 64) - 1

texts = st.lists(st.one_of(st.none(), st.text(max_size=40)), max_size=200)


def naive_sip(key: bytes, data: bytes) -> int:
    """SipHash-2-4 as the paper has it, with Python's integers."""
    low, high = struct.unpack("<QQ", key)
    v = [
        low ^ 0x736F6D6570736575,
        high ^ 0x646F72616E646F6D,
        low ^ 0x6C7967656E657261,
        high ^ 0x7465646279746573,
    ]

    def turn(value, bits):
        return (value << bits | value >> 64 - bits) & MASK

    def add(one, other):
        v[one] = (v[one] + v[other]) & MASK

    def rounds(count):
        for _ in range(count):
            add(0, 1)
            v[1] = turn(v[1], 13) ^ v[0]
            v[0] = turn(v[0], 32)
            add(2, 3)
            v[3] = turn(v[3], 16) ^ v[2]
            add(0, 3)
            v[3] = turn(v[3], 21) ^ v[0]
            add(2, 1)
            v[1] = turn(v[1], 17) ^ v[2]
            v[2] = turn(v[2], 32)

    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 0xFF])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def naive_key(text: str | None, bits: int = 64) -> int:
    """The key of a text; 0 of none."""
    if not text:
        return 0
    return (naive_sip(KEY, text.encode()) >> (64 - bits) << (64 - bits)) or 1


def numbers(content: bytes) -> list[int]:
    """Keys as numbers."""
    return memoryview(content).cast("Q").tolist()


def test_the_hash_is_that_of_the_paper():
    """Its vector, of 15 bytes under the key 00 to 0f."""
    assert naive_sip(KEY, bytes(range(15))) == 0xA129CA6149BE45E5
    column = pl.Series([bytes(range(15)).decode()])
    assert pl.Series(kernel.hash_texts(column, KEY)).to_list() == [0xA129CA6149BE45E5]


@given(texts, st.integers(1, 64), st.integers(0, 5))
def test_keys_are_those_of_the_naive_hash(column, bits, first):
    """In the order of the rows, and sorted without those of none; of a part of a column, too."""
    expected = [naive_key(text, bits) for text in column][first:]
    series = pl.Series(column, dtype=pl.String)[first:]
    assert pl.Series(kernel.hash_texts(series, KEY, bits=bits)).to_list() == expected
    assert numbers(kernel.record_keys(series, KEY, bits=bits)) == sorted(filter(None, expected))


@pytest.mark.parametrize("layout", [pl.String, "large", "small"])
def test_every_layout_of_texts_is_read(layout):
    """Views, and offsets of 64 and 32 bits, nulls among them, in several chunks."""
    column = ["", None, "a", "b" * 12, "c" * 13, "ä" * 300, None]
    series = pl.Series(column, dtype=pl.String)
    if isinstance(layout, str):
        kind = pa.large_string() if layout == "large" else pa.string()
        series = pa.chunked_array([column[:3], column[3:]], type=kind)
    expected = [naive_key(text) for text in column]
    assert pl.Series(kernel.hash_texts(series, KEY)).to_list() == expected


@pytest.mark.parametrize("count", [0, 1, 4, 5, 1000, 70_000])
@pytest.mark.parametrize("same", [0, 900])
def test_many_keys_are_sorted(count, same):
    """One id in many records puts many keys into one bucket."""
    column = pl.Series([f"id-{place}" for place in range(count)] + ["one"] * same, dtype=pl.String)
    keys = numbers(kernel.record_keys(column, KEY))
    assert len(keys) == count + same
    assert keys == sorted(pl.Series(kernel.hash_texts(column, KEY)).to_list())


runs = st.lists(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9)), max_size=30).map(sorted), max_size=6
)


def as_run(entries, base=5):
    """A run as the kernel takes it."""
    return array("Q", [k for k, _ in entries]), array("I", [s for _, s in entries]), base


@given(runs)
def test_merges_and_searches_are_those_of_a_counter(sources):
    """All entries stay; what several share is what a search by hand finds."""
    keys, segments = kernel.merge_keys([as_run(each) for each in sources], 3)
    merged = list(zip(numbers(keys), memoryview(segments).cast("I").tolist(), strict=True))
    assert Counter((k, s + 3) for k, s in merged) == Counter(
        (k, s + 5) for each in sources for k, s in each
    )
    assert [k for k, _ in merged] == sorted(k for k, _ in merged)
    counts = Counter(k for k, _ in merged)
    assert numbers(kernel.repeated_keys(keys)) == sorted(k for k, n in counts.items() if n > 1)
    for each in sources:
        mine = {k for k, _ in each}
        found = pl.DataFrame(kernel.shared_entries(as_run(each)[0], (keys, segments, 3)))
        assert found.rows() == [(k, s + 3) for k, s in merged if k in mine]


@given(st.lists(st.integers(0, MASK), max_size=40), st.integers(0, 3000), st.randoms())
def test_a_few_keys_are_found_in_many(few, count, draw):
    """By steps that double: first, last, and between."""
    many = sorted({draw.randrange(1 << 64) for _ in range(count)} | set(few[::2]))
    found = pl.DataFrame(
        kernel.shared_entries(array("Q", sorted(few)), (array("Q", many), None, 7))
    )
    assert found["key"].to_list() == sorted(set(few) & set(many))
    assert set(found["segment"].to_list()) <= {7}


def test_what_does_not_fit_is_refused():
    """A key of another size, other columns, segments out of reach."""
    column = pl.Series(["a"])
    for wrong in (
        lambda: kernel.record_keys(column, b"short"),
        lambda: kernel.record_keys(column, KEY, bits=0),
        lambda: kernel.record_keys(pl.Series([1]), KEY),
        lambda: kernel.merge_keys([(array("Q", [1]), array("I", []), 0)], 0),
    ):
        with pytest.raises(ValueError, match=r"key|hash|texts|segments"):
            wrong()
    for base in (6, 5 - (1 << 32)):
        with pytest.raises(OverflowError):
            kernel.merge_keys([(array("Q", [1]), None, 5)], base)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=200),
    st.integers(1, 9),
)
def test_of_a_key_of_many_entries_the_last_ones_stay(entries, uses_max):
    """Of each key those of the highest segments, in whatever order they come."""
    ordered = sorted(entries, key=lambda entry: entry[0])
    keys = array("Q", [key for key, _ in ordered]).tobytes()
    segments = array("I", [segment for _, segment in ordered]).tobytes()
    kept, beside = kernel.latest_entries(keys, segments, uses_max)
    found = Counter(zip(array("Q", kept), array("I", beside), strict=True))
    expected = Counter()
    for key in {key for key, _ in entries}:
        own = sorted(segment for each, segment in entries if each == key)
        expected.update((key, segment) for segment in own[-uses_max:])
    assert found == expected
    assert list(array("Q", kept)) == sorted(array("Q", kept))


def test_no_entry_at_all_of_a_key_is_refused():
    """A caller who would lose a key is told."""
    with pytest.raises(ValueError, match="expected 1 at least"):
        kernel.latest_entries(bytes(8), bytes(4), 0)
    with pytest.raises(ValueError, match="1 keys, but 2 segments"):
        kernel.latest_entries(bytes(8), bytes(8), 1)
