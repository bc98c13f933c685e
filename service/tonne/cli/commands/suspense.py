"""The command `tonne suspense`: records that wait, their mending, and their clearing."""

import sys
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tonne.catalogue.resolving.valuation import exact_text
from tonne.cli.commands.listings import RECORD_COLUMNS, MendsFile, mend_file, quantities_text
from tonne.cli.commands.selecting import AsOfOption, tell_moment
from tonne.cli.connection import DEFAULT_SERVER, BookOption, FilterOption, ServerOption, connect
from tonne.cli.terminal.output import (
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    counted,
    print_rows,
    say,
    stderr_console,
)
from tonne.client.answers.records import RECORD_FIELDS
from tonne.client.answers.results import ClearingProgress, SuspendedRecord, SuspenseCause
from tonne.client.wire.resources import source_of

suspense_app = typer.Typer(
    help="Records in suspense, which wait for a factor or a facility.", no_args_is_help=True
)

PLACE = ("channel", "offset")
"""Columns that say where a record is."""

_SUSPENSE_COLUMNS = (
    Column("channel"),
    Column("offset"),
    *RECORD_COLUMNS,
    Column("status"),
    Column("message", is_optional=True, width_min=PROSE_WIDTH_MIN),
)
_CAUSE_COLUMNS = (
    Column("records"),
    Column("field"),
    Column("got"),
    Column("quantities"),
    Column("kg_co2e", "kg CO2e", is_optional=True),
    Column("start", "from"),
    Column("end", "to"),
    Column("commit_time", "waits since"),
    Column("status"),
    Column("message", width_min=PROSE_WIDTH_MIN),
)
_EXPORT_COLUMNS = tuple(map(Column, (*PLACE, *RECORD_FIELDS, "status", "message")))
_CLEARING_COLUMNS = (
    Column("cleared"),
    Column("remaining"),
    Column("segments"),
)


@suspense_app.command("list")
def list_suspense(
    book: BookOption,
    *,
    filter_by: FilterOption = "",
    by_cause: Annotated[
        bool, typer.Option("--by-cause", help="Count the records by what they wait for.")
    ] = False,
    as_of: AsOfOption = "",
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the records that wait in suspense, and what they wait for."""
    with connect(server) as client:
        if by_cause:
            if filter_by:
                raise typer.BadParameter("--by-cause counts all that waits, without --filter")
            causes, omitted_count = client.list_suspense_causes(book, as_of=as_of)
            print_rows(_CAUSE_COLUMNS, map(_cause_row, causes), form)
            if omitted_count:
                say(f"{counted(omitted_count, 'record')} wait for something else")
            return
        print_rows(
            _SUSPENSE_COLUMNS,
            map(
                _suspense_row,
                client.list_suspense(
                    book, filter_by=filter_by, as_of=as_of, on_moment=tell_moment
                ),
            ),
            form,
        )


@suspense_app.command("export")
def export_suspense(
    book: BookOption, *, filter_by: FilterOption = "", server: ServerOption = DEFAULT_SERVER
) -> None:
    """Write the records in suspense as CSV, all their fields, to be mended in a spreadsheet.

    `tonne suspense mend` takes the mended rows back.
    """
    with connect(server) as client:
        rows = map(_export_row, client.list_suspense(book, filter_by=filter_by))
        print_rows(_EXPORT_COLUMNS, rows, Format.CSV)


@suspense_app.command("mend")
def mend_suspense(
    file: MendsFile, book: BookOption, server: ServerOption = DEFAULT_SERVER
) -> None:
    """Post mended records in place of those in suspense, each at most once.

    `tonne suspense export` writes the worklist: mend it in a spreadsheet, keep its columns channel
    and offset, and give it here. Rows that are left out go on waiting. Exits with 0 where all are
    posted, 3 where some are not, 4 where none is.
    """
    mend_file(file, book, server)


@suspense_app.command("clear")
def clear_suspense(
    book: BookOption, form: FormatOption = Format.TABLE, server: ServerOption = DEFAULT_SERVER
) -> None:
    """Clear the suspense: post the records that a rule now posts, each exactly once."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("segments, {task.fields[cleared]:,} records posted"),
        TimeRemainingColumn(),
        console=stderr_console(),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    step = ClearingProgress()
    with connect(server) as client, bar:
        task = bar.add_task("clear", total=None, cleared=0)
        for step in client.clear_suspense(book):
            bar.update(
                task,
                total=step.segment_count,
                completed=step.segments_done_count,
                cleared=step.cleared_count,
            )
    row = {
        "cleared": step.cleared_count,
        "remaining": step.remaining_count,
        "segments": step.segment_count,
    }
    if form is not Format.TABLE:
        print_rows(_CLEARING_COLUMNS, [row], form)
        return
    wait = "waits" if step.remaining_count == 1 else "wait"
    say(f"{counted(step.cleared_count, 'record')} posted, {step.remaining_count:,} still {wait}")
    if step.remaining_count:
        say(f"`tonne suspense list --book {book}` shows what they wait for")


def _cause_row(cause: SuspenseCause) -> dict[str, object]:
    return {
        "records": cause.record_count,
        "field": cause.field,
        "got": cause.got,
        "quantities": quantities_text(cause.quantities),
        "kg_co2e": None if cause.kg_co2e is None else exact_text(cause.kg_co2e),
        "start": cause.start,
        "end": cause.end,
        "commit_time": cause.commit_time.replace(microsecond=0),
        "status": cause.status,
        "message": cause.message,
    }


def _export_row(item: SuspendedRecord) -> dict[str, object]:
    return {
        "channel": source_of(item.channel),
        "offset": item.offset,
        **{name: item.record.get(name) for name in RECORD_FIELDS},
        "status": item.status,
        "message": item.message,
    }


def _suspense_row(item: SuspendedRecord) -> dict[str, object]:
    return {
        "channel": source_of(item.channel),
        "offset": item.offset,
        **{column.key: item.record[column.key] for column in RECORD_COLUMNS},
        "status": item.status,
        "message": item.message,
    }
