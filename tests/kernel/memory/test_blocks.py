"""The kernel keeps big blocks for its next columns: within a bound, and never one in use."""

from array import array
from concurrent.futures import ThreadPoolExecutor

import polars as pl

import tonne_kernel as kernel
from tonne.v1 import ingest_pb2

KEPT_BYTES_MAX = 96 << 20
DAY_S = 86_400
PERIODS = kernel.PeriodTable(array("q", [0, 366 * DAY_S * 1_000_000]))
RULES = kernel.RuleTable(array("i", [0, 1]), array("i", [0]), array("i", [0]))


def rows(count, name):
    """Rows whose columns are big blocks, each text unlike those of another name."""
    message = ingest_pb2.Rows()
    for index in range(count):
        message.records.add(
            record_id=f"{name}/{index}",
            facility=f"{name}-{index % 7}",
            activity="electricity.grid",
            quantity=str(index),
            unit="kWh",
            start={"seconds": index},
            end={"seconds": index + 1},
        )
    return message.SerializeToString()


def decode(session, message):
    batch = session.decode_rows(message, 0, len(message))
    session.set_rules(0, array("i", [0] * session.key_count))
    return batch


def check(posted, count, name):
    """Whether the records are those of `rows`."""
    frame = pl.DataFrame(posted.records())
    assert frame["record_id"].to_list() == [f"{name}/{index}" for index in range(count)]
    assert frame["offset"].to_list() == list(range(count))
    assert frame["quantity"].sum() == count * (count - 1) // 2
    assert frame["facility"].cast(pl.String).unique().sort().to_list() == sorted(
        f"{name}-{index}" for index in range(7)
    )


def test_columns_of_batches_alive_at_once_stay_apart():
    """Batches and segments hold what they were given while others come and go."""
    session = kernel.Session()
    counts = (5_000, 9_000, 5_000, 20_000, 9_000, 5_000)
    for _ in range(3):
        batches = [decode(session, rows(count, f"n{place}")) for place, count in enumerate(counts)]
        posted = [
            kernel.post([kernel.BatchSlice(each, "c", 0)], RULES, PERIODS) for each in batches
        ]
        del batches[::2]
        for place, count in enumerate(counts):
            check(posted[place], count, f"n{place}")


def test_threads_share_the_kept_blocks():
    """Several threads take and give blocks of the same sizes: all records stay right."""

    def work(name):
        message = rows(6_000, name)
        for _ in range(20):
            batch = decode(kernel.Session(), message)
            posted = kernel.post([kernel.BatchSlice(batch, "c", 0)], RULES, PERIODS)
            check(posted, 6_000, name)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, ["t0", "t1", "t2", "t3"]))


def test_what_is_kept_is_bounded():
    """Far more than the bound is given back; no more than the bound is kept, and it is used."""
    message = rows(40_000, "m")
    session = kernel.Session()
    batches = [decode(session, message) for _ in range(60)]
    column_bytes = sum(batch.memory_bytes - len(message) for batch in batches)
    assert column_bytes > KEPT_BYTES_MAX
    del batches
    kept = kernel.kept_memory_bytes()
    assert kept <= KEPT_BYTES_MAX
    batch = decode(session, message)
    assert batch.record_count == 40_000
    # A build with checks keeps nothing, so that it sees where each block ends.
    assert kept == 0 or kept > KEPT_BYTES_MAX // 2
    assert kernel.kept_memory_bytes() < kept or kept == 0


def test_a_batch_counts_the_memory_of_its_columns():
    """38 bytes a record and its id; room for growth, and a quarter more for rounding."""
    message = rows(10_000, "m")
    batch = kernel.Session().decode_rows(message, 0, len(message))
    ids = sum(len(f"m/{index}") for index in range(10_000))
    columns = batch.memory_bytes - len(message)
    assert 38 * 10_000 + ids <= columns <= (38 * 10_000 + 2 * ids) * 5 // 4 + 1024
