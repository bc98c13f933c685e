"""In a real browser: two clicks, a keyboard, small screens, dark, and the rules of access."""

from __future__ import annotations

import pytest

from tests.unit.console.looking import LOOKS, chromium, console_of, faults_of, looked_at

__all__ = ["chromium", "looked_at"]

PAGES = (
    *("", "/inventory", "/explain?account=scope1", "/bridge", "/coverage", "/suspense"),
    *(
        "/quarantine",
        "/conflicts",
        "/overlaps",
        "/overlaps/1",
        "/notices",
        "/indicators",
        "/suppliers",
        "/periods",
    ),
    *("/factors?q=diesel", "/method", "/channels", "/changes", "/setup", "/inventory?from=wrong"),
    "/import",
)
"""Pages of a book, and one that is refused."""


@pytest.fixture(scope="module")
def address(running):
    """Where a console of its own process serves the module's server."""
    with console_of(running) as found:
        yield found


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_keeps_the_rules_of_access_and_its_width(looked_at, story, look):
    """axe finds nothing; only tables and charts scroll sideways, never the page."""
    page = looked_at(look)
    for path in PAGES:
        page.goto(f"/books/{story}{path}")
        assert faults_of(page, look) == [], path


def test_dark_is_dark_and_chinese_chinese(looked_at, story):
    """What a browser prefers is followed without being asked."""
    grounds = {}
    for look in LOOKS:
        page = looked_at(look)
        page.goto(f"/books/{story}")
        grounds[look] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        language = page.evaluate("document.documentElement.lang")
        assert language == ("zh-Hans" if look == "small" else "en")
    assert grounds["wide"] == grounds["small"] == "rgb(255, 255, 255)"
    assert grounds["dark"] != grounds["wide"]


def test_two_clicks_lead_from_a_number_to_its_source(looked_at, story):
    """As a person clicks: a month of an account, and the cell of its factor."""
    page = looked_at("wide")
    page.goto(f"/books/{story}/inventory?by=account&from=2025-01&to=2025-12")
    row = page.locator("tr", has_text="scope1.stationary")
    row.locator("td a").nth(1).click()
    assert "/explain?" in page.url
    page.locator(".source .cell a").first.click()
    assert "/factors/" in page.url
    assert "UK Government GHG Conversion Factors" in page.locator("main").inner_text()


def test_a_keyboard_alone_does_it(looked_at, story):
    """The first key skips to the content; forms and links follow in the order of the page."""
    page = looked_at("wide")
    page.goto(f"/books/{story}/inventory?by=account&from=2025-01&to=2025-12")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    for _ in range(60):
        page.keyboard.press("Tab")
        href = page.evaluate("document.activeElement.getAttribute('href') || ''")
        if "/explain" in href:
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/explain?**")
    outline = page.evaluate(
        "(() => { const a = document.querySelector('main a'); a.focus({focusVisible: true});"
        " return getComputedStyle(a).outlineStyle; })()"
    )
    assert outline == "solid"


def test_filters_go_into_the_address(looked_at, story):
    """A form is a GET: what was chosen can be sent to somebody else."""
    page = looked_at("wide")
    page.goto(f"/books/{story}/inventory")
    page.select_option("#f-by", "facility")
    page.fill("#f-from", "2025-02")
    page.fill("#f-to", "2025-02")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/inventory?**by=facility**")
    assert "from=2025-02" in page.url
    assert page.input_value("#f-from") == "2025-02"
    assert page.locator("tbody th").first.inner_text() in {"hut", "dc"}


def test_a_hostile_book_runs_nothing(looked_at, client):
    """What a browser makes of a text that would like to be a script."""
    client.create_book("evil", display_name="<script>window.evil = 1</script>")
    attack = '"><img src=x onerror="window.evil = 1">'
    record = {
        "facility": attack,
        "activity": "electricity.grid",
        "quantity": "1",
        "unit": "kWh",
        "region": "GB",
        "start": "2025-01-01",
        "end": "2025-01-02",
    }
    client.post_records("evil", [record, {**record, "activity": attack}])
    page = looked_at("wide")
    for path in ("", "/inventory?by=facility", "/coverage", "/suspense", "/explain"):
        page.goto(f"/books/evil{path}")
        assert page.evaluate("window.evil") is None
        assert page.locator("img").count() == 0
