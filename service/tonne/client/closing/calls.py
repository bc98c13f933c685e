"""Calls about periods, the marks of a book and the log of changes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from tonne.client.answers.results import Mark
from tonne.client.closing.results import (
    Change,
    Period,
    PeriodFinding,
    read_change,
    read_finding,
    read_period,
)
from tonne.client.wire.calls import PAGE_SIZE, Calls
from tonne.client.wire.resources import book_name
from tonne.model import month_of_period, period_of_month
from tonne.v1 import changes_pb2, ledger_pb2, periods_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class ClosingCalls(Calls):
    """Closes, seals and reopens months, and lists what was changed."""

    _ledger: Any
    """Stub of LedgerService."""
    _periods: Any
    """Stub of PeriodService."""
    _changes: Any
    """Stub of ChangeService."""

    def list_periods(self, book: str) -> list[Period]:
        """List the months that have postings or were closed, in order, with every close."""
        request = ledger_pb2.ListPeriodsRequest(parent=book_name(book))
        return [*map(read_period, self._call(self._ledger.ListPeriods, request).periods)]

    def list_marks(self, book: str) -> Iterator[Mark]:
        """List the marks of a book, the last one first: what `as_of` costs least at."""
        request = ledger_pb2.ListMarksRequest(parent=book_name(book), page_size=PAGE_SIZE)
        for page in self._pages(self._ledger.ListMarks, request):
            for item in page.marks:
                yield Mark(item.commit, item.kind, item.time.ToDatetime(dt.UTC))

    def check_period(self, book: str, month: str) -> list[PeriodFinding]:
        """Say what stands against the close of a month like 2026-03. Changes nothing.

        Raises
        ------
        PeriodOutOfOrder
            It has not ended.
        """
        request = periods_pb2.CheckPeriodRequest(name=_name(book, month))
        return [*map(read_finding, self._call(self._periods.CheckPeriod, request).findings)]

    def close_period(
        self,
        book: str,
        month: str,
        *,
        reason: str,
        author: str = "",
        accepts: Mapping[str, str] | None = None,
    ) -> Period:
        """Close a month: it takes corrections and reversals, and nothing else.

        Parameters
        ----------
        reason, author : str
            Why; who says so, the caller where it is empty.
        accepts : mapping, optional
            Reasons by the checks that may find something all the same: `suspense`,
            `quarantine`, `imports`, `conflicts`, `uncompared`, `overlaps`, `unlaid`,
            `restatements`.

        Raises
        ------
        PeriodMustBeReady
            Something of it is undone; its metadata counts what, by the check.
        PeriodOutOfOrder
            It has not ended, is closed already, or an earlier one is open.
        """
        request = periods_pb2.ClosePeriodRequest(
            name=_name(book, month), reason=reason, author=author, accepted=_accepted(accepts)
        )
        return read_period(self._call(self._periods.ClosePeriod, request))

    def seal_period(
        self,
        book: str,
        month: str,
        *,
        reason: str,
        author: str = "",
        accepts: Mapping[str, str] | None = None,
    ) -> Period:
        """Seal a closed month: it takes nothing any more. Parameters as of `close_period`.

        Raises
        ------
        PeriodMustBeClosed
            It is open.
        PeriodMustBeReady
            More is undone than its close accepted.
        PeriodOutOfOrder
            It is sealed already, or an earlier one is not.
        """
        request = periods_pb2.SealPeriodRequest(
            name=_name(book, month), reason=reason, author=author, accepted=_accepted(accepts)
        )
        return read_period(self._call(self._periods.SealPeriod, request))

    def reopen_period(
        self, book: str, month: str, *, reason: str, author: str = ""
    ) -> list[Period]:
        """Reopen a month and every one that was closed after it; gives them in order.

        Raises
        ------
        PeriodMustBeClosed
            It is open.
        PeriodOutOfOrder
            A later one is sealed, and the book does not reopen those.
        """
        request = periods_pb2.ReopenPeriodRequest(
            name=_name(book, month), reason=reason, author=author
        )
        return [*map(read_period, self._call(self._periods.ReopenPeriod, request).periods)]

    def list_changes(
        self, book: str, *, filter_by: str = "", order_by: str = ""
    ) -> Iterator[Change]:
        """List what was changed of a book, in the order in which it was."""
        request = changes_pb2.ListChangesRequest(
            parent=book_name(book), page_size=PAGE_SIZE, filter=filter_by, order_by=order_by
        )
        for page in self._pages(self._changes.ListChanges, request):
            yield from map(read_change, page.changes)


def _name(book: str, month: str) -> str:
    return f"{book_name(book)}/periods/{month_of_period(period_of_month(month))}"


def _accepted(accepts: Mapping[str, str] | None) -> list[ledger_pb2.Acceptance]:
    return [
        ledger_pb2.Acceptance(check=check, reason=reason)
        for check, reason in (accepts or {}).items()
    ]
