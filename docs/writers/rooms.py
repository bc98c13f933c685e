"""Writes docs/internals/rooms.md from the first line of each room: `make docs`."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "internals" / "rooms.md"
SOURCES = {
    "service/tonne": "the package; each room's contract stands at the top of its `__init__.py`",
    "ext/tonne_kernel": "the kernel; its rooms build on each other in the order memory, values, "
    "arrow, records, columnar, session, posting, keys",
}
NO_ROOMS = {"v1", "versions", "shipped/editions"}
"""Generated code, scripts, data."""

_HEAD = """# The rooms

Made from the code by `make docs`; a test compares the two. Who may import whom is held by the
contracts in `pyproject.toml`; whoever is not named there may not.
"""


def rooms(source: str) -> list[tuple[str, str]]:
    """List the rooms of a source with the first line of each."""
    root = REPOSITORY / source
    found = []
    for path in sorted(root.glob("*/**/__init__.py")):
        room = path.parent.relative_to(root).as_posix()
        if not any(room == each or room.endswith(f"/{each}") for each in NO_ROOMS):
            words = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
            found.append((room, words.partition("\n")[0]))
    return found


def layers() -> list[tuple[str, list[str]]]:
    """List the layers of each room, the uppermost first."""
    text = (REPOSITORY / "pyproject.toml").read_text("utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    return [
        (container, contract["layers"])
        for contract in contracts
        if contract["type"] == "layers"
        for container in contract["containers"]
    ]


def write_page() -> str:
    """Render the page."""
    parts = [_HEAD]
    for source, about in SOURCES.items():
        rows = "".join(f"| `{room}` | {words} |\n" for room, words in rooms(source))
        head = f"## {source}\n\nThis is {about}.\n\n| room | what it is |\n|---|---|\n"
        parts.append(head + rows)
    rows = "".join(
        f"| `{container}` | {', then '.join(_cell(each) for each in found)} |\n"
        for container, found in layers()
    )
    parts.append(
        "## Layers\n\nWhat stands first may import what stands after it, and nothing before it; a "
        "slash parts what may not see each other.\n\n"
        "| room | its layers, the uppermost first |\n|---|---|\n" + rows
    )
    return "\n".join(parts)


def _cell(layer: str) -> str:
    """Write a layer; modules side by side are parted by a slash, since a bar parts cells."""
    return " / ".join(f"`{each.strip()}`" for each in layer.split("|"))


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
