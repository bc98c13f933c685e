"""The source itself: contracts of rooms, sizes, suppressions, words that do not belong."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tonne.errors import CapacityError
from tonne.store import GarbageRefused, LedgerMismatch

REPOSITORY = Path(__file__).parents[3]
ROOMS = (
    "catalogue",
    "cli",
    "client",
    "console",
    "disclosure",
    "edge",
    "errors",
    "gateway",
    "imports",
    "ingest",
    "ledger",
    "reports",
    "settings",
    "store",
    "telemetry",
    "yearly",
)
CONTRACT = ("Takes from:", "Hands to:", "Never:")

FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 400
# path or path:function -> why it is longer. Keep it short.
LONGER: dict[str, str] = {}

# In halves, so that this file does not hold them.
BANNED_WORDS = {
    "TO" + "DO": "finish it, or open an issue",
    "FIX" + "ME": "fix it",
    "XX" + "X": "say what is meant",
    "/wo" + "rk/": "a path of one machine",
    "index" + "-url": "the package index is the machine's business",
    "PIP_IN" + "DEX": "the package index is the machine's business",
}


def tracked(*patterns):
    """Files of the repository that match, generated stubs left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return [
        REPOSITORY / name
        for name in sorted(set(listed))
        if name and not name.startswith("service/tonne/v1/") and (REPOSITORY / name).is_file()
    ]


def name_of(path):
    """Path inside the repository."""
    return path.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_begins_with_its_contract(room):
    """The first words of each room say what it takes, what it hands on, what it never does."""
    module = ast.parse((REPOSITORY / "service/tonne" / room / "__init__.py").read_text())
    words = ast.get_docstring(module) or ""
    assert [part for part in CONTRACT if part not in words] == []
    assert words.index(CONTRACT[0]) < words.index(CONTRACT[1]) < words.index(CONTRACT[2])


def python_functions(path):
    """(name, lines) of each function of a Python module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.end_lineno - node.lineno + 1


def cython_functions(path):
    """(name, lines) of each function of a Cython module, by indentation."""
    name, indent, first, last = "", 0, 0, 0
    for number, line in enumerate([*path.read_text().splitlines(), "end"], 1):
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip())
        closes_signature = line.strip().startswith(")")
        if name and depth <= indent and not closes_signature:
            yield name, last - first + 1
            name = ""
        found = re.match(r"\s*(?:async )?(?:def|cdef|cpdef)\b[^(=]*?(\w+)\(", line)
        if found and not name:
            name, indent, first = found[1], depth, number
        last = number


def test_functions_and_modules_fit_a_screen_and_a_sitting():
    """What outgrows its limit is split, or stands in the list with its reason."""
    too_long = []
    for path in tracked("service/*.py", "ext/*.py", "ext/*.pyi", "ext/*.pyx", "ext/*.pxd"):
        lines = len(path.read_text().splitlines())
        if lines > MODULE_LINES_MAX and name_of(path) not in LONGER:
            too_long.append((name_of(path), lines))
        functions = cython_functions if path.suffix in {".pyx", ".pxd"} else python_functions
        for function, size in functions(path):
            place = f"{name_of(path)}:{function}"
            if size > FUNCTION_LINES_MAX and place not in LONGER:
                too_long.append((place, size))
    assert too_long == []


ROOM_FILES_MAX = 12
LARGER_ROOMS = {
    "service/tonne/store/migrations/versions": "one file a revision, where Alembic looks for them",
    "service/tonne/store/manifest": "one table group a file, and nothing but the manifest beside",
    "tests/k8s/goldens": "one file for each way to render, all of them made",
}


def test_a_room_has_few_files():
    """Whoever comes to a room sees all of it at once; what outgrows that is given sub-rooms.

    In the tests, what is no Python counts too: stories, cases, what a folder's tests install.
    """
    rooms: dict[str, set[str]] = {}
    for path in tracked("service/tonne/*.py", "ext/*.py", "ext/*.pyx", "ext/*.pxd", "tests/*"):
        rooms.setdefault(name_of(path.parent), set()).add(path.stem)
    too_large = {
        room: len(stems)
        for room, stems in rooms.items()
        if len(stems) > ROOM_FILES_MAX and room not in LARGER_ROOMS
    }
    assert too_large == {}
    assert rooms.keys() >= LARGER_ROOMS.keys()


def test_the_list_of_longer_ones_names_what_is_longer():
    """An exception ends with the thing that it excused: gone, or short by now."""
    assert [place for place in LONGER if ":" not in place and not is_long(place)] == []
    assert [p for p in LONGER if not (REPOSITORY / p.partition(":")[0]).is_file()] == []


def is_long(name):
    """Whether a file is there and above the limit."""
    path = REPOSITORY / name
    return path.is_file() and len(path.read_text().splitlines()) > MODULE_LINES_MAX


def test_every_suppression_has_its_reason():
    """Whoever silences a tool names the rule and says why on the same line."""
    suppression = re.compile(r"#\s*(?:noqa\b|type:\s*ignore|pragma:|no-cython-lint)")
    reasoned = re.compile(
        r"#\s*(?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\]"
        r"|pragma: [\w ]+|no-cython-lint)\s+[#(-]*\s*\S+ \S"
    )
    silent = [
        f"{name_of(path)}:{number}"
        for path in tracked("*.py", "*.pyi", "*.pyx", "*.pxd")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if suppression.search(line) and not reasoned.search(line)
    ]
    assert silent == []


def reads_of_files(tree):
    """Calls that read an object, or decode one: `objects.get(..)`, `read_parquet(..)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            owner, _, name = called.rpartition(".")
            if name == "get" and owner.endswith("objects"):
                yield "get"
            elif re.fullmatch(r"(?:read|scan)_(?:parquet|ipc|ipc_stream|delta|csv|rows)", name):
                yield name


def test_the_ledger_reads_its_files_through_one_door():
    """Nothing is decoded whose digest was not compared: one caller of `get`, one of the decoder.

    `frames` wraps the decoder, `files` calls it; sums and pieces that wait in a folder are read
    back. A series of hours has its digest as its name, and `hours` compares that.
    """
    found = {
        (name_of(path).removeprefix("service/tonne/"), name)
        for room in ("edge", "ingest", "ledger", "reports", "catalogue")
        for path in tracked(f"service/tonne/{room}/*.py")
        for name in reads_of_files(ast.parse(path.read_text()))
    }
    assert found == {
        ("ledger/files/files.py", "get"),
        ("ledger/files/hours.py", "get"),
        ("ledger/files/files.py", "read_parquet"),
        ("ledger/files/files.py", "read_rows"),
        ("ledger/files/frames.py", "read_parquet"),
        ("ledger/files/frames.py", "scan_parquet"),
        ("ledger/files/spilled_sums.py", "read_ipc"),
        ("ledger/closing/overlaps/spilled.py", "read_ipc"),
    }


PLACES = re.compile(r"location|url|host|path|folder|file|root|database$|error$|where\(")
"""Variables that say where something is, or quote a library that may."""


def places_told(tree, names):
    """What messages and metadata of errors quote that belongs into their `detail`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            rest = (each.value for each in node.keywords if each.arg != "detail")
            for part in (*node.args, *rest):
                for each in ast.walk(part):
                    if isinstance(each, ast.Name | ast.Attribute | ast.Call):
                        text = ast.unparse(each)
                        if PLACES.search(text):
                            yield text


def test_a_place_is_in_the_detail_of_an_error():
    """Callers are told no host, path, URL or a driver's words by what passes the border.

    Defects pass it as an incident's id alone; what stops the start is the operator's to read.
    """
    kinds = [CapacityError, LedgerMismatch, GarbageRefused]
    for kind in kinds:
        kinds += kind.__subclasses__()
    names = {kind.__name__ for kind in kinds}
    told = [
        (name_of(path), place)
        for path in tracked("service/*.py")
        if not name_of(path).startswith(("service/tonne/cli/", "service/tonne/client/"))
        for place in places_told(ast.parse(path.read_text()), names)
    ]
    assert told == []


def test_a_place_in_a_message_is_seen():
    """The machinery runs: in a text, in metadata, and not in the detail."""
    source = "Away(f'{a.location} {b}', metadata={'path': one.path}, detail=f'{url}')"
    assert list(places_told(ast.parse(source), {"Away"})) == ["a.location", "one.path"]
    assert list(places_told(ast.parse(source), {"Other"})) == []


def test_a_read_past_the_door_is_seen():
    """The machinery runs: both ways to read are found."""
    source = "self._objects.get(path)\npl.scan_parquet(path)\nfound.get(key)\n"
    assert list(reads_of_files(ast.parse(source))) == ["get", "scan_parquet"]


def test_no_file_holds_a_banned_word():
    """No unfinished work, no path of one machine, no package index is committed."""
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{name_of(path)}: {word}: {why}"
            for word, why in BANNED_WORDS.items()
            if re.search(rf"(?<!\w){re.escape(word)}", text)
        ]
    assert found == []


def test_a_function_that_is_too_long_is_seen(tmp_path):
    """The machinery runs: both finders measure a long function."""
    body = "    x = 1\n" * 99
    (tmp_path / "a.py").write_text(f"def f(\n    a,\n):\n{body}\n\ny = 2\n")
    (tmp_path / "a.pyx").write_text(
        f"cdef int f(\n    int a,\n) noexcept nogil:\n{body}\n\ny = 2\n"
    )
    assert list(python_functions(tmp_path / "a.py")) == [("f", 102)]
    assert list(cython_functions(tmp_path / "a.pyx")) == [("f", 102)]
