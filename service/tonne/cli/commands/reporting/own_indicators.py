"""A book's own indicators: `tonne indicator define`, `versions` and `retire`."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.cli.connection import (
    DEFAULT_SERVER,
    AuthorOption,
    BookOption,
    ReasonOption,
    ServerOption,
    connect,
)
from tonne.cli.terminal.output import (
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    print_json,
    print_rows,
    program_value,
    say,
)
from tonne.errors import FieldInvalid, StatementUnknown
from tonne.statements.definitions.indicators import IndicatorDefinition, read_document
from tonne.statements.fields import check_fields, to_mapping
from tonne.statements.statement import Kind, Statement

_COLUMNS = (
    Column("version"),
    Column("valid_from", "from"),
    Column("author"),
    Column("reason", width_min=PROSE_WIDTH_MIN),
    Column("title", width_min=PROSE_WIDTH_MIN),
)


def define_indicators(  # noqa: PLR0917  # typer passes by name
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, metavar="FILE", help="TOML with tables [[indicator]]."
        ),
    ],
    book: BookOption,
    reason: ReasonOption,
    author: AuthorOption = "",
    valid_from: Annotated[
        str, typer.Option("--valid-from", metavar="DAY", help="First day of it; empty: today.")
    ] = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """State indicators of the book's own: each a new version, where there is one already."""
    given = [
        Statement(Kind.INDICATOR, id_, body, valid_from, reason, author)
        for id_, body in read_file(file)
    ]
    with connect(server) as client:
        made = client.add_statements(book, given)
    for each in made:
        say(f"indicator {each.id}: version {each.version}, from {each.valid_from} on")


def list_versions(
    indicator: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    book: BookOption,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List all versions of an indicator of the book's own: who, from when, and why."""
    with connect(server) as client:
        found = list(
            client.list_statements(
                book, Kind.INDICATOR, all_versions=True, filter_by=f'id = "{indicator}"'
            )
        )
    if not found:
        raise StatementUnknown.of(book, Kind.INDICATOR, indicator)
    if form is Format.JSON:
        print_json([_document(each) for each in found])
        return
    print_rows(_COLUMNS, [_row(each) for each in found], form)


def retire_indicator(
    indicator: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    book: BookOption,
    reason: ReasonOption,
    author: AuthorOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """State that an indicator is used no more; its versions stay, and can be asked for."""
    with connect(server) as client:
        client.add_statements(
            book, [Statement(Kind.INDICATOR, indicator, None, "", reason, author)]
        )
    say(f"indicator {indicator} is retired; `-i {indicator} --version N` still has its values")


def read_file(path: Path) -> list[tuple[str, IndicatorDefinition]]:
    """Read definitions from a TOML file, in the form of those that ship.

    Raises
    ------
    FieldInvalid
        It is no such file, or a field of it is wrong.
    """
    try:
        given = tomllib.loads(path.read_text("utf-8"), parse_float=str)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FieldInvalid(f"{path}: expected indicators in TOML; {error}") from error
    items = given.pop("indicator", None)
    if given or not isinstance(items, list) or not items:
        raise FieldInvalid(
            f"{path}: expected tables [[indicator]] and nothing else; got "
            f"{', '.join(given) or 'none'}",
            metadata={"field": "indicator"},
        )
    return [_read_item(dict(item), f"{path}: indicator[{n}]") for n, item in enumerate(items)]


def _read_item(fields: dict[str, Any], place: str) -> tuple[str, IndicatorDefinition]:
    id_ = fields.pop("id", "")
    if not isinstance(id_, str) or not id_:
        raise FieldInvalid(f"{place}.id: expected its id; got {id_!r}", metadata={"field": "id"})
    if "version" in fields:
        raise FieldInvalid(
            f"{place}.version: expected none, as the book counts the versions; leave it out",
            metadata={"field": "version"},
        )
    body = read_document(fields, place)
    check_fields(body, place)
    body.check(place)
    return id_, body


def _row(each: Statement) -> dict[str, object]:
    return {
        "version": each.version,
        "valid_from": each.valid_from,
        "author": each.author,
        "reason": each.reason,
        "title": "(retired)" if each.body is None else each.body.title,
    }


def _document(each: Statement) -> dict[str, object]:
    return {
        "id": each.id,
        "version": each.version,
        "valid_from": each.valid_from,
        "author": each.author,
        "reason": each.reason,
        "create_time": program_value(each.create_time),
        "retired": each.is_withdrawn,
        "definition": None if each.body is None else to_mapping(each.body),
    }
