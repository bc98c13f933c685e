"""Actions in a real browser before a real server: one of each kind, from list to outcome."""

from __future__ import annotations

import itertools

import pytest

from tests.unit.console.acting.test_actions import DIESEL, bring, total
from tests.unit.console.looking import LOOKS, chromium, faults_of, looked_at
from tonne.model import Facility, PeriodState

__all__ = ["chromium", "looked_at"]

NUMBERS = itertools.count(1)

ACTIONS = (
    *("records/reverse?source=erp&offset=0", "records/correct?source=erp&offset=0"),
    "records/correct?source=erp&offset=0&f.quantity=80",
    "records/mend?source=erp&offset=1&list=quarantine",
    "records/mend?source=erp&offset=1&list=quarantine&f.quantity=12",
    *("suspense/clear", "conflicts/1/decide?keep=1", "overlaps/check", "overlaps/1/accept"),
    *("overlaps/1/declare", "overlaps/1/reverse?side=2"),
    *("periods/2025-01/close", "periods/2025-01/seal", "periods/2025-01/reopen"),
)
"""Every action, and those with fields to fill before and after they are."""

LISTS = (
    *("suspense", "quarantine", "conflicts", "conflicts/1", "overlaps", "overlaps/1"),
    *("periods", "records", "records?source=erp&offset=0"),
)
"""Pages that lead to actions."""

HOUR = {"start": "2025-01-05T10:00:00Z", "end": "2025-01-05T11:00:00Z", "quantity": "4"}


@pytest.fixture
def book(client):
    """A book in which something of each kind waits."""
    name = f"live-{next(NUMBERS)}"
    client.create_book(name)
    client.import_facilities(name, [Facility("hut", "Hut", "equipment_room")])
    bring(
        client,
        name,
        DIESEL,
        {**DIESEL, "record_id": "q", "quantity": "twelve"},
        {**DIESEL, "record_id": "s", "facility": "shed"},
        {**DIESEL, "record_id": "c", "activity": "fuel.petrol", "quantity": "7"},
        {**DIESEL, "record_id": "c", "activity": "fuel.petrol", "quantity": "8"},
    )
    bring(client, name, {**DIESEL, **HOUR, "record_id": "h"}, channel="hourly")
    client.compare_same_records(name)
    client.check_overlaps(name)
    return name


@pytest.mark.parametrize("look", LOOKS)
def test_every_action_keeps_the_rules_of_access_and_its_width(looked_at, book, look):
    """As pages do: axe, 360 pixels, dark, Chinese."""
    page = looked_at(look)
    for path in (*LISTS, *ACTIONS):
        page.goto(f"/books/{book}/{path}")
        assert faults_of(page, look) == [], path


def fill_and_send(page, button, **fields):
    """Fill in a form, and press its button twice, as people do."""
    for name, value in fields.items():
        page.fill(f"#f-{name}", value)
    page.get_by_role("button", name=button).dblclick()
    # The second form cancels the answer to the first: what counts is what is told in the end.
    page.locator("p.line.good").first.wait_for()


def open_act(page, book, listed, title, row=""):
    """Go to a list, and follow what it offers."""
    page.goto(f"/books/{book}/{listed}")
    place = page.locator("tr", has_text=row) if row else page
    place.get_by_role("link", name=title, exact=True).first.click()


def test_a_record_is_corrected_and_taken_back(looked_at, client, book):
    """From its number on the page of how that comes about, to the record that stands for it."""
    page = looked_at("wide")
    page.goto(f"/books/{book}/explain?facility=hut&records=20")
    page.locator("tr", has_text="erp @ 0").get_by_role("link", name="erp @ 0").click()
    page.get_by_role("link", name="Correct", exact=True).click()
    page.fill("#f-f\\.quantity", "80")
    page.get_by_role("button", name="Show what it changes").click()
    before = total(client, book)
    fill_and_send(page, "Correct the record", reason="read by now")
    assert "/records?" in page.url
    assert "Corrected." in page.inner_text("main")
    (entry,) = client.list_corrections(book)
    assert (entry.author, entry.reason) == ("Ada", "read by now")
    assert total(client, book) < before
    page.get_by_role("link", name="What stands for it").click()
    page.get_by_role("link", name="Take back", exact=True).click()
    fill_and_send(page, "Reverse the record", reason="of another company")
    assert "/records?" in page.url
    assert "of another company" in page.inner_text("main")
    assert len(list(client.list_corrections(book))) == 2


def test_quarantine_and_suspense_are_worked_off(looked_at, client, book):
    """A record is mended, and what waits for a site is posted once it is there."""
    page = looked_at("wide")
    open_act(page, book, "quarantine", "Mend", "erp @ 1")
    page.fill("#f-f\\.quantity", "12")
    page.get_by_role("button", name="Show what it changes").click()
    fill_and_send(page, "Post the record")
    assert "/quarantine?" in page.url
    assert "The record is posted." in page.inner_text("main")
    assert list(client.list_quarantine(book)) == []
    client.import_facilities(book, [Facility("shed", "Shed", "equipment_room")])
    open_act(page, book, "suspense", "Post what can be posted")
    fill_and_send(page, "Post what can be posted")
    assert "/suspense?" in page.url
    assert "Nothing waits." in page.inner_text("main")
    assert list(client.list_suspense(book)) == []


def test_a_conflict_and_an_overlap_are_decided(looked_at, client, book):
    """One record of two stays; both sides of an overlap count."""
    page = looked_at("dark")
    page.goto(f"/books/{book}/conflicts")
    page.get_by_role("link", name="c", exact=True).click()
    page.get_by_role("link", name="Keep 2 alone").click()
    fill_and_send(page, "Decide", reason="read by hand")
    assert "/conflicts/1?" in page.url
    (entry,) = client.list_same_records(book, "conflict")
    assert (entry.kept, entry.author) == ((2,), "Ada")
    page.goto(f"/books/{book}/overlaps")
    page.locator("tbody tr th a").first.click()
    page.get_by_role("link", name="Both sides count").click()
    fill_and_send(page, "Both sides count", reason="two tanks")
    assert "/overlaps/1?" in page.url
    assert client.get_overlap(book, 1).months[0].reason == "two tanks"


def test_a_month_is_closed_by_a_keyboard_alone(looked_at, client, book):
    """In Chinese on a small screen: what stands against it is accepted, then it is closed."""
    page = looked_at("small")
    page.goto(f"/books/{book}/periods/2025-01/close")
    findings = client.check_period(book, "2025-01")
    assert len(findings) > 1
    names = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.getAttribute('name') || ''")
        if name and name != "author":
            names.append(name)
            page.keyboard.type("小于千分之一")
        if name == "author":
            break
    assert names == [*(f"accept.{each.check}" for each in findings), "reason"]
    page.keyboard.press("Enter")
    page.locator("p.line.good").first.wait_for()
    assert "2025-01 已关闭" in page.inner_text("main")
    (period,) = client.list_periods(book)
    assert period.state is PeriodState.SOFT_CLOSED
    assert (period.closes[0].closed.author, period.closes[0].closed.reason) == (
        "Ada",
        "小于千分之一",
    )
    page.reload()
    page.go_back()
    assert len(client.list_periods(book)[0].closes) == 1


def test_an_error_keeps_what_was_typed(looked_at, client, book):
    """What stands against a close is told above the form, which has the reason."""
    page = looked_at("wide")
    page.goto(f"/books/{book}/periods/2025-01/close")
    page.fill("#f-reason", 'reported "now"')
    page.get_by_role("button", name="Close the month").click()
    page.wait_for_load_state()
    assert "PERIOD_MUST_BE_READY" in page.inner_text("main")
    assert page.input_value("#f-reason") == 'reported "now"'
    assert page.input_value("#f-author") == "Ada"
    assert client.list_periods(book)[0].state is PeriodState.OPEN
