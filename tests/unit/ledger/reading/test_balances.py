"""Merging changes what is read, never what it adds up to."""

from __future__ import annotations

import contextlib
import io
import threading
from decimal import Decimal

import polars as pl
import pytest

from tests.unit.ledger.conftest import record, records_of
from tonne.errors import LedgerInconsistent, QuantityOverflow, StoreUnavailable
from tonne.ledger.files.frames import read_parquet, read_rows
from tonne.ledger.files.postings import POSTINGS_SCHEMA
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.ledger.files.sums import sum_by
from tonne.ledger.posting.writing.laid_out import POSTED_KEYS
from tonne.ledger.reading.frame_cache import FrameCache, frame_bytes, frame_bytes_max
from tonne.ledger.upkeep.merging import ROW_BYTES
from tonne.store import faults


def sums(bench):
    """All sums, in one order."""
    frame = (
        bench.ledger.snapshots.take("acme")
        .frame()
        .with_columns(pl.col(pl.Categorical).cast(pl.String))
    )
    return sum_by(frame, POSTED_KEYS).sort(POSTED_KEYS)


def merger(bench, **options):
    """What merges in another process, with an empty memory."""
    return bench.other(**({"cache_bytes_max": 0, "merge_files_max": 4} | options)).ledger.merger


def test_a_merge_keeps_every_sum(any_bench):
    """Many files become one; sums, counts and replay stay, from memory and from disk."""
    bench = any_bench
    for seed in range(9):
        bench.append("meter", records_of(40, seed=seed, invalid=True))
    before = sums(bench)
    assert len(bench.manifest.live_postings("acme")) == 9
    assert merger(bench).merge("acme") == 9
    assert len(bench.manifest.live_postings("acme")) == 1
    assert sums(bench).equals(before)
    assert sums(bench.other(cache_bytes_max=0)).equals(before)
    bench.check()


def test_a_merge_of_more_than_fits_is_made_in_turns(any_bench):
    """Its files are one run with the same sums, each row once; the next merge takes it as one."""
    bench = any_bench
    for seed in range(3):
        bench.append("meter", records_of(200, seed=seed, invalid=True))
    before = sums(bench)
    rows = before.height
    small = merger(bench, merge_files_max=2, merge_bytes_max=rows * ROW_BYTES // 3)
    assert small.merge("acme") == 3
    live = bench.manifest.live_postings("acme")
    assert len(live) > 3
    assert sum(file.row_count for file in live) == rows
    assert len({file.path.rpartition("-")[0] for file in live}) == 1
    assert sums(bench.other(cache_bytes_max=0)).equals(before)
    assert small.merge("acme") == 0
    for seed in range(3, 5):
        bench.append("meter", records_of(200, seed=seed))
    after = sums(bench)
    assert small.merge("acme") == len(live) + 2
    assert sums(bench.other(cache_bytes_max=0)).equals(after)
    bench.check()


@pytest.mark.parametrize("cache_bytes_max", [0, 1 << 14, 1 << 30])
def test_a_file_larger_than_a_part_is_read_in_parts(bench, monkeypatch, cache_bytes_max):
    """Whatever of it fits into memory; each row once."""
    monkeypatch.setattr("tonne.ledger.files.files.POSTINGS_GROUP_ROWS", 7)
    monkeypatch.setattr("tonne.ledger.reading.balances.POSTINGS_GROUP_ROWS", 7)
    bench.append("meter", [record(facility=f"f{number:050d}") for number in range(100)])
    bench.append("meter", [record(facility="one")])
    reader = bench.other(cache_bytes_max=cache_bytes_max).ledger.balances
    for _ in range(2):
        parts = list(reader.parts(bench.manifest.live_postings("acme")))
        assert max(part.height for part in parts) == 7
        assert pl.concat(parts)["facility"].n_unique() == 101
        assert sum(part.height for part in parts) == 101


def test_nothing_stays_of_texts_that_are_gone(bench):
    """No frame of the ledger has categories: Polars keeps those of all frames together."""
    kept = pl.Series([], dtype=pl.Categorical)
    before = set(pl.Categories())  # of frames of others that this process still has
    bench.append("meter", [record(facility="seen-here-alone")])
    bench.append("meter", records_of(40, seed=1, invalid=True))
    for seed in range(2, 5):
        bench.append("meter", records_of(5, seed=seed))
    merger(bench, merge_files_max=2).merge("acme")
    bench.other(cache_bytes_max=1 << 20).ledger.snapshots.take("acme").frame()
    bench.ledger.records.list_records("acme")
    bench.ledger.records.list_quarantine("acme")
    assert set(pl.Categories()) <= before
    del kept


def test_files_of_categories_are_read_as_texts():
    """As earlier versions wrote them."""
    buffer = io.BytesIO()
    texts = pl.Series("facility", ["a", "b"], dtype=pl.Categorical)
    texts.to_frame().write_parquet(buffer)
    for frame in (
        read_parquet(buffer.getvalue(), "old"),
        read_rows(buffer.getvalue(), "old", 0, 2),
    ):
        assert frame.schema == {"facility": pl.String}
        assert frame["facility"].to_list() == ["a", "b"]


def test_the_cache_counts_what_frames_hold():
    """A view for each text, and a long text once for all rows that share it."""
    long = pl.DataFrame({"facility": ["x" * 1_000] * 100})
    short = pl.DataFrame({"unit": ["kWh"] * 100})
    empty = frame_bytes(pl.DataFrame({"unit": pl.Series([], dtype=pl.String)}))
    assert frame_bytes(long) - empty == 100 * 16 + 1_000
    assert frame_bytes(short) - empty == 100 * 16
    for frame in (long, short):
        assert frame_bytes_max(frame) >= frame_bytes(frame)


def test_few_files_are_left_alone(bench):
    """A tier that is not crowded is not touched."""
    for seed in range(4):
        bench.append("meter", records_of(5, seed=seed))
    assert merger(bench).merge("acme") == 0
    assert merger(bench, merge_files_max=3).merge("acme") == 4


def test_live_files_stay_bounded_and_rows_are_rewritten_few_times(bench):
    """After many commits few files are live, and little was written to get there."""
    balances = merger(bench, merge_files_max=4)
    merged_rows = 0
    for seed in range(60):
        bench.append("meter", [record(facility=f"f{seed}-{i}") for i in range(30)])
        if balances.merge("acme"):
            merged_rows += bench.manifest.live_postings("acme")[-1].row_count
    assert len(bench.manifest.live_postings("acme")) <= 8
    assert bench.ledger.snapshots.take("acme").frame().height == 60 * 30
    assert merged_rows <= 60 * 30 * 10
    bench.check()


def test_one_merger_at_a_time(bench):
    """While another process holds the lease nothing is merged."""
    for seed in range(5):
        bench.append("meter", records_of(5, seed=seed))
    lease = bench.manifest.acquire_lease("merge/acme", "somebody", 60.0)
    assert merger(bench).merge("acme") == 0
    bench.manifest.release_lease(lease)
    assert merger(bench).merge("acme") == 5


def test_readers_and_mergers_and_writers_at_once(bench):
    """At every moment a reader sees whole groups: the sum of what was committed before."""
    quantity = Decimal("1.5")
    done = threading.Event()
    failures = []

    def merge():
        balances = merger(bench, merge_files_max=2)
        while not done.is_set():
            balances.merge("acme")

    def read():
        reader = bench.other(cache_bytes_max=0).ledger
        seen = 0
        while not done.is_set():
            frame = reader.snapshots.take("acme").frame()
            count = frame["record_start_count"].sum()
            total = sum_by(frame, ())["quantity"].item()
            if count % 10 or count < seen or total != quantity * count:
                failures.append((count, seen, total))
            seen = count

    threads = [threading.Thread(target=work) for work in (merge, read)]
    for thread in threads:
        thread.start()
    for _ in range(40):
        bench.append("meter", [record()] * 10)
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (
        sum_by(bench.ledger.snapshots.take("acme").frame(), ())["record_start_count"].item() == 400
    )
    bench.check()


def test_a_reader_with_an_old_snapshot_reads_again(bench, monkeypatch):
    """A file that was merged and collected after the snapshot makes the reader take another."""
    for seed in range(5):
        bench.append("meter", records_of(5, seed=seed))
    before = sums(bench)
    reader = bench.other(cache_bytes_max=0)
    stale = bench.manifest.book_moment("acme")
    merger(bench).merge("acme")
    for file in stale.postings:
        bench.objects.delete(file.path)
    moments = iter([stale])
    now = bench.manifest.book_moment
    monkeypatch.setattr(
        bench.manifest,
        "book_moment",
        lambda *asked, **kept: next(moments, None) or now(*asked, **kept),
    )
    assert sums(reader).equals(before)


def test_a_file_that_is_gone_for_good_is_a_defect(bench):
    """Balances with a hole are never shown."""
    bench.append("meter", [record()])
    (file,) = bench.manifest.live_postings("acme")
    bench.objects.delete(file.path)
    with pytest.raises(LedgerInconsistent, match="the object is missing"):
        bench.other(cache_bytes_max=0).ledger.snapshots.take("acme").frame()


def test_a_broken_file_is_a_defect(bench, monkeypatch):
    """Bytes that are no Parquet raise our error, though Polars may panic over them."""
    bench.append("meter", records_of(100, seed=1))
    (file,) = bench.manifest.live_postings("acme")
    content = bench.objects.get(file.path)
    reader = bench.other(cache_bytes_max=0)
    for broken in (b"", content[:-9], content[: len(content) // 2] + content[-200:]):
        monkeypatch.setattr(bench.objects, "get", lambda _, broken=broken: broken)
        with pytest.raises(LedgerInconsistent):
            reader.ledger.snapshots.take("acme").frame()


@pytest.mark.parametrize("point", ["merge.before_sql", "merge.after_sql"])
def test_a_merge_that_breaks_loses_nothing(bench, point):
    """After a lost reply or a lost merge the sums are what they were."""
    for seed in range(5):
        bench.append("meter", records_of(20, seed=seed))
    before = sums(bench)
    faults.arm(f"{point}=raise")
    try:
        with contextlib.suppress(StoreUnavailable):  # a lost reply is settled without an error
            merger(bench).merge("acme")
        assert faults.arrivals()[point] == 1
    finally:
        faults.disarm()
    assert sums(bench).equals(before)
    merger(bench).merge("acme")
    assert sums(bench).equals(before)
    assert len(bench.manifest.live_postings("acme")) == 1


def test_an_empty_book_has_empty_balances(bench):
    """Nothing posted is a frame of no rows, with its columns."""
    assert dict(bench.ledger.snapshots.take("acme").frame().schema) == {
        name: kind() if isinstance(kind, type) else kind for name, kind in POSTINGS_SCHEMA.items()
    }


def postings_of(quantities, groups):
    """Rows to sum."""
    return pl.DataFrame(
        {"group": groups, "quantity": pl.Series(quantities, dtype=QUANTITY_TYPE)}
    ).with_columns(pl.lit(1, pl.Int64).alias("record_count"))


def test_sums_are_exact_beyond_64_bits():
    """Sums of 38 digits are right to the last one."""
    big = Decimal("49999999999999999999.999999999999999999")
    minus = Decimal("-49999999999999999999.999999999999999999")
    frame = postings_of([big, big, Decimal("1e-18"), minus], ["a", "a", "b", "b"])
    assert sum_by(frame, ["group"]).rows() == [
        ("a", Decimal("99999999999999999999.999999999999999998"), 2),
        ("b", Decimal("-49999999999999999999.999999999999999998"), 2),
    ]
    assert sum_by(frame, []).rows() == [(Decimal(50000000000000000000), 4)]
    assert sum_by(frame.clear(), []).rows() == [(Decimal(0), 0)]
    assert sum_by(frame.clear(), ["group"]).height == 0


def test_the_cache_measures_frames_before_it_drops_one():
    """Texts that rows share count once, where it matters."""
    frame = pl.DataFrame({"facility": ["x" * 1_000] * 100})
    cache = FrameCache(frame_bytes_max(frame))
    names = [f"{number}" for number in range(frame_bytes_max(frame) // frame_bytes(frame))]
    assert len(names) > 5
    for name in names:
        cache.put(name, frame)
    assert all(cache.get(name) is frame for name in names)
    cache.put("one more", frame)
    assert cache.get(names[0]) is None
    assert cache.size_bytes == len(names) * frame_bytes(frame)


def test_a_sum_that_leaves_38_digits_is_refused():
    """Overflow is an error, never another number."""
    big = Decimal("99999999999999999999.999999999999999999")
    frame = postings_of([big, big], ["a", "a"])
    with pytest.raises(QuantityOverflow):
        sum_by(frame, ["group"])


def test_the_cache_keeps_the_latest_frames_within_its_bound():
    """The least used goes first, and one that is larger than the bound is not kept."""
    frame = pl.DataFrame({"x": pl.Series(range(100), dtype=pl.Int64)})
    size = frame_bytes(frame)
    cache = FrameCache(2 * size)
    cache.put("a", frame)
    cache.put("b", frame)
    assert cache.get("a") is frame
    cache.put("c", frame)
    assert cache.get("b") is None
    assert cache.get("a") is frame
    cache.put("huge", pl.concat([frame] * 30))
    assert cache.get("huge") is None
    assert cache.size_bytes == 2 * size
    cache.drop(["a", "c"])
    assert cache.size_bytes == 0
