"""A report as one page of HTML that needs nothing else: no script, no style, no font.

Whatever a text of the book holds, it is a text: Jinja2 escapes all that goes in, and only the SVG
of `charts`, which escapes by itself, goes in as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from tonne.text.visible import visible
from tonne.yearly.figures import Anchors, Figure, mass, shown_texts

if TYPE_CHECKING:
    from tonne.yearly.figures import Cell, Column, Report, Table, Tile

ROWS_MAX = 400
"""Rows of a table that a page shows; the other forms have them all."""


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell as people see it: its text, the number of what explains it, and its exact value."""

    text: str
    is_number: bool
    key: str
    anchor: int | None = None
    exact: str = ""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table as people see it."""

    table: Table
    heads: tuple[tuple[str, str, bool], ...]
    rows: tuple[tuple[ShownCell, ...], ...]
    total: tuple[ShownCell, ...]
    left_out_count: int


def page_of(report: Report) -> bytes:
    """Write a report as HTML in UTF-8."""
    anchors = Anchors()
    tiles = _tiles(report, anchors)
    sections = [
        (each, [Markup(chart) for chart in each.charts], [_shown(t, anchors) for t in each.tables])  # noqa: S704  # charts escape by themselves
        for each in report.sections
    ]
    explained = [
        (number, anchors.values[selection], selection.command())
        for selection, number in anchors.numbers.items()
    ]
    text = (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            style=Markup(_read("report.css")),  # noqa: S704  # our own file
            tiles=tiles,
            sections=sections,
            explained=explained,
        )
    )
    return text.encode("utf-8", "backslashreplace")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["visible"] = visible
    return environment


def _read(name: str) -> str:
    folder = resources.files("tonne.yearly.forms").joinpath("shipped")
    return folder.joinpath(name).read_text(encoding="utf-8")


def _tiles(report: Report, anchors: Anchors) -> list[tuple[Tile, str, int | None]]:
    """Give the tiles with their texts, all with the same places."""
    column = mass("tile", "")
    texts = shown_texts(column, [each.figure for each in report.tiles])
    return [
        (each, text or "-", anchors.of(each.figure, column) if each.figure else None)
        for each, text in zip(report.tiles, texts, strict=True)
    ]


def _shown(table: Table, anchors: Anchors) -> ShownTable:
    rows = table.rows[:ROWS_MAX]
    everything = [*rows, *([table.total] if table.total else [])]
    laid_out = (
        (column, [row[place] for row in everything]) for place, column in enumerate(table.columns)
    )
    # A column of nothing takes the room of those with something.
    columns = [each for each in laid_out if any(cell not in {None, ""} for cell in each[1])]
    by_column = [_shown_column(column, cells, anchors) for column, cells in columns]
    made = [tuple(column[number] for column in by_column) for number in range(len(everything))]
    heads = tuple(
        (column.title, column.unit, any(cell.is_number for cell in cells))
        for (column, _), cells in zip(columns, by_column, strict=True)
    )
    return ShownTable(
        table,
        heads,
        tuple(made[: len(rows)]),
        made[-1] if table.total else (),
        len(table.rows) - len(rows),
    )


def _shown_column(column: Column, cells: list[Cell], anchors: Anchors) -> list[ShownCell]:
    is_number = any(isinstance(each, Figure | int) for each in cells)
    return [
        ShownCell(
            text,
            is_number,
            column.key,
            anchors.of(cell, column) if isinstance(cell, Figure) else None,
            cell.exact_text(column) if isinstance(cell, Figure) else "",
        )
        for cell, text in zip(cells, shown_texts(column, cells), strict=True)
    ]
