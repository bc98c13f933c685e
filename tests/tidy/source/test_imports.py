"""The contracts of imports hold for every room and module, also for those that come."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[3]
ROOMS = sorted(
    ".".join(path.parent.relative_to(ROOT / "service/tonne").parts)
    for path in (ROOT / "service/tonne").glob("*/**/__init__.py")
    if not {"v1", "versions", "shipped"} & set(path.parts)
)
"""Rooms and their sub-rooms."""
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
PROTECTED = {
    module: contract["allowed_importers"]
    for contract in CONTRACTS
    if contract["type"] == "protected"
    for module in contract["protected_modules"]
}
ANYWHERE = {"rich", "typer", "cryptography", "jwt"}
"""Packages that any module may import: of the command's output, and of keys and tokens."""

PLANTED = "planted"


def _pairs(room: str, layers: list[str]) -> list[tuple[str, str]]:
    """Sub-rooms of a room, each with one above it."""
    found = [[f"{room}.{name.strip()}" for name in layer.split("|")] for layer in reversed(layers)]
    return [
        (lower, upper)
        for number, layer in enumerate(found)
        for lower in layer
        for above in found[number + 1 :]
        for upper in above
        if lower in ROOMS and upper in ROOMS
    ]


def lint(service: Path) -> str:
    """What import-linter says of a tree, without line breaks."""
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-c",
                "from importlinter.cli import lint_imports_command as run;run()",
            ),
            *("--no-cache", "--no-logo", str(ROOT / "pyproject.toml")),
        ],
        cwd=service,
        env={**os.environ, "PYTHONPATH": f"{service}{os.pathsep}{ROOT / 'ext'}", "COLUMNS": "999"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> str:
    """What is said of a tree in which every room, and a new module, imports all it must not."""
    service = tmp_path_factory.mktemp("planted") / "service"
    shutil.copytree(
        ROOT / "service", service, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    every = "".join(f"import {name}\n" for name in sorted(PROTECTED))
    below = "import tonne.cli\nimport tonne.ledger.posting.journal\n"
    for room in ROOMS:
        inside = room.partition(".")[0]
        above = "".join(f"import tonne.{each}\n" for each in ROOMS if each.startswith(inside))
        (service / "tonne" / room.replace(".", "/") / f"{PLANTED}.py").write_text(
            every + below + above
        )
    (service / "tonne" / f"{PLANTED}.py").write_text(every)
    return lint(service)


@pytest.mark.parametrize(
    ("imported", "importer"),
    [
        (imported, importer)
        for imported in sorted(PROTECTED)
        for importer in (*ROOMS, "")
        if not f"tonne.{importer}.".startswith(f"{imported}.")  # a room is no foreigner to itself
    ],
)
def test_a_protected_package_is_seen_where_it_may_be_alone(said, importer, imported):
    """The planted import breaks its contract in each room that is not named there."""
    module = ".".join(filter(None, ("tonne", importer, PLANTED)))
    is_allowed = any(f"tonne.{importer}.".startswith(f"{room}.") for room in PROTECTED[imported])
    assert (f"- {module} -> {imported} (" in said) is not is_allowed


@pytest.mark.parametrize("room", [room for room in ROOMS if not room.startswith("cli")])
def test_nobody_imports_what_is_above(said, room):
    """The command is above all; the ledger is above the SDK, the catalogue and the store."""
    assert f"- tonne.{room}.{PLANTED} -> tonne.cli (" in said
    if room in {"client", "catalogue", "store"}:
        assert f"- tonne.{room}.{PLANTED} -> tonne.ledger.posting.journal (" in said


def test_a_new_module_must_be_given_its_layer(said):
    """One that stands in no layer breaks the contract by being there."""
    assert "imports go one way BROKEN" in said
    assert f"- tonne.{PLANTED}\n" in said


def test_every_package_from_outside_is_decided_upon():
    """A package that nobody has named yet is in no contract: one must say who may import it."""
    graph = grimp.build_graph("tonne", include_external_packages=True, cache_dir=None)
    outside = {name.partition(".")[0] for name in graph.modules if graph.is_module_squashed(name)}
    unnamed = outside - sys.stdlib_module_names - ANYWHERE - PROTECTED.keys()
    assert not unnamed, f"say in pyproject.toml who may import {sorted(unnamed)}"


def circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that reach one another, by Tarjan's strongly connected components."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        number[module] = low[module] = len(number)
        stack.append(module)
        for other in imports.get(module, ()):
            if other not in number:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], number[other])
        if low[module] == number[module]:
            group = []
            while module not in group:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for module in imports:
        if module not in number:
            visit(module)
    return found


def test_no_modules_go_in_a_circle():
    """Neither at run time nor for their types; a package's own door is no part of it."""
    graph = grimp.build_graph("tonne", cache_dir=None)
    modules = {name for name in graph.modules if not name.startswith("tonne.v1")}
    doors = {name for name in modules if graph.find_children(name)}
    imports = {
        module: graph.find_modules_directly_imported_by(module) & modules - doors
        for module in modules - doors
    }
    assert circles(imports) == []


def test_a_circle_is_seen():
    """The machinery runs: through three modules, and none where there is none."""
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}}) == []
