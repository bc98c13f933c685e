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
from rich.table import Column as BarPart
from rich.text import Text

from tonne.cli.appending.checks import refused_before
from tonne.cli.appending.outcome import Outcome, outcome_of, report
from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.terminal.output import Format, FormatOption, say, stderr_console
from tonne.client import AppendResult, Progress
from tonne.errors import TonneError

BAR_WIDTH = 12
"""With it the line of a million records a second fits 80 characters."""

AT_WORK, WAITING = "append", "waiting"
"""What the bar says: records go to the server, or the server is away."""


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
    *,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Try all records first, and post none where one would go to quarantine.",
        ),
    ] = False,
) -> None:
    """Append files of records to a channel; run again, it goes on where the ledger stands.

    Exits with 0 where all records are posted, by now or before; 3 where some are not (in
    quarantine or in suspense); 4 where none is; 1 and 2 where the command failed.
    """
    from tonne.cli.input.files import check_file, read_files  # noqa: PLC0415  # loads Polars

    for path in files:
        check_file(path)
    began_s = time.monotonic()
    if strict:
        with connect(server) as client:
            if refused_before(client, lambda: read_files(files), book, start_offset):
                raise typer.Exit(Outcome.NOTHING_POSTED)
    result = _append(files, book, channel, start_offset, server)
    report(result, book, time.monotonic() - began_s, form)
    behind_count = result.durable_up_to_offset - start_offset
    behind_count -= result.skipped_count + result.record_count
    if behind_count > 0:
        say(
            f"warning: {channel} has {behind_count:,} more records behind these; to append "
            f"others there: --start-offset {result.durable_up_to_offset}"
        )
    if outcome := outcome_of(result):
        raise typer.Exit(outcome)


def _append(
    files: list[Path], book: str, channel: str, start_offset: int, server: str
) -> AppendResult:
    """Append the files and show on a progress bar how far that is."""
    from tonne.cli.input.files import count_records, read_files  # noqa: PLC0415  # loads Polars

    total = count_records(files)
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
                f"{channel}: {skip_count:,} records are in the ledger already; going on from there"
            )
        shown_count = skip_count if total is None else min(skip_count, total)
        bar.update(task, description=AT_WORK, completed=shown_count, skipped_count=shown_count)
        try:
            with bar:
                return opened.append(
                    read_files(files),
                    start_offset=start_offset,
                    record_count=total,
                    progress=show,
                )
        except KeyboardInterrupt:
            say("interrupted; the same command goes on where the ledger stands")
            raise
