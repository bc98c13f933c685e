"""Types of Arrow columns: what is taken, what it means, and what is refused."""

import io
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import tonne_kernel as kernel
from tests.kernel import oracle, wire
from tests.kernel.columnar.arrow_streams import (
    INSTANT,
    START_US,
    STEP_US,
    base,
    stream,
    take,
    taken_of,
)
from tests.kernel.harness import decode
from tests.kernel.oracle import Record

TEXT_TYPES = (pa.string(), pa.large_string(), pa.string_view())
INDEX_TYPES = (
    *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
    *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
)
TEXTS = ["a", None, "exactly-12-b", "thirteen-byte", "", "Wärmewerk", "x" * 256, "a"]
TEXT_FIELDS = ("region", "record_id", "supplier", "product", "evidence", "attributes")
SECOND = 1_000_000


def dictionary(values, indices, value_type=None, index_type=None):
    """A dictionary array, by its parts."""
    return pa.DictionaryArray.from_arrays(
        pa.array(indices, index_type or pa.int32()), pa.array(values, value_type or pa.string())
    )


@pytest.mark.parametrize("text_type", TEXT_TYPES, ids=str)
@pytest.mark.parametrize("field", TEXT_FIELDS)
def test_every_form_of_text_means_the_same(field, text_type):
    """Offsets of 32 and of 64 bits and views give the texts; null and empty are absent."""
    taken = take(stream({**base(8), field: pa.array(TEXTS, text_type)}))
    assert not taken.errors
    assert [text or None for text in taken.column(field)] == [text or None for text in TEXTS]


@pytest.mark.parametrize("index_type", INDEX_TYPES, ids=str)
@pytest.mark.parametrize("text_type", TEXT_TYPES, ids=str)
def test_every_form_of_dictionary_means_the_same(text_type, index_type):
    """Dictionaries of each text with indices of each integer, nulls on both levels."""
    indices = [3, 0, None, 1, 2, 2, 0, 3]
    values = ["a", None, "thirteen-byte", "Wärmewerk"]
    expected = [None if i is None else values[i] for i in indices]
    array = dictionary(values, indices, text_type, index_type)
    for field in TEXT_FIELDS:
        taken = take(stream({**base(8), field: array}))
        assert not taken.errors
        assert [text or None for text in taken.column(field)] == expected


@pytest.mark.parametrize("field", TEXT_FIELDS)
@pytest.mark.parametrize("texts", [[""] * 3, [None] * 3], ids=["empty", "null"])
def test_a_column_without_any_text_is_absent(field, texts):
    """Empty texts and nulls alone say as little as no column."""
    for text_type in TEXT_TYPES:
        array = pa.array(texts, text_type)
        assert take(stream({**base(), field: array})) == take(stream(base()))
        coded = array.cast(pa.string()).dictionary_encode()
        assert take(stream({**base(), field: coded})) == take(stream(base()))


QUANTITIES = (
    (pa.array([-128, 127, 0], pa.int8()), ["-128", "127", "0"]),
    (pa.array([0, 255, 1], pa.uint8()), ["0", "255", "1"]),
    (pa.array([-32768, 32767, 0], pa.int16()), ["-32768", "32767", "0"]),
    (pa.array([0, 65535, 1], pa.uint16()), ["0", "65535", "1"]),
    (pa.array([-(2**31), 2**31 - 1, 0], pa.int32()), ["-2147483648", "2147483647", "0"]),
    (pa.array([0, 2**32 - 1, 1], pa.uint32()), ["0", "4294967295", "1"]),
    (pa.array([10**12 - 1, 1 - 10**12, -1], pa.int64()), [f"{10**12 - 1}", f"{1 - 10**12}", "-1"]),
    (pa.array([10**12 - 1, 0, 7], pa.uint64()), [f"{10**12 - 1}", "0", "7"]),
    (
        pa.array([0.1, -2.5e-7, 1e11 + 0.125], pa.float64()),
        ["0.1", "-0.00000025", "100000000000.125"],
    ),
    (pa.array(["1.5e3", "-0.0000005", "1.5e-18"]), ["1500", "-0.0000005", "0.000000000000000002"]),
    (dictionary(["2.50", "-7e-7"], [1, 0, 1]), ["-0.0000007", "2.5", "-0.0000007"]),
    (dictionary(["2.50", "-7"], [1, 0, 1]), ["-7", "2.5", "-7"]),
    (dictionary(["2.50", "-7"], [1, 0, 1], pa.string_view(), pa.uint8()), ["-7", "2.5", "-7"]),
    (
        pa.array([Decimal("-0.05"), Decimal("9999999.99"), Decimal(0)], pa.decimal32(9, 2)),
        ["-0.05", "9999999.99", "0"],
    ),
    (
        pa.array([Decimal("-0.0000005"), Decimal("0.0000015"), Decimal(9)], pa.decimal64(18, 7)),
        ["-0.0000005", "0.0000015", "9"],
    ),
    (
        pa.array([Decimal("-123456789012.345678"), Decimal("1e-6"), Decimal(0)],
                 pa.decimal128(18, 6)),
        ["-123456789012.345678", "0.000001", "0"],
    ),
    (
        pa.array([Decimal("1.00000049999"), Decimal("-1.0000005"), Decimal("-1.00000150000001")],
                 pa.decimal128(38, 25)),
        ["1.00000049999", "-1.0000005", "-1.00000150000001"],
    ),
    (
        pa.array([Decimal("-999999999999.999999999999999999"), Decimal("1e-18"), Decimal("9.25")],
                 pa.decimal128(38, 18)),
        ["-999999999999.999999999999999999", "0.000000000000000001", "9.25"],
    ),
    (
        pa.array([Decimal("123456789012.3456789"), Decimal("-0.0000005"), Decimal(0)],
                 pa.decimal256(40, 7)),
        ["123456789012.3456789", "-0.0000005", "0"],
    ),
    (
        pa.array([Decimal(f"99999999999.{'9' * 50}"), Decimal(-2), Decimal("5e-7")],
                 pa.decimal256(76, 60)),
        ["100000000000", "-2", "0.0000005"],
    ),
    (pa.array([Decimal(1200), Decimal(-100), Decimal(0)], pa.decimal128(9, -2)),
     ["1200", "-100", "0"]),
)  # fmt: skip


@pytest.mark.parametrize(
    ("array", "expected"), QUANTITIES, ids=lambda x: str(getattr(x, "type", ""))
)
def test_every_form_of_quantity_is_exact(array, expected):
    """Integers, decimals of any width and scale, doubles and texts are exact."""
    taken = take(stream({**base(), "quantity": array}))
    assert not taken.errors
    assert taken.column("quantity") == [Decimal(text) for text in expected]


@pytest.mark.parametrize(
    "array",
    [
        pa.array([10**12, -(10**12), 1], pa.int64()),
        pa.array([2**63, 2**64 - 1, 1], pa.uint64()),
        pa.array([Decimal(10**12), Decimal(f"-{10**12}"), Decimal(1)], pa.decimal128(38, 6)),
        pa.array([Decimal(10**37), Decimal("999999999999.9999999999999999995"), Decimal(1)],
                 pa.decimal256(76, 20)),
        pa.array([Decimal(10**13), Decimal(f"-{10**13}"), Decimal(1)], pa.decimal64(18, 2)),
        pa.array([Decimal("1e14"), Decimal("-1e12"), Decimal(0)], pa.decimal128(20, -12)),
        pa.array([1e12, -1e300, 1.0], pa.float64()),
        pa.array(["1e12", "-999999999999.9999999999999999995", "1"]),
    ],
    ids=lambda array: str(array.type),
)  # fmt: skip
def test_a_quantity_out_of_range_is_the_records_fault(array):
    """What 12 digits before the point cannot hold is quarantined by its row, the rest posted."""
    taken = take(stream({**base(), "quantity": array}))
    assert taken.errors == {0: (10, 4), 1: (10, 4)}
    assert len(taken.records) == 1


@given(
    st.integers(-(10**38) + 1, 10**38 - 1) | st.integers(-(10**20), 10**20),
    st.integers(-10, 38),
    st.booleans(),
)
@example(5 * 10**37, 38, False)
@example(15 * 10**19, 38, True)
@example(5 * 10**19 + 1, 38, False)
@example(-(25 * 10**19 + 1), 38, True)
@example(10**30 - 1, 18, False)
@example(-(10**30), 18, False)
@example(10**19 - 1, 7, False)
@example(10**19, 7, False)
@example(-(2**63), 24, False)
@example(2**63, 25, True)
def test_decimals_are_rounded_as_fractions_are(integer, scale, is_wide):
    """A decimal of any scale has its nearest 18 places, the even of two, or is out of range."""
    value = Fraction(integer) / Fraction(10) ** scale
    expected = round(value * oracle.ATTO)
    arrow_type = pa.decimal256(76, scale) if is_wide else pa.decimal128(38, scale)
    size = 32 if is_wide else 16
    data = pa.py_buffer(integer.to_bytes(size, "little", signed=True) * 3)
    array = pa.Array.from_buffers(arrow_type, 3, [None, data])
    taken = take(stream({**base(), "quantity": array}))
    if abs(expected) < oracle.QUANTITY_ATTO_STOP:
        assert [Fraction(q) * oracle.ATTO for q in taken.column("quantity")] == [expected] * 3
    else:
        assert [status for status, _ in taken.errors.values()] == [10] * 3
        assert {Fraction(row["quantity"]) for row in taken.quarantine} == {value}


@pytest.mark.parametrize(
    ("array", "expected_us"),
    [
        (pa.array([0, 7_258_118_399, 5], pa.timestamp("s")), [0, 7_258_118_399 * SECOND, 5000000]),
        (pa.array([1, 2, 3], pa.timestamp("ms", "Asia/Shanghai")), [1_000, 2_000, 3_000]),
        (pa.array([1, 2, 3], pa.timestamp("us", "+05:30")), [1, 2, 3]),
        (pa.array([999, 1_000, 1_999], pa.timestamp("ns", "UTC")), [0, 1, 1]),
    ],
    ids=lambda x: str(getattr(x, "type", "")),
)
def test_every_form_of_time_is_whole_microseconds(array, expected_us):
    """Units and zones change no instant, finer parts are cut."""
    end = pa.array([7_258_118_400] * 3, pa.timestamp("s"))
    taken = take(stream({**base(), "start": array, "end": end}))
    assert not taken.errors
    assert taken.column("start") == expected_us
    assert taken.column("end") == [7_258_118_400 * SECOND] * 3


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_years_from_1970_to_2200_are_taken(unit):
    """The first instant, the last as an end, and one unit beyond, which is the row's fault."""
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    stop = 7_258_118_400 * per_second
    last = stop + max(0, per_second // 10**6 - 1)  # cut to the last microsecond
    beyond = last + 1
    starts = [0, -1, stop - 1, stop, -(2**63), 2**63 - 1]
    ends = [last, 1, stop, stop, 1, beyond]
    columns = base(6)
    columns["start"] = pa.array(starts, pa.timestamp(unit))
    columns["end"] = pa.array(ends, pa.timestamp(unit))
    assert take(stream(columns)).errors == dict.fromkeys((1, 3, 4, 5), (13, 7))
    columns["start"] = pa.array([0] * 6, pa.timestamp(unit))
    columns["end"] = pa.array([stop, beyond, -1, 0, -(2**63), 2**63 - 1], pa.timestamp(unit))
    assert take(stream(columns)).errors == {
        1: (14, 8), 2: (14, 8), 3: (15, 8), 4: (14, 8), 5: (14, 8)
    }  # fmt: skip


@pytest.mark.parametrize(("field", "status"), [
    ("facility", (4, 2)), ("activity", (5, 3)), ("unit", (6, 6)), ("quantity", (7, 4)),
    ("start", (11, 7)), ("end", (12, 8)),
])  # fmt: skip
def test_a_null_in_a_required_column_is_the_records_fault(field, status):
    """The record with the null is quarantined, by nulls here and there and by a null column."""
    columns = base()
    mixed = pa.array([None if row == 1 else value for row, value in enumerate(
        columns[field].to_pylist())], columns[field].type)  # fmt: skip
    assert take(stream({**columns, field: mixed})).errors == {1: status}
    if field in ("facility", "activity", "unit"):
        coded = mixed.dictionary_encode()
        assert take(stream({**columns, field: coded})).errors == {1: status}
    taken = take(stream({**columns, field: pa.nulls(3)}))
    assert taken.errors == dict.fromkeys(range(3), status)


@pytest.mark.parametrize("field", [*TEXT_FIELDS, "data_quality"])
def test_an_optional_column_of_nulls_is_absent(field):
    """A column of type null says nothing about any record."""
    assert take(stream({**base(), field: pa.nulls(3)})) == take(stream(base()))


@pytest.mark.parametrize("int_type", INDEX_TYPES, ids=str)
def test_data_quality_is_a_number_of_the_enum(int_type):
    """1 to 3 are kept; null, 0 and later values of the enum are not stated."""
    values = [1, 2, 3, None, 0, 4, 127]
    taken = take(stream({**base(7), "data_quality": pa.array(values, int_type)}))
    assert not taken.errors
    assert [value or None for value in taken.column("data_quality")] == [
        1, 2, 3, None, None, None, None
    ]  # fmt: skip


REFUSED = (
    ("quantity", pa.array([1.5, 2, 3], pa.float32()), ("float32", "float64")),
    ("quantity", pa.array([True, False, True]), ("bool",)),
    ("quantity", dictionary([1, 2], [0, 1, 0], pa.int64()), ("dictionary of int64",)),
    ("quantity", pa.array([[1], [2], [3]]), ("list",)),
    ("start", pa.array(["2024-01-01T00:00:00Z"] * 3), ("utf8", "parse the text", "timestamp")),
    ("end", dictionary(["2024-01-01"], [0, 0, 0]), ("dictionary of utf8",)),
    ("start", pa.array([1, 2, 3], pa.int64()), ("int64", "timestamp")),
    ("start", pa.array([1, 2, 3], pa.time64("us")), ("time",)),
    ("end", pa.array([1, 2, 3], pa.duration("us")), ("duration",)),
    ("start", pa.array([0, 1, 2], pa.date32()), ("date32", "at which it begins in the book's")),
    ("end", pa.array([0, 1, 2], pa.date64()), ("date64", "the day after the last", "timestamp")),
    ("facility", pa.array([b"a", b"b", b"c"]), ("binary", "utf8")),
    ("facility", pa.array([1, 2, 3]), ("int64", "utf8")),
    ("unit", pa.array([{"a": 1}] * 3), ("struct",)),
    ("attributes", pa.array([[("a", "b")]] * 3, pa.map_(pa.string(), pa.string())), ("map",)),
    ("region", pa.array(["a"] * 3).dictionary_encode().cast(pa.binary()), ("binary",)),
    ("data_quality", pa.array(["MEASURED"] * 3), ("utf8", "int")),
    ("data_quality", dictionary(["1"], [0, 0, 0]), ("dictionary",)),
    ("evidence", pa.RunEndEncodedArray.from_arrays([3], ["a"]), ("run_end_encoded",)),
    ("activity", pa.UnionArray.from_sparse(pa.array([0] * 3, pa.int8()), [pa.array(["a"] * 3)]),
     ("union",)),
)  # fmt: skip


@pytest.mark.parametrize(("field", "array", "words"), REFUSED)
def test_a_wrong_type_is_refused_by_name(field, array, words):
    """The error names the column, the type found and the types taken."""
    with pytest.raises(kernel.BatchError) as refusal:
        take(stream({**base(), field: array}))
    assert refusal.value.reason == "COLUMN_TYPE"
    assert refusal.value.field == field
    assert all(word in str(refusal.value) for word in (repr(field), *words))


@pytest.mark.parametrize("name", ["facility", "activity", "quantity", "unit", "start", "end"])
def test_a_missing_column_is_refused_by_name(name):
    """Every required column is asked for."""
    columns = base()
    del columns[name]
    with pytest.raises(kernel.BatchError, match=f"column '{name}' is missing") as refusal:
        take(stream(columns))
    assert (refusal.value.reason, refusal.value.field) == ("COLUMN_MISSING", name)


@pytest.mark.parametrize("name", ["Facility", "kwh", "", "x" * 1000, "quantity_double"])
def test_an_unknown_column_is_refused_with_a_remedy(name):
    """No column is dropped silently; a long name is cut in the message."""
    with pytest.raises(kernel.BatchError, match="drop it, or put it into attributes") as refusal:
        take(stream({**base(), name: pa.nulls(3)}))
    assert refusal.value.reason == "COLUMN_UNKNOWN"
    assert len(str(refusal.value)) < 400


def test_a_column_twice_is_refused():
    """Two columns of one name cannot both be meant."""
    columns = base()
    table = pa.table([*columns.values(), columns["unit"]], names=[*columns, "unit"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(kernel.BatchError, match="column 'unit' is there twice"):
        take(bytes(sink.getvalue()))


@pytest.mark.parametrize("text_type", TEXT_TYPES, ids=str)
@pytest.mark.parametrize("coded", [False, True], ids=["plain", "dictionary"])
@pytest.mark.parametrize(("number", "field"), [(n, f) for n, (f, _) in oracle.TEXT_LIMITS.items()])
def test_a_bad_text_is_the_records_fault(number, field, coded, text_type):
    """Bytes that are no UTF-8 and texts over their limit quarantine their row alone."""
    limit = oracle.TEXT_LIMITS[number][1]
    texts = [b"good", b"bad \xff\xfe, and longer than a view holds", b"x" * (limit + 1), b"fine"]
    layout = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}
    array = pa.array(texts, layout.get(text_type, pa.binary_view())).view(text_type)
    if coded:
        array = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3]), array)
    taken = take(stream({**base(4), field: array}))
    # Any text of `unread` says that a field of its record could not be read.
    good = {0: (19, number), 3: (19, number)} if field == "unread" else {}
    assert taken.errors == {1: (2, number), 2: (3, number)} | good
    if field == "unread":
        assert [row["unread"] for row in taken.quarantine] == ["good", "", "x" * limit, "fine"]
    else:
        assert taken.column(field) == ["good", "fine"]


def test_a_long_record_id_is_the_records_fault():
    """Among plain record ids, which are copied as a block, a long one is found too."""
    columns = {**base(4), "record_id": pa.array(["a", "x" * 257, "y" * 256, ""])}
    taken = take(stream(columns))
    assert taken.errors == {1: (3, 1)}
    assert taken.column("record_id") == ["a", "y" * 256, ""]


def test_a_bad_quantity_text_is_the_records_fault():
    """The same texts are refused as in rows, plain and in a dictionary."""
    texts = ["1", "", "x", "NaN", "1e12", None, "inf", "2"]
    expected = {1: 7, 2: 8, 3: 9, 4: 10, 5: 7, 6: 9}
    for array in (pa.array(texts), pa.array(texts).dictionary_encode()):
        taken = take(stream({**base(8), "quantity": array}))
        assert taken.errors == {row: (status, 4) for row, status in expected.items()}
        assert taken.column("quantity") == [Decimal(1), Decimal(2)]
        kept = [row["quantity"] for row in taken.quarantine]
        assert kept == ["", "x", "NaN", "1e12", "", "inf"]


def test_the_lowest_status_is_reported():
    """A record with several faults gets the first in the order of precedence."""
    columns = base()
    columns["facility"] = pa.array([None, "a", "b"])
    columns["unit"] = pa.array([None, None, "kWh"])
    columns["quantity"] = pa.array([None, None, 2**62])
    columns["end"] = columns["start"]
    assert take(stream(columns)).errors == {0: (4, 2), 1: (6, 6), 2: (10, 4)}


def test_quarantine_keeps_what_came():
    """A rejected record's texts, its number with all its places, and its times are kept."""
    columns = base(2)
    columns["quantity"] = pa.array([Decimal("-123456789012345678.0123456")] * 2,
                                   pa.decimal128(38, 7))  # fmt: skip
    columns["record_id"] = pa.array(["r-1", "r-2"])
    first, second = take(stream(columns)).quarantine
    assert first["quantity"] == "-123456789012345678.0123456"
    assert (first["record_id"], second["record_id"]) == ("r-1", "r-2")
    assert (first["facility"], first["unit"]) == ("site-0", "kWh")
    assert (first["start"], first["end"]) == (START_US, START_US + STEP_US)


POLARS = (
    pl.DataFrame({"facility": ["a", "bb", "a far longer name than a view holds"]}),
    pl.DataFrame({"facility": pl.Series(["a", "b", "a"], dtype=pl.Categorical)}),
    pl.DataFrame({"facility": pl.Series(["a", "b", "a"], dtype=pl.Enum(["b", "a", "c"]))}),
    pl.DataFrame({"quantity": pl.Series(["1.5", "2", "-3"], dtype=pl.Decimal(18, 6))}),
    pl.DataFrame({"quantity": [0.1, 1e-6, -3.0]}),
    pl.DataFrame({"record_id": ["r-1", None, "r-3 with a name longer than twelve bytes"]}),
    pl.DataFrame({"start": pl.Series([1, 2, 3], dtype=pl.Datetime("ns", "Europe/Berlin"))}),
    pl.DataFrame({"region": [None, None, None], "evidence": ["", "e", None]}),
)


@pytest.mark.parametrize("frame", POLARS, ids=lambda frame: str(frame.dtypes[0]))
def test_polars_and_pyarrow_say_the_same(frame):
    """A stream that Polars writes means what pyarrow's of the same columns means."""
    full = pl.from_arrow(pa.table(base())).with_columns(frame)
    sink = io.BytesIO()
    full.write_ipc_stream(sink)
    plain = dict(zip(
        full.columns, full.to_arrow().columns, strict=True))  # fmt: skip
    for name, column in plain.items():
        if pa.types.is_dictionary(column.type):
            plain[name] = column.cast(pa.string())
    taken = take(sink.getvalue())
    assert not taken.errors
    assert len(taken.records) == 3
    assert taken == take(stream(plain))


@pytest.mark.parametrize("count", [0, 1, 1023, 1024, 1025, 5000])
def test_rows_and_columns_are_the_same(count):
    """Over many chunks, with faults and nulls all over, columns give what rows give."""
    records, columns = [], base(count)
    facilities = [f"site-{row % 7}" if row % 13 else None for row in range(count)]
    quantities = [str(row * 0.5) if row % 17 else "none" for row in range(count)]
    suppliers = ["s" if row % 1500 == 1499 else None for row in range(count)]
    evidence = ["e" * (row % 2100) for row in range(count)]
    for row in range(count):
        start = (START_US + STEP_US * row) // SECOND
        records.append(Record(
            facility=(facilities[row] or "").encode(), quantity=quantities[row].encode(),
            start=(start, 0), end=(start + 900, 0), supplier=(suppliers[row] or "").encode(),
            evidence=evidence[row].encode(), record_id=f"{row}-é"[: 1 + row % 6].encode(),
        ))  # fmt: skip
    columns["facility"] = pa.array(facilities, pa.string()).dictionary_encode()
    columns["quantity"] = pa.array(quantities, pa.string())
    columns["supplier"] = pa.array(suppliers, pa.string())
    columns["evidence"] = pa.array(evidence, pa.large_string())
    columns["record_id"] = pa.array([r.record_id.decode() for r in records], pa.string())
    columns["start"] = columns["start"].cast(INSTANT)
    assert take(stream(columns)) == take_rows(wire.rows(records))


def take_rows(body):
    """The same as `take`, of a `Rows` message; the raw bytes of rejects are left out."""
    taken = taken_of(decode(kernel.Session(), body))
    for row in taken.quarantine:
        row["raw"] = b""
    return taken
