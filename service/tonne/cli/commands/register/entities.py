"""The command `tonne entity`: the legal entities of an organisation, and what is held of them."""

import csv
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.commands.books import readable_file
from tonne.cli.connection import (
    DEFAULT_SERVER,
    BookOption,
    FilterOption,
    OrderOption,
    ReasonOption,
    ServerOption,
    connect,
)
from tonne.cli.terminal.output import Column, Format, FormatOption, counted, print_rows, say
from tonne.errors import FieldInvalid
from tonne.model import Entity, FinancialControl, Holding
from tonne.text.visible import read_csv_cell

entity_app = typer.Typer(
    help="Entities of a book's organisation, with their dated shares.", no_args_is_help=True
)

HOLDING_FIELDS = ("valid_from", "valid_to", "equity_share", "financial_control", "operated")
ENTITY_FIELDS = ("id", "parent", "display_name", *HOLDING_FIELDS)

EntitiesFile = Annotated[
    Path,
    readable_file(f"CSV with a header: {', '.join(ENTITY_FIELDS)}; only id is required."),
]

_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_CONTROLS = {control.name.lower(): control for control in FinancialControl}


@entity_app.command("import")
def import_entities(
    file: EntitiesFile,
    book: BookOption,
    *,
    reason: ReasonOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Import the entities of a CSV file, one row for each holding. Only id is required."""
    with connect(server) as client:
        created_count, updated_count = client.import_entities(
            book, read_entities(file), reason=reason
        )
    say(f"{counted(created_count, 'entity')} added, {updated_count:,} replaced")


@entity_app.command("list")
def list_entities(
    book: BookOption,
    *,
    filter_by: FilterOption = "",
    order_by: OrderOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the entities, one row for each holding, in the form of an import."""
    columns = [Column("id"), *(Column(name, is_optional=True) for name in ENTITY_FIELDS[1:])]
    with connect(server) as client:
        print_rows(
            columns,
            _rows(client.list_entities(book, filter_by=filter_by, order_by=order_by)),
            form,
        )


def read_entities(file: Path) -> Iterator[Entity]:
    """Read a CSV file of entities; rows of one id are its holdings.

    Raises
    ------
    FieldInvalid
        Naming the line.
    """
    found: dict[str, Entity] = {}
    for line, row in _read_rows(file):
        entity = Entity(row["id"], row["display_name"], row["parent"], _read_holding(line, row))
        before = found.get(entity.id)
        if before is not None:
            for name in ("parent", "display_name"):
                if getattr(entity, name) not in ("", getattr(before, name)):
                    raise _invalid(
                        line,
                        name,
                        f"the value that {entity.id} has on an earlier line, or nothing",
                        row[name],
                    )
            holdings = before.holdings + entity.holdings
            entity = dataclasses.replace(before, holdings=holdings)
        found[entity.id] = entity
    return iter(found.values())


def _read_rows(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (place, cells by field) of each row."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        header = tuple(reader.fieldnames or ())
        unknown = [name for name in header if name not in ENTITY_FIELDS]
        if unknown or "id" not in header:
            raise FieldInvalid(
                f"{file}: expected a header of {', '.join(ENTITY_FIELDS)} (only id is "
                f"required); got {', '.join(header) or 'nothing'}",
                metadata={"file": str(file)},
            )
        for row in reader:
            place = f"{file}, line {reader.line_num}"
            if None in row or not row["id"]:
                raise FieldInvalid(
                    f"{place}: expected an id and at most {len(header)} fields; got "
                    f"{list(row.values())}",
                    metadata={"place": place},
                )
            cells = {name: read_csv_cell(row.get(name) or "") for name in ENTITY_FIELDS}
            yield place, {name: text.strip() for name, text in cells.items()}


def _read_holding(place: str, row: Mapping[str, str]) -> tuple[Holding, ...]:
    if not any(row[name] for name in HOLDING_FIELDS):
        return ()
    control = _CONTROLS.get(row["financial_control"].lower() or "full")
    if control is None:
        expected = f"one of {', '.join(_CONTROLS)}"
        raise _invalid(place, "financial_control", expected, row["financial_control"])
    operated = _YES_NO.get(row["operated"].lower() or "yes")
    if operated is None:
        raise _invalid(place, "operated", "yes or no", row["operated"])
    return (
        Holding(
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            equity_share=row["equity_share"] or "1",
            financial_control=control,
            is_operated=operated,
        ),
    )


def _rows(entities: Iterable[Entity]) -> Iterator[dict[str, object]]:
    for entity in entities:
        named = {
            "id": entity.id,
            "parent": entity.parent,
            "display_name": entity.display_name,
        }
        for holding in entity.holdings:
            yield {
                **named,
                "valid_from": holding.valid_from,
                "valid_to": holding.valid_to,
                "equity_share": holding.equity_share,
                "financial_control": holding.financial_control.name.lower(),
                "operated": "yes" if holding.is_operated else "no",
            }
        if not entity.holdings:
            yield dict(named)


def _invalid(place: str, field: str, expected: str, got: str) -> FieldInvalid:
    return FieldInvalid(
        f"{place}, {field}: expected {expected}; got {got!r}",
        metadata={"place": place, "field": field},
    )
