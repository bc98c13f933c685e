"""In a real browser: two clicks, a keyboard, small screens, dark, and the rules of access."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

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
    *("/factors?q=diesel", "/method", "/channels", "/changes", "/inventory?from=wrong"),
)
"""Pages of a book, and one that is refused."""

LOOKS = {
    "wide": {"viewport": {"width": 1280, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "small": {"viewport": {"width": 360, "height": 740}, "locale": "zh-CN"},
}

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def chromium():
    """The system's browser."""
    path = shutil.which("chromium")
    assert path, "chromium is missing: apt-get install chromium (`make system` does it)"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path)
        yield found
        found.close()


@pytest.fixture(scope="module")
def address(running):
    """Where a console of its own process serves the module's server."""
    options = ["--server", running.server.address, "--listen", "127.0.0.1:0"]
    with subprocess.Popen(
        [sys.executable, "-m", "tonne.cli.main", "console", *options],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield re.match(r"(http://\S+)/ shows", process.stdout.readline())[1]
        process.terminate()


@pytest.fixture
def looked_at(chromium, address):
    """Open a page of a look; whatever the browser complains of, or asks elsewhere for, fails."""
    complaints, contexts = [], []

    def open_page(look):
        context = chromium.new_context(base_url=address, **LOOKS[look])
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "requestfailed",
            # A click that leaves a page ends what it was still loading.
            lambda request: (
                request.failure == "net::ERR_ABORTED" or complaints.append(request.url)
            ),
        )
        page.on(
            "request",
            lambda request: request.url.startswith(address) or complaints.append(request.url),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    refused = "Failed to load resource: the server responded with a status of 400 (Bad Request)"
    assert [each for each in complaints if each != refused] == []


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_keeps_the_rules_of_access_and_its_width(looked_at, story, look):
    """axe finds nothing; only tables and charts scroll sideways, never the page."""
    page = looked_at(look)
    axe = Axe()
    for path in PAGES:
        page.goto(f"/books/{story}{path}")
        found = axe.run(page, options={"runOnly": RULES}).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], path
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= LOOKS[look]["viewport"]["width"], path


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
