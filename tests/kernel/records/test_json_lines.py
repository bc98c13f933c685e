"""Lines of JSON are cut where they say what Python's reader says, and left alone otherwise."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tonne_kernel import cut_json_lines

NAMES = ("facility", "quantity", "unit")
NUMBER = NAMES.index("quantity")

PIECES = st.sampled_from(
    [
        *('"facility"', '"quantity"', '"unit"', '"unity"', '"a"', '""', '"ü\u2028"', '"a\\"b"'),
        *("{", "}", ",", ":", " ", "\t", "\n", "\r\n", "\x00", "\x1f", "null", "nul", "true"),
        *("1.50", "-0", "01", "1.", ".5", "1e5", "1E+05", "-", "[1]", "{}", '"', "\\"),
    ]
)


def cut(text: str) -> list[list[str]] | None:
    """The kernel's fields, line by line."""
    found = cut_json_lines(text.encode(), tuple(name.encode() for name in NAMES), NUMBER)
    if found is None:
        return None
    assert found.endswith(b"\n")
    return [line.split("\x1f") for line in found.decode()[:-1].split("\n")]


def read(line: str) -> list[str]:
    """Python's fields of a line, where it has these names once and in order, as they are cut."""
    pairs = json.loads(line, object_pairs_hook=list, parse_float=Decimal, parse_int=Decimal)
    assert tuple(name for name, _ in pairs) == NAMES
    return ["\x01" if value is None else value for _, value in pairs]


@st.composite
def lines(draw):
    """Lines of these fields, and now and then something else in between."""
    texts = st.text(st.characters(codec="utf-8"), max_size=5).map(json.dumps) | st.just("null")
    numbers = st.from_regex(
        r"-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,5})?([eE][-+]?[0-9])?", fullmatch=True
    )
    blank = st.sampled_from(["", " ", "\t "])
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        values = [draw(texts), draw(texts | numbers), draw(texts)]
        fields = [
            f'{draw(blank)}"{name}"{draw(blank)}:{draw(blank)}{value}{draw(blank)}'
            for name, value in zip(NAMES, values, strict=True)
        ]
        parts.append(f"{draw(blank)}{{{','.join(fields)}}}{draw(blank)}")
    text = draw(st.sampled_from(["\n", "\r\n"])).join(parts)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(PIECES) + text[at + draw(st.integers(0, 2)) :]
    return text


@given(lines())
@example('{"facility":"a","quantity":1,"unit":"b"}\n')
@example('{"facility":"a","quantity":1,"unit":"b"')
@example('{"facility":"a","quantity":1}')
@example('{"facility":"a","quantity":1,"unit":"b","unit":"c"}')
@example('{"facility":1,"quantity":1,"unit":"b"}')
@example("")
def test_what_is_cut_is_what_json_says(text):
    """Whatever the bytes: never another text, another number, or a line more or less."""
    found = cut(text) if text else None
    if found is None:
        return
    said = [read(line) for line in text.removesuffix("\n").split("\n")]
    assert len(found) == len(said)
    for mine, theirs in zip(found, said, strict=True):
        for here, there in zip(mine, theirs, strict=True):
            assert (Decimal(here) if isinstance(there, Decimal) else here) == there


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_ordinary_lines_are_cut(end):
    """As a program writes them, compact or with spaces, a number or a text for the quantity."""
    text = (
        '{"facility":"Süd","quantity":1.50,"unit":""}\n'
        '{"facility": null, "quantity": "7", "unit": "l"}'
    )
    assert cut(text + end) == [["Süd", "1.50", ""], ["\x01", "7", "l"]]


def test_no_number_is_taken_where_none_may_be():
    """Of two files one has quantities, and a unit is a text."""
    assert cut_json_lines(b'{"unit":5}', (b"unit",)) is None
    assert cut_json_lines(b'{"unit":5}', (b"unit",), 0) == b"5\n"
    assert cut_json_lines(b"{}", ()) is None
