"""Mappings as columns say what their messages say."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from tonne.client.answers.book_days import Days
from tonne.client.answers.records import (
    DATA_QUALITIES,
    RECORD_FIELDS,
    record_mapping,
    record_message,
)
from tonne.client.errors import RecordsInvalid
from tonne.client.wire.columns import frame_of
from tonne.client.wire.frames import prepare_frame

SHANGHAI = Days(lambda: "Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
TIMES = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1))  # noqa: DTZ001  # naive
TEXTS = st.none() | st.text(st.characters(codec="utf-8"), max_size=4)

KINDS = {
    "facility": (TEXTS, st.integers()),
    "unit": (TEXTS, st.just(b"kWh")),
    "quantity": (
        st.none() | st.floats(),
        st.none() | st.integers() | st.decimals() | st.sampled_from(["1.50", "x", ""]),
        st.booleans(),
        st.floats() | st.text(max_size=3),
    ),
    "start": (
        st.none() | TIMES | TIMES.map(lambda each: each.replace(tzinfo=BERLIN)),
        st.none() | TIMES.map(lambda each: each.replace(tzinfo=dt.UTC)),
        st.none() | st.dates(dt.date(1990, 1, 1)),
        st.sampled_from(
            [None, "", "2025-01-31", "2025-01-31T10:00:00+08:00", "20250131T101112", "gestern",
             " ", "2025-W05-5", "20250131", "2025-01-31T24:00", "2025-02-30"]
        ),
        st.dates() | TIMES,
    ),
    "data_quality": (st.sampled_from([None, "", "measured", "gemessen", "so so"]), st.integers()),
    "attributes": (
        TEXTS,
        st.none() | st.dictionaries(st.text(max_size=2), st.integers() | st.text(max_size=2)),
    ),
}  # fmt: skip


@st.composite
def runs(draw):
    """Records whose columns mostly have one type each."""
    kinds = {name: draw(st.sampled_from(kinds)) for name, kinds in KINDS.items()}
    names = draw(st.lists(st.sampled_from([*KINDS, "facility"]), unique=True))
    records = []
    for _ in range(draw(st.integers(1, 5))):
        if draw(st.integers(0, 4)) == 0:
            names = draw(st.lists(st.sampled_from(list(KINDS)), unique=True))
        records.append({name: draw(kinds[name]) for name in names})
    return records


def said_by(message):
    """What a message says, with a quantity as the server reads it."""
    record = {name: getattr(message, name) for name in RECORD_FIELDS if name not in TYPED}
    if message.WhichOneof("amount") == "quantity_double":
        record["quantity"] = message.quantity_double
    else:
        record["quantity"] = message.quantity
    message.ClearField("amount")
    mapping = record_mapping(message)
    record |= {name: mapping[name] for name in ("start", "end", "data_quality")}
    return comparable(record)


TYPED = {"quantity", "start", "end", "data_quality"}


def said_by_row(row):
    """The same of a row of a prepared frame."""
    record = {name: row.get(name) for name in RECORD_FIELDS}
    for name in set(RECORD_FIELDS) - {"start", "end", "data_quality"}:
        record[name] = "" if record[name] is None else record[name]
    record["data_quality"] = DATA_QUALITIES[record["data_quality"] or 0]
    return comparable(record)


def comparable(record):
    record["unread"] = json.loads(record["unread"] or "{}")
    record["unread"] = {name: text for name, text in record["unread"].items() if text is not None}
    record["quantity"] = str(record["quantity"])  # NaN is no number's equal
    return record


@given(runs())
@example([{"start": dt.date(1, 1, 1)}, {"start": dt.date(1, 1, 1)}])
def test_a_frame_of_mappings_says_what_their_messages_say(records):
    """Where there is a frame, it says the same; where a message is refused, there is none."""
    try:
        messages = [record_message(each, 0, SHANGHAI) for each in records]
    except RecordsInvalid:
        assert frame_of(records) is None
        return
    frame = frame_of(records)
    if frame is None:
        return  # types that stand beside each other
    rows = prepare_frame(frame, SHANGHAI).to_dicts()
    assert list(map(said_by_row, rows)) == list(map(said_by, messages))


def test_ordinary_records_have_a_frame():
    """With one type a column, some of them missing, and quantities of several types."""
    quantities = [1, "2.50", Decimal("0.1")]
    records = [{"facility": "a", "quantity": each, "unit": "kWh"} for each in quantities]
    frame = frame_of([*records, {"facility": "b"}])
    assert frame is not None
    assert frame["quantity"].to_list() == ["1", "2.50", "0.1", None]
