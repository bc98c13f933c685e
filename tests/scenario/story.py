"""Reads a story: Markdown with steps as headings, facts and expectations as tables.

A story is prose and steps. A step is a heading of the second level and the table below it. It
is what happens (`book`, `facilities`, `entities`, `edition`, `order`, `records`) or what must be
seen (`postings`, `inventory`, `notices`, `suspense`, `quarantine`). Steps run from top to bottom
on one fresh ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One heading with its table; `line` is where it stands in the file."""

    verb: str
    words: str
    rows: tuple[Row, ...]
    line: int


def read_story(path: Path) -> list[Step]:
    """Read the steps of a story; a table that is out of shape is an error with its line."""
    steps: list[Step] = []
    header: list[str] = []
    rows: list[Row] = []
    heading: tuple[str, int] | None = None

    def end_step() -> None:
        if heading is not None:
            verb, _, words = heading[0].partition(" ")
            steps.append(Step(verb, words.strip(), tuple(rows), heading[1]))

    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if text.startswith("## "):
            end_step()
            heading, header, rows = (text[3:].strip(), number), [], []
        elif text.startswith("|"):
            cells = [cell.strip() for cell in text.strip("|").split("|")]
            if heading is None:
                raise ValueError(f"{path.name}:{number}: a table stands before the first step")
            if not header:
                header = cells
            elif len(cells) != len(header):
                raise ValueError(f"{path.name}:{number}: {len(cells)} cells, not {len(header)}")
            elif not all(cell.strip(":-") == "" and "-" in cell for cell in cells):
                rows.append(dict(zip(header, cells, strict=True)))
    end_step()
    return steps
