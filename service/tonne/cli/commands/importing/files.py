"""The command `tonne import`."""

import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonne.cli.appending.outcome import NegativeRule, RepeatRule
from tonne.cli.commands.append import (
    AgainOption,
    CorrectOption,
    GoneStayOption,
    NegativeOption,
    ReasonCodeOption,
    ReasonOption,
    RepeatsOption,
    StartOffsetOption,
    correcting_of,
)
from tonne.cli.commands.importing.bringing import Bring, first_rows, show_rows
from tonne.cli.commands.importing.watching import (
    EveryOption,
    MoveToOption,
    WatchOption,
    watch_folder,
)
from tonne.cli.connection import BOOK_VARIABLE, DEFAULT_SERVER, AuthorOption, ServerOption
from tonne.cli.input.reading import reading_options
from tonne.cli.terminal.output import (
    Format,
    FormatOption,
    counted,
    print_json,
    say,
)
from tonne.errors import FieldInvalid
from tonne.imports.options import ReadingOptions

if TYPE_CHECKING:
    from tonne.imports.guessing.draft import Draft

QUESTIONS_STAND = 5
"""Exit code: a profile has questions to answer."""

FilesArgument = Annotated[
    list[Path] | None,
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
AnswerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--answer",
        metavar="KEY=ANSWER",
        help="With --guess: the answer to a question, like columns.activity=Energy; again for "
        "each.",
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
    files: FilesArgument = None,
    book: OptionalBookOption = "",
    channel: Annotated[str, typer.Option(metavar="CHANNEL", help="Id of the channel.")] = "import",
    output: OutputOption = None,
    start_offset: StartOffsetOption = 0,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
    *,
    guess: GuessOption = False,
    answer: AnswerOption = None,
    dry_run: DryRunOption = False,
    strict: StrictOption = False,
    repeats: RepeatsOption = RepeatRule.STOP,
    again: AgainOption = False,
    gone_stay: GoneStayOption = False,
    correct: CorrectOption = False,
    reason: ReasonOption = "",
    reason_code: ReasonCodeOption = "error",
    author: AuthorOption = "",
    negative: NegativeOption = NegativeRule.CORRECTIONS,
    watch: WatchOption = None,
    every: EveryOption = 10.0,
    move_to: MoveToOption = None,
    reading: ReadingOptions,
) -> None:
    """Import files as they are, mapped to records by a profile.

    First `tonne import --guess FILE --output P.toml` writes a profile: answer its lines `# ASK:`,
    there or by --answer.
    Then `tonne import FILE --profile P.toml --book BOOK --dry-run` shows what would be posted,
    and the same without --dry-run posts it.

    With --watch DIR it goes on: each file that arrives in the folder is imported by itself, and
    its outcome told, until SIGTERM. Begun again, it passes over what the ledger has.

    Exit codes: 0 all is posted, 3 part of it, 4 nothing, 5 the guess has questions.
    """
    if watch is None and not files:
        raise typer.BadParameter("expected FILE..., or --watch DIR")
    if guess:
        _guess(files or [], reading, output, answer or [], form)
        return
    if answer:
        raise typer.BadParameter("it goes with --guess", param_hint="'--answer'")
    if not (book or dry_run):
        raise typer.BadParameter("expected --book, or --dry-run, or --guess")
    bring = Bring(
        book,
        server,
        reading,
        form,
        start_offset,
        repeats=repeats,
        again=again,
        gone_stay=gone_stay,
        correcting=correcting_of(reason, reason_code, author, is_wanted=correct),
        negative=negative,
        dry_run=dry_run,
        strict=strict,
    )
    if watch is None:
        bring(files or [], channel)
        return
    if files or dry_run or start_offset or not book:
        raise typer.BadParameter(
            "--watch takes --book, and no FILE, no --dry-run and no --start-offset"
        )
    watch_folder(bring, watch, channel, every, move_to)


def _guess(
    files: list[Path],
    reading: ReadingOptions,
    output: Path | None,
    answers: list[str],
    form: Format,
) -> None:
    from tonne.imports.guessing.answers import answer, open_questions  # noqa: PLC0415  # Polars
    from tonne.imports.guessing.guess import guess as guess_profile  # noqa: PLC0415  # loads Polars

    if len(files) > 1:
        raise typer.BadParameter("expected one file with --guess; the others follow its profile")
    draft = guess_profile(files[0], reading)
    answer(draft, answers)
    if form is Format.JSON:
        rows, remark = _first_records(files[0], draft)
        print_json(
            {
                "profile": draft.text(),
                "assumptions": draft.assumptions,
                "questions": [asdict(each) for each in open_questions(draft)],
                "records": rows,
                "remark": remark,
            }
        )
        if draft.questions:
            raise typer.Exit(QUESTIONS_STAND)
        return
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
    for assumption in draft.assumptions:
        say(f"assumed: {assumption}")
    rows, remark = _first_records(path, draft)
    if rows:
        show_rows(rows)
    if remark:
        say(remark)


def _first_records(path: Path, draft: "Draft") -> "tuple[list[dict[str, str]], str]":
    """Give the first rows as the records that they would become, or why that cannot be told."""
    from tonne.imports.profiles.toml import read_profile  # noqa: PLC0415  # loads Polars
    from tonne.imports.records import MappedFiles  # noqa: PLC0415  # loads Polars

    profile = read_profile(draft.preview(), str(path), is_preview=True)
    if "?" in {rule.name for rule in profile.columns.values()}:
        return [], ""
    try:
        return first_rows(MappedFiles([path], profile).frames()), ""
    except FieldInvalid as error:  # the profile stands, and says what is open
        return [], f"the first records cannot be shown yet: {error}"
