"""The progress bar of an append."""

from __future__ import annotations

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

from tonne.cli.terminal.output import stderr_console

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
