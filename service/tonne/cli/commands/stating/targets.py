"""The command `tonne target`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

import typer

from tonne.cli.commands.stating.statements import (
    AsOfOption,
    IdArgument,
    OnOption,
    SpendOption,
    document_of,
    make_app,
    read_moment,
    read_spend,
    rows_of,
    tell,
)
from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.terminal.output import (
    Column,
    Format,
    FormatOption,
    exact_text,
    print_json,
    print_rows,
    shown,
    stdout_console,
)
from tonne.statements.answers import TargetProgress, YearFigure
from tonne.statements.statement import Kind

target_app = make_app(Kind.TARGET, "Targets, and where they stand.")

_PLACES = 3
"""Places of the numbers that people read; JSON and CSV have them exactly."""

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


@target_app.command("progress")
def show_progress(  # typer passes by name
    target: IdArgument,
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
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Tell where a target stands: progress, path, needed rate, projection, and on which base."""
    amounts, currency = read_spend(spend)
    with connect(server) as client:
        found = client.target_progress(
            book,
            target,
            year_start=year_start,
            version=version,
            spend=amounts,
            currency=currency,
            valid_on=on,
            as_of=read_moment(as_of),
        )
    if form is Format.JSON:
        print_json(document_of(found))
        return
    print_rows(_YEARS, rows_of(found.years), form)
    if form is Format.TABLE:
        console = stdout_console()
        for line in _lines(found):
            console.print(shown(line))
    tell(found.notices)


def _lines(found: TargetProgress) -> list[str]:
    unit = f" {found.unit}" if found.unit else ""
    current = found.current
    aim = f"{_people(found.target_value)}{unit} in the year from {found.target_year_start}"
    lines = [
        f"{found.display_name}: {aim}",
        f"version {found.version} of {found.valid_from}: {found.reason}",
        f"rests on {found.rests_on}",
    ]
    if current.progress_percent is not None:
        lines.append(
            f"{_people(current.progress_percent)} % of the way by {current.year_start}"
            f"{f', {current.standing}' if current.standing else ''}: {_bars(found.years)}"
        )
    if found.needed_yearly is not None:
        of_base = found.needed_yearly_percent
        told = "" if of_base is None else f" ({_people(of_base)} % of the base)"
        lines.append(f"needed: {_people(found.needed_yearly)}{unit} a year{told}")
    going_on = "none" if found.projected_value is None else _people(found.projected_value) + unit
    lines.append(f"projection: {going_on}: {found.projection}")
    return lines


def _people(value: Decimal) -> str:
    return exact_text(round(value, _PLACES))


def _bars(years: Sequence[YearFigure]) -> str:
    """Draw the figures of the years, the highest as the full bar."""
    values = [each.value for each in years if each.value is not None]
    top = max(values, default=Decimal(0))
    if top <= 0:
        return ""
    steps = len(_BARS) - 1
    return "".join(_BARS[int(max(value, Decimal(0)) / top * steps)] for value in values)
