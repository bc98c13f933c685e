"""Filters and orders of listings: what is read, and how the rest is refused."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.client.wire.filters import all_of, quoted
from tonne.errors import FieldInvalid
from tonne.ledger.filters import (
    CONDITIONS_MAX,
    FILTER_CHARS_MAX,
    Fields,
    day_field,
    is_match,
    key_field,
    moment_field,
    name_field,
    number_field,
    text_field,
    word_field,
)
from tonne.store.rows import Condition

FIELDS = Fields(
    {
        "id": key_field(),
        "region": text_field("region"),
        "record.unit": text_field("unit", is_optional=False),
        "type": word_field("type", {"TYPE_OFFICE": "office", "TYPE_FACTORY": "factory"}),
        "count": number_field("count"),
        "valid_to": day_field("valid_to"),
        "time": moment_field("time"),
        "end": moment_field("end", is_optional=True),
        "name": name_field("books/{book}/channels"),
    },
    example='region = "DE"',
    key="id",
)


def _read(text: str) -> list[tuple[str, str, object]]:
    found = FIELDS.conditions(text, "acme")
    return [(each.column, each.operator, each.value) for each in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n", []),
        ('region = "DE"', [("region", "=", "DE")]),
        ("region=DE", [("region", "=", "DE")]),
        ("region != 'D\\'E'", [("region", "!=", "D'E")]),
        ('id : "north-*"', [("id", "prefix", "north-")]),
        ("region:*", [("region", "set", None)]),
        ('id >= "a" AND id < "b"', [("id", ">=", "a"), ("id", "<", "b")]),
        ("type = TYPE_OFFICE", [("type", "=", "office")]),
        ("record.unit = kWh", [("unit", "=", "kWh")]),
        ("count > 12", [("count", ">", 12)]),
        ('valid_to = ""', [("valid_to", "=", "")]),
        ("valid_to <= 2025-01-31", [("valid_to", "set", None), ("valid_to", "<=", "2025-01-31")]),
        (
            'time < "2025-01-31T12:00:00+01:00"',
            [("time", "<", dt.datetime(2025, 1, 31, 11, tzinfo=dt.UTC))],
        ),
        ("end : *", [("end", "set", None)]),
        ('name = "books/acme/channels/meter"', [("id", "=", "meter")]),
        ('region = "a AND b"AND count=0', [("region", "=", "a AND b"), ("count", "=", 0)]),
    ],
)
def test_comparisons_are_read(text, expected):
    """Fields, operators, quotes, words and stars are those of AIP-160."""
    assert _read(text) == expected


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("colour = red", 1, "a field; got 'colour = red'"),
        ("region ~ DE", 8, "one of =, !=, : behind region"),
        ("region < DE", 8, "one of =, !=, : behind region"),
        ("region", 7, "one of =, !=, : behind region; got the end"),
        ("region =", 9, "a text, in quotes; got the end"),
        ('region = "DE', 10, "a text, in quotes"),
        ("region = DE OR region = FR", 13, "AND or the end"),
        ("region = DE region = FR", 13, "AND or the end"),
        ("(region = DE)", 1, "a field"),
        ("NOT region = DE", 1, "a field"),
        ("-region:*", 1, "a field"),
        ("region = DE AND", 16, "a field; got the end"),
        ("region = DE and count = 1", 13, "AND or the end"),
        ("type = OFFICE", 8, "one of TYPE_OFFICE, TYPE_FACTORY"),
        ("count = 1.5", 9, "a whole number"),
        ("count = 99999999999999999999", 9, "a whole number"),
        ("valid_to = 2025-02-30", 12, "a day like 2025-01-31"),
        ("time = 2025-01-31", 8, "a moment like 2025-01-31T12:00:00Z"),
        ('time < "0001-01-01T00:00:00+23:59"', 8, "a moment like"),
        ("record.unit : *", 15, 'the beginning of a text and a star, like "north-*"'),
        ("region : DE", 10, "or * alone where it may be empty"),
        ("end : x", 7, "* alone, which asks whether the field is set"),
        ("name = books/other/channels/meter", 8, "a name of the form books/{book}/channels/..."),
    ],
)
def test_what_is_not_read_is_refused_by_its_place(text, position, expected):
    """The place, what was expected there, the fields and an example are in the error."""
    with pytest.raises(FieldInvalid) as refused:
        FIELDS.conditions(text, "acme")
    error = refused.value
    assert error.message.startswith(f"filter: at character {position}, expected ")
    assert expected in error.message
    assert error.message.endswith('as in: region = "DE"')
    assert "id, region, record.unit, type, count" in error.message
    assert error.metadata["field"] == "filter"


def test_a_filter_is_bounded():
    """So many characters and so many comparisons are taken, and no more."""
    most = " AND ".join(["count=1"] * CONDITIONS_MAX)
    assert len(_read(most)) == CONDITIONS_MAX
    for text in (f"{most} AND count=1", "region=" + "x" * FILTER_CHARS_MAX):
        with pytest.raises(FieldInvalid, match="at most"):
            FIELDS.conditions(text)


@pytest.mark.parametrize(
    ("order_by", "is_descending"),
    [("", False), ("id", False), (" id  asc", False), ("id desc", True)],
)
def test_an_order_is_that_of_the_key(order_by, is_descending):
    """AIP-132: the field, and desc against it."""
    assert FIELDS.is_descending(order_by) is is_descending


@pytest.mark.parametrize("order_by", ["region", "id DESC", "id,region", "id desc desc", "desc"])
def test_another_order_is_refused(order_by):
    """No index gives it, and the error says which there is."""
    with pytest.raises(FieldInvalid, match="order_by: expected 'id' or 'id desc'"):
        FIELDS.is_descending(order_by)


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text):
    """Nothing else comes of it: no other error, and no value but those of the fields."""
    found, position = (), 1
    try:
        found = FIELDS.conditions(text, "acme")
    except FieldInvalid as error:
        position = int(error.metadata["position"])
    assert 1 <= position <= len(text) + 1
    assert not any(isinstance(each.value, float) for each in found)


_PIECES = st.sampled_from(
    [
        "region",
        "id",
        "count",
        "type",
        "=",
        "!=",
        "<",
        ":",
        "AND",
        '"',
        "'",
        "\\",
        "*",
        " ",
        "1",
        "(",
    ]
)


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_any_pieces_are_read_or_refused(text):
    """The same of what looks like a filter."""
    test_any_text_is_read_or_refused.hypothesis.inner_test(text)


@given(st.text(min_size=1, max_size=40), st.text(max_size=40))
def test_a_quoted_value_comes_back(value, other):
    """What the client writes of any text, the server reads as that text."""
    text = all_of(f"id != {quoted(other)}", region=value, record__unit=value)
    assert FIELDS.conditions(text) == (
        Condition("id", "!=", other),
        Condition("region", "=", value),
        Condition("unit", "=", value),
    )


@given(st.text(max_size=3), st.text(max_size=3))
def test_objects_match_as_python_compares(have, wanted):
    """Conditions on what is in memory mean what the operators mean in Python."""
    item = SimpleNamespace(id=have)
    for symbol, holds in (
        ("=", have == wanted),
        ("!=", have != wanted),
        ("<", have < wanted),
        ("<=", have <= wanted),
        (">", have > wanted),
        (">=", have >= wanted),
    ):
        conditions = FIELDS.conditions(f"id {symbol} {quoted(wanted)}")
        assert is_match(item, conditions) is holds
