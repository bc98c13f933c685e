"""A file in a real browser: by hand, by a keyboard alone, and by somebody who leaves."""

from __future__ import annotations

import itertools

import pytest

from tests.unit.console.acting.test_importing import ANSWERS, BILLS
from tests.unit.console.looking import LOOKS, chromium, faults_of, looked_at
from tonne.model import Facility

__all__ = ["chromium", "looked_at"]

NUMBERS = itertools.count(1)

WAIT_MS = 60_000
"""How long a command may take on a machine that has others at work."""


@pytest.fixture
def book(client):
    """A new book with a site."""
    name = f"sent-{next(NUMBERS)}"
    client.create_book(name)
    client.import_facilities(name, [Facility("hut", "Hut", "equipment_room")])
    return name


@pytest.fixture
def bills(tmp_path):
    """The file."""
    path = tmp_path / "bills.csv"
    path.write_text(BILLS, encoding="utf-8")
    return path


def submit(page, place):
    """Press the button of the form, and wait for the page that follows."""
    page.locator("form.act-form button").click()
    page.wait_for_url(place, timeout=WAIT_MS)


def answer(page):
    """Answer the questions of a file."""
    for name, value in ANSWERS.items():
        page.fill(f'[name="{name}"]', value)


@pytest.mark.parametrize("look", LOOKS)
def test_a_file_is_imported_and_every_page_keeps_the_rules(looked_at, client, book, bills, look):
    """From choosing it to its records; axe and the width of the screen on each page."""
    page = looked_at(look)
    page.goto(f"/books/{book}/import")
    assert faults_of(page, look) == []
    page.set_input_files("#f-file", bills)
    submit(page, "**/import/*")
    page.locator("form.act-form summary").click()
    assert faults_of(page, look) == []
    answer(page)
    submit(page, "**/import/*/post")
    assert faults_of(page, look) == []
    page.locator("form.act-form button").dblclick()
    page.locator("p.line.good").first.wait_for(timeout=WAIT_MS)
    assert faults_of(page, look) == []
    assert client.inventory(book).total.record_count == 2
    page.reload()
    page.locator("p.line.good").first.wait_for()
    page.go_back()
    assert client.inventory(book).total.record_count == 2
    page.goto(f"/books/{book}/import")
    assert "bills.csv" in page.inner_text("table")


def test_a_keyboard_alone_imports_a_file(looked_at, client, book, bills):
    """Every field is reached in its order, and Enter sends the form."""
    page = looked_at("wide")
    page.goto(f"/books/{book}/import")

    def tab_to(name):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.getAttribute('name') || ''") == name:
                return
        raise AssertionError(f"no key leads to {name}")

    tab_to("file")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(bills)
    tab_to("profile")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/import/*", timeout=WAIT_MS)
    for name, value in ANSWERS.items():
        tab_to(name)
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    page.wait_for_url("**/import/*/post", timeout=WAIT_MS)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            break
    page.keyboard.press("Enter")
    page.locator("p.line.good").first.wait_for(timeout=WAIT_MS)
    assert client.inventory(book).total.record_count == 2


def test_whoever_leaves_loses_nothing(looked_at, client, book, bills):
    """The import goes on; its outcome stands at its address, and in the list of imports."""
    page = looked_at("wide")
    page.goto(f"/books/{book}/import")
    page.set_input_files("#f-file", bills)
    submit(page, "**/import/*")
    answer(page)
    submit(page, "**/import/*/post")
    place = page.url
    # Sent, and left before the answer: as a closed window does it.
    page.evaluate("document.querySelector('form.act-form').submit()")
    page.goto("about:blank")
    page.goto(place)
    # Whoever sends it again waits for the first, and sees what it did.
    if page.locator("form.act-form button").count():
        page.locator("form.act-form button").click()
    page.locator("p.line.good").first.wait_for(timeout=WAIT_MS)
    assert "2 records are posted." in page.inner_text("main")
    (noted,) = client.list_imports(book)
    assert noted.durable_count == 2
    assert client.inventory(book).total.record_count == 2


def test_an_error_keeps_the_answers(looked_at, client, book, bills):
    """It stands above the form; what was typed is in its fields."""
    page = looked_at("wide")
    page.goto(f"/books/{book}/import")
    page.set_input_files("#f-file", bills)
    submit(page, "**/import/*")
    answer(page)
    page.fill('[name="answer.dates.inclusive_ends"]', "perhaps")
    page.locator("form.act-form button").click()
    page.locator("p.line.warning").first.wait_for(timeout=WAIT_MS)
    page.wait_for_function(
        "document.querySelector('main').innerText.includes('expected true or false')"
    )
    assert page.input_value('[name="answer.constants.region"]') == "GB"
    assert page.input_value('[name="answer.dates.inclusive_ends"]') == "perhaps"
    assert list(client.list_imports(book)) == []
