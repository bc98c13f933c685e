"""Quantities of up to 18 places: kept, added up and compared to the last digit, in every form."""

from __future__ import annotations

import io
from array import array
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.ledger import naive
from tests.unit.ledger.conftest import HOUR, T0, decode, encode_arrow, record
from tonne.errors import ContentMustMatch, LedgerInconsistent, QuantityOverflow
from tonne.ledger.book.periods import period_table
from tonne.ledger.files.frames import frame_of, read_parquet, write_parquet
from tonne.ledger.files.quantities import QUANTITY_TYPE
from tonne.ledger.files.repost import repost, split_records
from tonne.ledger.files.sums import sum_by
from tonne.quantities import atto_of, quantity_decimal, quantity_text
from tonne_kernel import BatchSlice, RuleTable, Session, post

KEYS = ("facility", "activity", "unit", "region", "period")
EXTREMES = (
    *("0.000000000000000001", "-0.000000000000000001", "999999999999.999999999999999999"),
    *("-999999999999.999999", "0.0000004", "0.000001", "0"),
)


@st.composite
def quantities(draw):
    """Decimals of up to 12 digits before the point and 18 behind it."""
    places = draw(st.integers(0, 18))
    size = draw(st.integers(0, 10 ** draw(st.integers(0, 12 + places)) - 1))
    text = f"{size:0{places + 1}d}"
    sign, point = draw(st.sampled_from(("", "-"))), len(text) - places
    return f"{sign}{text[:point]}.{text[point:]}" if places else sign + text


def listed(bench):
    """The records' quantities as exact fractions, in the order of their offsets."""
    page = bench.ledger.records.list_records(bench.book)
    return [Fraction(one.quantity) for one in sorted(page.items, key=lambda one: one.offset)]


def balances(bench):
    """Sums by the keys of `naive.sums`."""
    frame = sum_by(bench.ledger.snapshots.take(bench.book).frame(), KEYS)
    return {tuple(row[:5]): atto_of(row[5]) for row in frame.iter_rows()}


def waves(texts):
    """Records of these quantities, every other one over three months."""
    return [
        record(record_id=f"r{n}", quantity=text, end=T0 + (HOUR if n % 2 else 70 * 24 * HOUR))
        for n, text in enumerate(texts)
    ]


@pytest.mark.parametrize("form", ["rows", "arrow"])
def test_what_was_written_is_kept_listed_and_added_up(any_bench, form):
    """On both stores: records, balances, totals, a rebuilt sum and a repeat are exact."""
    records = waves(EXTREMES)
    outcome = any_bench.append("meter", records, form)
    assert listed(any_bench) == [Fraction(text) for text in EXTREMES]
    assert balances(any_bench) == naive.sums(records)
    assert Fraction(outcome.totals.quantity_atto, 10**18) == sum(map(Fraction, EXTREMES))
    assert any_bench.ledger.channels.get_channel("acme", "meter").totals == outcome.totals
    any_bench.check()


@given(st.lists(quantities(), min_size=1, max_size=9))
@example(list(EXTREMES))
def test_every_form_of_a_record_is_the_same_quantity(texts):
    """Rows, columns of texts, of wide and of narrow decimals give the text's own value."""
    expected = [Fraction(text) for text in texts]
    records = [record(quantity=text) for text in texts]
    frame = pl.read_ipc_stream(io.BytesIO(encode_arrow(records)))
    wide = frame.with_columns(pl.Series("quantity", list(map(Decimal, texts)), QUANTITY_TYPE))
    for batch in (
        decode(Session(), records),
        decode(Session(), records, "arrow"),
        decode_frame(wide),
        decode_frame(frame.with_columns(pl.col("quantity").cast(pl.Categorical))),
    ):
        assert kept(batch) == expected


def decode_frame(frame):
    """Make a batch of a frame as it is."""
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="uncompressed")
    return Session().decode_arrow(buffer.getvalue(), 0, buffer.tell())


def kept(batch):
    """The quantities of a batch's records as a segment has them."""
    batch.session.set_rules(0, array("i", bytes(4 * batch.session.key_count)))
    rule = RuleTable(array("i", [0, 1]), array("i", [0]), array("i", [0]))
    posted = post([BatchSlice(batch, "c", 0)], rule, period_table("UTC"))
    found = [Fraction(each) for each in frame_of(posted.records())["quantity"]]
    assert Fraction(posted.totals[0].quantity_atto, 10**18) == sum(found)
    return found


@given(st.lists(quantities(), min_size=1, max_size=9))
@example(list(EXTREMES))
def test_what_is_read_from_a_file_is_posted_again_alike(texts):
    """The sums of a replay are the naive program's, and parts add up to their records."""
    records = waves(texts)
    frame = pl.DataFrame(records).with_columns(
        pl.Series("quantity", list(map(Decimal, texts)), QUANTITY_TYPE)
    )
    sums = repost(frame, period_table("UTC"))
    found = {row[:5]: atto_of(row[5]) for row in sums.select(*KEYS, "quantity").iter_rows()}
    assert found == naive.sums(records)
    parts = split_records(frame, period_table("UTC"))
    for row, text in enumerate(texts):
        own = parts.filter(pl.col("row") == row)["quantity"]
        assert sum(Fraction(each) for each in own) == Fraction(text)


@pytest.mark.parametrize("form", ["rows", "arrow"])
def test_a_repeat_is_compared_to_the_last_digit(bench, form):
    """Posted, or refused by its unit: one digit of the 18th place makes another record."""
    records = [
        record(quantity="0.000000400000000001"),
        record(quantity="-2.0000004", unit="cubits"),
    ]
    bench.append("meter", records)
    check = bench.ledger.repeats.check
    check("acme", "meter", 0, decode(Session(), records, form))
    for offset, text in enumerate(("0.000000400000000002", "-2.000000400000000001")):
        changed = [dict(each) for each in records]
        changed[offset]["quantity"] = text
        with pytest.raises(ContentMustMatch) as caught:
            check("acme", "meter", 0, decode(Session(), changed, form))
        assert caught.value.metadata["offset"] == str(offset)
    compared = bench.ledger.repeats.compare(
        "acme", "meter", 0, decode(Session(), [record(quantity="4e-7"), records[1]], form)
    )
    ((name, before, now),) = compared.differences[0].fields
    assert (name, before, now) == ("quantity", "0.000000400000000001", "0.0000004")


def test_quarantine_shows_what_was_written(bench):
    """A quantity that was good, of a record that a rule refused."""
    texts = ["-2.0000004", "999999999999.999999999999999999", "-0.000000000000000001", "1.5"]
    bench.append("meter", [record(quantity=text, unit="cubits") for text in texts])
    listed_texts = [one.quantity for one in bench.ledger.records.list_quarantine("acme").items]
    assert listed_texts == [*texts[:3], "1.500000"]


def test_files_of_six_places_are_read():
    """A segment without the second column, and sums of 6 places, are what they were."""
    for kind in (pl.Decimal(18, 6), pl.Decimal(38, 6)):
        values = [Decimal("-999999999999.999999"), Decimal("0.000001")]
        old = pl.DataFrame({"quantity": pl.Series(values, dtype=kind)})
        read = read_parquet(write_parquet(old).content, "old")
        assert read.schema == {"quantity": QUANTITY_TYPE}
        assert read["quantity"].to_list() == values


@pytest.mark.parametrize("columns", [None, ["quantity"], ["unit", "quantity"]])
def test_a_file_with_a_rest_is_read_whole(columns):
    """Also where its reader asks for the quantity alone."""
    frame = pl.DataFrame(
        {"unit": ["kt"], "quantity": [Decimal("0.000000")], "quantity_rest": [Decimal("4e-7")]},
        schema_overrides={"quantity": pl.Decimal(18, 6), "quantity_rest": pl.Decimal(18, 18)},
    )
    read = read_parquet(write_parquet(frame).content, "new", columns)
    assert read.columns == (columns or ["unit", "quantity"])
    assert read["quantity"].to_list() == [Decimal("4e-7")]


def test_segments_of_six_places_stay_as_they_were(bench):
    """No second column, and the type of before, where no record needs more."""
    bench.append("meter", [record(quantity="1.5"), record(quantity="0.000001")])
    bench.append("meter", [record(quantity="1.5"), record(quantity="0.0000001")])
    found = [
        pl.read_parquet(io.BytesIO(bench.objects.get(file.path))).schema
        for file in bench.manifest.segments("acme", limit=10)
    ]
    assert [schema["quantity"] for schema in found] == [pl.Decimal(18, 6)] * 2
    assert [schema.get("quantity_rest") for schema in found] == [None, pl.Decimal(18, 18)]


def test_sums_of_older_files_that_no_longer_fit_are_told():
    """10^20 and more was a sum of 6 places."""
    old = pl.DataFrame({"quantity": pl.Series(["1e20"]).cast(pl.Decimal(38, 6))})
    with pytest.raises(LedgerInconsistent, match="old cannot be read"):
        read_parquet(write_parquet(old).content, "old")


def test_a_sum_beyond_20_digits_is_refused():
    """Neither wrapped nor rounded."""
    most = pl.DataFrame(
        {
            "unit": ["kWh"] * 2,
            "quantity": pl.Series(["99999999999999999999"] * 2).cast(QUANTITY_TYPE),
        }
    )
    with pytest.raises(QuantityOverflow):
        sum_by(most, ["unit"])
    assert sum_by(most.head(1), ["unit"])["quantity"][0] == Decimal(99999999999999999999)


@given(st.integers(-(10**57), 10**57) | st.integers(-(10**19), 10**19))
def test_a_text_of_a_quantity_is_its_value(atto):
    """At least 6 places, no more zeros than that, and no digit lost."""
    text = quantity_text(atto)
    assert Fraction(text) * 10**18 == atto
    assert atto_of(quantity_decimal(atto)) == atto
    places = text.partition(".")[2]
    assert len(places) == 6 or (len(places) > 6 and places[-1] != "0")
