"""The walks through the code name what is there."""

import ast
import re
from pathlib import Path

import pytest

from docs.writers import rooms
from tonne.store.faults import POINTS

REPOSITORY = Path(__file__).parents[3]
PACKAGE = REPOSITORY / "service/tonne"
PAGE = (REPOSITORY / "docs/internals/walks.md").read_text("utf-8")
STEPS = sorted(set(re.findall(r"`([a-z_/]+\.py):(\w+)`", PAGE)))
FILES = sorted(set(re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", PAGE)))


def names_in(path):
    """Functions and classes of a module."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)}


@pytest.mark.parametrize(("file", "name"), STEPS)
def test_a_step_is_where_the_walk_says(file, name):
    """Whoever renames a function sees which walk goes through it."""
    assert name in names_in(PACKAGE / file)


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_where_the_walk_says(file):
    """The same for files alone."""
    assert (PACKAGE / file).is_file()


def test_every_fault_point_has_its_place():
    """In the walk, or in the background: those of the code, and no others."""
    named = set(re.findall(r"`([a-z_]+\.(?:before|after|in)_[a-z_]+)`", PAGE))
    assert named == POINTS.keys()


def test_there_are_walks():
    """The machinery runs: the page has steps, and a name that is not there is none."""
    assert len(STEPS) > 40
    assert "walk" not in names_in(PACKAGE / "ingest/intake.py")


def test_the_map_of_rooms_is_current():
    """docs/internals/rooms.md is what the rooms say of themselves: `make docs`."""
    assert rooms.PAGE.read_text("utf-8") == rooms.write_page()
    assert all(words for source in rooms.SOURCES for _, words in rooms.rooms(source))
