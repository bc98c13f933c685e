"""Overlaps as they are listed and decided: looked for, accepted, accepted beforehand.

Who accepts an overlap says that both sides count. Where one side is to go, its records are
reversed, as any record is; the next look finds nothing any more.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tonne.errors import FieldInvalid
from tonne.ledger.book.part import check_text
from tonne.ledger.filters import Fields, moment_field, number_field, text_field
from tonne.ledger.pages import FIRST_PAGE, Page, PageTokens
from tonne.model import PERIOD_COUNT_MAX, check_id

if TYPE_CHECKING:
    from tonne.ledger.closing.overlaps.check import Looked, OverlapCheck
    from tonne.ledger.pages import Ask
    from tonne.store.manifest.manifest import Manifest
    from tonne.store.manifest.overlap_rows import Overlap, SeveralMeters

OVERLAP_FIELDS: Final = Fields(
    {
        "number": number_field("number"),
        "facility": text_field("facility"),
        "activity": text_field("activity"),
        "first_source": text_field("first_source", is_optional=False),
        "second_source": text_field("second_source", is_optional=False),
        "create_time": moment_field("create_time"),
    },
    example='facility = "dc-1" AND activity = "electricity.grid"',
    key="number",
)
"""What listings of overlaps are filtered by."""

DECLARED_MAX: Final = 10_000
"""Declarations of a book that are in force at once."""

IMPORTS_MAX: Final = 20
"""Imports of a side that are named."""

ALL_MONTHS: Final = (0, PERIOD_COUNT_MAX - 1)


@dataclass(frozen=True, slots=True)
class Origin:
    """A file that brought records of a side (0, 1): its import's number and its name."""

    side: int
    number: int
    file_name: str


class Overlaps:
    """Looks for overlaps, lists and decides them. Safe to call from several threads and servers.

    Parameters
    ----------
    manifest : Manifest
    check : OverlapCheck
    """

    def __init__(self, manifest: Manifest, check: OverlapCheck) -> None:
        self._manifest = manifest
        self._check = check
        self._tokens = PageTokens(manifest.page_token_key)

    def check(self, book: str, months: tuple[int, int] = ALL_MONTHS) -> Looked:
        """Look at months that were touched since the last look, both included.

        Raises
        ------
        BookUnknown, FieldInvalid
        CapacityError
            Call again.
        """
        return self._check.check(check_id("book", book), *_ordered(months))

    def list_overlaps(
        self,
        book: str,
        ask: Ask = FIRST_PAGE,
        *,
        months: tuple[int, int] = ALL_MONTHS,
        undecided: bool = False,
    ) -> Page[Overlap]:
        """List overlaps in the order in which they were found, unless it is `number desc`.

        Raises BookUnknown, FieldInvalid, PageTokenInvalid.
        """
        query = ("overlaps", check_id("book", book), *map(str, _ordered(months)), str(undecided))
        return self._tokens.find(
            query,
            OVERLAP_FIELDS,
            ask,
            lambda window: self._manifest.find_overlaps(book, window, months, undecided=undecided),
            start=0,
        )

    def undecided_count(self, book: str, months: tuple[int, int] = ALL_MONTHS) -> int:
        """Count the overlaps that wait in months, both included."""
        return self._manifest.undecided_overlaps(check_id("book", book), *_ordered(months))

    def get_overlap(self, book: str, number: int) -> Overlap:
        """Read an overlap. Raises BookUnknown, FieldInvalid."""
        found = self._manifest.get_overlap(check_id("book", book), number)
        if found is None:
            raise _invalid(
                "number", f"book {book} has no overlap {number}: `tonne overlap list`", number
            )
        return found

    def origins(self, book: str, overlap: Overlap) -> list[Origin]:
        """Name the files that brought the records of an overlap, as far as files did."""
        found = []
        for side, source in enumerate((overlap.first_source, overlap.second_source)):
            told = [sides[side] for month in overlap.months if (sides := json.loads(month.sides))]
            if not told or (side and source == overlap.first_source):
                continue
            span = (
                min(each["first_offset"] for each in told),
                max(each["last_offset"] for each in told),
            )
            rows = self._manifest.imports_of(book, source, span, IMPORTS_MAX)
            found += [Origin(side, row.number, row.file_name) for row in rows]
        return found

    def accept(
        self,
        book: str,
        number: int,
        *,
        months: tuple[int, int] = ALL_MONTHS,
        author: str,
        reason: str,
    ) -> Overlap:
        """Accept what waits of an overlap: both sides count. Again it changes nothing.

        What is found beyond waits again.

        Raises
        ------
        BookUnknown
        FieldInvalid
            No such overlap; no author, no reason.
        """
        _check_act(author, reason)
        self.get_overlap(book, number)
        self._manifest.accept_overlap(book, number, _ordered(months), author, reason)
        return self.get_overlap(book, number)

    def declare(self, book: str, declared: SeveralMeters) -> SeveralMeters:
        """Declare that a facility has several meters of an activity. Again it changes nothing.

        Raises
        ------
        BookUnknown
        FieldInvalid
            No activity, or more than the end of it is a star; months in the wrong order; no
            author, no reason; too many declarations.
        """
        _check_act(declared.author, declared.reason)
        if declared.facility:
            check_text("facility", declared.facility)
        check_text("activity", declared.activity, is_required=True)
        if not re.fullmatch(r"[^*]+|[^*]+\.\*", declared.activity):
            raise _invalid(
                "activity",
                "expected an activity, or a family of them like fuel.*",
                declared.activity,
            )
        _ordered((declared.first_period, declared.last_period))
        made = self._manifest.declare_meters(check_id("book", book), declared, DECLARED_MAX)
        if made is None:
            raise _invalid(
                "activity",
                f"book {book} has {DECLARED_MAX:,} declarations in force, which is the most: "
                "declare a family of activities, or withdraw some",
                declared.activity,
            )
        return made

    def withdraw(self, book: str, number: int, *, author: str, reason: str) -> SeveralMeters:
        """Withdraw a declaration: what it accepted waits. Again it changes nothing.

        Raises BookUnknown, FieldInvalid.
        """
        _check_act(author, reason)
        found = self._manifest.withdraw_meters(check_id("book", book), number, author, reason)
        if found is None:
            raise _invalid(
                "number",
                f"book {book} has no declaration {number}: `tonne overlap declared`",
                number,
            )
        return found

    def declared(self, book: str) -> list[SeveralMeters]:
        """List the declarations of a book, those that were withdrawn too. Raises BookUnknown."""
        return self._manifest.list_meters(check_id("book", book))


def _check_act(author: str, reason: str) -> None:
    check_text("author", author, is_required=True)
    check_text("reason", reason, is_required=True)


def _ordered(months: tuple[int, int]) -> tuple[int, int]:
    if not 0 <= months[0] <= months[1] < PERIOD_COUNT_MAX:
        raise _invalid(
            "from_month", "expected a first month that is not after the last one", months[0]
        )
    return months


def _invalid(field: str, text: str, value: object) -> FieldInvalid:
    return FieldInvalid(f"{field}: {text}", metadata={"field": field, "value": str(value)})
