"""Garbage collection: deletes what nothing refers to, and never what a commit may still take."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace

import obstore
import pytest
import sqlalchemy as sa

from tests.support.stores.store import (
    AT_ONCE,
    START,
    age_lists,
    collect_all,
    create_book,
    dead_ids,
    later,
    make_commit,
    make_file,
    new_id,
)
from tonne.errors import ConfigInvalid, StoreUnavailable
from tonne.store import (
    Collected,
    GarbageRefused,
    LedgerMismatch,
    Manifest,
    ObjectMissing,
    Rules,
    collect,
    faults,
    meet,
    open_objects,
)
from tonne.store.garbage import DAY_S, GRACE_S_MIN, SHARE_FILES_MIN
from tonne.store.objects.directory import DirectoryObjects
from tonne.store.pair import write_mark
from tonne.store.sql import schema

pytestmark = pytest.mark.usefixtures("armed")

LOST = "acme/segments/2026-01-01"


def put_commit(objects):
    """Write the files of a commit; the caller commits it."""
    commit = make_commit("acme")
    for file in commit.files:
        objects.put(file.path, file.id.encode())
    return commit


def lose(objects, count: int) -> set[str]:
    """Write objects that no commit ever names."""
    paths = {f"{LOST}/{number:032x}.parquet" for number in range(count)}
    for path in paths:
        objects.put(path, b"lost")
    return paths


def paths_of(objects) -> set[str]:
    return {info.path for info in objects.list("") if not info.path.startswith("_tonne/")}


@pytest.fixture
def manifest(manifest, objects):
    """A manifest that has met its objects, with one book."""
    meet(manifest, objects)
    create_book(manifest)
    return manifest


@pytest.fixture
def embedded(embedded, objects):
    """The same, by a clock that the test moves."""
    meet(embedded, objects)
    create_book(embedded)
    return embedded


def test_orphans_go_and_what_is_committed_stays(manifest, objects):
    """First they are listed, then objects without a row are deleted; committed ones never are."""
    kept, lost = put_commit(objects), put_commit(objects)
    manifest.commit(kept)
    size_bytes = sum(len(file.id) for file in lost.files)
    assert collect_all(manifest, objects) == [
        Collected(0, 0, 0, unknown_count=2),
        Collected(0, 2, size_bytes),
    ]
    assert paths_of(objects) == {file.path for file in kept.files}
    assert collect(manifest, objects, Rules(), later()) == Collected(0, 0, 0)
    assert faults.arrivals()["garbage.before_delete"] == 2


def test_young_orphans_wait(manifest, objects):
    """Before the grace is over nothing is even listed, and a late commit of it succeeds."""
    commit = put_commit(objects)
    rules = replace(AT_ONCE, grace_s=86_400)
    assert collect(manifest, objects, rules, later(86_340)) == Collected(0, 0, 0)
    manifest.commit(commit)
    assert paths_of(objects) == {file.path for file in commit.files}


def test_an_unknown_object_waits_from_when_it_is_listed(embedded, objects, clock):
    """However old the object says it is: only what has been listed for the quarantine goes."""
    lost = lose(objects, 3)
    rules = Rules(quarantine_s=7 * DAY_S)
    for _ in range(7):
        assert collect(embedded, objects, rules, later(1e9)) == Collected(0, 0, 0, 3)
        clock.advance(DAY_S)
    assert paths_of(objects) == lost
    (first, *_) = embedded.get_unknown(10)
    assert (first.path, first.list_time) == (min(lost), START)
    assert collect(embedded, objects, rules, later(1e9)).orphan_count == 3
    assert embedded.get_unknown(10) == []
    assert paths_of(objects) == set()


def test_what_becomes_known_or_is_gone_leaves_the_list(manifest, objects):
    """A commit that comes late takes its files off, and so does whoever removes one."""
    commit = put_commit(objects)
    (gone,) = lose(objects, 1)
    assert collect(manifest, objects, Rules(), later()).unknown_count == 3
    manifest.commit(commit)
    objects.delete(gone)
    age_lists(manifest)
    assert collect(manifest, objects, Rules(), later()) == Collected(0, 0, 0)
    assert paths_of(objects) == {file.path for file in commit.files}


@pytest.mark.parametrize("jumps_s", [(30 * DAY_S,), (5 * 3600, -5 * 3600), (-9 * 3600,)])
def test_a_clock_that_jumps_makes_nothing_older(embedded, objects, clock, jumps_s):
    """A process counts what it saw pass; a clock that goes to and fro counts no hour twice."""
    (lost,) = lose(objects, 1)
    rules = Rules(quarantine_s=2 * DAY_S)
    collect(embedded, objects, rules, later())
    passed_s = 0.0
    while passed_s < DAY_S:
        for jump_s in jumps_s:
            clock.advance(jump_s)
            collect(embedded, objects, rules, later(), elapsed_s_max=900)
            passed_s += 900
    assert objects.get(lost)


def test_a_first_collection_counts_a_day_at_most(embedded, objects, clock):
    """A process that has seen nothing yet trusts the clock for one day."""
    (lost,) = lose(objects, 1)
    rules = Rules(quarantine_s=1.5 * DAY_S)
    collect(embedded, objects, rules, later())
    clock.advance(1000 * DAY_S)
    assert collect(embedded, objects, rules, later()).orphan_count == 0
    assert objects.get(lost)
    assert collect(embedded, objects, rules, later()).orphan_count == 1


def test_too_large_a_share_is_refused(manifest, objects):
    """Nothing unknown goes where it is more than the share of what is there, whatever its age."""
    for _ in range(4):
        manifest.commit(put_commit(objects))
    lost = lose(objects, SHARE_FILES_MIN + 1)
    collect(manifest, objects, Rules(), later())
    age_lists(manifest)
    with pytest.raises(GarbageRefused, match=r"33 of 41 files .* may delete at most 10%"):
        collect(manifest, objects, Rules(), later())
    assert lost <= paths_of(objects)
    assert faults.arrivals()["garbage.before_condemn"] == 0
    assert manifest.count_unknown() == len(lost)
    done = collect(manifest, objects, Rules(share_max=0.9), later())
    assert done.orphan_count == len(lost)


def test_a_manifest_of_other_objects_collects_nothing(manifest, objects, tmp_path):
    """Running servers notice: a manifest under another identity is refused at the collection."""
    kept = put_commit(objects)
    manifest.commit(kept)
    other = Manifest.open(f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(LedgerMismatch, match="holds no ledger"):
        collect(other, objects, AT_ONCE, later())
    meet(other, DirectoryObjects(tmp_path / "elsewhere"))
    with pytest.raises(LedgerMismatch, match="belong to ledger"):
        collect(other, objects, AT_ONCE, later())
    assert other.get_unknown(10) == []
    other.close()
    assert paths_of(objects) == {file.path for file in kept.files}


def test_a_manifest_that_went_back_collects_nothing(manifest, objects):
    """A database that lost transactions since the last mark is refused."""
    manifest.commit(put_commit(objects))
    write_mark(manifest, objects, 60)
    back = sa.update(schema.book).values(commit_seq=schema.book.c.commit_seq - 1)
    manifest._database.write(lambda c: c.execute(back) and None)
    lost = lose(objects, 1)
    with pytest.raises(LedgerMismatch, match="is older"):
        collect(manifest, objects, AT_ONCE, later())
    assert lost <= paths_of(objects)


def test_a_commit_that_comes_after_its_files_were_collected_fails(manifest, objects):
    """However late a writer comes: it fails instead of referring to what is gone."""
    channel = manifest.open_channel("acme", "meter")
    commit = put_commit(objects)
    collect(manifest, objects, AT_ONCE, later())
    with pytest.raises(StoreUnavailable, match="collected as garbage"):
        manifest.commit(commit)
    assert manifest.segments("acme", limit=10) == []
    assert manifest.get_channel("acme", "meter") == channel
    manifest.commit(put_commit(objects))


def test_a_merge_that_comes_after_its_file_was_collected_fails(manifest, objects):
    """The same holds for a merged postings file; the old ones stay live."""
    manifest.commit(put_commit(objects))
    live = manifest.live_postings("acme")
    new = make_file("acme", "postings", "")
    objects.put(new.path, b"merged")
    collect(manifest, objects, AT_ONCE, later())
    with pytest.raises(StoreUnavailable, match="collected as garbage"):
        manifest.replace_postings("acme", [file.id for file in live], new)
    assert manifest.live_postings("acme") == live


def test_a_commit_under_way_keeps_its_files(manifest_url, objects, monkeypatch):
    """A collection that meets an uncommitted insert waits for it, and leaves its files."""
    manifest, collector = Manifest.open(manifest_url), Manifest.open(manifest_url)
    meet(manifest, objects)
    create_book(manifest)
    commit = put_commit(objects)
    faults.arm("commit.in_sql=hang")
    committer = threading.Thread(target=manifest.commit, args=(commit,))
    committer.start()
    assert faults.await_arrival("commit.in_sql")
    collected: list[Collected] = []
    asked = threading.Event()
    # Where there is one writer at a time, its first statement waits; else the last one does.
    waits = "condemn_orphans" if collector._database.is_postgres else "advance_upkeep"
    real = getattr(collector, waits)

    def ask(*arguments):
        asked.set()
        return real(*arguments)

    monkeypatch.setattr(collector, waits, ask)
    thread = threading.Thread(
        target=lambda: collected.append(collect(collector, objects, AT_ONCE, later()))
    )
    thread.start()
    assert asked.wait(30)
    faults.release()
    committer.join()
    thread.join()
    assert collected == [Collected(0, 0, 0)]
    assert paths_of(objects) == {file.path for file in commit.files}
    assert len(manifest.segments("acme", limit=10)) == 1
    manifest.close()
    collector.close()


def merge(manifest, objects):
    """Commit, and merge the postings; gives the file that was replaced and the new one."""
    manifest.commit(put_commit(objects))
    (old,) = manifest.live_postings("acme")
    new = make_file("acme", "postings", "")
    objects.put(new.path, b"merged")
    manifest.replace_postings("acme", [old.id], new)
    return old, new


def test_replaced_files_stay_for_as_long_as_a_backup_may_name_them(embedded, objects, clock):
    """Dead files are deleted and forgotten once they were listed long enough, not before."""
    old, new = merge(embedded, objects)
    for _ in range(35):
        assert collect(embedded, objects, Rules(), later(0)) == Collected(0, 0, 0)
        assert objects.get(old.path) == old.id.encode()
        clock.advance(DAY_S)
    assert collect(embedded, objects, Rules(), later(0)) == Collected(1, 0, old.size_bytes)
    with pytest.raises(ObjectMissing):
        objects.get(old.path)
    assert embedded.get_files([old.id]) == {}
    assert objects.get(new.path) == b"merged"


def test_replaced_files_stay_for_their_readers_where_no_backup_needs_them(
    embedded, objects, clock
):
    """Whatever the setting: who took the list of files before a merge can read them."""
    old, _ = merge(embedded, objects)
    rules = Rules(backup_s=0)
    collect(embedded, objects, rules, later(0))
    clock.advance(rules.grace_s - 1)
    collect(embedded, objects, rules, later(0))
    assert objects.get(old.path)
    clock.advance(1)
    assert collect(embedded, objects, rules, later(0)).dead_count == 1


def test_a_collection_that_fails_is_finished_by_the_next(embedded, objects, clock):
    """A collection that dies between condemning and deleting leaves nothing for ever."""
    _, new = merge(embedded, objects)
    put_commit(objects)
    collect(embedded, objects, AT_ONCE, later(0))
    clock.advance(DAY_S)
    for _ in range(2):
        faults.arm("garbage.before_delete=raise:2")
        with pytest.raises(StoreUnavailable):
            collect(embedded, objects, AT_ONCE, later())
    faults.arm("")
    collect(embedded, objects, AT_ONCE, later())
    segment = embedded.segments("acme", limit=1)[0]
    assert paths_of(objects) == {segment.path, new.path}
    assert dead_ids(embedded) == []


def test_unfinished_puts_of_a_directory_that_moved_go_from_a_bucket(tmp_path, s3_bucket):
    """A bucket makes none, and deletes those that were copied there like every orphan."""
    objects = open_objects(f"{s3_bucket.url}/moved", s3_bucket.options)
    name = f"acme/segment/2026-01-01/.{new_id()}.parquet.{new_id()}.tmp"
    with closing(Manifest.open(f"sqlite:///{tmp_path}/moved.db")) as manifest:
        meet(manifest, objects)
        obstore.put(objects._store, name, b"half")
        assert collect_all(manifest, objects)[-1].orphan_count == 1
    assert name not in {info.path for info in objects.list("")}


def test_a_grace_that_a_commit_could_outlast_is_refused():
    """There are no rules with a grace below the longest commit."""
    with pytest.raises(ConfigInvalid, match="at least 900 s"):
        Rules(grace_s=GRACE_S_MIN - 1)


def test_what_the_ledger_did_not_write_is_left_alone(tmp_path):
    """Files of others below the same directory, the manifest itself among them, are no garbage."""
    manifest = Manifest.open(f"sqlite:///{tmp_path / 'manifest.db'}")
    objects = DirectoryObjects(tmp_path)
    meet(manifest, objects)
    create_book(manifest)
    theirs = [
        "lost+found/x",
        "notes.txt",
        "delta/part-00000.parquet",
        ".hidden",
        f"acme/{'0' * 32}.parquet",
        f"A b/segments/2026-01-01/{'0' * 32}.parquet",
        f"x/acme/segments/2026-01-01/{'0' * 32}.parquet",
    ]
    for name in theirs:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("theirs")
    lost = put_commit(objects)
    assert collect_all(manifest, objects)[1].orphan_count == len(lost.files)
    assert all((tmp_path / name).read_text() == "theirs" for name in theirs)
    assert (tmp_path / "manifest.db").exists()
    manifest.close()


@pytest.mark.parametrize("outer_prefix", ["", "/x", "/x/acme"])
def test_ledgers_below_each_other_leave_each_other_alone(tmp_path, s3_bucket, outer_prefix):
    """Whichever of two ledgers of one bucket lies deeper, each knows its own files alone."""
    for root, options in (
        ((tmp_path / "objects").as_uri(), {}),
        (s3_bucket.url, s3_bucket.options),
    ):
        urls = [f"{root}{outer_prefix}", f"{root}{outer_prefix}/acme"]
        pairs = [
            (Manifest.open(f"sqlite:///{tmp_path}/{new_id()}.db"), open_objects(url, options))
            for url in urls
        ]
        kept = {}
        for manifest, objects in pairs:
            meet(manifest, objects)
            create_book(manifest)
            commit = put_commit(objects)
            manifest.commit(commit)
            kept[objects.location] = commit.files
        for manifest, objects in pairs:
            assert collect_all(manifest, objects) == [Collected(0, 0, 0)] * 2
            manifest.close()
        for _, objects in pairs:
            for file in kept[objects.location]:
                assert objects.get(file.path) == file.id.encode()
