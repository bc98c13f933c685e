"""The commands `tonne book` and `tonne edition`."""

import itertools
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.catalogue.words.method import MethodSettings
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
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    counted,
    print_rows,
    say,
)
from tonne.model import Book, Edition, FacilityRule, LateRecords

book_app = typer.Typer(help="Books: one for each reporting organisation.", no_args_is_help=True)
edition_app = typer.Typer(help="Editions of emission factors.", no_args_is_help=True)

FACILITY_RULES = {
    "when-register-exists": FacilityRule.WHEN_REGISTER_EXISTS,
    "registered-only": FacilityRule.REGISTERED_ONLY,
    "any": FacilityRule.ANY,
}
EDITIONS_SHOWN = 3
"""Editions that a table of books, or a notice, names."""

_MARK_COLUMNS = (Column("commit"), Column("kind"), Column("time"))
_BOOK_COLUMNS = (
    Column("book"),
    Column("display_name", "name", is_optional=True),
    Column("time_zone", "time zone"),
    Column("facilities"),
    Column("late_records", "late"),
    Column("method"),
    Column("editions", width_min=PROSE_WIDTH_MIN),
    Column("revision"),
    Column("create_time", "made"),
)
_EDITION_COLUMNS = (
    Column("rank"),
    Column("edition"),
    Column("origin"),
    Column("factors"),
    Column("create_time", "imported", is_optional=True),
    Column("sha256", chars_max=12),
)
_SHIPPED_COLUMNS = (
    Column("edition"),
    Column("factors"),
    Column("title", width_min=PROSE_WIDTH_MIN // 2),
    Column("publisher", width_min=PROSE_WIDTH_MIN // 2),
    Column("licence", width_min=PROSE_WIDTH_MIN // 4),
)
_PROGRAM_COLUMNS = (
    *_EDITION_COLUMNS,
    *_SHIPPED_COLUMNS[2:],
    Column("attribution"),
)
"""What programs get of an edition."""


def readable_file(about: str) -> Any:
    """Make the argument of a file that is there."""
    return typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE", help=about)


EditionFile = Annotated[
    Path,
    readable_file(
        "CSV with a header: activity, unit, valid_from, a figure such as kg_co2e, and any other "
        "column of a factor; or JSON of product footprints (PACT version 3)."
    ),
]


LATE_RECORDS = {"refuse": LateRecords.REFUSE, "next-open": LateRecords.NEXT_OPEN}
"""What becomes of records of closed months, by the words of the command line."""

LateOption = Annotated[
    str | None,
    typer.Option(
        metavar="RULE",
        help="What becomes of records of closed months: refuse, or next-open: they count in the "
        "first open month, with their own dates.",
    ),
]


def _book_row(book: Book) -> dict[str, object]:
    rule = next(name for name, value in FACILITY_RULES.items() if value == book.facility_rule)
    return {
        "book": book.id,
        "display_name": book.display_name,
        "time_zone": book.time_zone,
        "facilities": rule,
        "late_records": next(n for n, each in LATE_RECORDS.items() if each == book.late_records),
        "method": book.method_version,
        "editions": " ".join(book.editions),
        "revision": book.revision,
        "create_time": book.create_time.replace(microsecond=0),
    }


def _with_few_editions(row: dict[str, object]) -> dict[str, object]:
    """Name the preferred editions of a book, and count the others."""
    editions = str(row["editions"]).split()
    more_count = len(editions) - EDITIONS_SHOWN
    if more_count <= 0:
        return row
    return row | {"editions": f"{' '.join(editions[:EDITIONS_SHOWN])} and {more_count} more"}


def _edition_row(edition: Edition) -> dict[str, object]:
    return {
        "rank": edition.rank or None,
        "edition": edition.id,
        "origin": "imported" if edition.book else "shipped",
        "factors": edition.factor_count,
        "create_time": edition.create_time and edition.create_time.replace(microsecond=0),
        "sha256": edition.sha256,
        "title": edition.title,
        "publisher": edition.publisher,
        "licence": edition.licence,
        "attribution": edition.attribution,
    }


@book_app.command("create")
def create_book(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="Id of the new book.")],
    display_name: Annotated[str, typer.Option(help="Name for people.")] = "",
    time_zone: Annotated[
        str, typer.Option(help="IANA time zone of the book; its months are the periods.")
    ] = "UTC",
    facilities: Annotated[
        str,
        typer.Option(
            metavar="RULE",
            help=f"Whether facilities must be registered: {', '.join(FACILITY_RULES)}.",
        ),
    ] = "when-register-exists",
    late_records: LateOption = "refuse",
    *,
    catalogue: Annotated[
        bool,
        typer.Option(
            help="Whether the method of the book begins with the shipped editions of factors."
        ),
    ] = True,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Make a book."""
    rule = _rule(facilities)
    with connect(server) as client:
        made = client.create_book(
            book,
            display_name=display_name,
            time_zone=time_zone,
            facility_rule=rule,
            late_records=_late(late_records or "refuse"),
            method=None if catalogue else MethodSettings(),
        )
    editions = counted(len(made.editions), "edition") if made.editions else "no edition"
    say(
        f"created book {made.id}: its periods are months in {made.time_zone}, and its method "
        f"has {editions} of factors"
    )


@book_app.command("list")
def list_books(
    *,
    filter_by: FilterOption = "",
    order_by: OrderOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the books."""
    with connect(server) as client:
        rows = map(_book_row, client.list_books(filter_by=filter_by, order_by=order_by))
        if form is Format.TABLE:
            rows = map(_with_few_editions, rows)
        print_rows(_BOOK_COLUMNS, rows, form)


@book_app.command("marks")
def list_marks(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="Id of the book.")],
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the marks of a book, the last one first: --as-of costs least there."""
    with connect(server) as client:
        rows = (
            {"commit": each.commit, "kind": each.kind, "time": each.time}
            for each in client.list_marks(book)
        )
        print_rows(_MARK_COLUMNS, rows, form)


@book_app.command("show")
def show_book(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="Id of the book.")],
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Show one book."""
    with connect(server) as client:
        print_rows(_BOOK_COLUMNS, [_book_row(client.get_book(book))], form)


@book_app.command("update")
def update_book(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="Id of the book.")],
    display_name: Annotated[str | None, typer.Option(help="Name for people.")] = None,
    facilities: Annotated[
        str | None,
        typer.Option(
            metavar="RULE",
            help=f"Whether facilities must be registered: {', '.join(FACILITY_RULES)}.",
        ),
    ] = None,
    late_records: LateOption = None,
    *,
    reopens_sealed: Annotated[
        bool | None,
        typer.Option(
            "--reopens-sealed/--keeps-sealed",
            help="Whether a month is reopened where later ones are sealed, and these with it.",
        ),
    ] = None,
    reason: ReasonOption = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Change a book; what is not given stays as it is, and its time zone for ever."""
    given = (display_name, facilities, reopens_sealed, late_records)
    if all(each is None for each in given):
        raise typer.BadParameter(
            "expected a change",
            param_hint="--display-name, --facilities, --reopens-sealed, --late-records",
        )
    with connect(server) as client:
        client.update_book(
            book,
            display_name=display_name,
            facility_rule=None if facilities is None else _rule(facilities),
            reopens_sealed=reopens_sealed,
            late_records=None if late_records is None else _late(late_records),
            reason=reason,
        )
    say(f"book {book} changed")


def _late(text: str) -> LateRecords:
    if text not in LATE_RECORDS:
        raise typer.BadParameter(
            f"expected one of {', '.join(LATE_RECORDS)}; got {text!r}", param_hint="--late-records"
        )
    return LATE_RECORDS[text]


def _rule(text: str) -> FacilityRule:
    if text not in FACILITY_RULES:
        raise typer.BadParameter(
            f"expected one of {', '.join(FACILITY_RULES)}; got {text!r}",
            param_hint="--facilities",
        )
    return FACILITY_RULES[text]


@edition_app.command("import")
def import_edition(
    file: EditionFile,
    edition: Annotated[str, typer.Option("--id", metavar="ID", help="Id of the edition.")],
    book: BookOption,
    *,
    author: Annotated[str, typer.Option(help="Who imports the edition.")] = "",
    reason: Annotated[
        str,
        typer.Option(help="Why the edition is imported; the new version of the method keeps it."),
    ] = "",
    valid_to: Annotated[
        datetime | None,
        typer.Option(
            metavar="DAY",
            formats=["%Y-%m-%d"],
            help=(
                "Day from which the figures of a workbook hold no more; without it, the end of "
                "their year."
            ),
        ),
    ] = None,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Import an edition of factors. The book prefers it to the shipped ones.

    The file is a CSV of factors; or a JSON file of product footprints (PACT version 3): each of
    them becomes the factor of an activity of its own; or the workbook of the European Residual
    Mixes: each country has its production mix and its residual mix.
    """
    content, products = _edition_of(file, valid_to)
    with connect(server) as client:
        made = client.import_edition(book, edition, content, author=author, reason=reason)
        rank = made.rank or 1
        first = client.list_editions(book) if rank > 1 else ()
        before = [each.id for each in itertools.islice(first, rank - 1)]
    say(
        f"edition {made.id}: {counted(made.factor_count, 'factor')}, number {made.rank} in the "
        "book's order of editions"
    )
    if before:
        say(
            f"notice: where {' or '.join(before[:EDITIONS_SHOWN])}, before it, has a factor for "
            f"the same, that one counts. If this one is to: `tonne method set --book {book} "
            f"--first-edition {made.id} --author NAME --reason WHY`; what is posted by then stays "
            "as it is until `tonne restate apply`"
        )
    for activity, unit, product in products:
        say(f"{product}: append what was bought as records of the activity {activity} in {unit}")


def _edition_of(
    file: Path, valid_to: datetime | None
) -> tuple[bytes, tuple[tuple[str, str, str], ...]]:
    """Read an edition's CSV, or make one of footprints, with what their products are called."""
    if file.suffix.lower() in {".xlsx", ".xls", ".ods"}:
        from tonne.imports.publications.residual_mix import read_mixes  # noqa: PLC0415  # few do

        mixes = read_mixes(file, valid_to and valid_to.date())
        for remark in mixes.remarks:
            say(f"notice: {remark}")
        return mixes.content, ()
    if valid_to is not None:
        raise typer.BadParameter(
            "expected a workbook; a file of factors says itself until when each holds",
            param_hint="--valid-to",
        )
    if file.suffix.lower() != ".json":
        return file.read_bytes(), ()
    from tonne.imports.pact.edition import read_edition  # noqa: PLC0415  # few need it

    made = read_edition(file)
    for remark in made.remarks:
        say(f"notice: {remark}")
    return made.content, made.products


@edition_app.command("list")
def list_editions(
    context: typer.Context,
    book: BookOption = "",
    *,
    shipped: Annotated[
        bool,
        typer.Option(
            "--shipped", help="List the editions that ship with Tonne, instead of those of a book."
        ),
    ] = False,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the editions of a book in its order of editions, or the shipped ones."""
    source = context.get_parameter_source("book")
    if shipped and source is not None and source.name == "ENVIRONMENT":
        book = ""  # what is asked for goes before what is set for all commands
    if bool(book) == shipped:
        raise typer.BadParameter(
            "expected either a book or --shipped; got both or neither", param_hint="--book"
        )
    people = _SHIPPED_COLUMNS if shipped else _EDITION_COLUMNS
    with connect(server) as client:
        rows = map(_edition_row, client.list_editions(book))
        print_rows(people if form is Format.TABLE else _PROGRAM_COLUMNS, rows, form)
