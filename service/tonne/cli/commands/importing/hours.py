"""The command `tonne factor hours`: a series of hours as an edition of a book."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.cli.commands.factors import factor_app
from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.terminal.output import counted, say

_Table = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="A table with a row for each hour: CSV, Parquet, JSON, or a workbook.",
    ),
]
_EditionId = Annotated[str, typer.Option("--id", metavar="ID", help="Id of the edition.")]
_Region = Annotated[str, typer.Option(help="Region whose factors they are, like DE.")]
_GwpSet = Annotated[
    str,
    typer.Option(help="GWP set of the numbers: AR4, AR5, AR6; or CO2, where they are CO2 alone."),
]
_Source = Annotated[str, typer.Option(help="Who published them, and where.")]
_TimeColumn = Annotated[
    str, typer.Option(metavar="NAME", help="Column that says when each hour begins.")
]
_ValueColumn = Annotated[
    str, typer.Option(metavar="NAME", help="Column with the number of each hour.")
]
_Zone = Annotated[
    str,
    typer.Option(
        metavar="ZONE",
        help="Time zone of times that state no offset from UTC, like UTC or Europe/Berlin.",
    ),
]
_Minutes = Annotated[
    int, typer.Option(min=1, max=1440, help="How long each row holds, in minutes.")
]
_Grams = Annotated[
    bool, typer.Option("--grams", help="The numbers are grams per unit, not kilograms.")
]
_Stage = Annotated[
    str,
    typer.Option(
        help="What they are of: nothing or generation for the grid's average, residual for the "
        "residual mix, supplier or contract for other market-based figures."
    ),
]
_Activity = Annotated[str, typer.Option(help="Activity of the factors.")]
_Unit = Annotated[str, typer.Option(help="Unit that the numbers are per.")]
_Licence = Annotated[str, typer.Option(help="Licence of the numbers.")]
_Author = Annotated[str, typer.Option(help="Who imports them.")]
_Reason = Annotated[
    str, typer.Option(help="Why they are imported; the new version of the method keeps it.")
]


@factor_app.command("hours")
def import_hours(  # noqa: PLR0917  # typer passes by name
    file: _Table,
    edition: _EditionId,
    book: BookOption,
    region: _Region,
    gwp_set: _GwpSet,
    source: _Source,
    *,
    time_column: _TimeColumn = "start",
    value_column: _ValueColumn = "kg_co2e",
    zone: _Zone = "",
    minutes: _Minutes = 60,
    grams: _Grams = False,
    stage: _Stage = "",
    activity: _Activity = "electricity.grid",
    unit: _Unit = "kWh",
    licence: _Licence = "",
    author: _Author = "",
    reason: _Reason = "",
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Import factors by the hour. The book prefers them to the shipped factors of the region.

    Each record takes the factors of the hours that it covers, each by the part of its time. A
    record that is longer than an hour counts as flat over its time. Hours that the file lacks
    take another factor of the region, with a notice; without one, the records of them wait.
    """
    what: dict[str, Any] = {
        "region": region,
        "time_column": time_column,
        "value_column": value_column,
        "gwp_set": gwp_set,
        "activity": activity,
        "unit": unit,
        "stage": stage,
        "source": source,
        "licence": licence,
        "zone": zone,
        "minutes": minutes,
        "is_grams": grams,
    }
    content = _edition_of(file, what)
    with connect(server) as client:
        found = client.import_edition(book, edition, content, author=author, reason=reason)
    say(
        f"edition {found.id}: hours of {counted(found.factor_count, 'run')} of days, number "
        f"{found.rank} in the book's order of editions"
    )
    if found.rank > 1:
        say(
            "notice: where an edition before it has a factor of the region, that one counts, and "
            f"not the hours: put {found.id} first with `tonne method set --edition`"
        )


def _edition_of(file: Path, what: dict[str, Any]) -> bytes:
    """Make the edition's CSV, and tell the hours that the file lacks."""
    from tonne.imports.publications.hours import HoursRule, read_hours  # noqa: PLC0415  # few do

    made = read_hours(file, HoursRule(**what))
    for remark in made.remarks:
        say(f"notice: {remark}")
    return made.content
