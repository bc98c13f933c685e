"""Frames: columns in the types that travel, and their bytes."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest

from tonne.client.answers.book_days import Days
from tonne.client.append.batches import Batches
from tonne.client.errors import RecordsInvalid
from tonne.client.wire.frames import drop_records, encode_frame, prepare_frame, read_times
from tonne.model import Limits

LIMITS = Limits(64 * 1024, 0, 1_000, 0.0)
DAY = dt.datetime(2025, 1, 2, tzinfo=dt.UTC)
UTC = Days()
SHANGHAI = Days(lambda: "Asia/Shanghai")


def frame(**columns):
    whole = {
        "facility": ["a", "b"],
        "activity": "electricity.grid",
        "quantity": ["1", "2"],
        "unit": "kWh",
        "start": "2025-01-02",
        "end": "2025-01-03",
    }
    return pl.DataFrame(whole | columns)


def decode(body):
    return pl.read_ipc_stream(io.BytesIO(body))


@pytest.mark.parametrize(
    "texts",
    [
        ["2025-01-02"],
        ["2025-01-02T00:00:00Z"],
        ["2025-01-02 00:00:00"],
        ["2025-01-02T00:00"],
        ["2025-01-02T00:00:00.000000999Z"],
        ["2025-01-02T05:30:00+05:30"],
        ["2025-01-01T19:00:00-0500"],
        ["2025-01-01T19-05"],
        ["2025-01-01T19:00-05"],
        [" 2025-01-02 "],
    ],
)
def test_a_written_time_is_read(texts):
    """Days, times with and without offset, with Z or a space, are read as UTC."""
    assert read_times(pl.Series("start", texts), UTC).to_list() == [DAY]


def test_an_unreadable_time_stays_alone():
    """Beside readable times an unreadable one is null, and so is what was null."""
    texts = pl.Series("start", ["2025-01-02", "soon", None, "2025-01-02T00:00:00Z", "2025-02-30"])
    assert read_times(texts, UTC).to_list() == [DAY, None, None, DAY, None]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([DAY, DAY]),
        pl.Series([dt.date(2025, 1, 2)] * 2),
        pl.Series([dt.datetime(2025, 1, 2)] * 2, dtype=pl.Datetime("ns")),  # noqa: DTZ001  # naive
        pl.Series([DAY, DAY], dtype=pl.Datetime("ms", "Asia/Tokyo")),
        pl.Series(["2025-01-02"] * 2, dtype=pl.Categorical),
    ],
)
def test_every_type_of_time_becomes_microseconds_utc(column):
    """Dates, naive and zoned times of any unit, and texts are the same instant."""
    start = prepare_frame(frame(start=column), UTC)["start"]
    assert start.dtype == pl.Datetime("us", "UTC")
    assert start.to_list() == [DAY, DAY]


@pytest.mark.parametrize(
    ("column", "kind", "values"),
    [
        (pl.Series(["1.10", "x"]), pl.String, ["1.10", "x"]),
        (pl.Series([1, 2], dtype=pl.UInt8), pl.Int64, [1, 2]),
        (pl.Series([2**63, 1], dtype=pl.UInt64), pl.String, ["9223372036854775808", "1"]),
        (pl.Series([0.1, 2.0]), pl.Float64, [0.1, 2.0]),
        (pl.Series([0.1, 2.0], dtype=pl.Float32), pl.String, ["0.1", "2.0"]),
        (
            pl.Series([Decimal("0.10"), Decimal(1)]),
            pl.Decimal(38, 2),
            [Decimal("0.10"), Decimal(1)],
        ),
    ],
)
def test_a_quantity_keeps_its_digits(column, kind, values):
    """No quantity passes through a float that was not one."""
    quantity = prepare_frame(frame(quantity=column), UTC)["quantity"]
    assert quantity.dtype == kind
    assert quantity.to_list() == values


@pytest.mark.parametrize(
    ("columns", "unread"),
    [
        ({"start": ["22/10/2024", "2025-01-02"]}, [{"start": "22/10/2024"}, None]),
        ({"end": ["2025-01-03", "45717"]}, [None, {"end": "45717"}]),
        ({"end": ["20250103", " soon "]}, [{"end": "20250103"}, {"end": " soon "}]),
        ({"start": [None, "  "]}, [None, None]),
        ({"data_quality": ["Estimated", "guessed"]}, [None, {"data_quality": "guessed"}]),
        (
            {"start": ["01.03.2025", "x"], "end": ["01.04.2025", "2025-01-03"]},
            [{"start": "01.03.2025", "end": "01.04.2025"}, {"start": "x"}],
        ),
        ({"start": ["数" * 60, "2025-01-02"]}, [{"start": "数" * 49 + "…"}, None]),
        ({"start": ['a"b', "2025-01-02"], "unread": ["{}", "{}"]}, [{"start": 'a"b'}, {}]),
    ],
)
def test_what_cannot_be_read_is_kept_as_it_is_written(columns, unread):
    """A text that is no time or no data quality travels in `unread`; an empty one is nothing."""
    prepared = prepare_frame(frame(**columns), UTC)
    found = prepared["unread"].to_list() if "unread" in prepared.columns else [None, None]
    told = [
        text and {name: value for name, value in json.loads(text).items() if value is not None}
        for text in found
    ]
    assert told == unread


def test_a_day_is_a_day_of_the_book():
    """Dates and days as texts begin when the book's day does; instants stay what they are."""
    begin = dt.datetime(2025, 1, 1, 16, tzinfo=dt.UTC)
    for column in (["2025-01-02", " 2025-01-02"], [dt.date(2025, 1, 2)] * 2):
        assert prepare_frame(frame(start=column), SHANGHAI)["start"].to_list() == [begin] * 2
    mixed = ["2025-01-02", "2025-01-02T00:00:00Z"]
    assert prepare_frame(frame(start=mixed), SHANGHAI)["start"].to_list() == [begin, DAY]


def test_who_sends_instants_never_asks_for_the_time_zone():
    """The server is asked for the zone once the first day is met."""

    def refuse() -> str:
        raise AssertionError

    times = {"start": ["2025-01-02T00:00:00Z"] * 2, "end": ["2025-01-02 01:00:00", "soon"]}
    prepare_frame(frame(**times), Days(refuse))
    with pytest.raises(AssertionError):
        prepare_frame(frame(), Days(refuse))


def test_few_texts_travel_as_a_dictionary():
    """A column of few texts is a dictionary of just these; one of many stays as it is."""
    few = frame().select(pl.all().repeat_by(50).explode())
    few = few.with_columns(record_id=pl.Series(map(str, range(100))))
    body = encode_frame(prepare_frame(few, UTC))
    schema = pa.ipc.open_stream(body).schema
    assert pa.types.is_dictionary(schema.field("facility").type)
    assert pa.types.is_large_string(schema.field("record_id").type)
    assert pa.types.is_large_string(pa.ipc.open_stream(encode_frame(frame())).schema[0].type)
    assert decode(body)["facility"].cast(pl.String).to_list() == few["facility"].to_list()


def test_dropping_records_leaves_the_rest():
    """The first records of a body can be left out, nulls and dictionaries kept."""
    whole = frame().select(pl.all().repeat_by(50).explode()).with_columns(region=pl.lit(None))
    body = drop_records(encode_frame(prepare_frame(whole, UTC)), 98)
    assert decode(body)["facility"].cast(pl.String).to_list() == ["b", "b"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (frame().drop("unit"), "missing: unit"),
        (frame(kwh=1), "no such field: kwh"),
        (frame(quantity=[[1], [2]]), "column quantity: expected .*List"),
        (frame(start=[1, 2]), "column start: expected times"),
        (frame(facility=[[1], [2]]), "column facility: expected texts"),
    ],
)
def test_a_wrong_column_is_named(wrong, words):
    """A missing, unknown or wrongly typed column is an error that names it."""
    with pytest.raises(RecordsInvalid, match=words):
        prepare_frame(wrong, UTC)


@pytest.mark.parametrize("make", [lambda f: f, lambda f: f.lazy(), lambda f: f.to_arrow(),
                                  lambda f: f.to_arrow().to_batches()[0],
                                  lambda f: [f.head(1), f.to_arrow().slice(1)],
                                  lambda f: f.to_dicts()])  # fmt: skip
def test_every_source_of_records_is_cut_into_the_same_records(make):
    """Frames, lazy frames, Arrow tables and batches, lists of them, and mappings."""
    source = frame().select(pl.all().repeat_by(2_000).explode())
    batches = list(Batches(make(source), LIMITS, days=UTC))
    assert sum(batch.record_count for batch in batches) == source.height
    assert all(batch.request.ByteSize() <= LIMITS.message_bytes_max for batch in batches)
    assert all(batch.record_count <= LIMITS.batch_records_max for batch in batches)


@pytest.mark.parametrize("skip", [0, 1, 150, 1_999, 2_000, 2_001, 4_000, 5_000])
@pytest.mark.parametrize("kind", ["frame", "frames", "mappings"])
def test_skipped_records_come_apart_and_before_the_others(skip, kind):
    """All of them that there are, whether or not they are asked for; the batches have the rest."""
    source = frame().select(pl.all().repeat_by(2_000).explode())
    records = {
        "frame": source,
        "frames": [source.slice(first, 500) for first in range(0, 4_000, 500)],
        "mappings": source.to_dicts(),
    }[kind]
    for is_asked in (True, False):
        batches = Batches(records, LIMITS, days=UTC, skip_count=skip)
        if is_asked:
            skipped_count = sum(batch.record_count for batch in batches.skipped())
            assert skipped_count == batches.skipped_count == min(skip, 4_000)
        assert sum(batch.record_count for batch in batches) == max(0, 4_000 - skip)


def test_one_record_over_the_limit_is_named():
    """A record that no message can hold is an error with its number."""
    wide = frame().with_columns(evidence=pl.Series(["", "x" * 70_000]))
    with pytest.raises(RecordsInvalid, match="record 1: has"):
        list(Batches(wide, LIMITS, days=UTC))
    with pytest.raises(RecordsInvalid, match="record 1: has"):
        list(Batches(wide.to_dicts(), LIMITS, days=UTC))


@pytest.mark.parametrize("wrong", [{"facility": "a"}, "facility", 7, [7]])
def test_what_holds_no_records_is_refused(wrong):
    """A single mapping, a text or a number is no sequence of records."""
    with pytest.raises(RecordsInvalid, match="expected a"):
        list(Batches(wrong, LIMITS, days=UTC))
