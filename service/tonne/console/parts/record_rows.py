"""Rows of tables that list records, one by one: the same cells wherever they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.client.wire.resources import source_of
from tonne.console.parts import numbers
from tonne.console.parts.blocks import Acts, Head, Table, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tonne.console.language import Language
    from tonne.console.parts.blocks import Cell

HEADS = ("Id", "Facility", "Activity", "Quantity", "Time, UTC", "Channel and offset")
"""Of the cells of a record."""

ACTIONS = "Actions"
"""Of the last cell of a row: what can be done with its thing."""


def record_cells(
    record: Mapping[str, object],
    channel: str,
    offset: int,
    *,
    parts: str = "",
    href: str = "",
    segment: str = "",
) -> tuple[Cell, ...]:
    """Write a record as the cells of `HEADS`.

    Parameters
    ----------
    record, channel, offset
        As listings have them.
    parts : str
        Its quantities by month, where these are told.
    href : str
        Where its place leads to.
    segment : str
        Where it is kept.
    """
    told = {name: str(value if value is not None else "") for name, value in record.items()}
    quantity = f"{numbers.plain(record.get('quantity'))} {told.get('unit', '')}".strip()
    return (
        Text(told.get("record_id") or "–", below=told.get("evidence", "")),
        Text(told.get("facility") or "–"),
        Text(told.get("activity") or "–", look="code"),
        Text(quantity or "–"),
        Text(numbers.span(record.get("start"), record.get("end")), below=parts),
        Text(f"{source_of(channel)} @ {offset}", href, below=segment),
    )


def records_table(
    say: Language,
    rows: Sequence[Sequence[Cell]],
    more: Sequence[str] = (),
    *,
    note: str = "",
    empty: str = "",
) -> Table:
    """Make a table of records, whose rows have `more` cells behind those of `HEADS`."""
    heads = [Head(say(each)) for each in (*HEADS, *more)]
    return offered(Table(say("Records"), heads, rows, note=note, empty=empty), say(ACTIONS))


def offered(table: Table, title: str) -> Table:
    """Leave the column of what can be done out, which is the last, where nothing can."""
    is_last = bool(table.heads) and table.heads[-1].title == title
    if not is_last or any(_is_something(row[-1]) for row in table.rows):
        return table
    rows = [row[:-1] for row in table.rows]
    return Table(table.title, table.heads[:-1], rows, note=table.note, empty=table.empty)


def _is_something(cell: Cell) -> bool:
    return bool(cell.links) if isinstance(cell, Acts) else cell is not None
