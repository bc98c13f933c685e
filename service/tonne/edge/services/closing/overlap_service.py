"""OverlapService: records that lie over each other, found, listed, accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge.access.gate import caller
from tonne.edge.messages import names
from tonne.edge.messages.requests.overlap_requests import (
    read_declared,
    read_months,
    write_meters,
    write_overlap,
)
from tonne.edge.services.calls import handlers_of, read_ask
from tonne.ledger.budget import PART_BYTES
from tonne.model import month_of_period
from tonne.reports.overlaps import overlap_worth
from tonne.v1 import overlaps_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    import grpc

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger
    from tonne.store.manifest.overlap_rows import Overlap

NAME = "tonne.v1.OverlapService"


class OverlapService:
    """Methods of OverlapService."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        return handlers_of(
            overlaps_pb2.DESCRIPTOR.services_by_name["OverlapService"], self, border
        )

    def check_overlaps(
        self, request: overlaps_pb2.CheckOverlapsRequest
    ) -> overlaps_pb2.CheckOverlapsResponse:
        """Look at months that were touched."""
        book = names.read_book(request.name)
        months = read_months(request)
        done = self._ledger.overlaps.check(book, months)
        return overlaps_pb2.CheckOverlapsResponse(
            months=map(month_of_period, done.months),
            record_count=done.record_count,
            overlap_count=done.overlap_count,
            undecided_count=self._ledger.overlaps.undecided_count(book, months),
        )

    def list_overlaps(
        self, request: overlaps_pb2.ListOverlapsRequest
    ) -> overlaps_pb2.ListOverlapsResponse:
        """List overlaps."""
        book = names.read_book(request.parent, field="parent")
        page = self._ledger.overlaps.list_overlaps(
            book,
            read_ask(request),
            months=read_months(request),
            undecided=request.is_undecided,
        )
        worth = self._worth(book, page.items)
        return overlaps_pb2.ListOverlapsResponse(
            overlaps=[write_overlap(book, each, worth) for each in page.items],
            next_page_token=page.next_page_token,
        )

    def get_overlap(self, request: overlaps_pb2.GetOverlapRequest) -> overlaps_pb2.Overlap:
        """Show an overlap."""
        book, number = names.read_overlap(request.name)
        return self._whole(book, self._ledger.overlaps.get_overlap(book, number))

    def accept_overlap(self, request: overlaps_pb2.AcceptOverlapRequest) -> overlaps_pb2.Overlap:
        """Accept what waits of an overlap."""
        book, number = names.read_overlap(request.name)
        accepted = self._ledger.overlaps.accept(
            book,
            number,
            months=read_months(request),
            author=request.author or caller().subject,
            reason=request.reason,
        )
        return self._whole(book, accepted)

    def declare_several_meters(
        self, request: overlaps_pb2.DeclareSeveralMetersRequest
    ) -> overlaps_pb2.SeveralMeters:
        """Accept overlaps beforehand."""
        book = names.read_book(request.parent, field="parent")
        wanted = read_declared(request, request.author or caller().subject)
        return write_meters(book, self._ledger.overlaps.declare(book, wanted))

    def withdraw_several_meters(
        self, request: overlaps_pb2.WithdrawSeveralMetersRequest
    ) -> overlaps_pb2.SeveralMeters:
        """Withdraw a declaration."""
        book, number = names.read_meters(request.name)
        found = self._ledger.overlaps.withdraw(
            book, number, author=request.author or caller().subject, reason=request.reason
        )
        return write_meters(book, found)

    def list_several_meters(
        self, request: overlaps_pb2.ListSeveralMetersRequest
    ) -> overlaps_pb2.ListSeveralMetersResponse:
        """List the declarations of a book."""
        book = names.read_book(request.parent, field="parent")
        return overlaps_pb2.ListSeveralMetersResponse(
            several_meters=[
                write_meters(book, each) for each in self._ledger.overlaps.declared(book)
            ]
        )

    def _whole(self, book: str, overlap: Overlap) -> overlaps_pb2.Overlap:
        origins = self._ledger.overlaps.origins(book, overlap)
        return write_overlap(book, overlap, self._worth(book, [overlap]), origins)

    def _worth(
        self, book: str, overlaps: Sequence[Overlap]
    ) -> Mapping[tuple[int, int], tuple[Fraction | None, Fraction | None]]:
        if not overlaps:
            return {}
        with self._ledger.reads.holding(PART_BYTES) as hold:
            snapshot = self._ledger.snapshots.take(book, hold=hold)
            return overlap_worth(snapshot, overlaps, hold)
