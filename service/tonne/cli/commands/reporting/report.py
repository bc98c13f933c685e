"""The command `tonne report`."""

import datetime as dt
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.commands.selecting import AsOfOption, ConsolidationOption, GwpOption
from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.terminal.output import say, stderr_console
from tonne.client import Client
from tonne.yearly.asking import METHODS_2, Question, ask
from tonne.yearly.figures import Report
from tonne.yearly.forms.documents import csv_of, json_of
from tonne.yearly.forms.page import page_of
from tonne.yearly.forms.workbook import workbook_of
from tonne.yearly.writing import write

FORMS = {".html": page_of, ".xlsx": workbook_of, ".csv": csv_of, ".json": json_of}
"""What makes a file, by the ending of its name."""

YEAR_MIN, YEAR_MAX = 1971, 2198
"""Years whose months, and those of the year before, a ledger can have."""


def report(  # noqa: PLR0917  # typer passes by name
    book: BookOption,
    year: Annotated[
        int,
        typer.Option(
            "--year",
            metavar="YYYY",
            min=YEAR_MIN,
            max=YEAR_MAX,
            help="The year; where the method's reporting year begins in another month than "
            "January, the one that begins in it.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            dir_okay=False,
            help=f"The file, whose ending is its form: {', '.join(FORMS)}; an old one is replaced "
            "(default: report-BOOK-YEAR.html).",
        ),
    ] = None,
    method_2: Annotated[
        str,
        typer.Option(
            "--method-2",
            metavar="location|market",
            help="Method of scope 2 that the total takes; the report has both.",
        ),
    ] = METHODS_2[0],
    gwp_set: GwpOption = "",
    consolidation: ConsolidationOption = "",
    as_of: AsOfOption = "",
    server: ServerOption = DEFAULT_SERVER,
    *,
    without_coverage: Annotated[
        bool,
        typer.Option(
            "--without-coverage", help="Leave coverage out, which reads every record of the book."
        ),
    ] = False,
) -> None:
    """Write the report of a year as one file: a page, a workbook, CSV or JSON.

    It shows what the API says as of one commit, and nothing else. The page loads nothing, and
    prints well. Each number of it names the command that takes it apart.
    """
    if method_2 not in METHODS_2:
        raise typer.BadParameter(
            f"expected {' or '.join(METHODS_2)}; got {method_2!r}", param_hint="--method-2"
        )
    path = output or Path(f"report-{book}-{year}.html")
    check_form(path)
    question = Question(
        book,
        year,
        method_2,
        gwp_set,
        consolidation,
        with_coverage=not without_coverage,
        as_of=as_of,
    )
    with connect(server) as client:
        made = make_report(client, question)
    write_file(path, made)
    for text in made.warnings:
        say(f"notice: {text}")
    say(f"report: {path}")


def check_form(path: Path) -> None:
    """Refuse a file whose ending names no form."""
    if path.suffix.lower() not in FORMS:
        raise typer.BadParameter(
            f"expected a file that ends in one of {', '.join(FORMS)}; got {str(path)!r}",
            param_hint="--output",
        )


def make_report(client: Client, question: Question) -> Report:
    """Ask a server for a report."""
    if not sys.stderr.isatty():
        return write(ask(client, question, lambda _: None), dt.datetime.now(dt.UTC))
    with stderr_console().status("report") as status:
        answers = ask(client, question, lambda what: status.update(f"report: {what}"))
    return write(answers, dt.datetime.now(dt.UTC))


def write_file(path: Path, made: Report) -> None:
    """Write a report whole or not at all: a reader never finds half of one."""
    content = FORMS[path.suffix.lower()](made)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
