"""Writes docs/images from the pages of the demo's console: `make screenshots`."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
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


BILLS = """\
Standort;Energie;Verbrauch;Einheit;Von;Bis
office-001;Strom;1.234,5;kWh;01.02.2025;27.02.2025
office-002;Strom;2.000;kWh;01.02.2025;27.02.2025
office-002;Erdgas;87,25;m3;03.03.2025;30.03.2025
Summe;;3.321,75;;;
"""
"""A file that leaves something open."""

_PROGRAM = (sys.executable, "-m", "tonne.cli.main")


def main() -> None:
    """Run the demo, and take each page as it stands at the end."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "demo"
        _take_pages(data)
        _take_import(data, Path(folder) / "bills.csv")


def _take_pages(data: Path) -> None:
    command = [*_PROGRAM, "demo", "--console", "--data", str(data)]
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


def _take_import(data: Path, bills: Path) -> None:
    """Take a file that was sent to a console which takes actions, before it is tried."""
    bills.write_text(BILLS, encoding="utf-8")
    address = "127.0.0.1:50551"
    own = ("--listen", address, "--admin", "127.0.0.1:0")
    serve = [*_PROGRAM, "serve", "--data", str(data), *own]
    pages = [*_PROGRAM, "console", "--server", address, "--write", "--author", "Ada"]
    with (
        subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server,  # noqa: S603  # ours
        subprocess.Popen(pages, stdout=subprocess.PIPE, text=True) as console,  # noqa: S603  # ours
        sync_playwright() as playwright,
    ):
        try:
            for stream in (server.stdout, console.stdout):
                assert stream is not None  # noqa: S101  # it is a pipe
                stream.readline()  # that it is there
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            page = browser.new_context(**_WIDE).new_page()
            page.goto(f"{BOOK}/import")
            page.set_input_files("#f-file", bills)
            page.locator("form.act-form button").click()
            page.wait_for_url("**/import/*")
            page.screenshot(path=IMAGES / "import.png")
            browser.close()
        finally:
            for process in (console, server):
                process.send_signal(signal.SIGTERM)


def _take_all(browser: Browser) -> None:
    for name, path, look in _PAGES:
        context = browser.new_context(**look)
        page = context.new_page()
        page.goto(BOOK + path)
        page.screenshot(path=IMAGES / f"{name}.png")
        context.close()


if __name__ == "__main__":
    main()
