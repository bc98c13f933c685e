"""The command `tonne import`."""

import itertools
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonne.cli.appending.outcome import NegativeRule, Outcome, RepeatRule
from tonne.cli.commands.append import AgainOption, NegativeOption, RepeatsOption, StartOffsetOption
from tonne.cli.connection import BOOK_VARIABLE, DEFAULT_SERVER, ServerOption, connect
from tonne.cli.input.reading import reading_options
from tonne.cli.terminal.output import (
    Column,
    Format,
    FormatOption,
    counted,
    print_rows,
    print_table,
    say,
)
from tonne.client.answers.report_results import Estimate
from tonne.imports.options import ReadingOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonne.cli.input.files import Piece
    from tonne.imports.guessing.draft import Draft

QUESTIONS_STAND = 5
"""Exit code: a profile has questions to answer."""

ROWS_SHOWN = 8
"""Rows that are shown as the records that they would become."""

ERRORS_SHOWN = 5

_SUMMARY = (Column("records"), Column("posted"), Column("quarantined"), Column("suspended"))


FilesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        dir_okay=False,
        allow_dash=True,
        help="Files as they are: csv, tsv, txt, xlsx, xls, ods, json, jsonl, parquet, arrow, or - "
        "for standard input.",
    ),
]
OptionalBookOption = Annotated[
    str,
    typer.Option(
        "--book", metavar="BOOK", envvar=BOOK_VARIABLE, help="Id of the book to append to."
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Where --guess writes the profile; without it standard output."
    ),
]
GuessOption = Annotated[
    bool,
    typer.Option(
        "--guess",
        help="Write a profile for the file, with what was assumed and what you must decide.",
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Do everything but the commit, and show it.")
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Post nothing where any record would not be posted.")
]


@reading_options
def import_files(  # noqa: PLR0917  # typer passes by name
    files: FilesArgument,
    book: OptionalBookOption = "",
    channel: Annotated[str, typer.Option(metavar="CHANNEL", help="Id of the channel.")] = "import",
    output: OutputOption = None,
    start_offset: StartOffsetOption = 0,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
    *,
    guess: GuessOption = False,
    dry_run: DryRunOption = False,
    strict: StrictOption = False,
    repeats: RepeatsOption = RepeatRule.STOP,
    again: AgainOption = False,
    negative: NegativeOption = NegativeRule.CORRECTIONS,
    reading: ReadingOptions,
) -> None:
    """Import files as they are, mapped to records by a profile.

    First `tonne import --guess FILE --output P.toml` writes a profile: answer its lines `# ASK:`.
    Then `tonne import FILE --profile P.toml --book BOOK --dry-run` shows what would be posted,
    and the same without --dry-run posts it.

    Exit codes: 0 all is posted, 3 part of it, 4 nothing, 5 the guess has questions.
    """
    if guess:
        _guess(files, reading, output)
        return
    if not (book or dry_run):
        raise typer.BadParameter("expected --book, or --dry-run, or --guess")
    from tonne.cli.appending.run import Append  # noqa: PLC0415  # loads Polars
    from tonne.cli.appending.sources import opened_sources  # noqa: PLC0415  # loads Polars

    with opened_sources(files, reading) as (sources, remarks):
        append = Append(
            sources,
            book,
            channel,
            start_offset,
            repeats=repeats,
            again=again,
            negative=negative,
        )
        if dry_run or strict:
            known_count = append.rehearse(server) if book and dry_run else 0
            is_shown = dry_run and form is Format.TABLE
            found = _try(append.read(), known_count, book, server, is_shown=is_shown)
            if dry_run or found.posted_count < found.record_count:
                for remark in remarks():
                    say(remark)
                _report(found, known_count, form)
                say("nothing was posted" if dry_run else "nothing was posted: --strict")
                raise typer.Exit(_exit_code(found) if dry_run else Outcome.NOTHING_POSTED)
        append.run(server, form, remarks)


def _guess(files: list[Path], reading: ReadingOptions, output: Path | None) -> None:
    from tonne.imports.guessing.guess import guess as guess_profile  # noqa: PLC0415  # loads Polars

    if len(files) > 1:
        raise typer.BadParameter("expected one file with --guess; the others follow its profile")
    draft = guess_profile(files[0], reading)
    if output:
        _write_new(output, draft.text())
    else:
        typer.echo(draft.text())
    with redirect_stdout(sys.stderr):  # the profile alone is the result
        _show_draft(files[0], draft)
    place = output or "the profile"
    if draft.questions:
        say(f"{counted(len(draft.questions), 'question')} to answer in {place}:")
        for question in draft.questions:
            say(f"  {question}")
        say("put the value for `?` below each line `# ASK:` and take that line out; then")
    say(f"next: tonne import {files[0]} --profile {output or 'P.toml'} --book BOOK --dry-run")
    if draft.questions:
        raise typer.Exit(QUESTIONS_STAND)


def _write_new(output: Path, text: str) -> None:
    """Write a profile, but never over one that may have been answered."""
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise typer.BadParameter(
            f"{output} is there already, and may hold your answers: name another file, or remove "
            "that one"
        ) from error


def _show_draft(path: Path, draft: "Draft") -> None:
    from tonne.imports.profiles.toml import read_profile  # noqa: PLC0415  # loads Polars
    from tonne.imports.records import MappedFiles  # noqa: PLC0415  # loads Polars

    for assumption in draft.assumptions:
        say(f"assumed: {assumption}")
    profile = read_profile(draft.preview(), str(path), is_preview=True)
    if "?" not in {rule.name for rule in profile.columns.values()}:
        _show(MappedFiles([path], profile).frames())


def _show(pieces: "Iterator[Piece]") -> None:
    """Show the first records as a table."""
    rows: list[dict[str, object]] = []
    for piece in pieces:
        found = [piece] if isinstance(piece, dict) else piece.head(ROWS_SHOWN).to_dicts()
        rows += found[: ROWS_SHOWN - len(rows)]
        if len(rows) == ROWS_SHOWN:
            break
    names = dict.fromkeys(itertools.chain.from_iterable(rows))
    columns = [Column(name, is_optional=True) for name in names if name != "evidence"]
    print_table(columns, [{name: _cell(row.get(name)) for name in names} for row in rows])


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _try(
    pieces: "Iterator[Piece]", known_count: int, book: str, server: str, *, is_shown: bool
) -> Estimate:
    """Have the server say what would become of the records that it does not have yet."""
    from tonne.cli.input.repeats import behind  # noqa: PLC0415  # loads Polars

    pieces = behind(pieces, known_count)
    if is_shown:
        first = next(pieces, None)
        if first is not None:
            _show(iter([first]))
            pieces = itertools.chain([first], pieces)
    with connect(server) as client:
        return client.estimate(pieces, book=book)


def _report(found: Estimate, known_count: int, form: Format) -> None:
    if known_count:
        say(f"{counted(known_count, 'record')} of the files in the ledger already")
    row = {
        "records": found.record_count,
        "posted": found.posted_count,
        "quarantined": found.quarantined_count,
        "suspended": found.suspended_count,
    }
    print_rows(_SUMMARY, [row], form)
    for error in found.row_errors[:ERRORS_SHOWN]:
        say(f"warning: record {error.position}: {error.status}: {error.message}")
    count = len(found.row_errors) + found.row_errors_omitted_count - ERRORS_SHOWN
    if count > 0:
        say(f"warning: {counted(count, 'other record')} would not be posted")


def _exit_code(found: Estimate) -> Outcome:
    if found.posted_count == found.record_count:
        return Outcome.POSTED
    return Outcome.PARTLY_POSTED if found.posted_count else Outcome.NOTHING_POSTED
