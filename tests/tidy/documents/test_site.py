"""The documents as a site: every page can be reached, and every relative link leads somewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
PAGES = [
    *ROOT.glob("*.md"),
    *DOCS.rglob("*.md"),
    *(ROOT / "clients").glob("*/*.md"),
    *(ROOT / "k8s").rglob("*.md"),
]


def pages(part):
    """The pages that a part of the navigation names."""
    if isinstance(part, str):
        return [part]
    inside = part.values() if isinstance(part, dict) else part
    return [page for each in inside for page in pages(each)]


def anchors(page):
    """The names under which a page's headings can be linked to."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {each.strip().replace(" ", "-") for each in words}


def test_every_page_is_in_the_navigation_once():
    """A new page is put where its reader looks for it."""
    named = pages(SITE["nav"])
    there = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert set(named) == there
    assert len(named) == len(there) > 40


def test_the_first_page_leads_to_every_page_but_decisions_and_runbooks():
    """It is ordered as the navigation is: by reader."""
    linked = set(LINK.findall((DOCS / "index.md").read_text()))
    plain = {page for page in pages(SITE["nav"]) if "/" not in page} - {"index.md"}
    assert plain <= linked


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page):
    """To a file or a folder that is there, and to a heading that it has."""
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_the_site_leads_to_the_repository():
    """At the address that the package names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert SITE["repo_url"] == project["urls"]["Repository"]
