"""Commands about the facilities of a book."""

import csv
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.catalogue.words.folding import hyphened
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
from tonne.cli.terminal.output import (
    Column,
    Format,
    FormatOption,
    counted,
    print_rows,
    say,
)
from tonne.errors import FieldInvalid
from tonne.model import Facility
from tonne.text.visible import look, read_csv_cell

facility_app = typer.Typer(help="Facilities of a book.", no_args_is_help=True)

FACILITY_FIELDS = tuple(field.name for field in dataclasses.fields(Facility))

FacilitiesFile = Annotated[
    Path,
    readable_file(f"CSV with a header: {', '.join(FACILITY_FIELDS)}; only id is required."),
]


@facility_app.command("update")
def update_facility(
    facility: Annotated[str, typer.Argument(metavar="FACILITY", help="Id of the facility.")],
    changes: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=VALUE...", help="What changes, like region=DE."),
    ],
    book: BookOption,
    *,
    reason: ReasonOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Change fields of a registered facility; what is not given stays as it is."""
    given = {name: value for name, _, value in (each.partition("=") for each in changes)}
    wrong = [each for each in changes if "=" not in each or each.startswith("id=")]
    wrong += [name for name in given if name not in FACILITY_FIELDS]
    if wrong:
        raise typer.BadParameter(
            f"expected fields of {', '.join(FACILITY_FIELDS[1:])}, like region=DE; got "
            f"{wrong[0]!r}",
            param_hint="FIELD=VALUE",
        )
    with connect(server) as client:
        client.update_facility(book, facility, reason=reason, **given)
    say(f"facility {facility} changed")


@facility_app.command("import")
def import_facilities(
    file: FacilitiesFile,
    book: BookOption,
    *,
    reason: ReasonOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Register the facilities of a CSV file. Only the column id is required."""
    facilities = list(read_facilities(file))
    _tell_lookalikes(each.id for each in facilities)
    with connect(server) as client:
        created_count, updated_count = client.import_facilities(book, facilities, reason=reason)
    say(f"{counted(created_count, 'facility')} registered, {updated_count:,} replaced")


@facility_app.command("list")
def list_facilities(
    book: BookOption,
    *,
    filter_by: FilterOption = "",
    order_by: OrderOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the registered facilities."""
    columns = [Column("id"), *(Column(name, is_optional=True) for name in FACILITY_FIELDS[1:])]
    ids: list[str] = []

    def rows() -> Iterator[dict[str, Any]]:
        for each in client.list_facilities(book, filter_by=filter_by, order_by=order_by):
            ids.append(each.id)
            yield dataclasses.asdict(each)

    with connect(server) as client:
        print_rows(columns, rows(), form)
    _tell_lookalikes(ids)


def _tell_lookalikes(ids: Iterable[str]) -> None:
    """Tell of ids that differ only by case, width, spaces, or letters of one look."""
    seen: dict[str, str] = {}
    for each in ids:
        other = seen.setdefault(hyphened(look(each)), each)
        if other != each:
            say(f"notice: {each!a} looks like {other!a}; they are two facilities")


def read_facilities(file: Path) -> Iterator[Facility]:
    """Read a CSV file of facilities.

    Raises
    ------
    FieldInvalid
        Where a column is unknown or `id` is missing, naming the line.
    """
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        header = tuple(reader.fieldnames or ())
        unknown = [name for name in header if name not in FACILITY_FIELDS]
        if unknown or "id" not in header:
            raise FieldInvalid(
                f"{file}: expected a header of {', '.join(FACILITY_FIELDS)} (only id is "
                f"required); got {', '.join(header) or 'nothing'}",
                metadata={"file": str(file)},
            )
        for row in reader:
            if None in row or not row["id"]:
                raise FieldInvalid(
                    f"{file}, line {reader.line_num}: expected an id and at most "
                    f"{len(header)} fields; got {list(row.values())}",
                    metadata={"file": str(file), "line": str(reader.line_num)},
                )
            yield Facility(**{name: read_csv_cell(text or "") for name, text in row.items()})
