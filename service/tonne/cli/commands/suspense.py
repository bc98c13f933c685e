"""The command `tonne suspense`: records that wait, and their clearing."""

import sys

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tonne.cli.commands.listings import RECORD_COLUMNS
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
from tonne.client.answers.results import ClearingProgress, SuspendedRecord
from tonne.client.wire.resources import source_of

suspense_app = typer.Typer(
    help="Records in suspense, which wait for a factor or a facility.", no_args_is_help=True
)

_SUSPENSE_COLUMNS = (
    Column("channel"),
    Column("offset"),
    *RECORD_COLUMNS,
    Column("status"),
    Column("message", is_optional=True, width_min=PROSE_WIDTH_MIN),
)
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
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the records that wait in suspense, and what they wait for."""
    with connect(server) as client:
        print_rows(
            _SUSPENSE_COLUMNS,
            map(_suspense_row, client.list_suspense(book, filter_by=filter_by)),
            form,
        )


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


def _suspense_row(item: SuspendedRecord) -> dict[str, object]:
    return {
        "channel": source_of(item.channel),
        "offset": item.offset,
        **{column.key: item.record[column.key] for column in RECORD_COLUMNS},
        "status": item.status,
        "message": item.message,
    }
