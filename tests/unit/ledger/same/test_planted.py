"""Planted duplicates and conflicts among many records: exactly these are found, in any case."""

from __future__ import annotations

import datetime as dt
import random

import polars as pl
import pytest

from tests.unit.ledger.conftest import T0, open_bench
from tests.unit.ledger.same.conftest import check
from tonne.ledger.files.overlay import Overlay, is_kept
from tonne.ledger.pages import Ask
from tonne.model import Facility
from tonne.store.objects.objects import open_objects
from tonne.store.statement_rows import SameKind

RECORDS = 100_000
SEGMENTS = 10
PLANTED = 500


def batch(first, count):
    """Records of ids of their own, over two months."""
    starts = [T0 + dt.timedelta(minutes=place % 80_000) for place in range(first, first + count)]
    return pl.DataFrame(
        {
            "record_id": [f"CN-BJ-BS-{place:09}/07:15Z" for place in range(first, first + count)],
            "facility": "dc-1",
            "activity": "electricity.grid",
            "quantity": [f"{place % 97 + 1}.25" for place in range(first, first + count)],
            "unit": "kWh",
            "start": starts,
            "end": [start + dt.timedelta(hours=1) for start in starts],
            "region": "",
        }
    ).cast({"start": pl.Datetime("us", "UTC"), "end": pl.Datetime("us", "UTC")})


def planted(frame, draw, duplicates, conflicts, before):
    """Put copies of earlier records among those of a batch, some with another quantity."""
    same = before.sample(duplicates + conflicts, seed=draw.randrange(1 << 30))
    other = same.with_columns(
        quantity=pl.when(pl.int_range(pl.len()) < conflicts)
        .then(pl.lit("0.5"))
        .otherwise("quantity")
    )
    return pl.concat([frame, other]).sample(fraction=1, shuffle=True, seed=1)


def fill(bench, records, segments, count):
    """Fill a book; gives how many duplicates and conflicts were planted, each id once."""
    bench.ledger.register.import_facilities("acme", [Facility("dc-1")])
    draw = random.Random(7)  # noqa: S311  # a seed, no secret
    size = records // segments
    each = count // (segments - 1)
    pool = batch(0, size)
    bench.append("a", pool.to_dicts(), "arrow")
    for place in range(1, segments):
        frame = batch(place * size, size)
        mixed = planted(frame, draw, each, each, pool)
        copied = set(mixed["record_id"]) & set(pool["record_id"])
        pool = pool.filter(~pl.col("record_id").is_in(list(copied)))
        pool = pl.concat([pool, frame])
        bench.append("ab"[place % 2], mixed.to_dicts(), "arrow")
    return each * (segments - 1)


def oracle(bench):
    """Ids of several records that count, and of several contents, by a group over all records."""
    overlay = Overlay(bench.manifest, bench.ledger.records._reader)
    frames = []
    for file in bench.manifest.segments("acme", limit=10_000):
        clearings = overlay.find([file]).get(file.id, [])
        frame = overlay.apply(bench.ledger.records._reader.open(file).frame(), clearings)
        frames.append(frame.filter(is_kept()).select("record_id", "quantity", "start"))
    by_id = (
        pl.concat(frames)
        .group_by("record_id")
        .agg(pl.len(), pl.struct("quantity", "start").n_unique().alias("contents"))
    )
    return (
        set(by_id.filter(pl.col("len") > pl.col("contents"))["record_id"]),
        set(by_id.filter(pl.col("contents") > 1)["record_id"]),
    )


@pytest.mark.parametrize("bits", [64, 16])
def test_exactly_what_was_planted_is_found(tmp_path, bits):
    """Half of it reversed, half a conflict; with a hash of 16 bits the same."""
    objects = open_objects((tmp_path / "objects").as_uri(), {})
    bench = open_bench(f"sqlite:///{tmp_path}/m.sqlite", objects, hash_bits=bits)
    count = fill(bench, RECORDS, SEGMENTS, PLANTED)
    before = oracle(bench)
    assert (len(before[0]), len(before[1])) == (count, count)
    done = check(bench)
    assert (done.reversed_count, done.entry_count) == (count, count)
    names = [each.correction for each in bench.ledger.corrections.list_corrections("acme").items]
    assert sum(each.record_count for each in names) == count
    found = set()
    token = ""
    while True:
        page = bench.ledger.same.list("acme", SameKind.CONFLICT, Ask(page_token=token))
        found.update(each.record_id for each in page.items)
        token = page.next_page_token
        if not token:
            break
    duplicates, conflicts = oracle(bench)
    assert duplicates == set()
    assert found == conflicts == before[1]
    assert len(bench.manifest.key_files("acme")) <= 12
    shown = bench.ledger.found.by_id("acme", "CN-BJ-BS-000000007/07:15Z")
    assert shown[0].record_id == "CN-BJ-BS-000000007/07:15Z"
    bench.ledger.close()
    bench.manifest.close()
