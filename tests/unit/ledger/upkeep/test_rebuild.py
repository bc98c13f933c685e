"""Postings files that were lost are made again exactly, or not at all."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.unit.ledger.conftest import EDITION, T0, record, records_of
from tests.unit.ledger.correcting.conftest import ENTRY
from tests.unit.ledger.reading.test_bit_rot import UNHEARD, replace_object, sums
from tonne.errors import FieldInvalid, FileCorrupt, LedgerInconsistent, StoreUnavailable
from tonne.ledger.files.files import SEGMENT, FileReader, put_frame
from tonne.ledger.posting.correcting.noted import POSTED_AS
from tonne.ledger.posting.correcting.selection import Selection
from tonne.ledger.upkeep import checks
from tonne.model import Facility
from tonne.store import faults
from tonne.store.errors import OutcomeUnknown
from tonne.store.sql import schema

CHEAPER = EDITION.replace(b"0.35,0.34,0.0001", b"0.31,0.30,0.0001")


@pytest.fixture(autouse=True)
def _disarmed():
    """Nothing is armed after a test."""
    yield
    faults.disarm()


def facility(name, region):
    """An entry of the register."""
    return Facility(id=name, region=region)


def fill(bench):
    """Commit under three versions of the method, clear between, merge some files."""
    bench.ledger.register.import_facilities(
        "acme", [facility("site-1", "DE"), facility("site-2", "")]
    )
    bench.append("meter", records_of(60, seed=1, invalid=True))
    bench.append("other", [record(activity="process.unheard", region="DE") for _ in range(3)])
    bench.ledger.editions.import_edition("acme", "paper-2016", UNHEARD)
    list(bench.ledger.suspense.clear("acme"))
    bench.append("meter", records_of(60, seed=2))
    bench.ledger.editions.import_edition("acme", "cheaper", CHEAPER)
    bench.ledger.methods.update_method(
        "acme",
        {"editions": ("cheaper", "paper-2016", "paper-2015")},
        author="Ada",
        reason="order",
    )
    bench.append("other", records_of(60, seed=3, invalid=True))
    assert bench.other(merge_files_max=3).ledger.merger.merge("acme")
    bench.append("meter", records_of(40, seed=4))
    bench.check()
    return bench


@pytest.fixture
def filled(bench):
    """A book with a history, on SQLite and a directory."""
    return fill(bench)


@pytest.fixture
def any_filled(any_bench):
    """A book with a history, on each of the two stores."""
    return fill(any_bench)


def rebuild(bench, **options):
    """Rebuild by a process that remembers nothing."""
    other = bench.other(cache_bytes_max=0)
    try:
        return other.ledger.checks.rebuild("acme", on_file=lambda: None, **options)
    finally:
        other.ledger.close()


def fresh_sums(bench):
    """Sums as a server reads them that remembers nothing."""
    other = bench.other(cache_bytes_max=0)
    try:
        return sums(other.ledger)
    finally:
        other.ledger.close()


@pytest.mark.parametrize("content", [b"", b"PAR1", None], ids=["empty", "other", "gone"])
def test_every_sum_is_made_again(any_filled, content):
    """A merged file, one of a commit, and both: under the resolutions of then, to the digit."""
    good = fresh_sums(any_filled)
    assert len({row[7] for row in good}) > 6
    for chosen in ([0], [1], [0, 1]):
        files = any_filled.manifest.live_postings("acme")
        for index in chosen:
            replace_object(any_filled, files[index].path, content)
        done = rebuild(any_filled)
        assert {file.id for file in done.replaced} == {files[index].id for index in chosen}
        assert done.assumed_count == 0
        assert fresh_sums(any_filled) == good
        any_filled.check()
    assert rebuild(any_filled).replaced == ()


def test_the_others_go_on_from_a_rebuilt_file(filled):
    """What is committed, cleared and merged afterwards adds up as ever."""
    replace_object(filled, filled.manifest.live_postings("acme")[0].path, None)
    rebuild(filled)
    filled.append("meter", records_of(30, seed=7))
    list(filled.ledger.suspense.clear("acme"))
    filled.other(merge_files_max=1).ledger.merger.merge("acme")
    filled.check()


def forget_notes(bench):
    """Make the segments those of an older Tonne: without a note of what records were posted as."""
    table = schema.file
    for file in bench.manifest.live_files("acme", (SEGMENT,), after_seq=0, stop_seq=99, limit=99):
        frame = FileReader(bench.manifest, bench.objects).open(file).frame().drop(POSTED_AS)
        new = put_frame(bench.objects, frame, SEGMENT, book="acme", commit_id="", now=T0)
        values = {name: getattr(new, name) for name in ("path", "sha256", "size_bytes")}
        change = sa.update(table).where(table.c.id == file.id).values(**values)
        bench.manifest._database.write(
            lambda connection, do=change: connection.execute(do) and None
        )


def move(bench, to):
    """Post records of a facility, then say that it is in another region; and lose the postings."""
    bench.ledger.register.import_facilities("acme", [facility("dc-1", "DE")])
    bench.append("meter", [record(), record(facility="dc-2"), record(region="FR")])
    good = fresh_sums(bench)
    bench.ledger.register.import_facilities("acme", [facility("dc-1", to)])
    replace_object(bench, bench.manifest.live_postings("acme")[0].path, None)
    return good


def test_a_register_that_changed_is_no_hindrance(any_bench):
    """The segments note under which region their records were posted."""
    bench = any_bench
    good = move(bench, "FR")
    done = rebuild(bench)
    assert (len(done.replaced), done.assumed_count) == (1, 0)
    assert fresh_sums(bench) == good
    bench.append("meter", [record(record_id="late")])
    list(bench.ledger.reversals.reverse("acme", Selection(source="meter", offsets=(0,)), ENTRY))
    before = [row for row in fresh_sums(bench) if row[-1]]  # what was taken back is no row then
    assert len(before) == 2
    for file in bench.manifest.live_postings("acme"):
        replace_object(bench, file.path, None)
    assert rebuild(bench).replaced
    assert fresh_sums(bench) == before
    bench.check()


def test_a_region_that_is_no_longer_known_is_not_guessed(bench):
    """Nor by notes: older records that name no region are not rebuilt, unless told."""
    good = move(bench, "FR")
    forget_notes(bench)
    with pytest.raises(FieldInvalid, match=r"1 records .*--assume-regions"):
        rebuild(bench)
    assert rebuild(bench, assumes_regions=True).assumed_count == 1
    assumed = fresh_sums(bench)
    assert assumed != good
    assert {row[3] for row in assumed} == {"FR", ""}


def test_a_register_that_changed_elsewhere_is_no_hindrance_to_stated_regions(bench):
    """A record that names its region was posted under it, whatever the register is."""
    bench.append("meter", [record(region="DE"), record(region="FR")])
    good = fresh_sums(bench)
    bench.ledger.register.import_facilities("acme", [facility("dc-1", "GB")])
    replace_object(bench, bench.manifest.live_postings("acme")[0].path, None)
    assert len(rebuild(bench).replaced) == 1
    assert fresh_sums(bench) == good


def test_a_corrupt_segment_is_not_posted_again(filled):
    """Its records are not known: the rebuild refuses and names it, and nothing happens."""
    (segment, *_) = filled.manifest.segments("acme", limit=9)
    replace_object(filled, filled.manifest.live_postings("acme")[0].path, None)
    whole = filled.objects.get(segment.path)
    replace_object(filled, segment.path, whole[:-8] + bytes(8))
    before = [file.id for file in filled.manifest.live_postings("acme")]
    with pytest.raises(FileCorrupt, match=segment.id):
        rebuild(filled)
    assert [file.id for file in filled.manifest.live_postings("acme")] == before
    replace_object(filled, segment.path, whole)
    rebuild(filled)
    filled.check()


def test_a_resolution_that_was_never_recorded_is_not_used(filled):
    """Postings rest on what was recorded at the time, or there are none."""
    replace_object(filled, filled.manifest.live_postings("acme")[0].path, None)
    filled.manifest._database.write(
        lambda connection: connection.execute(sa.delete(schema.resolution)) and None
    )
    with pytest.raises(LedgerInconsistent, match="never recorded"):
        rebuild(filled)


def test_sums_that_contradict_the_good_files_are_not_written(filled):
    """A commit that seems to have been made under another method does not pass."""
    replace_object(filled, filled.manifest.live_postings("acme")[0].path, None)
    first = sa.update(schema.method).where(schema.method.c.version > 1)
    long_ago = sa.select(sa.func.min(schema.ledger_commit.c.create_time)).scalar_subquery()
    filled.manifest._database.write(
        lambda connection: connection.execute(first.values(create_time=long_ago)) and None
    )
    before = [file.id for file in filled.manifest.live_postings("acme")]
    with pytest.raises(LedgerInconsistent):
        rebuild(filled, assumes_regions=True)
    assert [file.id for file in filled.manifest.live_postings("acme")] == before


def test_one_rebuild_or_merge_at_a_time(filled):
    """While another process merges the book nothing is rebuilt; then it is."""
    replace_object(filled, filled.manifest.live_postings("acme")[0].path, None)
    lease = filled.manifest.acquire_lease("merge/acme", "somebody", 60.0)
    broken = [file.id for file in filled.manifest.live_postings("acme")]

    def wait():
        assert [file.id for file in filled.manifest.live_postings("acme")] == broken
        filled.manifest.release_lease(lease)

    assert rebuild(filled, on_wait=wait).replaced
    filled.check()


def test_a_merge_without_an_end_is_told(filled, monkeypatch):
    """Longer than the merge of a dead server keeps others off: the command says what to do."""
    filled.manifest.acquire_lease("merge/acme", "somebody", 60.0)
    monkeypatch.setattr(checks, "PATIENCE_S", 0.1)
    other = filled.other(merge_lease_s=0.05)
    with pytest.raises(StoreUnavailable, match=r"were being merged .* run the command again"):
        other.ledger.checks.rebuild("acme", on_file=lambda: None)
    other.ledger.close()


@pytest.mark.parametrize("point", ["merge.before_sql", "merge.after_sql"])
def test_a_rebuild_that_is_cut_off_is_whole_or_nothing(filled, point):
    """Before the transaction nothing happened; after it all did, though the reply is lost."""
    good = fresh_sums(filled)
    replace_object(filled, filled.manifest.live_postings("acme")[0].path, None)
    faults.arm(f"{point}=raise")
    try:
        rebuild(filled)
    except (StoreUnavailable, OutcomeUnknown):
        assert point == "merge.before_sql"
    faults.disarm()
    rebuild(filled)
    assert fresh_sums(filled) == good
    filled.check()
