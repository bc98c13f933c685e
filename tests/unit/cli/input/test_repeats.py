"""Records that stand twice in what is appended."""

from __future__ import annotations

import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.cli.appending import checks
from tonne.cli.appending.checks import tell_repeats
from tonne.cli.appending.outcome import RepeatRule
from tonne.cli.input import repeats
from tonne.cli.input.repeats import Source, find_repeats, without

IDS = st.sampled_from(["", "a", "b", "c", "ä"])
QUANTITIES = st.sampled_from(["1", "2", None])
STARTS = st.sampled_from(["01", "02"])
RECORDS = st.lists(st.tuples(IDS, QUANTITIES, STARTS), max_size=12)


def frame(rows):
    """The records as a frame of texts."""
    names = ["record_id", "quantity", "start"][: len(rows[0]) if rows else 3]
    schema = dict.fromkeys(names, pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def sources_of(rows, cuts):
    """The records in files and pieces, cut at some places."""
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [rows[a:b] for a, b in itertools.pairwise(edges)]
    return [
        Source(f"{number}.csv", lambda part=part: iter([frame(part)]))
        for number, part in enumerate(parts)
    ]


def ids_of(pieces):
    """The rows of pieces, in order."""
    return [row for piece in pieces for row in piece.rows()]


@given(rows=RECORDS, cuts=st.lists(st.integers(0, 12), max_size=3))
def test_duplicates_and_conflicts_are_those_of_a_plain_look(rows, cuts):
    """Whatever the pieces: all, each once, the first of each kept, and nothing else."""
    sources = sources_of(rows, cuts)
    found = find_repeats(sources)
    seen, starts, exact, conflicts, shared = set(), {}, [], 0, 0
    for position, row in enumerate(rows):
        if not row[0]:
            continue
        is_first = row[0] not in starts
        starts.setdefault(row[0], set()).add(row[2])
        if len(starts[row[0]]) > 1:  # the id is no record's own
            shared += row in seen
        elif row in seen:
            exact.append(position)
        elif not is_first:
            conflicts += 1
        seen.add(row)
    assert found.record_count == len(rows)
    assert found.exact.to_list() == exact
    assert (found.conflict_count, found.shared_count) == (conflicts, shared)
    kept = ids_of(without((piece for each in sources for piece in each.read()), found.exact))
    assert kept == [row for position, row in enumerate(rows) if position not in exact]


def test_ids_of_one_hash_are_not_one_id(monkeypatch):
    """The texts decide: a collision tells nothing."""
    monkeypatch.setattr(repeats, "_hash_ids", lambda ids: pl.repeat(7, ids.len(), eager=True))
    rows = [("a", "1"), ("b", "1"), ("c", "1")]
    found = find_repeats(sources_of(rows, []))
    assert (found.exact.len(), found.conflict_count) == (0, 0)


@pytest.mark.parametrize(
    ("rows", "rule", "stops", "told"),
    [
        ([("a", "1"), ("a", "1")], RepeatRule.STOP, True, "--repeats skip"),
        ([("a", "1"), ("a", "1")], RepeatRule.SKIP, False, "1 duplicate left out"),
        ([("a", "1"), ("a", "2")], RepeatRule.SKIP, True, "mend the file"),
        ([("a", "1"), ("b", "1")], RepeatRule.STOP, False, ""),
        ([("a", "1", "01"), ("a", "1", "02")], RepeatRule.STOP, False, ""),
    ],
)
def test_what_stands_twice_is_told_by_its_place(capsys, rows, rule, stops, told):
    """The file, the number of the record there, and the option that decides."""
    found = find_repeats(sources_of(rows, [1]))
    assert tell_repeats(found, rule) is stops
    text = " ".join(capsys.readouterr().err.split())
    assert told in text
    assert ("1.csv, record 1" in text and "0.csv, record 1" in text) is bool(told)


def test_an_id_of_several_times_is_kept_and_told(capsys):
    """An hour that stands twice when clocks go back, under the id of its meter."""
    rows = [("h", "10", "00:00"), ("h", "10", "01:00"), ("h", "10", "01:00")]
    found = find_repeats(sources_of(rows, []))
    assert tell_repeats(found, RepeatRule.STOP) is False
    assert found.exact.is_empty()
    told = " ".join(capsys.readouterr().err.split())
    assert "notice: 0.csv, record 3 is the same as 0.csv, record 2 in all fields" in told


def test_too_many_records_are_told(monkeypatch, capsys):
    """The look is left out, and the command says so."""
    monkeypatch.setattr(repeats, "RECORDS_MAX", 3)
    monkeypatch.setattr(checks, "REPEATS_RECORDS_MAX", 3)
    found = find_repeats(sources_of([("a", "1")] * 4, [2]))
    assert tell_repeats(found, RepeatRule.STOP) is False
    assert "4 records are too many to compare their ids" in capsys.readouterr().err
