"""The command `tonne target`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

import typer

from tonne.cli.commands.selecting import AsOfOption
from tonne.cli.commands.stating.moments import StatedByOption, read_stated_by, tell_moment_of
from tonne.cli.commands.stating.statements import (
    OnOption,
    SpendOption,
    document_of,
    make_app,
    people_text,
    read_spend,
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
from tonne.statements.answers import TargetOutcome, TargetProgress, YearFigure
from tonne.statements.statement import Kind

target_app = make_app(Kind.TARGET, "Targets, and where they stand.")

_BARS = "▁▂▃▄▅▆▇█"

_YEARS = (
    Column("year_start", "year from"),
    Column("value", is_optional=True, is_rounded=True),
    Column("path_value", "path", is_optional=True, is_rounded=True),
    Column("difference", is_optional=True, is_rounded=True),
    Column("progress_percent", "% of the way", is_optional=True, is_rounded=True),
    Column("standing", is_optional=True),
    Column("basis", is_optional=True),
    Column("missing_periods", "without records", is_optional=True, width_min=10),
)


_TARGETS = (
    Column("target", "id"),
    Column("display_name", "name", width_min=20),
    Column("year_start", "year from", is_optional=True),
    Column("value", is_optional=True, is_rounded=True),
    Column("path_value", "path", is_optional=True, is_rounded=True),
    Column("target_value", "aim", is_optional=True, is_rounded=True),
    Column("unit", is_optional=True),
    Column("standing", is_optional=True),
    Column("progress_percent", "% of the way", is_optional=True, is_rounded=True),
    Column("message", "why not", is_optional=True, width_min=20),
)


@target_app.command("progress")
def show_progress(  # typer passes by name
    target: Annotated[
        str, typer.Argument(metavar="[ID]", help="Its id; without one, all in force.")
    ] = "",
    *,
    book: BookOption,
    year_start: Annotated[
        str,
        typer.Option(
            "--year", metavar="YYYY-MM", help="First month of the year judged; empty: the latest."
        ),
    ] = "",
    version: Annotated[
        int, typer.Option("--version", help="A version of the target; 0: the last one.")
    ] = 0,
    spend: SpendOption = None,
    on: OnOption = "",
    as_of: AsOfOption = "",
    stated_by: StatedByOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Tell where a target stands: progress, path, needed rate, projection, and on which base.

    Without an id, where each target in force stands, or why that cannot be told.
    """
    amounts, currency = read_spend(spend)
    if not target and version:
        raise typer.BadParameter("it is of one target: name its ID", param_hint="'--version'")
    with connect(server) as client:
        if not target:
            every = client.list_target_progress(
                book,
                year_start=year_start,
                spend=amounts,
                currency=currency,
                valid_on=on,
                as_of=as_of,
                stated_by=read_stated_by(stated_by),
            )
            _show_all(list(every), form)
            return
        found = client.target_progress(
            book,
            target,
            year_start=year_start,
            version=version,
            spend=amounts,
            currency=currency,
            valid_on=on,
            as_of=as_of,
            stated_by=read_stated_by(stated_by),
        )
    if form is Format.JSON:
        print_json(document_of(found))
        return
    print_rows(_YEARS, rows_of(found.years), form)
    tell_moment_of(found)
    if form is Format.TABLE:
        console = stdout_console()
        for line in _lines(found):
            console.print(shown(line))
    tell(found.notices)


def _show_all(found: Sequence[TargetOutcome], form: Format) -> None:
    if form is Format.JSON:
        print_json([document_of(each) for each in found])
        return
    rows = []
    for each in found:
        row: dict[str, object] = {
            "target": each.target,
            "display_name": each.display_name,
            "message": each.message,
        }
        if each.progress is not None:
            row |= rows_of([each.progress.current])[0]
            row |= {name: getattr(each.progress, name) for name in ("target_value", "unit")}
        rows.append({column.key: row.get(column.key) for column in _TARGETS})
    print_rows(_TARGETS, rows, form)
    moments = [each.progress for each in found if each.progress is not None]
    if moments:
        tell_moment_of(moments[0])


def _lines(found: TargetProgress) -> list[str]:
    unit = f" {found.unit}" if found.unit else ""
    current = found.current
    aim = f"{people_text(found.target_value)}{unit} in the year from {found.target_year_start}"
    lines = [
        f"{found.display_name}: {aim}",
        f"version {found.version} of {found.valid_from}: {found.reason}",
        f"rests on {found.rests_on}",
    ]
    if current.progress_percent is not None:
        lines.append(
            f"{people_text(current.progress_percent)} % of the way by {current.year_start}"
            f"{f', {current.standing}' if current.standing else ''}: {bars_of(found.years)}"
        )
    if found.needed_yearly is not None:
        of_base = found.needed_yearly_percent
        told = "" if of_base is None else f" ({people_text(of_base)} % of the base)"
        lines.append(f"needed: {people_text(found.needed_yearly)}{unit} a year{told}")
    going_on = (
        "none" if found.projected_value is None else people_text(found.projected_value) + unit
    )
    lines.append(f"projection: {going_on}: {found.projection}")
    return lines


def bars_of(years: Sequence[YearFigure]) -> str:
    """Draw the figures of the years, the highest as the full bar."""
    values = [each.value for each in years if each.value is not None]
    top = max(values, default=Decimal(0))
    if top <= 0:
        return ""
    steps = len(_BARS) - 1
    return "".join(_BARS[int(max(value, Decimal(0)) / top * steps)] for value in values)
