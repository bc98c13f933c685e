"""Writes docs/images from the pages of the demo's console: `make screenshots`."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parents[1] / "images"
BOOK = "http://127.0.0.1:8090/books/demo"

_WIDE = {"viewport": {"width": 1280, "height": 860}}
_PAGES = (
    ("overview", "", _WIDE),
    ("overview-dark", "", _WIDE | {"color_scheme": "dark"}),
    ("overview-small-zh", "", {"viewport": {"width": 360, "height": 780}, "locale": "zh-CN"}),
    ("inventory", "/inventory", _WIDE),
    ("explain", "/explain?account=scope2.location", _WIDE),
    ("bridge", "/bridge", _WIDE),
    ("coverage", "/coverage", _WIDE),
    ("quarantine", "/quarantine", _WIDE),
    ("indicators", "/indicators", _WIDE),
    ("suppliers", "/suppliers", _WIDE),
    ("factors", "/factors?q=diesel", _WIDE),
    ("periods", "/periods", _WIDE),
)
"""Name of the file, page of the book, and how it is looked at."""


def main() -> None:
    """Run the demo, and take each page as it stands at the end."""
    IMAGES.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tonne.cli.main", "demo", "--console"]
    with subprocess.Popen(  # noqa: S603  # what it runs is this program
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as demo:
        try:
            if not any(BOOK in line for line in demo.stderr or ()):
                raise SystemExit("the demo ended before it served its pages")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
                _take_all(browser)
                browser.close()
        finally:
            demo.send_signal(signal.SIGINT)


def _take_all(browser: Browser) -> None:
    for name, path, look in _PAGES:
        context = browser.new_context(**look)
        page = context.new_page()
        page.goto(BOOK + path)
        page.screenshot(path=IMAGES / f"{name}.png")
        context.close()


if __name__ == "__main__":
    main()
