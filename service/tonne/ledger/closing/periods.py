"""Periods: closed once nothing of them is undone, sealed, reopened; each with who and why.

A close is a fence. What is checked is checked at a moment, without holding anybody up; the close
itself is one transaction that asserts, under the lock of every commit, that no commit has touched
the months since. So there is no instant in which a record lands that no check has seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tonne.errors import FieldInvalid, PeriodMustBeReady, PeriodOutOfOrder, StoreUnavailable
from tonne.ledger.book.part import LedgerPart, check_text
from tonne.ledger.book.periods import month_boundaries_us
from tonne.ledger.closing.checks import CHECKS, Finding, Ground
from tonne.model import PERIOD_COUNT_MAX, PeriodState, month_of_period
from tonne.store.errors import BookChanged, ObjectMissing
from tonne.store.statement_rows import Acceptance

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from tonne.ledger.book.book_state import BookStates
    from tonne.ledger.budget import Budget
    from tonne.ledger.closing.checks import Check
    from tonne.ledger.files.files import FileReader
    from tonne.ledger.reading.balances import Parts
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.statement_rows import PeriodClose

ATTEMPTS_MAX = 16
"""How often a period is checked again because records of it came meanwhile."""

ACCEPTED_MAX = 32
"""Most acceptances of one call."""


@dataclass(frozen=True, slots=True)
class Period:
    """A month of a book: whether it takes postings, and every close that it had."""

    period: int
    state: PeriodState
    closes: tuple[PeriodClose, ...] = ()


class Periods(LedgerPart):
    """Closes the periods of books. Safe to call from several threads and servers.

    Parameters
    ----------
    manifest, reader
        Where the ledger is kept.
    states : BookStates
        The rules of the books.
    clock : callable
        The time, UTC.
    parts : callable
        Reads postings files, as `Balances.parts`.
    reads : Budget
        Memory of the calls that read.
    compare : callable
        Compares the records of a book that are not yet compared with all others by their ids.
    lay : callable
        Lays the records of months of a book side by side, both included, that were touched since.
    checks : tuple of callable
        What may stand against a close.
    """

    def __init__(
        self,
        manifest: Manifest,
        reader: FileReader,
        states: BookStates,
        clock: Callable[[], dt.datetime],
        *,
        parts: Parts,
        reads: Budget,
        compare: Callable[[str], object],
        lay: Callable[[str, int, int], object],
        checks: tuple[Check, ...] = CHECKS,
    ) -> None:
        super().__init__(manifest, states, clock)
        self._reader = reader
        self._parts = parts
        self._reads = reads
        self._compare = compare
        self._lay = lay
        self._checks = checks

    def list_periods(self, book: str) -> list[Period]:
        """List the periods that have postings or were closed, in order. Raises BookUnknown."""
        self.get_book(book)
        closes: dict[int, list[PeriodClose]] = {}
        for each in self._manifest.period_closes(book):
            closes.setdefault(each.period, []).append(each)
        return [
            Period(period, state, tuple(closes.get(period, ())))
            for period, state in self._manifest.periods(book)
        ]

    def check_period(self, book: str, period: int) -> tuple[Finding, ...]:
        """Say what stands against the close of a period now. Raises as `close_period`."""
        self._check_month(book, period)
        return self._find(self._ground(book, period))

    def close_period(
        self,
        book: str,
        period: int,
        *,
        author: str,
        reason: str,
        accepts: Mapping[str, str] | None = None,
    ) -> Period:
        """Close a period: it takes corrections by those who keep the book, and nothing else.

        Parameters
        ----------
        accepts : mapping
            Reasons by the checks that may find something all the same.

        Raises
        ------
        NameInvalid, BookUnknown
        FieldInvalid
            No author, no reason; no such check, none for accepting one.
        PeriodOutOfOrder
            It has not ended, is closed already, or an earlier one with postings is open.
        PeriodMustBeReady
            Something of it is undone, and not accepted. Nothing was closed.
        CapacityError
            Records of the period come faster than they are looked at: call again.
        """
        author, reason, reasons = self._check_act(author, reason, accepts or {})
        self._check_month(book, period)
        for _ in range(ATTEMPTS_MAX):
            self._compare(book)
            ground = self._ground(book, period)
            if period < ground.at.fence.closed_before:
                raise PeriodOutOfOrder.already(book, month_of_period(period), "closed")
            self._lay(book, ground.first, ground.last)
            accepted = _accept(book, period, self._find(ground), reasons)
            try:
                close = self._manifest.close_period(
                    book, period, ground.at, accepted=accepted, author=author, reason=reason
                )
            except BookChanged:
                continue
            return self._read(book, close.period)
        raise _outrun(book, period)

    def seal_period(
        self,
        book: str,
        period: int,
        *,
        author: str,
        reason: str,
        accepts: Mapping[str, str] | None = None,
    ) -> Period:
        """Seal a closed period: it takes nothing any more.

        What its close accepted is accepted, as many as there were; more is not.

        Raises
        ------
        NameInvalid, BookUnknown, FieldInvalid, PeriodMustBeReady, CapacityError
            As `close_period`.
        PeriodMustBeClosed
            It is open.
        PeriodOutOfOrder
            It is sealed already, or an earlier one is not.
        """
        author, reason, reasons = self._check_act(author, reason, accepts or {})
        self.get_book(book)
        for _ in range(ATTEMPTS_MAX):
            self._compare(book)
            ground = self._ground(book, period, is_closed=True)
            self._lay(book, ground.first, ground.last)
            closes = self._manifest.period_closes(book, period)
            known = {each.check: each.count for each in closes[-1].accepted} if closes else {}
            found = [each for each in self._find(ground) if each.count > known.get(each.check, 0)]
            accepted = _accept(book, period, found, reasons)
            try:
                self._manifest.seal_period(
                    book, period, ground.at, accepted=accepted, author=author, reason=reason
                )
            except BookChanged:
                continue
            return self._read(book, period)
        raise _outrun(book, period)

    def reopen_period(
        self, book: str, period: int, *, author: str, reason: str
    ) -> tuple[Period, ...]:
        """Reopen a period, and every one that was closed after it; gives them in order.

        The closes stay, with the commits up to which they counted: as of these the months are
        what was closed. Closed again, a month has its next revision.

        Raises
        ------
        NameInvalid, BookUnknown, FieldInvalid
        PeriodMustBeClosed
            It is open.
        PeriodOutOfOrder
            A later one is sealed, and the book does not reopen those.
        """
        author, reason, _ = self._check_act(author, reason, {})
        self.get_book(book)
        closes = self._manifest.reopen_period(book, period, author=author, reason=reason)
        months = sorted({each.period for each in closes})
        return tuple(self._read(book, each) for each in months) or (
            Period(period, PeriodState.OPEN),
        )

    def _read(self, book: str, period: int) -> Period:
        return next(each for each in self.list_periods(book) if each.period == period)

    def _check_act(
        self, author: str, reason: str, accepts: Mapping[str, str]
    ) -> tuple[str, str, dict[str, str]]:
        """See that an act says who and why, and accepts what there is, each with a reason."""
        check_text("author", author, is_required=True)
        check_text("reason", reason, is_required=True)
        names = [each.__name__.removeprefix("find_") for each in self._checks]
        for name, why in accepts.items():
            if name not in names:
                raise FieldInvalid(
                    f"accepted: expected one of {', '.join(names)}; got {name!r}",
                    metadata={"field": "accepted", "value": name},
                )
            check_text(f"accepted {name}", why, is_required=True)
        return author, reason, dict(accepts)

    def _check_month(self, book: str, period: int) -> None:
        """See that a month has ended."""
        found = self.get_book(book)
        if period + 1 >= PERIOD_COUNT_MAX:
            raise PeriodOutOfOrder.not_over(book, month_of_period(period))
        stop_us = month_boundaries_us(found.time_zone)[period + 1]
        if self._clock().timestamp() * 1_000_000 < stop_us:
            raise PeriodOutOfOrder.not_over(book, month_of_period(period))

    def _ground(self, book: str, period: int, *, is_closed: bool = False) -> Ground:
        at, postings, quarantined_count = self._manifest.close_ground(book)
        fence = at.fence
        first = fence.sealed_before if is_closed else fence.closed_before
        return Ground(
            book,
            self.get_book(book).time_zone,
            min(first, period),
            period,
            at,
            postings,
            quarantined_count,
            self._manifest,
            self._reader,
            self._parts,
            self._reads,
        )

    def _find(self, ground: Ground) -> tuple[Finding, ...]:
        """Ask every check; again at a later moment where merges outran the reading."""
        for _ in range(ATTEMPTS_MAX):
            try:
                found = [check(ground) for check in self._checks]
            except ObjectMissing:
                _, postings, quarantined_count = self._manifest.close_ground(ground.book)
                ground = replace(ground, postings=postings, quarantined_count=quarantined_count)
                continue
            return tuple(each for each in found if each is not None)
        raise _outrun(ground.book, ground.last)


def _accept(
    book: str, period: int, found: Sequence[Finding], reasons: Mapping[str, str]
) -> list[Acceptance]:
    """Take the reasons for what was found. Raises `PeriodMustBeReady` where one is missing."""
    undone = [each for each in found if each.check not in reasons]
    if undone:
        raise PeriodMustBeReady.of(
            book,
            month_of_period(period),
            [(each.check, each.count, each.text) for each in undone],
        )
    return [Acceptance(each.check, each.count, reasons[each.check]) for each in found]


def _outrun(book: str, period: int) -> StoreUnavailable:
    month = month_of_period(period)
    return StoreUnavailable(
        f"records of period {month} of book {book} came while it was looked at, again and again: "
        "try again",
        metadata={"book": book, "period": month},
        retry_delay_s=1.0,
    )
