"""A manifest and its objects are one ledger: made once, compared ever after, adopted on demand."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import sqlalchemy as sa

from tests.support.stores.store import (
    START,
    create_book,
    dead_ids,
    later,
    make_commit,
    make_file,
)
from tonne.errors import StoreUnavailable
from tonne.store import LedgerMismatch, Manifest, Rules, collect, faults, meet, open_objects, pair
from tonne.store.marks import MARKS_KEPT, Mark, list_marks
from tonne.store.pair import check, read_identity, write_mark
from tonne.store.restore import adopt, survey
from tonne.store.sql import schema

pytestmark = pytest.mark.usefixtures("armed")

MAKING = ["identity.after_row", "identity.after_ledger", "identity.after_incarnation"]
ADOPTING = ["adopt.before_put", "adopt.after_put", "adopt.after_sql"]
BEGUN = "objects.after_temp_write"


@pytest.fixture
def other(tmp_path):
    """Another, empty manifest."""
    opened = Manifest.open(f"sqlite:///{tmp_path}/other.db")
    yield opened
    opened.close()


def commit_to(manifest, objects):
    """Commit with its files."""
    commit = make_commit("acme")
    for file in commit.files:
        objects.put(file.path, file.id.encode())
    manifest.commit(commit)
    return commit


def go_back(manifest, steps=1):
    """Let the database have lost its last transactions."""
    statement = sa.update(schema.book).values(commit_seq=schema.book.c.commit_seq - steps)
    manifest._database.write(lambda c: c.execute(statement) and None)


def forget_identity(manifest, objects):
    """Make the pair one of a version that had no identities."""
    manifest._database.write(lambda c: c.execute(sa.delete(schema.ledger)) and None)
    for info in list(objects.list("_tonne")):
        objects.delete(info.path)


# The beginning.


def test_an_empty_pair_gets_an_identity_once(manifest, objects):
    """Both hold it from the first start on; later ones find it."""
    row = meet(manifest, objects)
    found = read_identity(objects)
    assert (found.id, found.incarnation, found.number) == (row.id, row.incarnation, 1)
    assert row.is_placed
    assert meet(manifest, objects) == row
    assert len(list(objects.list("_tonne"))) == 2


def test_servers_that_start_at_once_are_one_ledger(objects, bare_manifest_url):
    """Several processes meet the same empty pair: all come up, on one identity."""
    barrier = threading.Barrier(4)

    def start():
        opened = Manifest.open(bare_manifest_url)
        barrier.wait()
        try:
            return meet(opened, objects).id
        finally:
            opened.close()

    with ThreadPoolExecutor(4) as pool:
        ids = {each.result() for each in [pool.submit(start) for _ in range(4)]}
    assert ids == {read_identity(objects).id}


def test_of_two_installations_on_one_bucket_one_gets_it(tmp_path, objects):
    """Two empty manifests meet the same empty objects at once: the other is refused, for good."""
    manifests = [Manifest.open(f"sqlite:///{tmp_path}/{number}.db") for number in range(4)]
    barrier = threading.Barrier(4)

    def start(manifest):
        barrier.wait()
        try:
            return meet(manifest, objects).id
        except LedgerMismatch:
            return None

    with ThreadPoolExecutor(4) as pool:
        ids = [each.result() for each in [pool.submit(start, one) for one in manifests]]
    (winner,) = [one for one in ids if one]
    assert read_identity(objects).id == winner
    for manifest, one in zip(manifests, ids, strict=True):
        if one is None:
            with pytest.raises(LedgerMismatch, match=winner):
                meet(manifest, objects)
        manifest.close()


@pytest.mark.parametrize("point", [*MAKING, BEGUN])
def test_making_the_identity_can_be_interrupted_anywhere(manifest, objects, point):
    """A lost reply, or a store that goes away: the next start goes on with the same ledger."""
    if point == BEGUN and not objects.location.startswith("file"):
        return  # a put of a bucket has no such place
    faults.arm(f"{point}=raise")
    with pytest.raises(StoreUnavailable):
        meet(manifest, objects)
    begun = manifest.get_ledger()
    row = meet(manifest, objects)
    assert (row.id, row.incarnation) == (begun.id, begun.incarnation)
    assert check(manifest, objects)[0] == row


@pytest.mark.parametrize("point", MAKING)
def test_a_start_that_is_killed_is_finished_by_the_next(tmp_path, point):
    """The same by SIGKILL, in a process of its own."""
    script = (
        "from tonne.store import Manifest, faults, meet, open_objects\n"
        f"faults.arm('{point}=kill')\n"
        f"meet(Manifest.open('sqlite:///{tmp_path}/m.db'),"
        f" open_objects('file://{tmp_path}/objects', {{}}))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert done.returncode == -9
    manifest = Manifest.open(f"sqlite:///{tmp_path}/m.db")
    assert meet(manifest, open_objects(f"file://{tmp_path}/objects", {})).number == 1
    manifest.close()


def test_a_ledger_from_before_identities_gets_one(manifest, objects, caplog):
    """Where files that it names are there, by a sample, which is logged."""
    meet(manifest, objects)
    create_book(manifest)
    for _ in range(20):
        commit_to(manifest, objects)
    forget_identity(manifest, objects)
    row = meet(manifest, objects)
    assert read_identity(objects).id == row.id
    assert f"{pair.SAMPLE_COUNT} of its files were looked for" in caplog.text


def test_a_ledger_from_before_identities_gets_none_over_other_objects(
    manifest, objects, other, tmp_path
):
    """Not where its files are not there, nor a new manifest over objects that have files."""
    meet(manifest, objects)
    create_book(manifest)
    commit = commit_to(manifest, objects)
    forget_identity(manifest, objects)
    elsewhere = open_objects(f"file://{tmp_path}/elsewhere", {})
    with pytest.raises(
        LedgerMismatch, match=r"lack 2 of 2 files that the manifest names.*; acme/"
    ):
        meet(manifest, elsewhere)
    with pytest.raises(LedgerMismatch, match=r"names no file, .* hold files of a ledger.*; acme/"):
        meet(other, objects)
    assert list(elsewhere.list("")) == []
    assert read_identity(objects) is None
    assert other.get_ledger() is None
    objects.delete(commit.files[0].path)
    with pytest.raises(LedgerMismatch, match="1 of 2"):
        meet(manifest, objects)


# The refusals.


def test_a_misspelt_manifest_is_refused(manifest, objects, other):
    """A new manifest over the objects of a ledger: names both places and the ledger."""
    row = meet(manifest, objects)
    with pytest.raises(LedgerMismatch) as caught:
        meet(other, objects)
    told = str(caught.value)
    assert "\n" not in told
    for words in (other.location, objects.location, row.id, "no ledger", "tonne restore adopt"):
        assert words in told
    assert other.location not in caught.value.message
    assert objects.location not in caught.value.message
    assert other.get_ledger() is None


def test_the_manifest_of_another_ledger_is_refused(manifest, objects, other, tmp_path):
    """Both ledgers are named."""
    row = meet(manifest, objects)
    foreign = meet(other, open_objects(f"file://{tmp_path}/elsewhere", {}))
    with pytest.raises(LedgerMismatch) as caught:
        meet(other, objects)
    assert row.id in caught.value.message
    assert foreign.id in caught.value.message


def test_other_or_emptied_objects_are_refused(manifest, objects, tmp_path):
    """A misspelt bucket or prefix, and one whose objects are gone."""
    row = meet(manifest, objects)
    elsewhere = open_objects(f"file://{tmp_path}/elsewhere", {})
    with pytest.raises(LedgerMismatch, match=f"holds ledger {row.id}.*hold none"):
        meet(manifest, elsewhere)
    assert list(elsewhere.list("")) == []
    for info in list(objects.list("")):
        objects.delete(info.path)
    with pytest.raises(LedgerMismatch, match="hold none"):
        meet(manifest, objects)


def test_half_an_identity_is_none(manifest, objects):
    """Objects that lost what names their incarnation are refused."""
    meet(manifest, objects)
    objects.delete("_tonne/incarnations/00000001.json")
    with pytest.raises(LedgerMismatch, match=r"incarnation 0 \(none\)"):
        meet(manifest, objects)


def test_an_older_manifest_is_refused(manifest, objects):
    """One that is behind the newest mark; what happened since a mark is fine."""
    meet(manifest, objects)
    create_book(manifest)
    commit_to(manifest, objects)
    write_mark(manifest, objects, 60)
    commit_to(manifest, objects)
    meet(manifest, objects)
    go_back(manifest, 2)
    meet(manifest, objects)
    go_back(manifest, 1)
    with pytest.raises(LedgerMismatch, match=r"it is older, at 2: .* `tonne restore adopt`"):
        meet(manifest, objects)


def test_a_copy_that_went_its_own_way_is_refused(tmp_path, objects):
    """It came as far as the manifest that the objects belong to, or farther, by other commits."""
    with closing(Manifest.open(f"sqlite:///{tmp_path}/true.db")) as manifest:
        meet(manifest, objects)
        create_book(manifest)
        commit_to(manifest, objects)
        write_mark(manifest, objects, 60)
    shutil.copy(tmp_path / "true.db", tmp_path / "copy.db")
    with (
        closing(Manifest.open(f"sqlite:///{tmp_path}/true.db")) as manifest,
        closing(Manifest.open(f"sqlite:///{tmp_path}/copy.db")) as copy,
    ):
        meet(copy, objects)  # nothing tells them apart yet
        commit_to(manifest, objects)
        write_mark(manifest, objects, 0)
        for _ in range(2):
            copy.commit(make_commit("acme"))
        for refuse in (
            lambda: meet(copy, objects),
            lambda: write_mark(copy, objects, 0),
            lambda: collect(copy, objects, Rules(), later()),
        ):
            with pytest.raises(LedgerMismatch, match=r"went its own way.* `tonne restore adopt`"):
                refuse()
        assert survey(copy, objects).is_behind
        assert not survey(manifest, objects).is_behind
        meet(manifest, objects)


def test_a_manifest_that_lost_what_a_mark_saw_is_refused(manifest, objects):
    """Also where it has gone on since, as far as the mark."""
    meet(manifest, objects)
    create_book(manifest)
    lost = commit_to(manifest, objects)
    write_mark(manifest, objects, 60)
    (segment,) = [file.path for file in lost.files if file.kind == "segment"]
    statement = sa.delete(schema.file).where(schema.file.c.path == segment)
    manifest._database.write(lambda c: c.execute(statement) and None)
    commit_to(manifest, objects)
    with pytest.raises(LedgerMismatch, match=segment):
        meet(manifest, objects)
    adopt(manifest, objects, manifest.get_ledger().id)
    meet(manifest, objects)


def test_a_mark_without_a_witness_counts_by_its_position(manifest, objects):
    """A version without witnesses wrote it, or there was no segment."""
    meet(manifest, objects)
    objects.put(Mark(1, 0, START).path, b"{}\n")
    meet(manifest, objects)
    create_book(manifest)
    assert write_mark(manifest, objects, 60).witness == ""
    commit_to(manifest, objects)
    meet(manifest, objects)


def test_a_refusal_holds_no_secret(postgres_url):
    """The places that it names are without passwords."""
    url = sa.make_url(postgres_url).set(password="hidden")  # noqa: S106  # no password of anything
    manifest = Manifest.open(url.render_as_string(hide_password=False))
    assert "hidden" not in manifest.location
    manifest.close()
    objects = open_objects("s3://name:hidden@bucket/prefix", {"region": "x"})
    assert objects.location == "s3://***@bucket/prefix"


# The marks.


def test_marks_follow_what_happens_and_are_few(embedded, objects, clock):
    """One in an interval, where something happened; the newest of an incarnation stay."""
    meet(embedded, objects)
    create_book(embedded)
    assert write_mark(embedded, objects, 60).position == 1
    clock.advance(60)
    assert write_mark(embedded, objects, 60) is None
    for step in range(10):
        commit_to(embedded, objects)
        assert write_mark(embedded, objects, 60).position == 3 + 4 * step
        commit_to(embedded, objects)
        assert write_mark(embedded, objects, 60) is None
        clock.advance(60)
    assert sorted(mark.position for mark in list_marks(objects)) == [27, 31, 35, 39]
    assert len(list_marks(objects)) == MARKS_KEPT


def test_a_clock_that_was_set_back_keeps_no_mark_off(embedded, objects, clock):
    """Hours back or forth: the next mark is written."""
    meet(embedded, objects)
    create_book(embedded)
    for seconds in (0, -5 * 3600, 9 * 3600):
        clock.advance(seconds)
        commit_to(embedded, objects)
        assert write_mark(embedded, objects, 60) is not None
    meet(embedded, objects)


def test_two_that_write_the_same_mark_have_written_it(manifest, objects):
    """Servers of one manifest that came as far say the same, so that both have written it."""
    meet(manifest, objects)
    create_book(manifest)
    commit = commit_to(manifest, objects)
    stopping = threading.Barrier(2)

    def write(_):
        stopping.wait()
        return write_mark(manifest, objects, 60)

    with ThreadPoolExecutor(2) as pool:
        written = [mark for mark in pool.map(write, range(2)) if mark]
    (segment,) = [file.path for file in commit.files if file.kind == "segment"]
    assert written
    assert {mark.witness for mark in written} == {segment}
    assert {mark.path for mark in written} == {mark.path for mark in list_marks(objects)}
    meet(manifest, objects)


def test_a_mark_is_never_ahead_of_its_manifest(manifest, objects):
    """A commit between the reading and the writing of a mark makes it an older one."""
    meet(manifest, objects)
    create_book(manifest)
    faults.arm("mark.before_put=hang")
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_mark, manifest, objects, 60)
        assert faults.await_arrival("mark.before_put")
        commit_to(manifest, objects)
        faults.release()
        assert writing.result().position < manifest.get_position().value
    meet(manifest, objects)


def test_of_two_that_came_as_far_in_the_same_second_one_is_refused(embedded, objects, clock):
    """It finds a mark of the same name with a segment that it does not have."""
    meet(embedded, objects)
    create_book(embedded)
    commit_to(embedded, objects)
    faults.arm("mark.before_put=hang")
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_mark, embedded, objects, 60)
        assert faults.await_arrival("mark.before_put")
        of_copy = Mark(1, embedded.get_position().value, clock.now)
        objects.put(of_copy.path, b'{"witness": "acme/segment/2026-01-01/of-a-copy.parquet"}\n')
        faults.release()
        with pytest.raises(LedgerMismatch, match="went its own way"):
            writing.result()


# Adoption.


def fill_and_restore(manifest, objects):
    """Let a manifest be two commits and a merge behind its objects, and a mark tell it."""
    meet(manifest, objects)
    create_book(manifest)
    kept = [commit_to(manifest, objects) for _ in range(2)]
    lost = [make_commit("acme") for _ in range(2)]
    for commit in lost:
        for file in commit.files:
            objects.put(file.path, file.id.encode())
    objects.put(Mark(1, 99, START).path, b"{}\n")
    return kept, lost


def test_adoption_makes_a_restored_manifest_the_right_one(manifest, objects):
    """It says what is lost, and begins a new incarnation on both sides."""
    kept, lost = fill_and_restore(manifest, objects)
    found = survey(manifest, objects)
    assert found.is_behind
    assert (found.position, found.mark.position) == (5, 99)
    with manifest._database.read() as connection:
        (newest,) = connection.execute(sa.select(sa.func.max(schema.ledger_commit.c.create_time)))
    assert (found.commit_time,) == tuple(newest)
    assert "it is older, at 5" in found.refusal
    assert (found.live_count, found.missing_count) == (4, 0)
    assert found.unknown == Counter({("acme", "segment"): 2, ("acme", "postings"): 2})
    row = adopt(manifest, objects, found.ledger_id)
    assert (row.id, row.number) == (found.ledger_id, 2)
    assert meet(manifest, objects) == row
    found = survey(manifest, objects)
    assert (found.is_behind, found.refusal) == (False, "")
    # What it does not know is listed, and there.
    assert collect(manifest, objects, Rules(), later()).unknown_count == 4
    for file in [file for commit in (*kept, *lost) for file in commit.files]:
        assert objects.get(file.path) == file.id.encode()


def test_a_manifest_that_was_left_behind_is_locked_out(manifest, objects):
    """After an adoption the manifest of before is refused, until it is adopted itself."""
    fill_and_restore(manifest, objects)
    row = manifest.get_ledger()
    adopt(manifest, objects, row.id)
    statement = sa.update(schema.ledger).values(number=1, incarnation=row.incarnation)
    manifest._database.write(lambda c: c.execute(statement) and None)
    with pytest.raises(LedgerMismatch, match=r"is incarnation 1 .* are at incarnation 2"):
        meet(manifest, objects)
    assert adopt(manifest, objects, row.id).number == 3
    meet(manifest, objects)


def test_what_was_listed_before_is_listed_anew(embedded, objects):
    """An adoption begins the quarantine again, whatever the restored list says."""
    fill_and_restore(embedded, objects)
    embedded.list_unknown([next(iter(objects.list("acme")))], "old", START, None)
    assert embedded.count_unknown() == 1
    adopt(embedded, objects, embedded.get_ledger().id)
    assert embedded.count_unknown() == 0


@pytest.mark.parametrize("point", ADOPTING)
def test_an_adoption_can_be_interrupted_anywhere(manifest, objects, point):
    """Half-done it locks everybody out; done again it is whole. A lost reply is settled."""
    fill_and_restore(manifest, objects)
    ledger_id = manifest.get_ledger().id
    faults.arm(f"{point}=raise")
    if point == "adopt.after_sql":
        adopt(manifest, objects, ledger_id)
    else:
        with pytest.raises(StoreUnavailable):
            adopt(manifest, objects, ledger_id)
        with pytest.raises(LedgerMismatch):
            meet(manifest, objects)
        adopt(manifest, objects, ledger_id)
    assert meet(manifest, objects).is_placed


@pytest.mark.parametrize("point", ADOPTING)
def test_an_adoption_that_is_killed_is_done_again(tmp_path, point):
    """The same by SIGKILL, in a process of its own."""
    url, place = f"sqlite:///{tmp_path}/m.db", f"file://{tmp_path}/objects"
    manifest, objects = Manifest.open(url), open_objects(place, {})
    fill_and_restore(manifest, objects)
    ledger_id = manifest.get_ledger().id
    script = (
        "from tonne.store import Manifest, faults, open_objects\n"
        "from tonne.store.restore import adopt\n"
        f"faults.arm('{point}=kill')\n"
        f"adopt(Manifest.open('{url}'), open_objects('{place}', {{}}), '{ledger_id}')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert done.returncode == -9
    if point != "adopt.after_sql":
        with pytest.raises(LedgerMismatch):
            meet(manifest, objects)
        adopt(manifest, objects, ledger_id)
    meet(manifest, objects)
    manifest.close()


def test_of_two_adoptions_at_once_one_is_done(manifest, objects, manifest_url):
    """The number of an incarnation is given out once, by the objects."""
    fill_and_restore(manifest, objects)
    ledger_id = manifest.get_ledger().id
    second = Manifest.open(manifest_url)
    faults.arm("adopt.before_put=hang")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(adopt, manifest, objects, ledger_id)
        assert faults.await_arrival("adopt.before_put")
        row = adopt(second, objects, ledger_id)
        faults.release()
        with pytest.raises(LedgerMismatch, match="somebody else adopted"):
            first.result()
    second.close()
    assert meet(manifest, objects) == row


def test_another_ledger_is_never_adopted(manifest, objects, other, tmp_path):
    """Neither one that was not meant, nor for the objects of another, nor an empty manifest."""
    fill_and_restore(manifest, objects)
    with pytest.raises(LedgerMismatch, match="is not 'wrong'"):
        adopt(manifest, objects, "wrong")
    with pytest.raises(LedgerMismatch, match="no ledger and no book"):
        adopt(other, objects, manifest.get_ledger().id)
    foreign = meet(other, open_objects(f"file://{tmp_path}/elsewhere", {}))
    with pytest.raises(LedgerMismatch, match="cannot be adopted"):
        adopt(other, objects, foreign.id)
    assert read_identity(objects).number == 1


def test_a_backup_from_before_identities_can_be_adopted(manifest, objects):
    """The objects say which ledger it is."""
    fill_and_restore(manifest, objects)
    ledger_id = manifest.get_ledger().id
    manifest._database.write(lambda c: c.execute(sa.delete(schema.ledger)) and None)
    with pytest.raises(LedgerMismatch, match="tonne restore adopt"):
        meet(manifest, objects)
    assert adopt(manifest, objects, ledger_id).number == 2
    assert meet(manifest, objects).id == ledger_id


def test_objects_that_lost_their_identity_get_it_back(manifest, objects):
    """A copy of the objects without it is adopted; files that are missing are counted."""
    kept, _ = fill_and_restore(manifest, objects)
    ledger_id = manifest.get_ledger().id
    for info in list(objects.list("_tonne")):
        objects.delete(info.path)
    objects.delete(kept[0].files[0].path)
    found = survey(manifest, objects)
    assert found.missing_count == 1
    assert "the objects hold none" in found.refusal
    assert adopt(manifest, objects, ledger_id).number == 2
    assert meet(manifest, objects).id == ledger_id


def test_a_merge_after_a_backup_leaves_it_its_files(manifest, objects):
    """A manifest that is restored to before a merge finds every file that it names."""
    meet(manifest, objects)
    create_book(manifest)
    commit_to(manifest, objects)
    (old,) = manifest.live_postings("acme")
    new = make_file("acme", "postings", "")
    objects.put(new.path, b"merged")
    manifest.replace_postings("acme", [old.id], new)
    for _ in range(2):
        collect(manifest, objects, Rules(), later())
    assert objects.get(old.path) == old.id.encode()
    assert dead_ids(manifest) == [old.id]
