"""One import: tried, shown, posted."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from tonne.cli.appending.outcome import NegativeRule, Outcome, RepeatRule, tell_rounded
from tonne.cli.connection import book_zone, connect
from tonne.cli.terminal.output import (
    Column,
    Format,
    counted,
    print_json,
    print_rows,
    print_table,
    program_value,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tonne.cli.appending.mends import Correcting
    from tonne.cli.appending.run import Append
    from tonne.cli.input.files import Piece
    from tonne.client.answers.report_results import Estimate
    from tonne.imports.options import ReadingOptions

ROWS_SHOWN = 8
"""Rows that are shown as the records that they would become."""

ERRORS_SHOWN = 5

_SUMMARY = (
    Column("records"),
    Column("posted"),
    Column("quarantined"),
    Column("suspended"),
    Column("kg_co2e", "kg CO2e (estimate)", is_rounded=True),
)


@dataclass(frozen=True, slots=True)
class Bring:
    """Brings files into a channel of a book, as the options of the command say."""

    book: str
    server: str
    reading: ReadingOptions
    form: Format = Format.TABLE
    start_offset: int = 0
    repeats: RepeatRule = RepeatRule.STOP
    again: bool = False
    gone_stay: bool = False
    correcting: Correcting | None = None
    negative: NegativeRule = NegativeRule.CORRECTIONS
    dry_run: bool = False
    strict: bool = False

    def __call__(self, paths: Sequence[Path], channel: str) -> None:
        """Import the files as one sequence.

        Raises
        ------
        typer.Exit
            With the exit code, where not everything is posted.
        """
        from tonne.cli.appending.run import Append  # noqa: PLC0415  # loads Polars
        from tonne.cli.appending.sources import opened_sources  # noqa: PLC0415  # loads Polars

        zone = book_zone(self.server, self.book)
        with opened_sources(paths, self.reading, zone) as (sources, remarks):
            append = Append(
                sources,
                self.book,
                channel,
                self.start_offset,
                repeats=self.repeats,
                again=self.again,
                gone_stay=self.gone_stay,
                correcting=self.correcting,
                negative=self.negative,
            )
            if self.dry_run or self.strict:
                self._rehearse(append, remarks)
            append.run(self.server, self.form, remarks)

    def _rehearse(self, append: Append, remarks: Callable[[], Sequence[str]]) -> None:
        """Do everything but the commit; go on where it is to follow, and nothing stops it."""
        known_count = append.rehearse(self.server) if self.book and self.dry_run else 0
        rows, found = _try(append.read(), known_count, self.book, self.server)
        if self.dry_run and self.form is Format.TABLE and rows:
            show_rows(rows)
        if not self.dry_run and found.posted_count == found.record_count:
            return
        for remark in remarks():
            say(remark)
        _report(found, known_count, rows, self.form)
        say("nothing was posted" if self.dry_run else "nothing was posted: --strict")
        raise typer.Exit(_exit_code(found) if self.dry_run else Outcome.NOTHING_POSTED)


def first_rows(pieces: Iterator[Piece]) -> list[dict[str, str]]:
    """Give the first records as texts."""
    rows: list[dict[str, str]] = []
    for piece in pieces:
        found = piece.head(ROWS_SHOWN - len(rows)).to_dicts()
        rows += [{name: _cell(value) for name, value in row.items()} for row in found]
        if len(rows) == ROWS_SHOWN:
            break
    return rows


def show_rows(rows: Sequence[Mapping[str, str]]) -> None:
    """Show records as a table."""
    names = dict.fromkeys(itertools.chain.from_iterable(rows))
    columns = [Column(name, is_optional=True) for name in names if name != "evidence"]
    print_table(columns, rows)


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _try(
    pieces: Iterator[Piece], known_count: int, book: str, server: str
) -> tuple[list[dict[str, str]], Estimate]:
    """Have the server say what would become of the records that it does not have yet.

    Gives the first of them, too.
    """
    from tonne.cli.input.repeats import behind  # noqa: PLC0415  # loads Polars

    pieces = behind(pieces, known_count)
    begun = list(itertools.islice(pieces, 1))
    rows = first_rows(iter(begun))
    with connect(server) as client:
        return rows, client.estimate(itertools.chain(begun, pieces), book=book)


def _report(
    found: Estimate, known_count: int, rows: Sequence[Mapping[str, str]], form: Format
) -> None:
    if known_count:
        say(f"{counted(known_count, 'record')} of the files in the ledger already")
    row = {
        "records": found.record_count,
        "posted": found.posted_count,
        "quarantined": found.quarantined_count,
        "suspended": found.suspended_count,
        "kg_co2e": found.inventory.total.kg_co2e,
    }
    if form is Format.JSON:
        told = {name: program_value(value) for name, value in row.items()}
        errors = [
            {name: getattr(each, name) for name in ("position", "status", "field", "message")}
            for each in found.row_errors
        ]
        more = {"known": known_count, "first_records": rows, "row_errors": errors}
        print_json([told | more])
    else:
        print_rows(_SUMMARY, [row], form)
    tell_rounded(found)
    for error in found.row_errors[:ERRORS_SHOWN]:
        say(f"warning: record {error.position}: {error.status}: {error.message}")
    count = len(found.row_errors) + found.row_errors_omitted_count - ERRORS_SHOWN
    if count > 0:
        say(f"warning: {counted(count, 'other record')} would not be posted")


def _exit_code(found: Estimate) -> Outcome:
    if found.posted_count == found.record_count:
        return Outcome.POSTED
    return Outcome.PARTLY_POSTED if found.posted_count else Outcome.NOTHING_POSTED
