"""What is to be compared, against a count in plain Python: whole ids, in bounded pieces."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.ledger.keys.key_file import BUCKET_COUNT, KEY_USES_MAX, Keys, keys_of
from tonne.ledger.upkeep.same import candidates
from tonne.ledger.upkeep.same.candidates import CANDIDATES_MAX, Candidates
from tonne.store.statement_rows import KeyFile

ids = st.integers(0, 30).map(lambda number: number * 0x9E3779B97F4A7C15 % (1 << 64))
entries = st.lists(st.tuples(ids, st.integers(1, 9), st.sampled_from([1, 1, 1, 40])), max_size=40)


def keys(found) -> Keys:
    """Keys of entries (key, segment)."""
    ordered = sorted(found)
    segments = array("I", [segment for _, segment in ordered])
    return keys_of(array("Q", [key for key, _ in ordered]).tobytes(), segments.tobytes(), 0)


def repeated(found):
    """Entries (key, segment, how often), one by one."""
    return [(key, segment) for key, segment, often in found for _ in range(often)]


def ask(new, *olds):
    """All pieces, from files that hold all buckets."""
    runs = {str(number): keys(old) for number, old in enumerate(olds)}
    parts = [(KeyFile(name, name, 0, "", 0, BUCKET_COUNT), None) for name in runs]
    found = Candidates(keys(new), parts, lambda part, _: runs[part.file_id], lambda: None)
    return list(found.entries())


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few uses are many, and pieces small."""
    monkeypatch.setattr(candidates, "KEY_USES_MAX", 20)
    monkeypatch.setattr(candidates, "CANDIDATES_MAX", 16)
    monkeypatch.setattr(candidates, "_ENTRIES_MAX", 24)


@given(entries, st.lists(entries, max_size=3))
def test_whole_ids_come_in_small_pieces(new, olds):
    """Of ids that a new record has and that stand in several: each entry once, or the count."""
    new, olds = repeated(new), [repeated(old) for old in olds]
    pieces = ask(new, *olds)
    segments = defaultdict(list)
    for key, segment in [*new, *(entry for old in olds for entry in old)]:
        segments[key].append(segment)
    expected = Counter()
    for key in {key for key, _ in new}:
        own = segments[key]
        if len(own) > 20:
            expected[key, max(own), len(own)] += 1
        elif len(own) > 1:
            expected.update((key, segment, len(own)) for segment in own)
    assert Counter(row for piece in pieces for row in piece.iter_rows()) == expected
    seen = [set(piece["key"]) for piece in pieces]
    assert sum(map(len, seen)) == len(set().union(*seen))
    assert all(piece.height <= 16 + 20 for piece in pieces)


def test_an_id_of_more_records_than_fit_becomes_one_entry(monkeypatch):
    """With the sizes as they are: a million records of one id, and one of another."""
    for name, value in (("KEY_USES_MAX", KEY_USES_MAX), ("CANDIDATES_MAX", CANDIDATES_MAX)):
        monkeypatch.setattr(candidates, name, value)
    (piece,) = ask([(7, 3), (9, 3), (9, 3)], [(7, 1)] * 500_000, [(7, 2)] * 500_000)
    assert sorted(piece.iter_rows()) == [(7, 3, 1_000_001), (9, 3, 2), (9, 3, 2)]
