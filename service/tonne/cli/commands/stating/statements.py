"""What the commands of all kinds of statements share: `add`, `list`, `show`, `withdraw`."""

import csv
import dataclasses
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.cli.commands.selecting import AsOfOption
from tonne.cli.connection import (
    DEFAULT_SERVER,
    AuthorOption,
    BookOption,
    FilterOption,
    OrderOption,
    ReasonOption,
    ServerOption,
    connect,
)
from tonne.cli.terminal.output import (
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    exact_text,
    print_json,
    print_rows,
    program_value,
    say,
)
from tonne.errors import FieldInvalid
from tonne.statements.fields import check_fields, from_mapping, to_mapping
from tonne.statements.statement import BODIES, Kind, Statement
from tonne.text.visible import read_csv_cell

_PLACES = 3
"""Places of the numbers that people read."""

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Its id.")]
FieldsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FIELD=VALUE...",
        help="What is stated: texts, numbers, days as YYYY-MM-DD; of a list, items between commas "
        "or JSON.",
    ),
]
FromDayOption = Annotated[
    str,
    typer.Option(
        "--valid-from",
        metavar="DAY",
        help="Day from which it speaks; empty: its own, or today.",
    ),
]
VersionOption = Annotated[
    int,
    typer.Option("--version", help="The version you read: refused where another is in force."),
]
RequestOption = Annotated[
    str, typer.Option("--request-id", help="Names the call: a repeat states nothing.")
]
AllOption = Annotated[bool, typer.Option("--all-versions", help="All versions, not the last.")]
OnOption = Annotated[
    str, typer.Option("--on", metavar="DAY", help="What speaks of this day, YYYY-MM-DD.")
]


def read_body(kind: Kind, given: list[str] | None) -> Any:
    """Read what is stated from FIELD=VALUE texts. Raises `typer.BadParameter`, FieldInvalid."""
    values: dict[str, Any] = {}
    for each in given or ():
        name, sign, text = each.partition("=")
        if not sign or name in values:
            fields = ", ".join(field.name for field in dataclasses.fields(BODIES[kind]))
            raise typer.BadParameter(
                f"expected FIELD=VALUE, each once, of {fields}; got {each!r}",
                param_hint="FIELD=VALUE",
            )
        values[name] = _value(text)
    body = from_mapping(BODIES[kind], values, str(kind))
    check_fields(body, str(kind))
    return body


def _value(text: str) -> Any:
    if text.startswith("["):
        try:
            return json.loads(text, parse_float=str, parse_int=str)
        except json.JSONDecodeError as error:
            told = f"expected JSON; got {text!r}: {error}"
            raise typer.BadParameter(told, param_hint="FIELD=VALUE") from error
    return text


def make_app(kind: Kind, about: str) -> typer.Typer:
    """Make the commands `add`, `list`, `show` and `withdraw` of a kind of statements."""
    app = typer.Typer(help=about, no_args_is_help=True)
    _add_adding(app, kind)
    add_listing(app, kind)
    return app


def _add_adding(app: typer.Typer, kind: Kind) -> None:
    """Add the command that states, and states anew."""
    fields = ", ".join(field.name for field in dataclasses.fields(BODIES[kind]))

    @app.command("add", epilog=f"Fields: {fields}.")
    def add(  # typer passes by name
        statement_id: IdArgument,
        given: FieldsArgument = None,
        *,
        book: BookOption,
        reason: ReasonOption,
        author: AuthorOption = "",
        valid_from: FromDayOption = "",
        version: VersionOption = 0,
        request_id: RequestOption = "",
        server: ServerOption = DEFAULT_SERVER,
    ) -> None:
        """State it, or state it anew: a new version, and those before stay as they are."""
        body = read_body(kind, given)
        made = Statement(kind, statement_id, body, valid_from, reason, author, version)
        with connect(server) as client:
            (kept,) = client.add_statements(book, [made], request_id=request_id)
        say(f"{kind} {kept.id}: version {kept.version}, from {kept.valid_from} on")


def add_listing(app: typer.Typer, kind: Kind) -> None:
    """Add the commands that list, show and withdraw."""

    @app.command("list")
    def list_all(  # typer passes by name
        book: BookOption,
        *,
        all_versions: AllOption = False,
        as_of: AsOfOption = "",
        on: OnOption = "",
        filter_by: FilterOption = "",
        order_by: OrderOption = "",
        form: FormatOption = Format.TABLE,
        server: ServerOption = DEFAULT_SERVER,
    ) -> None:
        """List them in the order in which they were stated."""
        with connect(server) as client:
            found = client.list_statements(
                book,
                kind,
                all_versions=all_versions,
                as_of=as_of,
                valid_on=on,
                filter_by=filter_by,
                order_by=order_by,
            )
            rows = (_row(each) for each in found if all_versions or not each.is_withdrawn)
            print_rows(_columns(kind, form), rows, form)

    add_history(app, kind)


def add_history(app: typer.Typer, kind: Kind) -> None:
    """Add the commands that show one of them, and withdraw it."""

    @app.command("show")
    def show(
        statement_id: IdArgument,
        *,
        book: BookOption,
        server: ServerOption = DEFAULT_SERVER,
    ) -> None:
        """Show all versions of one of them, as JSON: who said what when, and why."""
        with connect(server) as client:
            found = list(
                client.list_statements(
                    book, kind, all_versions=True, filter_by=f'id = "{statement_id}"'
                )
            )
            if not found:
                client.get_statement(book, kind, statement_id)
        print_json([_document(each) for each in found])

    @app.command("withdraw")
    def withdraw(
        statement_id: IdArgument,
        *,
        book: BookOption,
        reason: ReasonOption,
        author: AuthorOption = "",
        server: ServerOption = DEFAULT_SERVER,
    ) -> None:
        """State that it no longer holds. Its versions stay, and what was known then."""
        made = Statement(kind, statement_id, None, "", reason, author)
        with connect(server) as client:
            client.add_statements(book, [made])
        say(f"{kind} {statement_id} is withdrawn")


def read_rows(file: Path, columns: dict[str, str], known: tuple[str, ...]) -> Iterator[Any]:
    """Read a CSV file: the place and the fields of each row.

    Parameters
    ----------
    file : Path
    columns : dict of str to str
        Names of columns by field, where they are other than the field's.
    known : tuple of str
        All fields that are read; other columns are left out, and told.

    Raises
    ------
    FieldInvalid
        A row has more cells than the header, a column stands twice, or the file has none of the
        fields.
    """
    named = {columns.get(field, field): field for field in known}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        header = list(reader.fieldnames or ())
        missing = [name for name in columns.values() if name not in header]
        if missing or not set(named) & set(header):
            raise FieldInvalid(
                f"{file}: expected a header with some of {', '.join(named)}; got "
                f"{', '.join(header) or 'nothing'}",
                metadata={"file": str(file)},
            )
        twice = [name for name in named if header.count(name) > 1]
        if twice:
            raise FieldInvalid(
                f"{file}: expected each column once; {', '.join(twice)} stands twice: rename one",
                metadata={"file": str(file)},
            )
        if others := [name for name in header if name not in named]:
            say(f"notice: {file}: columns that are not read: {', '.join(others)}")
        for row in reader:
            place = f"{file}, line {reader.line_num}"
            if None in row:
                raise FieldInvalid(
                    f"{place}: expected at most {len(header)} cells; got more",
                    metadata={"file": str(file), "line": str(reader.line_num)},
                )
            yield (
                place,
                {
                    named[name]: read_csv_cell(text or "")
                    for name, text in row.items()
                    if name in named
                },
            )


_TABLE_FIELDS = {
    Kind.MEASURE: ("display_name", "state", "method", "start_date", "expected_kg_co2e", "targets"),
    Kind.TARGET: ("display_name", "type", "target_year_start", "change_percent", "target_value"),
}
"""Fields that a table shows of kinds that have more than fit; CSV and JSON have all."""


def _columns(kind: Kind, form: Format) -> tuple[Column, ...]:
    names = [field.name for field in dataclasses.fields(BODIES[kind])]
    if form is Format.TABLE:
        names = list(_TABLE_FIELDS.get(kind, names))
    return (
        Column("id"),
        Column("version"),
        Column("valid_from", "from"),
        *(
            Column(name, name.replace("_", " "), is_optional=True, width_min=PROSE_WIDTH_MIN // 4)
            for name in names
            if name != "valid_from"
        ),
        Column("withdrawn", is_optional=True),
    )


def _row(each: Statement) -> dict[str, object]:
    says = {} if each.body is None else to_mapping(each.body)
    return {
        "id": each.id,
        "version": each.version,
        "valid_from": each.valid_from,
        **{name: _cell(value) for name, value in says.items() if name != "valid_from"},
        "withdrawn": True if each.is_withdrawn else None,
    }


def _cell(value: object) -> object:
    """Write what is stated in one cell: items between commas, what has fields as JSON."""
    if not isinstance(value, list):
        return value
    if all(isinstance(each, str) for each in value):
        return ",".join(value)
    return json.dumps(value, ensure_ascii=False)


def _document(each: Statement) -> dict[str, object]:
    return {
        "kind": str(each.kind),
        "id": each.id,
        "version": each.version,
        "valid_from": each.valid_from,
        "withdrawn": each.is_withdrawn,
        "says": None if each.body is None else to_mapping(each.body),
        "reason": each.reason,
        "author": each.author,
        "create_time": program_value(each.create_time),
        "number": each.number,
    }


def document_of(value: Any) -> Any:
    """Write what follows from statements for programs: decimals as exact texts."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            each.name: document_of(getattr(value, each.name)) for each in dataclasses.fields(value)
        }
    if isinstance(value, tuple):
        return [document_of(each) for each in value]
    return program_value(value)


def rows_of(values: Iterable[Any]) -> list[dict[str, object]]:
    """Write dataclasses as rows; what has parts of its own stands in one cell."""
    return [
        {
            each.name: ",".join(map(str, held)) if isinstance(held, tuple) else held
            for each in dataclasses.fields(value)
            for held in (getattr(value, each.name),)
        }
        for value in values
    ]


def people_text(value: Decimal) -> str:
    """Write a number that follows from statements for people; JSON and CSV have it exactly."""
    return exact_text(round(value, _PLACES))


def tell(notices: Iterable[str]) -> None:
    """Tell what numbers do not say by themselves."""
    for each in notices:
        say(f"notice: {each}")


def read_spend(file: Path | None) -> tuple[dict[str, str], str]:
    """Read spend from a CSV file with supplier, amount, currency: by supplier, and the currency.

    Raises
    ------
    FieldInvalid
        A supplier stands there twice, or two currencies.
    """
    amounts: dict[str, str] = {}
    currency = ""
    if file is None:
        return amounts, currency
    for place, row in read_rows(file, {}, ("supplier", "amount", "currency")):
        supplier, unit = row.get("supplier", ""), row.get("currency", "")
        if supplier in amounts:
            raise FieldInvalid(f"{place}: supplier {supplier!r} stands before: add its spend up")
        if currency and unit != currency:
            raise FieldInvalid(
                f"{place}: expected {currency} as before; got {unit!r}: currencies are not added"
            )
        currency = unit
        amounts[supplier] = row.get("amount", "")
    return amounts, currency


SpendOption = Annotated[
    Path | None,
    typer.Option(
        "--spend",
        exists=True,
        dir_okay=False,
        metavar="FILE",
        help="CSV with supplier, amount, currency: what was spent; without it, that of the "
        "ledger in the year to the day.",
    ),
]
