"""JSON lines: read many at a time as one at a time, and the line at fault is named."""

from __future__ import annotations

import json
import os
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.cli.input import json_lines
from tonne.cli.input.json_lines import read_json_lines
from tonne.client.answers.records import REQUIRED_FIELDS
from tonne.errors import FieldInvalid

TEXTS = (
    st.none()
    | st.text(st.characters(codec="utf-8"), max_size=8)
    | st.sampled_from(['a"b', "[", "1"])
)
NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,2})?", fullmatch=True
)
NAMES = st.lists(st.sampled_from(["facility", "unit", "start", "region", "evidence"]), unique=True)


@st.composite
def files(draw):
    """Lines of records, nearly all with the same fields in the same order, and what they say."""
    names = draw(NAMES)
    lines, said = [], []
    for _ in range(draw(st.integers(1, 6))):
        if draw(st.integers(0, 9)) == 0:
            names = draw(NAMES)
        record = {name: draw(TEXTS) for name in names}
        number = draw(NUMBERS)
        is_ascii = draw(st.booleans())
        fields = [
            f"{json.dumps(name)}: {json.dumps(text, ensure_ascii=is_ascii)}"
            for name, text in record.items()
        ]
        fields.insert(draw(st.integers(0, len(fields))), f'"quantity":{number}')
        lines.append("{" + ", ".join(fields) + "}" + draw(st.sampled_from(["", " ", "\n"])))
        said.append({**record, "quantity": Decimal(number)})
    return "\n".join(lines), said


@given(files())
def test_every_line_says_what_json_says(tmp_path_factory, given_file):
    """By Python's own reader: each text, and each quantity to its last digit."""
    text, said = given_file
    path = tmp_path_factory.mktemp("lines") / "a.jsonl"
    path.write_bytes(text.encode())
    found = [row for frame in read_json_lines(path) for row in frame.to_dicts()]
    for row, record in zip(found, said, strict=True):
        row["quantity"] = Decimal(row["quantity"])
        assert set(REQUIRED_FIELDS) <= set(row)
        assert {name: text for name, text in row.items() if name in record} == record
        assert all(row[name] is None for name in row if name not in record)


def test_lines_that_look_alike_are_read_in_one_piece(tmp_path, monkeypatch):
    """The columnar reader is what reads an ordinary file: line by line would be a fault here."""
    monkeypatch.setattr(json_lines, "_slow_frame", lambda *_: pytest.fail("line by line"))
    path = tmp_path / "a.jsonl"
    path.write_text('{"facility": "Süd", "quantity": 1.50}\n{"facility": null, "quantity": "7"}\n')
    (frame,) = read_json_lines(path)
    assert frame["quantity"].to_list() == ["1.50", "7"]
    assert frame["facility"].to_list() == ["Süd", None]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"unit": 5}', "line 3, field unit: expected a text; got a number: 5"),
        ('{"unit": true}', "line 3, field unit: expected a text; got true or false: True"),
        ('{"quantity": true}', "line 3, field quantity: expected a number, or a text; got true"),
        (
            '{"quantity": [1]}',
            "line 3, field quantity: expected a number, or a text; got an array",
        ),
        ('{"quantty": 1}', "line 3, field quantty: no record has it"),
        (
            '{"unit": "a", "unit": "b"}',
            "line 3: expected one JSON object per line; 'unit' stands twice",
        ),
        ('{"unit": "a"},{"unit": "b"}', "line 3: expected one JSON object per line; Extra data"),
        ('{"unit": "a"', "line 3: expected one JSON object per line"),
        ("[1]", "line 3: expected one JSON object per line; got an array"),
        ('{"unit": "\\ud800"}', "line 3: expected one JSON object per line; .*surrogate"),
        (
            '{"attributes": {"a": 0.12345678901234567890}}',
            "line 3, field attributes: expected numbers",
        ),
    ],
)
def test_a_line_at_fault_is_named_with_its_field(tmp_path, line, words):
    """Among lines that are well, the first of them empty."""
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"unit": "kWh"}}\n\n{line}\n{{"unit": "kWh"}}\n')
    with pytest.raises(FieldInvalid, match=words):
        list(read_json_lines(path))


def test_attributes_keep_their_numbers_and_an_amount_that_is_none_travels(tmp_path):
    """Nested attributes travel as JSON; NaN reaches the quarantine as it is written."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"attributes": {"a": [1.5, 2, "x"]}, "quantity": NaN}\n')
    (frame,) = read_json_lines(path)
    assert json.loads(frame["attributes"][0]) == {"a": [1.5, 2, "x"]}
    assert frame["quantity"][0] == "NaN"


def test_bytes_that_are_no_utf_8_are_told(tmp_path):
    """In a text that the columnar reader would cut out whole."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"unit": "kWh"}\n{"unit": "k\xffh"}\n')
    with pytest.raises(FieldInvalid, match=r"expected UTF-8; .*0xff"):
        list(read_json_lines(path))


def test_a_byte_order_mark_and_the_line_ends_of_windows_are_no_part_of_a_record(tmp_path):
    """As some editors save it."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"unit": "a"}\r\n{"unit": ""}\r\n')
    (frame,) = read_json_lines(path)
    assert frame["unit"].to_list() == ["a", ""]


def test_a_pipe_gives_what_is_in_it(tmp_path):
    """A program that writes a line now and then is read as it goes, whole lines at a time."""
    path = tmp_path / "pipe.jsonl"
    os.mkfifo(path)
    keeps_open = os.open(path, os.O_RDWR)
    try:
        os.write(keeps_open, b'{"unit": "a"}\n{"unit": "b"}\n{"un')
        frames = read_json_lines(path)
        assert next(frames)["unit"].to_list() == ["a", "b"]
        os.write(keeps_open, b'it": "c"}\n')
        assert next(frames)["unit"].to_list() == ["c"]
        frames.close()
    finally:
        os.close(keeps_open)
