"""The command `tonne append`."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.text import Text

from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.files import check_file, count_records, read_files
from tonne.cli.output import Column, Format, FormatOption, print_rows, say, stderr_console
from tonne.client import AppendResult, Progress

ROW_ERRORS_SHOWN = 5
"""Row errors that a summary shows; the listings have them all."""

_SUMMARY_COLUMNS = (
    Column("records"),
    Column("posted"),
    Column("quarantined"),
    Column("suspended"),
    Column("quantity_sum", "quantity sum"),
    Column("skipped", is_optional=True),
    Column("channel_records", "in channel"),
)


class RateColumn(ProgressColumn):
    """Records per second since the start, and bytes sent."""

    def render(self, task: Task) -> Text:
        """Write both."""
        done_count = task.completed - task.fields.get("skipped_count", 0)
        rate = done_count / task.elapsed if task.elapsed else 0.0
        return Text(f"{rate:,.0f} records/s  {task.fields.get('sent_bytes', 0) / 1e6:,.1f} MB")


def make_bar(total: int | None) -> tuple[Bar, TaskID]:
    """Make a progress bar on standard error and its task."""
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        console=stderr_console(),
    )
    return bar, bar.add_task("append", total=total, sent_bytes=0, skipped_count=0)


def append_files(  # noqa: PLR0917  # typer passes by name
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            exists=True,
            dir_okay=False,
            help="csv, parquet, arrow or jsonl; several files are one sequence.",
        ),
    ],
    book: BookOption,
    channel: Annotated[str, typer.Option(metavar="CHANNEL", help="Id of the channel.")],
    start_offset: Annotated[
        int,
        typer.Option(
            min=0,
            help="Number of records in the channel before the first one of these files. What the "
            "ledger has of the files already is skipped.",
        ),
    ] = 0,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Append files of records to a channel; run again, it goes on where the ledger stands."""
    for path in files:
        check_file(path)
    total = count_records(files)
    bar, task = make_bar(total)
    began_s = time.monotonic()
    with connect(server) as client, client.channel(book, channel) as opened:
        skip_count = max(0, opened.committed_offset - start_offset)
        if skip_count:
            say(
                f"{channel}: {skip_count:,} records are in the ledger already; going on from there"
            )

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.records_count, sent_bytes=progress.sent_bytes)

        bar.update(task, completed=skip_count, skipped_count=skip_count)
        with bar:
            result = opened.append(
                read_files(files),
                start_offset=start_offset,
                records_count=total,
                progress=show,
            )
    _report(result, channel, total, time.monotonic() - began_s, form)


def _report(
    result: AppendResult, channel: str, total: int | None, elapsed_s: float, form: Format
) -> None:
    row = {
        "records": result.records_count,
        "posted": result.posted_count,
        "quarantined": result.quarantined_count,
        "suspended": result.suspended_count,
        "quantity_sum": result.quantity_sum,
        "skipped": result.skipped_count or None,
        "channel_records": result.durable_up_to_offset,
    }
    print_rows(_SUMMARY_COLUMNS, [row], form)
    if form is Format.TABLE and elapsed_s > 0:
        say(f"{result.records_count / elapsed_s:,.0f} records/s, all durable")
    if total is not None and result.skipped_count > total:
        say(
            f"warning: the channel has {result.skipped_count:,} records from there on and the "
            f"files only {total:,}; is {channel} the right channel?"
        )
    for error in result.row_errors[:ROW_ERRORS_SHOWN]:
        say(f"warning: offset {error.offset}: {error.status} ({error.field}): {error.message}")
    more_count = len(result.row_errors) + result.row_errors_omitted_count - ROW_ERRORS_SHOWN
    if more_count > 0:
        say(
            f"warning: {more_count:,} more are not posted; see `tonne quarantine list` and "
            "`tonne suspense list`"
        )
