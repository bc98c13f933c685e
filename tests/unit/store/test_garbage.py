"""Garbage collection: deletes what nothing refers to, and never what a commit may still take."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from tests.support.store import create_book, make_commit, make_file
from tonne.errors import ConfigInvalid, StoreUnavailable
from tonne.store import Collected, Manifest, ObjectMissing, collect, faults
from tonne.store.directory import DirectoryObjects
from tonne.store.garbage import GRACE_S_MIN

pytestmark = pytest.mark.usefixtures("armed")

DAY_S = 86_400.0


def later(seconds: float = 2 * DAY_S):
    """A clock that is `seconds` ahead of the storage's."""
    return lambda: dt.datetime.now(tz=dt.UTC) + dt.timedelta(seconds=seconds)


def put_commit(objects):
    """Write the files of a commit; the caller commits it."""
    commit = make_commit("acme")
    for file in commit.files:
        objects.put(file.path, file.id.encode())
    return commit


def paths_of(objects) -> set[str]:
    return {info.path for info in objects.list("")}


def test_orphans_go_and_what_is_committed_stays(manifest, objects):
    """After the grace objects without a row are deleted; committed ones never are."""
    create_book(manifest)
    kept, lost = put_commit(objects), put_commit(objects)
    manifest.commit(kept)
    size_bytes = sum(len(file.id) for file in lost.files)
    assert collect(manifest, objects, DAY_S, later()) == Collected(0, 2, size_bytes)
    assert paths_of(objects) == {file.path for file in kept.files}
    assert collect(manifest, objects, DAY_S, later()) == Collected(0, 0, 0)
    assert faults.arrivals()["garbage.before_delete"] == 2


def test_young_orphans_wait(manifest, objects):
    """Before the grace is over nothing is deleted, and a late commit of it succeeds."""
    create_book(manifest)
    commit = put_commit(objects)
    assert collect(manifest, objects, DAY_S, later(DAY_S - 60)) == Collected(0, 0, 0)
    manifest.commit(commit)
    assert paths_of(objects) == {file.path for file in commit.files}


def test_a_commit_that_comes_after_its_files_were_collected_fails(manifest, objects):
    """However late a writer comes: it fails instead of referring to what is gone."""
    create_book(manifest)
    channel = manifest.open_channel("acme", "meter")
    commit = put_commit(objects)
    collect(manifest, objects, DAY_S, later())
    with pytest.raises(StoreUnavailable, match="collected as garbage"):
        manifest.commit(commit)
    assert manifest.segments("acme", limit=10) == []
    assert manifest.get_channel("acme", "meter") == channel
    manifest.commit(put_commit(objects))


def test_a_merge_that_comes_after_its_file_was_collected_fails(manifest, objects):
    """The same holds for a merged postings file; the old ones stay live."""
    create_book(manifest)
    manifest.commit(put_commit(objects))
    live = manifest.live_postings("acme")
    new = make_file("acme", "postings", "")
    objects.put(new.path, b"merged")
    collect(manifest, objects, DAY_S, later())
    with pytest.raises(StoreUnavailable, match="collected as garbage"):
        manifest.replace_postings("acme", [file.id for file in live], new)
    assert manifest.live_postings("acme") == live


def test_a_commit_under_way_keeps_its_files(manifest_url, objects, monkeypatch):
    """A collection that meets an uncommitted insert waits for it, and leaves its files."""
    manifest, collector = Manifest.open(manifest_url), Manifest.open(manifest_url)
    create_book(manifest)
    commit = put_commit(objects)
    faults.arm("commit.in_sql=hang")
    committer = threading.Thread(target=manifest.commit, args=(commit,))
    committer.start()
    assert faults.await_arrival("commit.in_sql")
    collected: list[Collected] = []
    asked = threading.Event()
    real = collector.condemn_orphans

    def ask(paths, lease=None):
        asked.set()
        return real(paths, lease)

    monkeypatch.setattr(collector, "condemn_orphans", ask)
    thread = threading.Thread(
        target=lambda: collected.append(collect(collector, objects, DAY_S, later()))
    )
    thread.start()
    assert asked.wait(30)  # it found the files unknown and is about to condemn them
    faults.release()
    committer.join()
    thread.join()
    assert collected == [Collected(0, 0, 0)]
    assert paths_of(objects) == {file.path for file in commit.files}
    assert len(manifest.segments("acme", limit=10)) == 1
    manifest.close()
    collector.close()


def test_replaced_files_go_after_the_grace(embedded, objects, clock):
    """Dead files are deleted and forgotten once they were dead long enough, not before."""
    create_book(embedded)
    embedded.commit(put_commit(objects))
    (old,) = embedded.live_postings("acme")
    new = make_file("acme", "postings", "")
    objects.put(new.path, b"merged")
    embedded.replace_postings("acme", [old.id], new)
    clock.advance(DAY_S - 1)
    assert collect(embedded, objects, DAY_S, later(0)) == Collected(0, 0, 0)
    assert objects.get(old.path) == old.id.encode()
    clock.advance(1)
    assert collect(embedded, objects, DAY_S, later(0)) == Collected(1, 0, old.size_bytes)
    with pytest.raises(ObjectMissing):
        objects.get(old.path)
    assert embedded.get_files([old.id]) == {}
    assert objects.get(new.path) == b"merged"


def test_a_collection_that_fails_is_finished_by_the_next(embedded, objects, clock):
    """A collection that dies between condemning and deleting leaves nothing for ever."""
    create_book(embedded)
    embedded.commit(put_commit(objects))
    (old,) = embedded.live_postings("acme")
    new = make_file("acme", "postings", "")
    objects.put(new.path, b"merged")
    embedded.replace_postings("acme", [old.id], new)
    put_commit(objects)
    clock.advance(2 * DAY_S)
    for _ in range(2):
        faults.arm("garbage.before_delete=raise:2")
        with pytest.raises(StoreUnavailable):
            collect(embedded, objects, DAY_S, later())
    faults.arm("")
    collect(embedded, objects, DAY_S, later())
    segment = embedded.segments("acme", limit=1)[0]
    assert paths_of(objects) == {segment.path, new.path}
    assert embedded.dead_files(0) == []


def test_a_grace_that_a_commit_could_outlast_is_refused(embedded):
    """A grace below the longest commit stops the call."""
    with pytest.raises(ConfigInvalid, match="900 s at least"):
        collect(embedded, None, GRACE_S_MIN - 1, later())


def test_what_the_ledger_did_not_write_is_left_alone(tmp_path):
    """Files of others below the same directory, the manifest itself among them, are no garbage."""
    manifest = Manifest.open(f"sqlite:///{tmp_path / 'manifest.db'}")
    create_book(manifest)
    objects = DirectoryObjects(tmp_path)
    theirs = ["lost+found/x", "notes.txt", "delta/part-00000.parquet", ".hidden"]
    for name in theirs:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("theirs")
    lost = put_commit(objects)
    assert collect(manifest, objects, DAY_S, later()).orphans_count == len(lost.files)
    assert all((tmp_path / name).read_text() == "theirs" for name in theirs)
    assert (tmp_path / "manifest.db").exists()
    manifest.close()
