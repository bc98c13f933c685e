"""One run of an append: what is checked before it, what is sent, what is told of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import typer

from tonne.cli.appending.bar import AT_WORK, WAITING, make_bar
from tonne.cli.appending.checks import refused_before, tell_negatives, tell_repeats
from tonne.cli.appending.compared import compare_ids, tell_compared
from tonne.cli.appending.imports import (
    Earlier,
    claim,
    fresh_of,
    imports_of,
    look_at_imports,
    note,
    tell_known,
    tell_superseded,
)
from tonne.cli.appending.kept import Kept
from tonne.cli.appending.mends import (
    Correcting,
    committed_offset,
    compare,
    correct,
    find,
    may_correct,
    mend,
    tell_differences,
    tell_gone,
    tell_placement,
)
from tonne.cli.appending.negatives import Negatives
from tonne.cli.appending.outcome import NegativeRule, Outcome, RepeatRule, outcome_of, report
from tonne.cli.connection import connect
from tonne.cli.input.placement import Placement, in_order
from tonne.cli.input.repeats import Repeats, Source, behind, find_repeats, without
from tonne.cli.terminal.output import Format, counted, say
from tonne.client import ChannelFenced, Comparison
from tonne.errors import ImportsChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from tonne.cli.input.files import Piece
    from tonne.client import AppendResult, Channel, Client, Import, Progress
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
    gone_stay : bool
        Whether records of the channel may be missing in the sources.
    negative : NegativeRule
        What a negative quantity of purchased electricity is.
    correcting : Correcting, optional
        Why records that differ from what is posted correct it; None: they stop the run.
    """

    sources: Sequence[Source]
    book: str
    channel: str
    start_offset: int = 0
    repeats: RepeatRule = RepeatRule.STOP
    strict: bool = False
    again: bool = False
    total: int | None = None
    gone_stay: bool = False
    negative: NegativeRule = NegativeRule.CORRECTIONS
    correcting: Correcting | None = None
    _placement: Placement = field(default_factory=Placement, init=False)
    _found: Repeats = field(default_factory=Repeats, init=False)
    _negatives: Negatives = field(init=False)
    _bar: tuple[Bar, TaskID] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Look at negative quantities wherever the sources are read, and keep what was read."""
        self._negatives = Negatives(self.negative is NegativeRule.EXPORTS)
        kept = Kept()
        self.sources = [kept.over(self._negatives.over(source)) for source in self.sources]

    def run(self, server: str, form: Format, remarks: Callable[[], Sequence[str]] = tuple) -> None:
        """Check, append, report; `remarks` says what the reading of the sources left out.

        Raises
        ------
        typer.Exit
            With the exit code, where not everything is posted.
        """
        began_s = time.monotonic()
        with connect(server, self._tell_wait) as client:
            found, mended, result = self._append(client)
            is_new = result.posted_count or result.suspended_count
            compared = compare_ids(client, self.book) if is_new else None
        for remark in remarks():
            say(remark)
        if is_new:
            tell_compared(compared, self.book)
        tell_negatives(self._negatives.count, self.negative)
        report(result, self.book, time.monotonic() - began_s, form)
        if behind_count := self._placement.behind_count:
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
            found = self._look(client).found
        if found.mendable_offsets:
            say(
                f"{counted(len(found.mendable_offsets), 'record')} that went to quarantine would "
                "come mended"
            )
        if self.correcting is not None and found.correctable_offsets:
            say(f"{counted(len(found.correctable_offsets), 'record')} would be corrected")
        return found.record_count

    def read(self) -> Iterator[Piece]:
        """Read the records that are to be appended; first those that the channel has."""
        pieces = (piece for source in self.sources for piece in source.read())
        return self._placement.arranged(without(pieces, self._found.exact))

    def _append(self, client: Client) -> tuple[Comparison, AppendResult | None, AppendResult]:
        """Look, claim, mend, send; gives what was there, what was mended, what was sent."""
        once = [source.name for source in self.sources if not source.is_repeatable]
        if once:
            self._refuse_looks(once)
            with client.channel(self.book, self.channel) as opened:
                return Comparison(), None, self._send(opened, self.read(), self.start_offset)
        self._check_repeats()
        look = self._look(client)
        if self.strict and refused_before(client, self.read, self.book, self.start_offset):
            raise typer.Exit(Outcome.NOTHING_POSTED)
        with client.channel(self.book, self.channel) as opened:
            if opened.committed_offset != look.committed_offset:
                look = self._look(client)  # from here on the channel is ours
            self._claim(client, look, opened.epoch)
            place = (self.book, self.channel)
            mended = mend(client, self.read, place, look.found, self._placement)
            if self.correcting is not None:
                correct(client, self.read, place, look.found, self._placement, self.correcting)
            try:
                return look.found, mended, self._send_new(opened)
            except ChannelFenced:
                is_nothing_posted = (
                    mended is None
                    and not look.found.correctable_offsets
                    and opened.committed_offset == look.committed_offset
                )
                if is_nothing_posted and tell_superseded(client, self.book, look.fresh):
                    raise typer.Exit(Outcome.NOTHING_POSTED) from None
                raise

    def _refuse_looks(self, once: Sequence[str]) -> None:
        """Say what cannot be looked for where records can be read once alone."""
        if self.strict or self.repeats is RepeatRule.SKIP:
            raise typer.BadParameter(
                f"{', '.join(once)} can be read once alone, and --strict and --repeats skip read "
                "twice: write it to a file first"
            )
        say(
            f"notice: {', '.join(once)} can be read once alone: whether its records stand twice, "
            "or are in the ledger already, was not looked for"
        )

    def _check_repeats(self) -> None:
        is_asked = self.repeats is not RepeatRule.KEEP
        self._found = find_repeats(self.sources, with_ids=is_asked)
        self.total = self._found.record_count - self._found.exact_count
        if is_asked and tell_repeats(self._found, self.repeats):
            raise typer.Exit(Outcome.NOTHING_POSTED)

    def _look(self, client: Client) -> _Look:
        """Compare with what is in the ledger; what contradicts it, or counts twice, stops here."""
        place = (self.book, self.channel)
        committed = committed_offset(client, place)
        found = self._compare(client, committed)
        first_offset = self._placement.first_offset
        given = imports_of(self.sources, self._found, self.channel, first_offset)
        fresh = fresh_of(given, self.read, self._placement)
        return _Look(committed, found, given, fresh, self._look_at_imports(client, fresh))

    def _compare(self, client: Client, committed: int) -> Comparison:
        """Compare the files with the channel: in their order, or as their records are found."""
        place = (self.book, self.channel)
        is_made = any(source.makes_evidence() for source in self.sources)
        first = in_order(self.total or 0, self.start_offset, committed)
        self._placement = first
        found = compare(client, self.read(), place, first, ignore_evidence=is_made)
        if not found.difference_count:
            return found
        placement = find(client, self.read, place, first)
        corrects = self.correcting is not None
        if placement is None:
            tell_differences(found, self.channel, first, corrects=corrects)
            if corrects and may_correct(found, self.channel):
                return found
            raise typer.Exit(Outcome.NOTHING_POSTED)
        self._placement = placement
        tell_placement(placement, self.channel)
        found = compare(client, self.read(), place, placement, ignore_evidence=is_made)
        if found.difference_count:
            tell_differences(found, self.channel, placement, corrects=corrects)
        stops = found.difference_count and not (corrects and may_correct(found, self.channel))
        is_gone = tell_gone(placement, self.channel, stay=self.gone_stay)
        if stops or is_gone:
            raise typer.Exit(Outcome.NOTHING_POSTED)
        return found

    def _look_at_imports(self, client: Client, fresh: Sequence[Import]) -> Earlier:
        earlier = look_at_imports(client, self.book, fresh)
        if tell_known(earlier, again=self.again):
            raise typer.Exit(Outcome.NOTHING_POSTED)
        return earlier

    def _claim(self, client: Client, look: _Look, epoch: int) -> None:
        """Note the files, and look again for as long as others are noted meanwhile."""
        if self.again:
            note(client, self.book, look.given)
            return
        earlier = look.earlier
        while True:
            try:
                claim(client, self.book, look.given, earlier, epoch)
            except ImportsChanged:
                earlier = self._look_at_imports(client, look.fresh)
            else:
                return

    def _tell_wait(self, _error: TonneError) -> None:
        if self._bar is not None:
            bar, task = self._bar
            bar.update(task, description=WAITING)

    def _send_new(self, opened: Channel) -> AppendResult:
        """Append the records that the channel does not have; the others were compared."""
        known_count = self._placement.known_count
        new = behind(self.read(), known_count)
        result = self._send(opened, new, self._placement.new_offset, known_count)
        return replace(result, skipped_count=known_count)

    def _send(
        self, opened: Channel, pieces: Iterator[Piece], start_offset: int, known_count: int = 0
    ) -> AppendResult:
        """Append records and show on a progress bar how far that is.

        `known_count` are those before them, which the channel has and which are not among them.
        """
        bar, task = self._bar = make_bar(self.total)

        def show(progress: Progress) -> None:
            bar.update(
                task,
                description=AT_WORK,
                completed=known_count + progress.record_count,
                sent_bytes=progress.sent_bytes,
            )

        if skip_count := known_count or max(0, opened.committed_offset - start_offset):
            say(
                f"{self.channel}: {skip_count:,} records are already in the ledger; the command "
                "continues after them"
            )
        bar.update(task, description=AT_WORK, completed=skip_count, skipped_count=skip_count)
        try:
            with bar:
                return opened.append(
                    pieces,
                    start_offset=start_offset,
                    record_count=None if self.total is None else self.total - known_count,
                    progress=show,
                )
        except KeyboardInterrupt:
            say(
                "interrupted; run the same command again, and it continues where the ledger stands"
            )
            raise


@dataclass(frozen=True, slots=True)
class _Look:
    """What was found before the first record is sent.

    `given` are the files as imports, `fresh` what of them the channel does not have.
    """

    committed_offset: int
    found: Comparison
    given: Sequence[Import]
    fresh: Sequence[Import]
    earlier: Earlier
