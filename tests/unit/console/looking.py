"""The system's browser before a console of its own process: how tests look at pages."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

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


@contextmanager
def console_of(running, *options):
    """Serve a server's pages by a console of its own process; gives its address."""
    command = ["console", "--server", running.server.address, "--listen", "127.0.0.1:0", *options]
    with subprocess.Popen(
        [sys.executable, "-m", "tonne.cli.main", *command], stdout=subprocess.PIPE, text=True
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


def faults_of(page, look):
    """What axe finds, and whether the page itself scrolls sideways."""
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    faults = [(each["id"], each["nodes"][0]["html"]) for each in found]
    if page.evaluate("document.documentElement.scrollWidth") > LOOKS[look]["viewport"]["width"]:
        faults.append(("wider than the screen", page.url))
    return faults
