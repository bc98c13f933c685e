"""The check of a ledger: all of it in bounded memory, or a sample that a seed chooses."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest

from tests.unit.ledger.conftest import record, records_of
from tests.unit.ledger.reading.test_bit_rot import RESTS_ON, files_of, fill, replace_object
from tonne.errors import FieldInvalid
from tonne.ledger.files.spilled_sums import SpilledSums
from tonne.ledger.posting.repost import REPOSTED_SCHEMA
from tonne.ledger.upkeep.check import BookCheck
from tonne.ledger.upkeep.sampling import Sample, SampleCheck
from tonne.store.sql import schema


def whole(bench, **options):
    """A check of everything."""
    return BookCheck(bench.manifest, bench.objects, "acme", **options).run()


def sampled(bench, text="100%", seed="2026-11-28"):
    """A check of some files."""
    sample = Sample.parse(text, seed)
    return SampleCheck(bench.manifest, bench.objects, "acme", sample).run()


@pytest.mark.parametrize("check", [whole, sampled])
def test_a_sound_book_has_no_problem(any_bench, check):
    """Each file is read once, and each record counted."""
    fill(any_bench)
    found = check(any_bench)
    assert (found.problems, found.notes) == ([], [])
    kinds = ("segment", "postings", "quarantine", "clearing", "keys")
    files = any_bench.manifest.live_files("acme", kinds, after_seq=0, stop_seq=99, limit=99)
    assert found.file_count == len(files) == any_bench.manifest.live_file_count("acme")
    assert found.size_bytes == sum(file.size_bytes for file in files)


@pytest.mark.parametrize("check", [whole, sampled])
@pytest.mark.parametrize("content", [b"PAR1", None], ids=["corrupt", "gone"])
@pytest.mark.parametrize("kind", RESTS_ON)
def test_a_corrupt_file_is_named_once(bench, kind, content, check):
    """By its kind, and a segment or quarantine file by the offsets that it holds."""
    fill(bench)
    file = files_of(bench)[kind]
    replace_object(bench, file.path, content)
    found = check(bench)
    told = [each.message for each in found.problems if each.rule == "FILE_MUST_BE_WHOLE"]
    assert len(told) == len(found.problems) >= 1
    assert all(file.id in message for message in told)
    if kind in {"segment", "quarantine"}:
        assert "It holds the offsets of meter from 0 to 41 (exclusive)" in told[0]


def test_little_memory_finds_as_much(bench):
    """With sums in a folder: nothing where all is well, and each sum that is not right."""
    for seed in range(6):
        bench.append("meter", records_of(80, seed=seed))
    assert whole(bench, sums_rows_max=16).problems == []
    (_, file, *_) = bench.manifest.live_postings("acme")
    lost = schema.file.update().where(schema.file.c.id == file.id).values(state="dead")
    bench.manifest._database.write(lambda connection: connection.execute(lost) and None)
    (all_in_memory,), (in_a_folder,) = (
        whole(bench).problems,
        whole(bench, sums_rows_max=16).problems,
    )
    assert all_in_memory.rule == in_a_folder.rule == "BALANCES_MUST_BE_THE_RECORDS"
    assert all_in_memory.message.split(" sums ")[0] == in_a_folder.message.split(" sums ")[0]


@pytest.mark.parametrize("rows_max", [1, 7, 50, 10_000])
def test_spilled_sums_are_the_sums(rows_max):
    """Whatever is spilled and forgotten on the way, what is left is exact."""
    chance = random.Random(rows_max)  # noqa: S311  # a seeded choice, no secret
    expected: dict[tuple, list] = {}
    with SpilledSums(REPOSTED_SCHEMA, rows_max) as sums:
        for _ in range(40):
            rows = []
            for _ in range(chance.randrange(30)):
                key = (f"f{chance.randrange(9)}", "a", "kWh", chance.randrange(5), 0, "", 0)
                value = [Decimal(chance.randrange(-2, 3)).scaleb(-6), chance.randrange(-1, 2), 0]
                before = expected.setdefault(key, [Decimal(0), 0, 0])
                expected[key] = [a + b for a, b in zip(before, value, strict=True)]
                rows.append((*key, *value))
            sums.add(pl.DataFrame(rows, schema=REPOSTED_SCHEMA, orient="row"))
        found = list(itertools.chain.from_iterable(part.rows() for part in sums.nonzero()))
    assert sorted(found) == sorted((*key, *value) for key, value in expected.items() if any(value))


def test_a_check_takes_no_notice_of_what_is_committed_meanwhile(bench):
    """What it compares is the moment at which it began."""
    fill(bench)
    steps = itertools.count()

    def commit():
        if next(steps) < 5:
            bench.append("late", [record(), record(unit="cubits")])
            bench.append("waits", [record(activity="process.unheard.still")])

    assert whole(bench, on_file=commit).problems == []
    bench.check()


def test_a_check_begins_anew_where_a_merge_is_faster(bench):
    """A postings file that was merged and collected meanwhile is no problem."""
    for seed in range(6):
        bench.append("meter", records_of(9, seed=seed))
    stale = bench.manifest.live_postings("acme")
    merges = iter([None])

    def merge():
        for _ in merges:
            bench.other(merge_files_max=2).ledger.merger.merge("acme")
            for file in stale[1:]:
                bench.objects.delete(file.path)

    found = whole(bench, on_file=merge)
    assert found.problems == []
    assert found.file_count == bench.manifest.live_file_count("acme")


def test_the_seed_chooses(bench):
    """The same seed chooses the same files, another one others; nights together see all."""
    for seed in range(30):
        bench.append("meter", records_of(3, seed=seed))
    kinds = ("segment", "postings")
    live = bench.manifest.live_files("acme", kinds, after_seq=0, stop_seq=99, limit=99)
    # Ids are drawn: with others at each run, some run would choose too few.
    files = [replace(file, id=f"{number:032x}") for number, file in enumerate(live)]

    def chosen(text, seed):
        return {file.id for file in Sample.parse(text, seed).choose(iter(files))}

    assert chosen("20%", "a") == chosen("20%", "a") != chosen("20%", "b")
    assert 4 <= len(chosen("20%", "a")) <= 22
    assert len(chosen("7", "a")) == 7
    assert chosen("100%", "a") == chosen("1000", "a") == {file.id for file in files}
    nights = [chosen("20%", f"night {number}") for number in range(60)]
    assert set().union(*nights) == {file.id for file in files}
    assert sampled(bench, "7").file_count == 7


@pytest.mark.parametrize("text", ["0%", "101%", "-5%", "5 percent", "0", "x", "", "5%%", "nan%"])
def test_a_sample_that_is_none_is_refused(text):
    """A share from above 0 % to 100 %, or a whole number of files."""
    with pytest.raises(FieldInvalid, match="sample: expected a share"):
        Sample.parse(text, "seed")


def test_ranges_and_waiting_counts_of_a_sample_are_compared(bench):
    """A segment's records stand where the manifest says, and as many wait."""
    fill(bench)
    table = schema.file_range
    moved = table.update().values(stop_offset=table.c.stop_offset - 1)
    bench.manifest._database.write(lambda connection: connection.execute(moved) and None)
    assert {each.rule for each in sampled(bench).problems} == {"OFFSETS_MUST_BE_DENSE"}
    files = schema.file
    fewer = files.update().where(files.c.suspended_count > 0).values(suspended_count=0)
    bench.manifest._database.write(lambda connection: connection.execute(fewer) and None)
    assert "SUSPENSE_MUST_BE_COUNTED" in {each.rule for each in sampled(bench).problems}
    assert "SUSPENSE_MUST_BE_COUNTED" in {each.rule for each in whole(bench).problems}


def test_the_manifest_says_by_which_means_it_is_sound(any_bench):
    """SQLite by its own check, PostgreSQL by whether it has checksums."""
    for is_whole in (True, False):
        found = any_bench.ledger.checks.soundness(is_whole=is_whole)
        assert found.problems == ()
        assert "check" in found.means
