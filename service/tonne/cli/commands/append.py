"""The command `tonne append`."""

import itertools
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
from rich.table import Column as BarPart
from rich.text import Text

from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.input.reading import RecordFiles, reading_options
from tonne.cli.terminal.output import (
    Column,
    Format,
    FormatOption,
    counted,
    print_rows,
    say,
    stderr_console,
)
from tonne.client import AppendResult, Progress
from tonne.errors import TonneError
from tonne.imports.options import ReadingOptions

ROW_ERRORS_SHOWN = 5
"""Kinds of row errors that a summary shows; the listings have each record."""

BAR_WIDTH = 12
"""With it the line of a million records a second fits 80 characters."""

AT_WORK, WAITING = "append", "waiting"
"""What the bar says: records go to the server, or the server is away."""

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
    """Records per second since the start, and megabytes sent."""

    def render(self, task: Task) -> Text:
        """Write both."""
        done_count = task.completed - task.fields.get("skipped_count", 0)
        rate = done_count / task.elapsed if task.elapsed else 0.0
        return Text(f"{rate:,.0f} records/s  {task.fields.get('sent_bytes', 0) / 1e6:,.1f} MB")


def make_bar(total: int | None) -> tuple[Bar, TaskID]:
    """Make a progress bar on standard error and its task."""
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=BAR_WIDTH),
        MofNCompleteColumn(table_column=BarPart(no_wrap=True)),
        RateColumn(table_column=BarPart(no_wrap=True)),
        TimeRemainingColumn(),
        console=stderr_console(),
    )
    return bar, bar.add_task(AT_WORK, total=total, sent_bytes=0, skipped_count=0)


@reading_options
def append_files(  # noqa: PLR0917  # typer passes by name
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            exists=True,
            dir_okay=False,
            allow_dash=True,
            help="csv, tsv, xlsx, xls, ods, parquet, arrow, jsonl, json, or - for standard "
            "input; several files are one sequence.",
        ),
    ],
    book: BookOption,
    channel: Annotated[str, typer.Option(metavar="CHANNEL", help="Id of the channel.")],
    start_offset: Annotated[
        int,
        typer.Option(
            min=0,
            help=(
                "Number of records in the channel before the first record of these files. "
                "Records that the ledger already has are skipped."
            ),
        ),
    ] = 0,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
    *,
    reading: ReadingOptions,
) -> None:
    """Append files of records to a channel. Run again, it continues where the ledger stands."""
    records = RecordFiles(files, reading)
    records.check()
    began_s = time.monotonic()
    result = _append(records, book, channel, start_offset, server)
    for remark in records.remarks():
        say(remark)
    _report(result, book, time.monotonic() - began_s, form)
    behind_count = result.durable_up_to_offset - start_offset
    behind_count -= result.skipped_count + result.record_count
    if behind_count > 0:
        say(
            f"warning: {channel} has {behind_count:,} more records after these. To append "
            f"other records there, give --start-offset {result.durable_up_to_offset}"
        )


def _append(
    records: RecordFiles, book: str, channel: str, start_offset: int, server: str
) -> AppendResult:
    """Append the files and show on a progress bar how far that is."""
    total = records.count()
    bar, task = make_bar(total)

    def tell_wait(_error: TonneError) -> None:
        bar.update(task, description=WAITING)

    def show(progress: Progress) -> None:
        bar.update(
            task,
            description=AT_WORK,
            completed=progress.record_count,
            sent_bytes=progress.sent_bytes,
        )

    with connect(server, tell_wait) as client, client.channel(book, channel) as opened:
        skip_count = max(0, opened.committed_offset - start_offset)
        if skip_count:
            say(
                f"{channel}: {skip_count:,} records are already in the ledger; the command "
                "continues after them"
            )
        shown_count = skip_count if total is None else min(skip_count, total)
        bar.update(task, description=AT_WORK, completed=shown_count, skipped_count=shown_count)
        try:
            with bar:
                return opened.append(
                    records.pieces(),
                    start_offset=start_offset,
                    record_count=total,
                    progress=show,
                )
        except KeyboardInterrupt:
            say(
                "interrupted; run the same command again, and it continues where the ledger stands"
            )
            raise


def _report(result: AppendResult, book: str, elapsed_s: float, form: Format) -> None:
    row = {
        "records": result.record_count,
        "posted": result.posted_count,
        "quarantined": result.quarantined_count,
        "suspended": result.suspended_count,
        "quantity_sum": result.quantity_sum,
        "skipped": result.skipped_count or None,
        "channel_records": result.durable_up_to_offset,
    }
    print_rows(_SUMMARY_COLUMNS, [row], form)
    if form is Format.TABLE and result.record_count and elapsed_s > 0:
        say(f"{result.record_count / elapsed_s:,.0f} records/s; all of them are durable")
    if result.rounded_count:
        say(
            f"warning: {counted(result.rounded_count, 'quantity')} with more than 6 "
            f"places, rounded half-even at the sixth (the first is {result.rounded_first}); "
            "a smaller unit keeps their digits"
        )
    _report_row_errors(result, book)


def _report_row_errors(result: AppendResult, book: str) -> None:
    """Tell each kind of error once, with the first record that has it."""
    kinds: dict[tuple[str, str], list[int]] = {}
    for error in result.row_errors:
        kinds.setdefault((error.status, error.message), []).append(error.offset)
    told_count = 0
    for (status, message), offsets in itertools.islice(kinds.items(), ROW_ERRORS_SHOWN):
        told_count += len(offsets)
        more = f" and {len(offsets) - 1:,} more" if len(offsets) > 1 else ""
        say(f"warning: offset {offsets[0]}{more}: {status}: {message}")
    rest_count = len(result.row_errors) + result.row_errors_omitted_count - told_count
    if rest_count:
        say(f"warning: {counted(rest_count, 'other record')} not posted")
    if result.row_errors:
        lists = [
            f"`tonne {name} list --book {book}`"
            for name, count in (
                ("quarantine", result.quarantined_count),
                ("suspense", result.suspended_count),
            )
            if count
        ]
        say(f"see {' and '.join(lists)}")
