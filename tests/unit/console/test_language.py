"""Two languages: every text of ours has both, and the page says which one it is in."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from tests.unit.console.reading import read
from tonne.catalogue.words.accounts import ACCOUNTS
from tonne.client.answers.report_results import CONSOLIDATIONS
from tonne.console import rendering
from tonne.console.actions import fields, imported, importing
from tonne.console.language import choose, language_of
from tonne.console.pages import history, inventory, overview, records
from tonne.console.pages.waiting import overlaps
from tonne.console.parts import record_rows
from tonne.model import FACILITY_TYPES, ChannelState
from tonne.statements.answers import Standing
from tonne.statements.changes.bridges import Cause
from tonne.statements.suppliers import Attribute
from tonne.yearly.causes import CAUSES

ROOM = Path(rendering.__file__).parent


def literals():
    """Texts that stand in the code and the template as arguments of `say`."""
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                called = node.func
                name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
                first = node.args[0]
                if name == "say" and isinstance(first, ast.Constant):
                    yield first.value
    template = (ROOM / "shipped/page.html.j2").read_text("utf-8")
    yield from (found[1] for found in re.findall(r"say\((['\"])(.+?)\1\)", template))


def worded():
    """Texts that are put together of words of the model."""
    yield from ACCOUNTS.values()
    yield from CAUSES.values()
    yield from overview.SCOPES.values()
    yield from overview.METHODS_2
    yield from (f"scope 2 {each}-based" for each in overview.METHODS_2)
    yield from (each.replace("-", " ") for each in CONSOLIDATIONS.values())
    yield from (each.replace("_", " ") for each in FACILITY_TYPES if each)
    yield from (each.replace("_", " ").capitalize() for each in inventory.GROUPS)
    yield from (each.name.lower() for each in ChannelState)
    yield from (str(each).replace("_", " ") for each in (*Standing, *Cause) if each)
    yield from (str(each).replace("_", " ").capitalize() for each in Attribute if each)
    yield from (each for each in history.KINDS if each)
    yield from (title for title, _ in history.STATES.values())
    yield from (title for title, _ in overlaps.STATES.values())
    yield from (title for title, _ in records.STATUSES.values())
    yield from fields.TITLES.values()
    yield from importing.HEADINGS
    yield from (*record_rows.HEADS, record_rows.ACTIONS, "State", "Why")
    for choices in (imported.REPEATS, imported.DIFFERING, imported.NEGATIVE):
        yield from choices.values()
    yield from (each.replace("_", " ") for each in fields.FORM_FIELDS)
    for group, pages in rendering.MENU:
        yield group
        yield from (title for _, title in pages)


def test_every_text_is_in_both_languages():
    """A text of the code without its translation fails here, and so does one that is unused."""
    texts = language_of("zh").texts
    needed = {*literals(), *worded()}
    assert sorted(needed - texts.keys()) == []
    sources = "".join(
        path.read_text("utf-8") for path in (*ROOM.rglob("*.py"), *ROOM.rglob("*.j2"))
    )
    unused = [text for text in texts.keys() - needed if text not in sources]
    composed = {"By account", "By facility", "By period", "Period"}
    composed |= {f"{side}, {end}" for side in ("Before", "After") for end in ("from", "to")}
    assert set(unused) <= composed


def test_a_translation_has_the_same_names():
    """What is put in has its place in both."""
    for text, translated in language_of("zh").texts.items():
        names = [
            sorted(name for _, name, _, _ in string.Formatter().parse(each) if name)
            for each in (text, translated)
        ]
        assert names[0] == names[1], text
        assert translated.strip()


@pytest.mark.parametrize(
    ("asked", "accepted", "code"),
    [
        ("", "", "en"),
        ("zh", "en", "zh"),
        ("en", "zh", "en"),
        ("xx", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "en-GB,zh;q=0.5", "en"),
        ("", "fr, zh;q=0.2, en;q=0.1", "zh"),
        ("", "zh;q=0, en;q=0.1", "en"),
        ("", "zh;q=nan,en", "zh"),
        ("", ";;,,q=,\x00", "en"),
    ],
)
def test_a_language_is_chosen(asked, accepted, code):
    """By the address, else by what the browser says, else English."""
    assert choose(asked, accepted).code == code


def test_pages_are_in_the_language_that_was_asked_for(browser, story):
    """The address keeps it from page to page; the browser's own needs no address."""
    answer = browser.get(f"/books/{story}?lang=zh")
    page = read(answer)
    assert '<html lang="zh-Hans">' in answer.text
    assert "范围一" in page.text
    inner = [each for each in page.links if each.startswith(f"/books/{story}")]
    assert inner
    assert all("lang=zh" in each for each in inner if "lang=en" not in each)
    accepted = browser.get(f"/books/{story}", headers={"accept-language": "zh-CN"})
    assert "范围一" in accepted.text
    assert "lang=" not in read(accepted).links[1]
    assert '<html lang="en">' in browser.get(f"/books/{story}").text


def test_every_page_can_be_read_with_a_keyboard_and_a_reader(browser, story):
    """One heading of the first level, landmarks, labels, heads of tables, and a way to skip."""
    for place in ("", "/inventory", "/explain", "/coverage", "/bridge", "/changes", "/suppliers"):
        answer = browser.get(f"/books/{story}{place}")
        page = read(answer)
        tags = [tag for tag, _ in page.attributes]
        assert tags.count("h1") == tags.count("main") == 1
        assert page.links[0] == "#content"
        assert sorted(page.labels) == sorted(page.fields)
        navs = [named for tag, named in page.attributes if tag == "nav"]
        assert all(named.get("aria-label") for named in navs)
        heads = [named for tag, named in page.attributes if tag == "th"]
        assert all(named.get("scope") in {"col", "row"} for named in heads)
        regions = [named for _, named in page.attributes if named.get("role") == "region"]
        assert all(named["tabindex"] == "0" and named["aria-label"] for named in regions)
        drawings = [named for _, named in page.attributes if named.get("role") == "img"]
        assert all(named["aria-label"] for named in drawings)
        current = [named for _, named in page.attributes if named.get("aria-current") == "page"]
        assert len(current) == (0 if place == "/explain" else 2)


def _luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_grounds(scheme):
    """WCAG 2.2, 1.4.3: 4.5 to 1 in both schemes."""
    style = (ROOM / "shipped/console.css").read_text("utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part))
        for part in (style.split("@media", 1)[0], style.split("@media", 2)[1])
    )
    colours = light if scheme == "light" else {**light, **dark}
    pairs = [
        *(
            (text, ground)
            for text in ("ink", "soft", "link")
            for ground in ("paper", "tint", "side")
        ),
        *(("heat-ink", f"h{step}") for step in (1, 2, 3, 4)),
        *(("warn", ground) for ground in ("warn-tint", "paper")),
        *(("good", ground) for ground in ("good-tint", "paper", "tint")),
        ("bad", "paper"),
    ]
    for text, ground in pairs:
        low, high = sorted((_luminance(colours[text]), _luminance(colours[ground])))
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)
    low = _luminance(colours["accent"])
    assert 1.05 / (low + 0.05) >= 4.5  # the button's white
