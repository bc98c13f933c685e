"""The caller's fault, about periods: closed out of their order, before they are ready, or open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from tonne.errors.families import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

MONTHS_MAX = 12
"""Months that a refusal names."""


class PeriodMustBeOpen(InputError):
    """A commit touches a period that takes no postings."""

    code = "PERIOD_MUST_BE_OPEN"

    @classmethod
    def of(cls, book: str, months: Sequence[str], state: str) -> Self:
        """Name the months, which are closed or sealed."""
        named = _named(months)
        return cls(
            f"periods of book {book!r} must be open to take postings; {state} are {named}: "
            "`tonne period reopen` opens them again, for a reason",
            metadata={"book": book, "periods": named},
        )

    @classmethod
    def to_be_restated(cls, book: str, months: Sequence[str]) -> Self:
        """Name closed months that a restatement touches and was not asked to adjust."""
        named = _named(months)
        return cls(
            f"the restatement touches months of book {book!r} that are closed: {named}. Nothing "
            "of them was restated: adjust them with its reason (`--adjust-closed`), reopen them "
            "(`tonne period reopen`), or leave them out (`--from`)",
            metadata={"book": book, "periods": named},
        )


class PeriodMustBeClosed(InputError):
    """What is asked for is of closed periods, and this one is open."""

    code = "PERIOD_MUST_BE_CLOSED"

    @classmethod
    def to_be_sealed(cls, book: str, month: str) -> Self:
        """Say that a month must be closed by itself before it is sealed."""
        return cls(
            f"period {month} of book {book!r} is not closed, and only a closed one is sealed: "
            f"`tonne period close {month}`",
            metadata={"book": book, "period": month},
        )

    @classmethod
    def to_be_reopened(cls, book: str, month: str) -> Self:
        """Say that a month is open."""
        return cls(
            f"period {month} of book {book!r} is open: there is nothing to reopen",
            metadata={"book": book, "period": month},
        )


class PeriodOutOfOrder(InputError):
    """Periods close, and are sealed, one after the other; each once."""

    code = "PERIOD_OUT_OF_ORDER"

    @classmethod
    def already(cls, book: str, month: str, state: str) -> Self:
        """Say that a month is closed or sealed already."""
        return cls(
            f"period {month} of book {book!r} is {state} already: `tonne period list` says by "
            "whom and why",
            metadata={"book": book, "period": month},
        )

    @classmethod
    def before(cls, book: str, month: str, earlier: Sequence[str], state: str) -> Self:
        """Say which earlier months must be closed, or sealed, first."""
        named = _named(earlier)
        return cls(
            f"period {month} of book {book!r} cannot be {state} before earlier ones are: {named}",
            metadata={"book": book, "period": month, "earlier": named},
        )

    @classmethod
    def sealed_behind(cls, book: str, month: str, later: Sequence[str]) -> Self:
        """Say which later months are sealed, where a book does not reopen those."""
        named = _named(later)
        return cls(
            f"period {month} of book {book!r} cannot be reopened while later ones are sealed: "
            f"{named}: reopen these first, the last one first, or have the book reopen them with "
            "it (`tonne book update --reopens-sealed`)",
            metadata={"book": book, "period": month, "later": named},
        )

    @classmethod
    def not_over(cls, book: str, month: str) -> Self:
        """Say that a month has not ended."""
        return cls(
            f"period {month} of book {book!r} is not over: it is closed once it has ended in the "
            "book's time zone",
            metadata={"book": book, "period": month},
        )


class PeriodMustBeReady(InputError):
    """Things of the period are undone, and nobody accepted them."""

    code = "PERIOD_MUST_BE_READY"

    @classmethod
    def of(cls, book: str, month: str, findings: Sequence[tuple[str, int, str]]) -> Self:
        """Say what stands against it: each check, how many it found, and what to do."""
        told = "; ".join(text for _, _, text in findings)
        return cls(
            f"period {month} of book {book!r} has things undone: {told}. Do them, or accept each "
            "with a reason (`--accept CHECK=REASON`)",
            metadata={
                "book": book,
                "period": month,
                **{check: str(count) for check, count, _ in findings},
            },
        )


def _named(months: Sequence[str]) -> str:
    return ", ".join(months[:MONTHS_MAX]) + (", ..." if len(months) > MONTHS_MAX else "")
