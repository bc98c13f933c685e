"""What the storage changed is an error that names the file: never a number, never merged on."""

from __future__ import annotations

import random

import polars as pl
import pytest

from tests.unit.ledger.conftest import EDITION, Bench, decode, record, records_of
from tonne.catalogue.words.method import MethodSettings
from tonne.errors import DefectError, FileCorrupt, FileMissing, LedgerInconsistent
from tonne.ledger.files.files import FileReader
from tonne.ledger.files.postings import drop_zeros
from tonne.ledger.files.sums import sum_by
from tonne.ledger.pages import Ask
from tonne.ledger.posting.writing.laid_out import POSTED_KEYS
from tonne.ledger.reading.moment import Question
from tonne.ledger.upkeep import merging
from tonne.store.errors import ObjectMissing
from tonne_kernel import Session

FLIPS = {"sqlite": 20, "postgres": 3}
"""Single bits that are turned over in each kind of file: in a directory, and in a bucket."""

SEED = 20260401

UNHEARD = EDITION + b"process.unheard,,kWh,2015-01-01,,1.5,,,,scope1.process,paper,4,\n"


def replace_object(bench, path, content):
    """Put other bytes where an object lies, as a storage that rots would."""
    bench.objects.delete(path)
    if content is not None:
        bench.objects.put(path, content)


def files_of(bench):
    """One live file of each kind."""
    segment = bench.manifest.segments("acme", limit=9)[0]
    (clearing,) = bench.manifest.clearings_of([segment.id])[segment.id]
    (quarantine, *_) = bench.manifest.quarantine_files("acme", 0, 9)
    (postings, *_) = bench.manifest.live_postings("acme")
    found = {"segment": segment, "postings": postings}
    return found | {"quarantine": quarantine, "clearing": clearing}


def fill(bench):
    """Give a book posted, cleared, waiting and refused records."""
    records = records_of(40, seed=5, invalid=True)
    records += [record(record_id="waits", activity="process.unheard.still")]
    bench.append("meter", records)
    bench.ledger.editions.import_edition("acme", "paper-2016", UNHEARD)
    list(bench.ledger.suspense.clear("acme"))
    bench.append("late", records_of(3, seed=6))
    bench.check()
    return bench


@pytest.fixture
def filled(any_bench):
    """A book with records of every fate, on each of the two stores."""
    return fill(any_bench)


def pages(lister):
    """All pages of a list."""
    items, token = [], ""
    while True:
        page = lister("acme", Ask(page_size=1000, page_token=token))
        items += page.items
        token = page.next_page_token
        if not token:
            return items


def replayed(_bench, ledger):
    """The replay of everything, as far as it goes: differences are its way to refuse."""
    snapshot = ledger.snapshots.take("acme")
    postings = ledger.snapshots.take("acme").frame()
    keys = postings.filter(pl.col("status") == 0).select(
        "facility", "activity", "unit", pl.col("region").fill_null(""), "period"
    )
    question = Question(keys.unique(), 0, 900)
    found = ledger.evidence.replay(snapshot, question)
    if found.differences:
        raise DefectError(found.differences[0])
    return sorted(found.sums.rows(), key=str)


def repeated(ledger):
    """A producer sends everything again: it is what was committed, or nobody can say."""
    records = records_of(40, seed=5, invalid=True)
    records += [record(record_id="waits", activity="process.unheard.still")]
    ledger.repeats.check("acme", "meter", 0, decode(Session(), records))
    return "the same"


def balances(ledger):
    """Every posting."""
    frame = ledger.snapshots.take("acme").frame()
    return sorted(frame.rows(), key=str)


def sums(ledger):
    """The sums of the postings, each key once."""
    frame = ledger.snapshots.take("acme").frame()
    return sorted(sum_by(frame, POSTED_KEYS).rows(), key=str)


def answers(bench):
    """What each way to read says, or that it refuses: by a server that remembers nothing."""
    other = bench.other(cache_bytes_max=0)
    ways = {
        "balances": balances,
        "records": lambda ledger: pages(ledger.records.list_records),
        "suspense": lambda ledger: pages(ledger.records.list_suspense),
        "quarantine": lambda ledger: pages(ledger.records.list_quarantine),
        "replay": lambda ledger: replayed(bench, ledger),
        "repeat": repeated,
    }
    found = {}
    for name, read in ways.items():
        try:
            found[name] = read(other.ledger)
        except DefectError:
            found[name] = None
    other.ledger.close()
    return found


RESTS_ON = {
    "segment": {"records", "suspense", "replay", "repeat"},
    "postings": {"balances", "replay"},
    "quarantine": {"quarantine", "repeat"},
    "clearing": {"records", "suspense", "replay"},
}
"""What refuses to answer where a file of a kind is corrupt; all else answers as before."""


@pytest.mark.parametrize("kind", RESTS_ON)
def test_a_bit_that_turned_over_is_never_another_answer(filled, kind, request):
    """Wherever it is: what rests on the file refuses, and all else says what it said before."""
    good = answers(filled)
    assert None not in good.values()
    file = files_of(filled)[kind]
    whole = filled.objects.get(file.path)
    chance = random.Random(f"{SEED} {kind}")  # noqa: S311  # a seeded choice, no secret
    for _ in range(FLIPS[request.node.callspec.params["any_bench"]]):
        content = bytearray(whole)
        content[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        replace_object(filled, file.path, bytes(content))
        expected = {name: None if name in RESTS_ON[kind] else good[name] for name in good}
        assert answers(filled) == expected
    replace_object(filled, file.path, whole)
    assert answers(filled) == good


def corruptions(whole, other):
    """Ways in which an object is not what was written."""
    return {
        "cut short": whole[:-1],
        "half": whole[: len(whole) // 2],
        "longer": whole + b"\0",
        "empty": b"",
        "zeros": bytes(len(whole)),
        "another valid file of the kind": other,
        "gone": None,
    }


@pytest.mark.parametrize("kind", RESTS_ON)
def test_no_other_object_passes_for_the_file(filled, kind):
    """Short, long, empty, gone, or a valid file of the same kind that belongs elsewhere."""
    good = answers(filled)
    file = files_of(filled)[kind]
    whole = filled.objects.get(file.path)
    folder = file.path.split("/")[1]
    others = [path for path in filled.objects_under(folder) if path != file.path]
    other = filled.objects.get(others[0]) if others else b"PAR1"
    for content in corruptions(whole, other).values():
        replace_object(filled, file.path, content)
        expected = {name: None if name in RESTS_ON[kind] else good[name] for name in good}
        assert answers(filled) == expected
    replace_object(filled, file.path, whole)
    assert answers(filled) == good


@pytest.mark.parametrize("kind", RESTS_ON)
def test_every_bit_counts(bench, kind):
    """Hundreds of single bits of each kind of file, the first and the last among them."""
    fill(bench)
    file = files_of(bench)[kind]
    whole = bench.objects.get(file.path)
    reader = FileReader(bench.manifest, bench.objects)
    chance = random.Random(f"{SEED} {kind} door")  # noqa: S311  # a seeded choice, no secret
    bits = [0, 8 * len(whole) - 1, *(chance.randrange(8 * len(whole)) for _ in range(300))]
    for bit in bits:
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        replace_object(bench, file.path, bytes(content))
        with pytest.raises(FileCorrupt):
            reader.open(file)
    replace_object(bench, file.path, whole)
    assert reader.open(file).frame().height == file.row_count


@pytest.mark.parametrize("content", ["flipped", "gone"])
@pytest.mark.parametrize("kind", RESTS_ON)
def test_the_error_names_the_file_and_what_to_do(bench, kind, content):
    """The file, its book and kind, what depends on it, and the next command."""
    fill(bench)
    file = files_of(bench)[kind]
    whole = bench.objects.get(file.path)
    changed = bytes([whole[0] ^ 1]) + whole[1:] if content == "flipped" else None
    replace_object(bench, file.path, changed)
    told = []
    reader = FileReader(bench.manifest, bench.objects, told.append)
    with pytest.raises(FileMissing if changed is None else FileCorrupt) as refused:
        reader.open(file)
    error = refused.value
    assert told == [error]
    assert error.code == ("FILE_MISSING" if changed is None else "FILE_CORRUPT")
    assert error.metadata == {"file": file.id, "book": "acme", "kind": kind, "path": file.path}
    for text in (file.id, "'acme'", file.path, file.sha256, f"{kind} file", "depend"):
        assert text in error.message
    command = "tonne rebuild" if kind == "postings" else "tonne check"
    assert f"`{command} --book acme`" in error.message


def test_damage_between_memory_and_merge_is_not_merged(any_bench):
    """A server that remembers sums merges those; one that reads them refuses. Both keep sums."""
    bench = any_bench
    for seed in range(5):
        bench.append("meter", records_of(9, seed=seed))
    good = balances(bench.ledger)
    file = bench.manifest.live_postings("acme")[2]
    whole = bench.objects.get(file.path)
    replace_object(bench, file.path, whole[:40] + bytes([whole[40] ^ 8]) + whole[41:])
    forgetful = bench.other(cache_bytes_max=0, merge_files_max=4)
    with pytest.raises(FileCorrupt, match=file.id):
        forgetful.ledger.merger.merge("acme")
    assert len(bench.manifest.live_postings("acme")) == 5
    assert balances(bench.ledger) == good
    assert bench.manifest.acquire_lease("merge/acme", "somebody", 1.0) is not None


def test_a_merge_of_what_is_remembered_mends_the_file(bench):
    """What was read or written whole is as good in memory; the corrupt file is replaced."""
    bench.ledger.close()
    bench.ledger = bench.other(merge_files_max=4).ledger
    for seed in range(5):
        bench.append("meter", records_of(9, seed=seed))
    good = sums(bench.ledger)
    file = bench.manifest.live_postings("acme")[2]
    replace_object(bench, file.path, b"rot")
    assert bench.ledger.merger.merge("acme") == 5
    other = bench.other(cache_bytes_max=0)
    assert sums(other.ledger) == good
    bench.check()


class RottingObjects:
    """A storage in which what is put below a folder is damaged once it lies there."""

    def __init__(self, objects, folder, damage):
        self._objects = objects
        self._folder = folder
        self._damage = damage

    def __getattr__(self, name):
        return getattr(self._objects, name)

    def put(self, path, data):
        content = self._damage(bytes(data)) if self._folder in path else data
        if content is not None:
            self._objects.put(path, content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
        lambda data: data[: len(data) // 2],
        lambda _: None,
    ],
    ids=["flipped", "half", "gone"],
)
def test_a_merged_file_that_rots_at_once_replaces_nothing(bench, damage):
    """It is read back before the swap: what it was to replace stays."""
    for seed in range(5):
        bench.append("meter", records_of(9, seed=seed))
    good = balances(bench.ledger)
    objects = RottingObjects(bench.objects, "/postings/", damage)
    rotting = Bench(bench.manifest, objects, bench.ledger).other(merge_files_max=4)
    with pytest.raises(LedgerInconsistent, match="the files that it was to replace stay"):
        rotting.ledger.merger.merge("acme")
    assert len(bench.manifest.live_postings("acme")) == 5
    assert balances(bench.other(cache_bytes_max=0).ledger) == good


def test_a_merge_that_moves_a_sum_to_another_month_replaces_nothing(bench, monkeypatch):
    """Not the total alone is compared: a quantity in another month has the same total."""
    for seed in range(5):
        bench.append("meter", records_of(9, seed=seed))
    good = balances(bench.ledger)

    def moved(sums):
        return drop_zeros(sums).with_columns(period=pl.col("period").reverse())

    monkeypatch.setattr(merging, "drop_zeros", moved)
    with pytest.raises(LedgerInconsistent, match="has other sums than"):
        bench.other(merge_files_max=4).ledger.merger.merge("acme")
    monkeypatch.undo()
    assert balances(bench.other(cache_bytes_max=0).ledger) == good


def test_a_book_that_cannot_be_merged_keeps_no_other_back(bench):
    """The others are merged, garbage is looked for, and the defect is told."""
    bench.ledger.books.create_book("zeta", method=MethodSettings())
    bench.ledger.editions.import_edition("zeta", "paper-2015", EDITION)
    zeta = Bench(bench.manifest, bench.objects, bench.ledger, "zeta")
    for seed in range(5):
        bench.append("meter", records_of(9, seed=seed))
        zeta.append("meter", records_of(9, seed=seed))
    replace_object(bench, bench.manifest.live_postings("acme")[0].path, b"rot")
    with pytest.raises(FileCorrupt):
        bench.other(cache_bytes_max=0, merge_files_max=4).ledger.upkeep.maintain()
    assert len(bench.manifest.live_postings("acme")) == 5
    assert len(bench.manifest.live_postings("zeta")) == 1


def test_a_corrupt_segment_is_not_cleared_and_keeps_no_other_back(bench):
    """What waits in it stays; what waits elsewhere is posted; the error comes at the end."""
    for name in ("one", "two", "three"):
        bench.append(name, [record(activity="process.unheard", record_id=name)])
    bench.ledger.editions.import_edition("acme", "paper-2016", UNHEARD)
    (_, second, _) = bench.manifest.segments("acme", limit=9)
    whole = bench.objects.get(second.path)
    replace_object(bench, second.path, whole[:200] + bytes([whole[200] ^ 4]) + whole[201:])
    with pytest.raises(FileCorrupt, match=second.id):
        list(bench.ledger.suspense.clear("acme"))
    assert list(bench.manifest.clearings_of([second.id])) == []
    assert bench.manifest.suspended_extent("acme")[0] == 1
    replace_object(bench, second.path, whole)
    assert [step.cleared_count for step in bench.ledger.suspense.clear("acme")] == [1]
    bench.check()


def test_a_file_that_was_merged_away_is_no_corrupt_file(bench):
    """Merged and collected since the manifest was asked: the reader asks again."""
    for seed in range(5):
        bench.append("meter", records_of(5, seed=seed))
    stale = bench.manifest.live_postings("acme")[0]
    bench.other(merge_files_max=4).ledger.merger.merge("acme")
    bench.objects.delete(stale.path)
    told = []
    with pytest.raises(ObjectMissing):
        FileReader(bench.manifest, bench.objects, told.append).open(stale)
    assert told == []
