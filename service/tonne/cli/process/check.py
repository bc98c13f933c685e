"""The commands `tonne check` and `tonne rebuild`: whether a ledger is what was written."""

import dataclasses
import datetime as dt
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tonne.cli.process.serve import ConfigOption, DataOption, effective_config
from tonne.cli.terminal.output import (
    PROSE_WIDTH_MIN,
    Column,
    Format,
    FormatOption,
    counted,
    print_json,
    print_rows,
    say,
    stderr_console,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tonne.ledger.ledger import Ledger
    from tonne.ledger.upkeep.findings import BookFindings
    from tonne.store.rows import Soundness

PROBLEMS_FOUND = 1

_COLUMNS = (
    Column("book"),
    Column("rule"),
    Column("file", is_optional=True),
    Column("message", width_min=PROSE_WIDTH_MIN),
)

BooksOption = Annotated[
    list[str] | None,
    typer.Option("--book", metavar="BOOK", help="Check only this book; repeatable."),
]


def check(
    config: ConfigOption = None,
    data: DataOption = None,
    book: BooksOption = None,
    sample: Annotated[
        str | None,
        typer.Option(
            metavar="5%|N",
            help=(
                "Check a share of the files like 5%, or N files of each book, chosen by --seed. "
                "Without it: everything."
            ),
        ),
    ] = None,
    seed: Annotated[
        str | None, typer.Option(help="Seed that chooses the sample (default: today's date, UTC).")
    ] = None,
    *,
    form: FormatOption = Format.TABLE,
) -> None:
    """Check that a ledger is as it was written: every file, and all that is kept twice.

    Reads the store itself; servers may run or not. The exit code is 1 if anything is wrong.
    """
    from tonne.ledger.upkeep.sampling import Sample  # noqa: PLC0415  no other command needs its store

    seed = seed or dt.datetime.now(dt.UTC).date().isoformat()
    chosen = Sample.parse(sample, seed) if sample else None
    with _ledger(config, data) as ledger, _bar() as bar:
        soundness = ledger.checks.soundness(is_whole=chosen is None)
        ids = book or list(ledger.books.book_ids())
        total = None if chosen else sum(map(ledger.checks.file_count, ids))
        task = bar.add_task("check", total=total)
        found = [
            ledger.checks.check(each, sample=chosen, on_file=lambda: bar.advance(task))
            for each in ids
        ]
    what = f"a sample ({sample}) by the seed {seed}" if chosen else "everything"
    _print(what, soundness, found, form)
    if soundness.problems or any(each.problems for each in found):
        raise typer.Exit(PROBLEMS_FOUND)


def rebuild(
    config: ConfigOption = None,
    data: DataOption = None,
    book: BooksOption = None,
    *,
    assume_regions: Annotated[
        bool,
        typer.Option(
            "--assume-regions",
            help=(
                "For records that named no region: take the region that their facility has "
                "today, though the register may have changed since they were posted."
            ),
        ),
    ] = False,
) -> None:
    """Make corrupt or missing postings files again, exactly, from the records.

    Reads the store itself, beside servers or without any. Refuses where a segment is corrupt, and
    where it does not follow under which resolution records were posted.
    """
    with _ledger(config, data) as ledger, _bar() as bar:
        task = bar.add_task("rebuild", total=None)
        for each in book or list(ledger.books.book_ids()):
            done = ledger.checks.rebuild(
                each,
                assumes_regions=assume_regions,
                on_file=lambda: bar.advance(task),
                on_wait=lambda: bar.update(task, description="waits for a merge"),
            )
            if not done.replaced:
                say(f"{each}: every postings file is as it was written")
            if done.rollup_count:
                say(f"{each}: {counted(done.rollup_count, 'rollup')} made again")
            if not done.replaced:
                continue
            say(
                f"{each}: {counted(len(done.replaced), 'postings file')} made again: "
                f"{counted(done.row_count, 'sum')} from {counted(done.record_count, 'record')}"
            )
            if done.assumed_count:
                say(
                    f"{each}: note: {counted(done.assumed_count, 'record')} without a region "
                    "got the region that their facility has today"
                )


@contextmanager
def _ledger(config: "Path | None", data: "Path | None") -> "Iterator[Ledger]":
    """Open the ledger as it is: its tables are left as they are."""
    from tonne.opening import close_ledger, open_ledger  # noqa: PLC0415  see check
    from tonne.telemetry import Telemetry  # noqa: PLC0415  see check

    effective = effective_config(config, data)
    store = dataclasses.replace(effective.store, migrate_at_start=False)
    effective = dataclasses.replace(effective, store=store)
    manifest, ledger = open_ledger(effective, Telemetry(), makes=False)
    try:
        yield ledger
    finally:
        close_ledger(manifest, ledger)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files"),
        TimeRemainingColumn(),
        console=stderr_console(),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def _print(what: str, soundness: "Soundness", found: "list[BookFindings]", form: Format) -> None:
    rows = [
        {"book": each.book, "rule": problem.rule, "file": problem.file, "message": problem.message}
        for each in found
        for problem in each.problems
    ]
    rows += [
        {"book": "", "rule": "MANIFEST_MUST_BE_SOUND", "file": "", "message": text}
        for text in soundness.problems
    ]
    if form is Format.JSON:
        print_json(
            {
                "checked": what,
                "is_sound": not rows,
                "manifest": {"means": soundness.means, "problems": list(soundness.problems)},
                "books": [dataclasses.asdict(each) for each in found],
            }
        )
        return
    if rows or form is Format.CSV:
        print_rows(_COLUMNS, rows, form)
    say(f"checked: {what}; the manifest by {soundness.means}")
    for each in found:
        size = f"{counted(each.file_count, 'file')} of {each.size_bytes:,} bytes"
        verdict = counted(len(each.problems), "problem") if each.problems else "no problem"
        say(f"{each.book}: {size}, {counted(each.record_count, 'record')}: {verdict}")
        for note in each.notes:
            say(f"{each.book}: note: {note}")
