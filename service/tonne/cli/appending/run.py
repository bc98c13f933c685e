"""One run of an append: what is checked before it, what is sent, what is told of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from tonne.cli.appending.bar import AT_WORK, WAITING, make_bar
from tonne.cli.appending.checks import refused_before, tell_negatives, tell_repeats
from tonne.cli.appending.imports import fresh_of, imports_of, note, tell_known
from tonne.cli.appending.mends import committed_offset, compare, mend, tell_differences
from tonne.cli.appending.outcome import NegativeRule, Outcome, RepeatRule, outcome_of, report
from tonne.cli.connection import connect
from tonne.cli.input.negatives import Negatives
from tonne.cli.input.repeats import Repeats, Source, find_repeats, without
from tonne.cli.terminal.output import Format, counted, say
from tonne.client import Comparison

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tonne.cli.input.files import Piece
    from tonne.client import AppendResult, Client, Import, Progress
    from tonne.errors import TonneError


@dataclass(slots=True)
class Append:
    """Sources of records on their way into a channel.

    Parameters
    ----------
    sources : sequence of Source
        One sequence of records, in this order.
    book, channel : str
        Where they go.
    start_offset : int
        Records of the channel before the first of these.
    repeats : RepeatRule
        What becomes of records that stand twice.
    strict : bool
        Whether nothing is posted where a record would go to quarantine.
    again : bool
        Whether records are posted that the ledger has from another import.
    total : int, optional
        How many records there are, where that is known.
    negative : NegativeRule
        What a negative quantity of purchased electricity is.
    """

    sources: Sequence[Source]
    book: str
    channel: str
    start_offset: int = 0
    repeats: RepeatRule = RepeatRule.STOP
    strict: bool = False
    again: bool = False
    total: int | None = None
    negative: NegativeRule = NegativeRule.CORRECTIONS
    _found: Repeats = field(default_factory=Repeats, init=False)
    _negatives: Negatives = field(init=False)

    def __post_init__(self) -> None:
        """Look at negative quantities wherever the sources are read."""
        self._negatives = Negatives(self.negative is NegativeRule.EXPORTS)
        self.sources = [self._negatives.over(source) for source in self.sources]

    def run(self, server: str, form: Format, remarks: Callable[[], Sequence[str]] = tuple) -> None:
        """Check, append, report; `remarks` says what the reading of the sources left out.

        Raises
        ------
        typer.Exit
            With the exit code, where not everything is posted.
        """
        began_s = time.monotonic()
        found, mended = self._check(server)
        result = self._send(server)
        for remark in remarks():
            say(remark)
        tell_negatives(self._negatives.count, self.negative)
        report(result, self.book, time.monotonic() - began_s, form)
        behind_count = result.durable_up_to_offset - self.start_offset
        behind_count -= result.skipped_count + result.record_count
        if behind_count > 0:
            say(
                f"warning: {self.channel} has {behind_count:,} more records after these. To "
                f"append other records there, give --start-offset {result.durable_up_to_offset}"
            )
        if found.quarantined_count:
            say(
                f"{counted(found.quarantined_count, 'record')} of those that were there already "
                f"are in quarantine: `tonne quarantine list --book {self.book}`; mend the rows "
                "and run the same command"
            )
        if outcome := outcome_of(result, mended, found.quarantined_count):
            raise typer.Exit(outcome)

    def rehearse(self, server: str) -> int:
        """Look for all that would stop the run, and give how many records the ledger has already.

        Raises
        ------
        typer.Exit
            Where the run would stop before it posts anything.
        """
        if not all(source.is_repeatable for source in self.sources):
            return 0
        self._check_repeats()
        with connect(server) as client:
            _, found = self._look(client)
        if found.mendable_offsets:
            say(
                f"{counted(len(found.mendable_offsets), 'record')} that went to quarantine would "
                "come mended"
            )
        return found.record_count

    def read(self) -> Iterator[Piece]:
        """Read the records that are to be appended, from the first one."""
        pieces = (piece for source in self.sources for piece in source.read())
        return without(pieces, self._found.exact)

    def _check(self, server: str) -> tuple[Comparison, AppendResult | None]:
        """Look at the records before they are sent, where they can be read more than once."""
        once = [source.name for source in self.sources if not source.is_repeatable]
        if not once:
            self._check_repeats()
            with connect(server) as client:
                return self._prepare(client)
        if self.strict or self.repeats is RepeatRule.SKIP:
            raise typer.BadParameter(
                f"{', '.join(once)} can be read once alone, and --strict and --repeats skip read "
                "twice: write it to a file first"
            )
        say(
            f"notice: {', '.join(once)} can be read once alone: whether its records stand twice, "
            "or are in the ledger already, was not looked for"
        )
        return Comparison(), None

    def _check_repeats(self) -> None:
        is_asked = self.repeats is not RepeatRule.KEEP
        self._found = find_repeats(self.sources, with_ids=is_asked)
        self.total = self._found.record_count - self._found.exact_count
        if is_asked and tell_repeats(self._found, self.repeats):
            raise typer.Exit(Outcome.NOTHING_POSTED)

    def _prepare(self, client: Client) -> tuple[Comparison, AppendResult | None]:
        """Do what comes before the first record is sent; gives what was there already."""
        given, found = self._look(client)
        if self.strict and refused_before(client, self.read, self.book, self.start_offset):
            raise typer.Exit(Outcome.NOTHING_POSTED)
        note(client, self.book, given)
        place = (self.book, self.channel)
        return found, mend(client, self.read, place, found, self.start_offset)

    def _look(self, client: Client) -> tuple[list[Import], Comparison]:
        """Compare with what is in the ledger; what contradicts it, or counts twice, stops here."""
        given = imports_of(self.sources, self._found, self.channel, self.start_offset)
        place = (self.book, self.channel)
        committed = committed_offset(client, place)
        found = compare(client, self.read, place, self.start_offset, committed)
        if found.difference_count:
            tell_differences(found, self.channel, self.start_offset, committed)
            raise typer.Exit(Outcome.NOTHING_POSTED)
        fresh = fresh_of(given, self.read, found.record_count)
        if tell_known(client, self.book, fresh, again=self.again):
            raise typer.Exit(Outcome.NOTHING_POSTED)
        return given, found

    def _send(self, server: str) -> AppendResult:
        """Append the records and show on a progress bar how far that is."""
        bar, task = make_bar(self.total)

        def tell_wait(_error: TonneError) -> None:
            bar.update(task, description=WAITING)

        def show(progress: Progress) -> None:
            bar.update(
                task,
                description=AT_WORK,
                completed=progress.record_count,
                sent_bytes=progress.sent_bytes,
            )

        with (
            connect(server, tell_wait) as client,
            client.channel(self.book, self.channel) as opened,
        ):
            skip_count = max(0, opened.committed_offset - self.start_offset)
            if skip_count:
                say(
                    f"{self.channel}: {skip_count:,} records are already in the ledger; the "
                    "command continues after them"
                )
            shown_count = skip_count if self.total is None else min(skip_count, self.total)
            bar.update(task, description=AT_WORK, completed=shown_count, skipped_count=shown_count)
            try:
                with bar:
                    return opened.append(
                        self.read(),
                        start_offset=self.start_offset,
                        record_count=self.total,
                        progress=show,
                    )
            except KeyboardInterrupt:
                say(
                    "interrupted; run the same command again, and it continues where the ledger "
                    "stands"
                )
                raise
