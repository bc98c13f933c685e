"""Pages as HTML: one template, in which Jinja2 escapes every text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from tonne.console.language import NAMES, TAGS
from tonne.text.visible import visible

if TYPE_CHECKING:
    from tonne.console.language import Language
    from tonne.console.parts.blocks import Page
    from tonne.console.visits import Visit

MENU: Final = (
    (
        "Where it stands",
        (
            ("", "Overview"),
            ("inventory", "Inventory"),
            ("bridge", "Bridge"),
            ("coverage", "Coverage"),
        ),
    ),
    (
        "What waits",
        (
            ("suspense", "Suspense"),
            ("quarantine", "Quarantine"),
            ("conflicts", "Conflicts"),
            ("overlaps", "Overlaps"),
            ("notices", "Notices"),
        ),
    ),
    ("Steering", (("indicators", "Indicators and targets"), ("suppliers", "Suppliers"))),
    (
        "What it rests on",
        (
            ("records", "Records"),
            ("import", "Import a file"),
            ("factors", "Factors"),
            ("method", "Method"),
            ("channels", "Channels"),
            ("periods", "Periods"),
            ("changes", "Changes"),
            ("setup", "Setup"),
        ),
    ),
)
"""The menu of a book: groups of pages, by the last part of their paths."""


_COMMAND = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Item:
    """A page in the menu."""

    title: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a page: the menu, the languages, the book."""

    book: str
    home: str
    menu: tuple[tuple[str, tuple[Item, ...]], ...]
    languages: tuple[Item, ...]


def frame_of(visit: Visit) -> Frame:
    """Make what stands around a page of a visit."""
    say = visit.say
    languages = tuple(
        Item(name, visit.in_language(code), code == say.code) for code, name in NAMES.items()
    )
    if not visit.book:
        return Frame("", visit.address("/"), (), languages)
    here = visit.path.removeprefix(visit.place()).strip("/").partition("/")[0]
    menu = tuple(
        (
            say(group),
            tuple(Item(say(title), visit.link(page), page == here) for page, title in pages),
        )
        for group, pages in MENU
    )
    return Frame(visit.book, visit.address("/"), menu, languages)


def render(page: Page, frame: Frame, say: Language) -> bytes:
    """Write a page as HTML in UTF-8."""
    template = _environment().get_template("page.html.j2")
    text = template.render(page=page, frame=frame, say=say, tag=TAGS[say.code])
    return text.encode("utf-8", "backslashreplace")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["visible"] = visible
    environment.filters["drawn"] = _drawn
    environment.filters["said"] = said
    return environment


def said(text: str) -> Markup:
    """Write a message of the API: escaped, what stands between backticks as a command."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(visible(text)))))  # noqa: S704  # escaped


def _drawn(chart: str) -> Markup:
    return Markup(chart)  # noqa: S704  # charts escape by themselves


@cache
def read(name: str) -> str:
    """Read a file that ships with the console."""
    folder = resources.files("tonne.console").joinpath("shipped")
    return folder.joinpath(name).read_text(encoding="utf-8")
