"""Texts of producers are texts in every form: no tag, no script, no formula."""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from tests.contract.yearly.conftest import MADE
from tonne.model import Facility
from tonne.yearly.asking import Question, ask
from tonne.yearly.forms.documents import csv_of
from tonne.yearly.forms.page import page_of
from tonne.yearly.forms.workbook import workbook_of
from tonne.yearly.writing import write

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><svg/onload=alert(1)>",
    "=HYPERLINK(1)",
    "@SUM(1)",
    "{{ 7*7 }}",
    "a\u202eb",
)

VOID = {"meta", "img", "br", "hr", "link", "input"}
ALLOWED = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "header",
        "main",
        "section",
        "footer",
    ),
    *("p", "h1", "h2", "h3", "dl", "div", "dt", "dd", "nav", "ol", "ul", "li", "table", "thead"),
    *("tbody", "tfoot", "tr", "th", "td", "span", "code", "br", "svg", "rect", "text", "tspan"),
    *("line", "path", "circle"),
}


class Page(HTMLParser):
    """Reads a page: tags must be known and nested, ids there once, links within it."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.faults = [], [], [], []
        self.feed(text)
        self.close()
        self.faults += [f"not closed: {self.open}"] if self.open else []

    def handle_starttag(self, tag, attrs):
        if tag not in ALLOWED:
            self.faults.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in {"src", "style", "srcset", "action"}:
                self.faults.append(name)
            if name == "id":
                self.ids.append(value)
            if name == "href":
                self.links.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.faults.append(f"</{tag}>")


@pytest.fixture(scope="module")
def hostile(client):
    """A report of a book whose every free text is an attack."""
    client.create_book("hostile", display_name=HOSTILE[0])
    ids = [f"{text}-{number}"[:60] for number, text in enumerate(HOSTILE)]
    client.import_facilities("hostile", [Facility(each, HOSTILE[1]) for each in ids[:6]])
    records = [
        {
            "facility": each,
            "activity": "electricity.grid",
            "quantity": "1000",
            "unit": "kWh",
            "start": "2025-01-01",
            "end": "2025-02-01",
            "region": "GB",
        }
        for each in ids[:6]
    ]
    waiting = {**records[0], "activity": HOSTILE[0], "region": "GB"}
    client.post_records("hostile", [*records, waiting])
    return write(ask(client, Question("hostile", 2025), lambda _: None), MADE)


def test_a_page_is_well_formed_and_loads_nothing(report, hostile):
    """Tags are known and nested, ids are there once, each link leads within the page."""
    for made in (report, hostile):
        text = page_of(made).decode()
        page = Page(text)
        assert page.faults == []
        assert len(page.ids) == len(set(page.ids))
        assert all(each.startswith("#") and each[1:] in page.ids for each in page.links)
        assert re.search(r"url\(|@import|<script|<link", text) is None
        assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text


def test_hostile_texts_stand_in_a_page_as_texts(hostile):
    """Escaped in tables, titles and drawings; what they hide is shown."""
    text = page_of(hostile).decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "{{ 7*7 }}" in text
    assert "49-5" not in text
    assert "\u202e" not in text
    for drawing in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ET.fromstring(drawing)  # noqa: S314  # our own text


def test_no_cell_of_a_workbook_is_a_formula(hostile):
    """Texts are texts by their type, and each part is XML."""
    with zipfile.ZipFile(io.BytesIO(workbook_of(hostile))) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    for text in parts.values():
        ET.fromstring(text)  # noqa: S314  # our own text
        assert "<f>" not in text
    assert any("=HYPERLINK(1)-3" in text for text in parts.values())


def test_no_cell_of_a_csv_begins_as_a_formula(hostile):
    """An apostrophe stands before it, as in all CSV of Tonne."""
    text = csv_of(hostile).decode()
    assert "'=HYPERLINK(1)-3" in text
    assert re.search(r"(^|,)\"?[=@]", text, re.MULTILINE) is None
