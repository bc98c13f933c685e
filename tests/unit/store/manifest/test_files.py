"""Files: listings, ranges, merges, what is dead."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.support.stores.store import create_book, dead_ids, make_commit, make_file, make_move
from tonne.errors import LedgerInconsistent, StoreUnavailable
from tonne.store import RangeRow, faults


def test_segments_of_a_channel_are_listed_in_pages(manifest):
    """A channel's segments are those that hold records of it, in the order of the commits."""
    create_book(manifest)
    opened = {name: manifest.open_channel("acme", name) for name in ("a", "b")}
    expected: dict[str, list[str]] = {"a": [], "b": []}
    for names in ("a", "b", "ab", "b", "a"):
        commit = make_commit("acme", *(make_move(opened[name]) for name in names))
        manifest.commit(commit)
        for name in names:
            expected[name].append(commit.files[0].id)
            opened[name] = manifest.get_channel("acme", name)
    for name, ids in expected.items():
        first = manifest.segments("acme", channel=name, limit=2)
        rest = manifest.segments("acme", channel=name, after_seq=first[-1].seq, limit=2)
        assert [file.id for file in first + rest] == ids
    assert manifest.segments("acme", channel="c", limit=10) == []


def test_ranges_are_found_by_overlap(manifest):
    """Exactly the ranges that share an offset with the asked ones are returned, in order."""
    create_book(manifest)
    for steps in (10, 5, 1):
        channel = manifest.open_channel("acme", "meter")
        commit = make_commit("acme", make_move(channel, steps))
        quarantine = make_file("acme", "quarantine", commit.id)
        first = channel.committed_offset
        held = RangeRow(quarantine.id, commit.id, "meter", first, first + 1)
        manifest.commit(
            replace(
                commit,
                files=(*commit.files, quarantine),
                ranges=(*commit.ranges, held) if steps == 5 else commit.ranges,
            )
        )

    def found(start: int, stop: int) -> set[tuple[int, int]]:
        rows = manifest.segment_ranges("acme", "meter", start, stop)
        assert [r.first_offset for r in rows] == sorted(r.first_offset for r in rows)
        assert set(manifest.get_files(r.file_id for r in rows)) == {r.file_id for r in rows}
        return {(row.first_offset, row.stop_offset) for row in rows}

    assert found(0, 16) == {(0, 10), (10, 11), (10, 15), (15, 16)}
    assert found(9, 10) == {(0, 10)}
    assert found(10, 11) == {(10, 11), (10, 15)}
    assert found(11, 15) == {(10, 15)}
    assert found(16, 20) == set()
    assert manifest.segment_ranges("acme", "other", 0, 16) == []


def test_a_merge_replaces_live_files(manifest):
    """The old files are dead and the new one live with a later seq; a second merge is refused."""
    create_book(manifest)
    for _ in range(3):
        manifest.commit(make_commit("acme"))
    old = manifest.live_postings("acme")
    new = make_file("acme", "postings", "ignored", row_count=3)
    assert manifest.replace_postings("acme", [file.id for file in old[:2]], new)
    (kept, merged) = manifest.live_postings("acme")
    assert kept == old[2]
    assert merged == replace(new, commit_id="", seq=7, first_commit=2, last_commit=4)
    again = make_file("acme", "postings", "")
    assert not manifest.replace_postings("acme", [old[0].id, old[2].id], again)
    assert manifest.live_postings("acme") == [kept, merged]
    assert manifest.get_files([again.id]) == {}
    assert dead_ids(manifest) == [file.id for file in old[:2]]


def test_a_merge_may_be_tried_again(manifest):
    """The same merge, repeated because its outcome was not known, is a success."""
    create_book(manifest)
    manifest.commit(make_commit("acme"))
    old = [file.id for file in manifest.live_postings("acme")]
    new = make_file("acme", "postings", "")
    assert manifest.replace_postings("acme", old, new)
    assert manifest.replace_postings("acme", old, new)
    assert [file.id for file in manifest.live_postings("acme")] == [new.id]


def test_only_postings_of_the_book_are_merged(manifest):
    """Segments, and files of another book, are never taken for postings to merge."""
    create_book(manifest)
    create_book(manifest, "other")
    for book in ("acme", "other"):
        manifest.commit(make_commit(book))
    segment = manifest.segments("acme", limit=1)[0]
    foreign = manifest.live_postings("other")[0]
    for wrong in (segment.id, foreign.id, "nothing"):
        new = make_file("acme", "postings", "")
        assert not manifest.replace_postings("acme", [wrong], new)
    assert dead_ids(manifest) == []


def test_a_path_belongs_to_one_file(manifest):
    """A commit with the path of another commit's file contradicts the manifest."""
    create_book(manifest)
    first = make_commit("acme")
    manifest.commit(first)
    second = make_commit("acme")
    clash = replace(second.files[0], path=first.files[0].path)
    with pytest.raises(LedgerInconsistent):
        manifest.commit(replace(second, files=(clash,)))
    assert not manifest.commit_exists(second.id)


def test_dead_files_wait_and_are_forgotten(embedded, clock):
    """A dead file waits from when it is listed, oldest first; live ones are never forgotten."""
    create_book(embedded)
    for _ in range(2):
        embedded.commit(make_commit("acme"))
        live = [file.id for file in embedded.live_postings("acme")]
        embedded.replace_postings("acme", live, make_file("acme", "postings", ""))
        embedded.list_dead(clock(), None)
        clock.advance(100)
    dead = embedded.dead_files(clock(), 10)
    assert len(dead) == 3
    assert [file.seq for file in dead] == [2, 3, 5]
    assert embedded.dead_files(clock() - dt.timedelta(seconds=100.5), 10) == dead[:1]
    assert embedded.dead_files(clock(), 1) == dead[:1]
    (live_file,) = embedded.live_postings("acme")
    embedded.forget_files([dead[0].id, live_file.id])
    assert embedded.dead_files(clock(), 10) == dead[1:]
    assert embedded.live_postings("acme") == [live_file]


def test_known_paths_are_those_of_live_and_dead_files(manifest):
    """Condemned and unknown paths are not known."""
    create_book(manifest)
    commit = make_commit("acme")
    manifest.commit(commit)
    segment, postings = (file.path for file in commit.files)
    live = [file.id for file in manifest.live_postings("acme")]
    manifest.replace_postings("acme", live, make_file("acme", "postings", ""))
    assert manifest.condemn_orphans(["acme/lost"]) == {"acme/lost"}
    paths = [segment, postings, "acme/lost", "acme/new"]
    assert manifest.known_paths(paths) == {segment, postings}
    assert manifest.known_paths([]) == set()


@pytest.mark.usefixtures("armed")
def test_a_merge_reaches_its_points(manifest):
    """A fault before the merge leaves all as it was; one after it is a lost reply, settled."""
    create_book(manifest)
    manifest.commit(make_commit("acme"))
    old = [file.id for file in manifest.live_postings("acme")]
    new = make_file("acme", "postings", "")
    faults.arm("merge.before_sql=raise,merge.after_sql=raise")
    with pytest.raises(StoreUnavailable):
        manifest.replace_postings("acme", old, new)
    assert [file.id for file in manifest.live_postings("acme")] == old
    assert manifest.replace_postings("acme", old, new)
    assert faults.arrivals()["merge.before_sql"] == 2
    assert faults.arrivals()["merge.after_sql"] == 1
