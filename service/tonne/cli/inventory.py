"""The command `tonne inventory`."""

from typing import Annotated

import typer

from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.output import (
    Column,
    Format,
    FormatOption,
    print_json,
    print_rows,
    print_table,
    program_value,
    say,
)
from tonne.client import Inventory, InventoryRow
from tonne.client.client import DIMENSIONS

GROUP_WIDTH_MIN = 12
"""Characters in which a facility or an activity can still be told from another."""

_MASS_COLUMNS = (
    Column("kg_co2e", "kg CO2e", is_rounded=True),
    Column("kg_co2", "kg CO2", is_optional=True, is_rounded=True),
    Column("kg_ch4", "kg CH4", is_optional=True, is_rounded=True),
    Column("kg_n2o", "kg N2O", is_optional=True, is_rounded=True),
    Column("records"),
)


def show_inventory(  # noqa: PLR0917  # typer passes by name
    book: BookOption,
    from_period: Annotated[
        str, typer.Option("--from", metavar="YYYY-MM", help="First month; empty: the first.")
    ] = "",
    to_period: Annotated[
        str, typer.Option("--to", metavar="YYYY-MM", help="Last month, inclusive.")
    ] = "",
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="COLUMN,...",
            help=f"Group by any of {', '.join(DIMENSIONS)}; empty: the total alone.",
        ),
    ] = "account",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Print the inventory of a book, complete up to the last acknowledged record."""
    columns = tuple(name.strip() for name in by.split(",") if name.strip())
    unknown = [name for name in columns if name not in DIMENSIONS]
    if unknown or len(set(columns)) < len(columns):
        raise typer.BadParameter(
            f"expected some of {', '.join(DIMENSIONS)}, each once; got {by!r}", param_hint="--by"
        )
    with connect(server) as client:
        inventory = client.inventory(
            book, from_period=from_period, to_period=to_period, by=columns
        )
    print_inventory(inventory, columns, form)
    if form is not Format.JSON:  # which has them in the document
        print_remarks(inventory)


def print_inventory(inventory: Inventory, by: tuple[str, ...], form: Format) -> None:
    """Print an inventory grouped by these columns."""
    groups = (Column(name, name.replace("_", " "), width_min=GROUP_WIDTH_MIN) for name in by)
    columns = (*groups, *_MASS_COLUMNS)
    total = inventory_row(inventory.total)
    if form is Format.JSON:
        print_json(
            {
                "rows": [_program_row(row) for row in inventory.rows],
                "total": _program_row(inventory.total),
                "notices": [
                    {"reason": item.reason, "message": item.message, "records": item.records_count}
                    for item in inventory.notices
                ],
                "suspended_records": inventory.suspended_count,
            }
        )
        return
    rows = [inventory_row(row) for row in inventory.rows] if by else [total]
    if form is Format.CSV:
        print_rows(columns, rows, form)
    else:
        print_table(columns, rows, {by[0]: "total", **total} if by else None)


def print_remarks(inventory: Inventory) -> None:
    """Tell what the numbers do not say by themselves."""
    if not inventory.total.records_count:
        say("no record is posted in these months")
    if inventory.total.partial_gases:
        gases = ", ".join(inventory.total.partial_gases).upper()
        say(f"notice: some factors do not state {gases}: the mass is partial")
    for item in inventory.notices:
        say(f"notice: {item.message} (records: {item.records_count:,})")
    if inventory.suspended_count:
        say(
            f"{inventory.suspended_count:,} records wait in suspense and are in no number "
            "above: see `tonne suspense list`"
        )


def inventory_row(row: InventoryRow) -> dict[str, object]:
    """Make the printed columns of a row."""
    return {
        **row.group,
        "kg_co2e": row.kg_co2e,
        "kg_co2": row.kg_co2,
        "kg_ch4": row.kg_ch4,
        "kg_n2o": row.kg_n2o,
        "records": row.records_count,
    }


def _program_row(row: InventoryRow) -> dict[str, object]:
    values = {key: program_value(value) for key, value in inventory_row(row).items()}
    return {**values, "partial_gases": list(row.partial_gases)}
