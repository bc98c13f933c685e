"""The rooms of the kernel: their contracts and sizes, who imports whom, where checks cost."""

import ast
import re
from pathlib import Path

import pytest

KERNEL = Path(__file__).parents[3] / "ext/tonne_kernel"
ROOMS = ["memory", "values", "arrow", "records", "columnar", "session", "posting", "keys"]
"""In the order of a record's life: each takes from those before it."""
CONTRACT = ("Takes from:", "Hands to:", "Never:")
MODULE_COUNT_MAX = 12

IMPORT = re.compile(r"^\s*from tonne_kernel\.(\w+)(?:\.\w+)? c?import ", re.MULTILINE)
MEMORYVIEW = re.compile(r"\[::?1?\] \w+")


def sources(folder, suffixes=(".pyx", ".pxd")):
    """Paths of Cython sources below a folder."""
    return sorted(path for path in folder.rglob("*") if path.suffix in suffixes)


def upward(room, text, rooms):
    """Rooms that this text of a room imports, and that do not stand before it."""
    allowed = {room, *rooms[: rooms.index(room)]}
    return sorted({name for name in IMPORT.findall(text) if name not in allowed})


def test_the_list_of_rooms_is_complete():
    """Every folder of the kernel is a room, and every Cython source lies in one."""
    assert {path.parent.name for path in sources(KERNEL)} == set(ROOMS)
    assert {path.parent.name for path in KERNEL.glob("*/__init__.py")} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_the_kernel_begins_with_its_contract(room):
    """Its first words say what it takes, what it hands on, what it never does."""
    words = ast.get_docstring(ast.parse((KERNEL / room / "__init__.py").read_text())) or ""
    places = [words.find(part) for part in CONTRACT]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_the_kernel_has_few_modules(room):
    """A `.pyx` and its `.pxd` are one module."""
    modules = {path.stem for path in sources(KERNEL / room)} - {"__init__"}
    assert 0 < len(modules) <= MODULE_COUNT_MAX


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_the_kernel_takes_from_those_before_it(room):
    """No two rooms need each other."""
    found = {
        path.name: above
        for path in sources(KERNEL / room)
        if (above := upward(room, path.read_text(), ROOMS))
    }
    assert found == {}


def test_the_tests_of_the_kernel_mirror_its_rooms():
    """Beside what all of them use, a test lies in the folder of the room that it tries."""
    folders = {path.parent.name for path in (KERNEL.parents[1] / "tests/kernel").glob("*/*.py")}
    assert folders
    assert folders <= set(ROOMS)


def test_memoryviews_stand_where_tables_begin():
    """Their checks, which every build makes, run once per rule or boundary, not per record."""
    users = {
        path.relative_to(KERNEL).as_posix()
        for path in sources(KERNEL)
        if MEMORYVIEW.search(path.read_text())
    }
    assert users == {"posting/rules.pyx", "session/session.pyx", "keys/runs.pyx"}


def test_an_import_upwards_is_seen():
    """The machinery runs: of a declaration, of an object, and inside a function."""
    text = (
        "from tonne_kernel.one.a cimport x\n"
        "from tonne_kernel.two.b import y\n"
        "from tonne_kernel.three cimport c\n"
        "def f():\n    from tonne_kernel.four.d import z\n"
    )
    assert upward("two", text, ["one", "two", "three", "four"]) == ["four", "three"]
