"""Calls about overlaps: looked for, listed, accepted, declared; and what they answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tonne.client.wire.calls import PAGE_SIZE, Calls
from tonne.client.wire.resources import book_name
from tonne.v1 import overlaps_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class OverlapSide:
    """One side of an overlap in a month.

    Parameters
    ----------
    record_count : int
        Its records.
    seconds_min, seconds_max : float
        How long the shortest and the longest of them are.
    first_offset, last_offset : int
        Of them, in their channel.
    quantities : mapping of str to Decimal
        What of them lies over the other side, by unit.
    kg_co2e : Decimal or None
        Of these; None where nothing of it is posted.
    """

    record_count: int
    seconds_min: float
    seconds_max: float
    first_offset: int
    last_offset: int
    quantities: Mapping[str, Decimal]
    kg_co2e: Decimal | None


@dataclass(frozen=True, slots=True)
class OverlapMonth:
    """What of an overlap lies in a month.

    Parameters
    ----------
    month : str
        Like 2026-03.
    state : str
        `open` (it waits for a decision), `accepted`, `declared` or `gone`.
    record_count, pair_count : int
        Records that lie over some of the other side, and pairs of them.
    sides : tuple of OverlapSide
        The two of them; none where nothing is left. Of one channel: what came first, and what
        lies over that.
    kg_co2e : Decimal or None
        At stake: of the side that has more.
    author, reason, accept_time
        Who accepted it, why, when.
    declaration : int
        Number of the declaration that accepts it; 0: none.
    """

    month: str
    state: str
    record_count: int
    pair_count: int
    sides: tuple[OverlapSide, ...]
    kg_co2e: Decimal | None
    author: str
    reason: str
    accept_time: dt.datetime | None
    declaration: int


@dataclass(frozen=True, slots=True)
class OverlapOrigin:
    """A file that brought records of a side, 1 or 2."""

    side: int
    import_number: int
    file_name: str


@dataclass(frozen=True, slots=True)
class Overlap:
    """Records of one facility and activity that lie over each other, of one channel or of two.

    A source is a channel; `requests` of records that were posted by calls, `*` of further ones.
    """

    number: int
    facility: str
    activity: str
    first_source: str
    second_source: str
    months: tuple[OverlapMonth, ...]
    origins: tuple[OverlapOrigin, ...]
    create_time: dt.datetime


@dataclass(frozen=True, slots=True)
class OverlapCheck:
    """What a look at months did.

    `months` were looked at, because they were touched since the last look; `undecided_count` is of
    all months that were asked for.
    """

    months: tuple[str, ...]
    record_count: int
    overlap_count: int
    undecided_count: int


@dataclass(frozen=True, slots=True)
class SeveralMeters:
    """A declaration that a facility (empty: each) has several meters of an activity.

    `to_month` is empty where it has no end; `withdraw_time` is None while it is in force.
    """

    number: int
    facility: str
    activity: str
    from_month: str
    to_month: str
    author: str
    reason: str
    create_time: dt.datetime
    withdraw_author: str
    withdraw_reason: str
    withdraw_time: dt.datetime | None


class OverlapCalls(Calls):
    """Looks for records that lie over each other, and decides about them."""

    _overlaps: Any
    """Stub of OverlapService."""

    def check_overlaps(
        self, book: str, *, from_month: str = "", to_month: str = ""
    ) -> OverlapCheck:
        """Look at months like 2026-03, both included, that were touched since the last look."""
        request = overlaps_pb2.CheckOverlapsRequest(
            name=book_name(book), from_month=from_month, to_month=to_month
        )
        answer = self._call(self._overlaps.CheckOverlaps, request)
        return OverlapCheck(
            tuple(answer.months),
            answer.record_count,
            answer.overlap_count,
            answer.undecided_count,
        )

    def list_overlaps(
        self,
        book: str,
        *,
        from_month: str = "",
        to_month: str = "",
        is_undecided: bool = False,
        filter_by: str = "",
        order_by: str = "",
    ) -> Iterator[Overlap]:
        """List what was found in months, in the order in which it was found first.

        With `is_undecided` only what waits for a decision there.
        """
        request = overlaps_pb2.ListOverlapsRequest(
            parent=book_name(book),
            page_size=PAGE_SIZE,
            filter=filter_by,
            order_by=order_by,
            from_month=from_month,
            to_month=to_month,
            is_undecided=is_undecided,
        )
        for page in self._pages(self._overlaps.ListOverlaps, request):
            yield from map(_overlap, page.overlaps)

    def get_overlap(self, book: str, number: int) -> Overlap:
        """Show an overlap, with the files that brought its records. Raises FieldInvalid."""
        request = overlaps_pb2.GetOverlapRequest(name=_name(book, number))
        return _overlap(self._call(self._overlaps.GetOverlap, request))

    def accept_overlap(
        self,
        book: str,
        number: int,
        *,
        reason: str,
        author: str = "",
        from_month: str = "",
        to_month: str = "",
    ) -> Overlap:
        """Accept what waits of an overlap: both sides count. A call that fails may be repeated.

        What is found beyond it later waits again.

        Raises
        ------
        FieldInvalid
            No such overlap, or no reason.
        """
        request = overlaps_pb2.AcceptOverlapRequest(
            name=_name(book, number),
            from_month=from_month,
            to_month=to_month,
            reason=reason,
            author=author,
        )
        return _overlap(self._call(self._overlaps.AcceptOverlap, request))

    def declare_several_meters(
        self,
        book: str,
        activity: str,
        *,
        reason: str,
        facility: str = "",
        from_month: str = "",
        to_month: str = "",
        author: str = "",
    ) -> SeveralMeters:
        """Declare that a facility has several meters of an activity, or of a family like `fuel.*`.

        Its overlaps in these months are accepted, whatever comes. A call that fails may be
        repeated.

        Parameters
        ----------
        facility : str
            Empty: every facility.
        from_month, to_month : str
            Both included; empty: without a beginning, without an end.
        """
        request = overlaps_pb2.DeclareSeveralMetersRequest(
            parent=book_name(book),
            facility=facility,
            activity=activity,
            from_month=from_month,
            to_month=to_month,
            reason=reason,
            author=author,
        )
        return _declared(self._call(self._overlaps.DeclareSeveralMeters, request))

    def withdraw_several_meters(
        self, book: str, number: int, *, reason: str, author: str = ""
    ) -> SeveralMeters:
        """Withdraw a declaration: what it accepted waits. A call that fails may be repeated."""
        request = overlaps_pb2.WithdrawSeveralMetersRequest(
            name=f"{book_name(book)}/severalMeters/{number}", reason=reason, author=author
        )
        return _declared(self._call(self._overlaps.WithdrawSeveralMeters, request))

    def list_several_meters(self, book: str) -> list[SeveralMeters]:
        """List the declarations of a book, those that were withdrawn too."""
        request = overlaps_pb2.ListSeveralMetersRequest(parent=book_name(book))
        answer = self._call(self._overlaps.ListSeveralMeters, request)
        return [*map(_declared, answer.several_meters)]


def _name(book: str, number: int) -> str:
    return f"{book_name(book)}/overlaps/{number}"


def _number(name: str) -> int:
    return int(name.rpartition("/")[2] or 0)


def _source(name: str) -> str:
    return name.rpartition("/")[2]


def _kg(message: overlaps_pb2.OverlapMonth | overlaps_pb2.OverlapSide) -> Decimal | None:
    return Decimal(message.kg_co2e) if message.HasField("kg_co2e") else None


def _overlap(message: overlaps_pb2.Overlap) -> Overlap:
    return Overlap(
        _number(message.name),
        message.facility,
        message.activity,
        _source(message.first_source),
        _source(message.second_source),
        tuple(map(_month, message.months)),
        tuple(
            OverlapOrigin(each.side, each.import_number, each.file_name)
            for each in message.origins
        ),
        message.create_time.ToDatetime(dt.UTC),
    )


def _month(message: overlaps_pb2.OverlapMonth) -> OverlapMonth:
    state = overlaps_pb2.OverlapState.Name(message.state).removeprefix("OVERLAP_STATE_")
    return OverlapMonth(
        message.month,
        state.lower(),
        message.record_count,
        message.pair_count,
        tuple(map(_side, message.sides)),
        _kg(message),
        message.author,
        message.reason,
        message.accept_time.ToDatetime(dt.UTC) if message.HasField("accept_time") else None,
        _number(message.declaration),
    )


def _side(message: overlaps_pb2.OverlapSide) -> OverlapSide:
    return OverlapSide(
        message.record_count,
        message.seconds_min,
        message.seconds_max,
        message.first_offset,
        message.last_offset,
        {each.unit: Decimal(each.quantity) for each in message.quantities},
        _kg(message),
    )


def _declared(message: overlaps_pb2.SeveralMeters) -> SeveralMeters:
    return SeveralMeters(
        _number(message.name),
        message.facility,
        message.activity,
        message.from_month,
        message.to_month,
        message.author,
        message.reason,
        message.create_time.ToDatetime(dt.UTC),
        message.withdraw_author,
        message.withdraw_reason,
        message.withdraw_time.ToDatetime(dt.UTC) if message.HasField("withdraw_time") else None,
    )
