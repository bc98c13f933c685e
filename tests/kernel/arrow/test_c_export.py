"""What consumers of the kernel's Arrow columns get."""

import gc
from array import array
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest

import tonne_kernel as kernel
from tonne.v1 import ingest_pb2

PERIODS = kernel.PeriodTable(array("q", [0, 7_258_118_400_000_000]))
RULES = kernel.RuleTable(array("i", [0, 1]), array("i", [0]), array("i", [0]))
RECORD_SCHEMA = {
    "channel": pl.String,
    "offset": pl.Int64,
    "record_id": pl.String,
    "facility": pl.String,
    "activity": pl.String,
    "unit": pl.String,
    "region": pl.String,
    "quantity": pl.Decimal(18, 6),
    "start": pl.Datetime("us", "UTC"),
    "end": pl.Datetime("us", "UTC"),
    "status": pl.UInt8,
    "rule": pl.Int32,
}


def post(*records):
    message = ingest_pb2.Rows()
    for index, fields in enumerate(records):
        message.records.add(
            **{
                "record_id": f"r{index}",
                "facility": "a",
                "activity": "b",
                "quantity": "1",
                "unit": "kWh",
                "start": {"seconds": 0},
                "end": {"seconds": 60},
            }
            | fields
        )
    body = message.SerializeToString()
    session = kernel.Session()
    batch = session.decode_rows(body, 0, len(body))
    session.set_rules(0, array("i", [0] * session.key_count))
    return kernel.post([kernel.BatchSlice(batch, "c", 0)], RULES, PERIODS)


@pytest.mark.parametrize("records", [[], [{}], [{"quantity": "x"}]])
def test_the_columns_have_their_types_whatever_the_rows(records):
    """With no, good or bad rows the schemas stay the same."""
    posted = post(*records)
    assert dict(pl.DataFrame(posted.records()).schema) == RECORD_SCHEMA
    refused = pl.DataFrame(posted.quarantine())
    assert refused.schema["raw"] == pl.Binary
    assert refused.schema["start"] == pl.Int64
    assert pl.DataFrame(posted.postings()).schema["quantity"] == pl.Decimal(38, 18)
    assert refused.height + pl.DataFrame(posted.records()).height == len(records)


def test_few_texts_of_many_rows_are_categories_of_their_table_alone():
    """They go with its last frame, and nothing stays where all tables meet."""
    kept = pl.Series([], dtype=pl.Categorical)
    before = set(pl.Categories())
    records = [{"facility": "few-a" if n % 2 else "few-b", "unit": f"u{n}"} for n in range(40)]
    first, second = (pl.DataFrame(post(*records).records()) for _ in range(2))
    kinds = [frame.schema["facility"] for frame in (first, second)]
    assert [type(kind) for kind in kinds] == [pl.Categorical] * 2
    assert kinds[0] != kinds[1]
    assert first.schema["unit"] == pl.String
    assert first["facility"].to_list() == [record["facility"] for record in records]
    assert first.cast({pl.Categorical: pl.String}).equals(second.cast({pl.Categorical: pl.String}))
    assert set(pl.Categories()) == before
    del kept


def test_optional_columns_come_where_some_record_has_them():
    """A record without one is empty there."""
    posted = post(
        {},
        {"supplier": "s", "evidence": "é"},
        {"product": "p", "quantity": "x"},
        {"data_quality": 2},
        {"data_quality": 99},
    )
    frame = pl.DataFrame(posted.records())
    assert frame.columns == [*RECORD_SCHEMA, "supplier", "data_quality", "evidence"]
    assert frame["supplier"].to_list() == ["", "s", "", ""]
    assert frame["data_quality"].to_list() == [0, 0, 2, 0]
    assert frame["evidence"].to_list() == ["", "é", "", ""]


def test_unreadable_times_are_null_in_quarantine():
    """A time that could not be read is null, one that could is kept."""
    posted = post({"start": {"seconds": 5, "nanos": -1}}, {"start": {"seconds": 90}})
    frame = pl.DataFrame(posted.quarantine())
    assert frame["start"].to_list() == [None, 90_000_000]
    assert frame["end"].to_list() == [60_000_000, 60_000_000]


def test_texts_in_quarantine_are_cut_between_characters():
    """At most 256 bytes of a text are kept, and they are UTF-8."""
    frame = pl.DataFrame(post({"facility": "x" + "é" * 200}).quarantine())
    assert frame["facility"].to_list() == ["x" + "é" * 127]


def test_columns_outlive_what_they_came_from():
    """Frames hold their buffers after the posting, the batch and the session are gone."""
    posted = post(*[{"facility": f"facility {i}"} for i in range(1000)])
    frame = pl.DataFrame(posted.records())
    column = frame["quantity"]
    del posted
    gc.collect()
    scratch = [bytearray(100_000) for _ in range(50)]
    assert frame["facility"].to_list() == [f"facility {i}" for i in range(1000)]
    del frame, scratch
    gc.collect()
    assert column.to_list() == [Decimal(1)] * 1000


def test_capsules_that_nobody_takes_are_freed():
    """Exporting without importing, and importing twice, are both sound."""
    posted = post(*[{}, {"facility": "b"}] * 20)
    for _ in range(100):
        posted.records().__arrow_c_array__()
        posted.records().__arrow_c_schema__()
    frames = [pl.DataFrame(posted.records()).cast({pl.Categorical: pl.String}) for _ in range(3)]
    assert frames[0].equals(frames[1])
    assert frames[1].equals(frames[2])


def test_pyarrow_finds_the_arrays_valid():
    """The strictest consumer at hand checks every buffer."""
    posted = post(*[{"evidence": "e"}, {"quantity": ""}, {"facility": "é"}] * 20)
    for table in (posted.records(), posted.quarantine(), posted.postings()):
        batch = pa.record_batch(table)
        batch.validate(full=True)
        assert len(table) == batch.num_rows == table.row_count


def groups(*values):
    return pl.Series(values, dtype=pl.UInt32)


def decimals(*values, scale=6):
    return pl.Series([Decimal(value) for value in values], dtype=pl.Decimal(38, scale))


def test_sums_by_group_are_exact():
    """Chunks of either column may end anywhere; a group without values is zero."""
    values = decimals("0.1", "0.2").append(decimals("-0.5")).append(decimals("9", "1e20"))
    keys = groups(2, 0, 2).append(groups(2)).append(groups(0))
    assert values.n_chunks() == keys.n_chunks() == 3
    total = pl.Series(kernel.sum_groups(keys, 4, values))
    assert total.dtype == pl.Decimal(38, 6)
    assert total.to_list() == [Decimal("1e20") + Decimal("0.2"), 0, Decimal("8.6"), 0]
    assert pl.Series(kernel.sum_groups(groups(), 0, decimals())).to_list() == []


def test_sums_beyond_38_digits_raise():
    """The first sum that does not fit raises, and nothing wraps."""
    limit = "9" * 38
    most = decimals(limit, scale=0)
    assert pl.Series(kernel.sum_groups(groups(0), 1, most)).to_list() == [Decimal(limit)]
    for count in (2, 3):
        with pytest.raises(OverflowError, match="38 digits"):
            kernel.sum_groups(groups(*[0] * count), 1, decimals(*[limit] * count, scale=0))
    back = decimals(limit, 1, -1, scale=0)
    assert pl.Series(kernel.sum_groups(groups(0, 0, 0), 1, back)).to_list() == [Decimal(limit)]


@pytest.mark.parametrize(
    ("keys", "values", "error", "text"),
    [
        (groups(1), decimals("1"), ValueError, "below group_count"),
        (groups(0, 0), decimals("1"), ValueError, "2 groups, but 1"),
        (pl.Series([0]), decimals("1"), ValueError, "uint32"),
        (groups(0), pl.Series([1]), ValueError, "decimal128"),
        (groups(0), pl.Series([None], dtype=pl.Decimal(38, 6)), ValueError, "without nulls"),
        ([0], decimals("1"), TypeError, "__arrow_c_stream__"),
    ],
)
def test_sums_refuse_other_columns(keys, values, error, text):
    """The message says what was expected."""
    with pytest.raises(error, match=text):
        kernel.sum_groups(keys, 1, values)
