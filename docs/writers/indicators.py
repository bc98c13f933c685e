"""Writes docs/indicator-list.md from the definitions that ship: `make docs`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tonne.catalogue.resolving.valuation import decimal_text
from tonne.catalogue.words.tables import read_table
from tonne.reports.indicators.definition import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.reports.indicators.definition import Definition

PAGE = Path(__file__).parents[2] / "docs" / "indicator-list.md"

_HEAD = """\
# The indicators that ship

Generated from `service/tonne/catalogue/shipped`: its folder `indicators`, and its table of coal
equivalents. How a value comes about: [indicators.md](indicators.md).
"""


def write_page() -> str:
    """Text of the page."""
    parts = [_HEAD, "## Definitions\n"]
    rows = ["| indicator | unit | what, and who says so |", "|---|---|---|"]
    for versions in shipped().values():
        one = versions[-1]
        unit = "" if one.unit == "1" else one.unit
        rows.append(f"| `{one.id}` | {unit} | {' '.join(_sentences(one))} |")
    parts.append("\n".join(rows) + "\n")
    parts.append("## Coal equivalents\n\n`*` is what has no coefficient: by its energy.\n")
    rows = ["| set | activity | unit | kgce | source |", "|---|---|---|---|---|"]
    rows += [
        f"| {row['set']} | `{row['activity']}` | {row['unit']} | {row['kgce']} | {row['source']} |"
        for row in read_table("coal_equivalents.csv")
    ]
    parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _sentences(one: Definition) -> Iterator[str]:
    yield f"{one.title}. {one.source}."
    if one.grades:
        sign = "≤" if one.is_lower_better else "≥"
        grades = ", ".join(
            f"{each.name}: {sign} {decimal_text(each.limit)}" for each in one.grades
        )
        yield f"Grades ({one.grades_source}): {grades}."
    if one.note:
        yield f"Mind: {one.note}."


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
