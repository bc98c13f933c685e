"""The command `tonne measure`."""

from typing import Annotated

import typer

from tonne.cli.commands.selecting import AsOfOption
from tonne.cli.commands.stating.moments import StatedByOption, read_stated_by, tell_moment_of
from tonne.cli.commands.stating.statements import (
    IdArgument,
    document_of,
    make_app,
    people_text,
    rows_of,
    tell,
)
from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.terminal.output import (
    Column,
    Format,
    FormatOption,
    print_json,
    print_rows,
    shown,
    stdout_console,
)
from tonne.statements.answers import Pipeline
from tonne.statements.statement import Kind

measure_app = make_app(Kind.MEASURE, "Measures, their effect, and what they bring to a target.")

_TERMS = (Column("name"), Column("value"), Column("unit"))
_ROWS = (
    Column("measure"),
    Column("display_name", "name", width_min=12),
    Column("state"),
    Column("expected_kg", "kg CO2e a year", is_rounded=True),
    Column("counts", "to come"),
)


@measure_app.command("effect")
def show_effect(
    measure: IdArgument,
    *,
    book: BookOption,
    year_start: Annotated[
        str,
        typer.Option(
            "--year",
            metavar="YYYY-MM",
            help="First month of the year; empty: the first month of the measure.",
        ),
    ] = "",
    as_of: AsOfOption = "",
    stated_by: StatedByOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Compute the effect of a measure in a year. It is taken off no inventory."""
    with connect(server) as client:
        found = client.measure_effect(
            book,
            measure,
            year_start=year_start,
            as_of=as_of,
            stated_by=read_stated_by(stated_by),
        )
    if form is Format.JSON:
        print_json(document_of(found))
        return
    print_rows(_TERMS, rows_of(found.terms), form)
    tell_moment_of(found)
    if form is Format.TABLE:
        stdout_console().print(
            shown(
                f"{found.display_name}, year from {found.year_start}: "
                f"{people_text(found.effect_kg)} kg CO2e = {found.formula}"
            )
        )
    tell(found.notices)


@measure_app.command("pipeline")
def show_pipeline(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Id of an absolute target.")],
    *,
    book: BookOption,
    as_of: AsOfOption = "",
    stated_by: StatedByOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Set the measures for a target against what is left of it."""
    with connect(server) as client:
        found = client.measure_pipeline(
            book, target, as_of=as_of, stated_by=read_stated_by(stated_by)
        )
    print_pipeline(found, form)
    if form is not Format.JSON:
        tell_moment_of(found)


def print_pipeline(found: Pipeline, form: Format) -> None:
    """Print the measures for a target, and what they leave of it."""
    if form is Format.JSON:
        print_json(document_of(found))
        return
    rows = rows_of(found.rows)
    if form is Format.TABLE:
        rows = [row | {"counts": "yes" if row["counts"] else "no"} for row in rows]
    print_rows(_ROWS, rows, form)
    if form is Format.TABLE:
        stdout_console().print(
            shown(
                f"left to {found.target}: {people_text(found.gap_kg)} kg CO2e; to come "
                f"{people_text(found.expected_kg)}, uncovered {people_text(found.uncovered_kg)}"
            )
        )
    tell(found.notices)
