"""The commands `tonne enablement` and `tonne offset`: what stands apart from the inventory."""

from typing import Annotated

import typer

from tonne.cli.commands.selecting import AsOfOption
from tonne.cli.commands.stating.moments import StatedByOption, read_stated_by, tell_moment_of
from tonne.cli.commands.stating.statements import (
    document_of,
    make_app,
    rows_of,
    tell,
)
from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.terminal.output import Column, Format, FormatOption, print_json, print_rows
from tonne.statements.statement import Kind

enablement_app = make_app(
    Kind.ENABLEMENT, "What solutions change for others (ITU-T L.1480); in no total."
)
offset_app = make_app(Kind.OFFSET, "Lots of offsets and their states; in no total.")

_ENABLEMENT = (
    Column("enablement"),
    Column("display_name", "name", width_min=12),
    Column("year_start", "year from"),
    Column("tier"),
    Column("net_kg", "net kg CO2e", is_rounded=True),
    Column("attributed_kg", "attributed", is_rounded=True),
    Column("published"),
)
_LOTS = (
    Column("state"),
    Column("lot_count", "lots"),
    Column("quantity_kg", "kg CO2e", is_rounded=True),
)

PublicOption = Annotated[
    bool, typer.Option("--for-publication", help="Leave out tier 3, which is not for the public.")
]


@enablement_app.command("net")
def show_net(
    *,
    book: BookOption,
    for_publication: PublicOption = False,
    as_of: AsOfOption = "",
    stated_by: StatedByOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Show the net effect of each: second order less first order less higher order."""
    with connect(server) as client:
        found = client.claims(
            book,
            for_publication=for_publication,
            as_of=as_of,
            stated_by=read_stated_by(stated_by),
        )
    if form is Format.JSON:
        print_json(document_of(found.enablement))
        return
    print_rows(_ENABLEMENT, rows_of(found.enablement), form)
    tell_moment_of(found)
    tell(found.notices)


@offset_app.command("states")
def show_states(
    *,
    book: BookOption,
    as_of: AsOfOption = "",
    stated_by: StatedByOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Show how many lots are in which state, and their mass."""
    with connect(server) as client:
        found = client.claims(book, as_of=as_of, stated_by=read_stated_by(stated_by))
    if form is Format.JSON:
        print_json(document_of(found.lots))
        return
    print_rows(_LOTS, rows_of(found.lots), form)
    tell_moment_of(found)
    tell(found.notices)
