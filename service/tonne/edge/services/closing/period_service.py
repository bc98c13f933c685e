"""PeriodService: periods that are checked, closed, sealed and reopened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.edge.access.gate import caller
from tonne.edge.messages import names
from tonne.edge.messages.requests.period_requests import read_accepted, write_period
from tonne.edge.services.calls import handlers_of
from tonne.v1 import ledger_pb2, periods_pb2

if TYPE_CHECKING:
    import grpc

    from tonne.edge.border import Border
    from tonne.ledger.ledger import Ledger
    from tonne.telemetry import Telemetry

NAME = "tonne.v1.PeriodService"


class PeriodService:
    """Methods of PeriodService."""

    def __init__(self, ledger: Ledger, telemetry: Telemetry) -> None:
        self._periods = ledger.periods
        self._telemetry = telemetry

    def handlers(self, border: Border) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Give the handlers by method."""
        return handlers_of(periods_pb2.DESCRIPTOR.services_by_name["PeriodService"], self, border)

    def check_period(
        self, request: periods_pb2.CheckPeriodRequest
    ) -> periods_pb2.CheckPeriodResponse:
        """Say what stands against a close."""
        found = self._periods.check_period(*names.read_period(request.name))
        return periods_pb2.CheckPeriodResponse(
            findings=[
                periods_pb2.PeriodFinding(check=each.check, count=each.count, message=each.text)
                for each in found
            ]
        )

    def close_period(self, request: periods_pb2.ClosePeriodRequest) -> ledger_pb2.Period:
        """Close a period."""
        book, period = names.read_period(request.name)
        made = self._periods.close_period(
            book,
            period,
            author=request.author or caller().subject,
            reason=request.reason,
            accepts=read_accepted(request.accepted),
        )
        self._telemetry.add("tonne_period_acts_total", 1, "close")
        return write_period(book, made)

    def seal_period(self, request: periods_pb2.SealPeriodRequest) -> ledger_pb2.Period:
        """Seal a period."""
        book, period = names.read_period(request.name)
        made = self._periods.seal_period(
            book,
            period,
            author=request.author or caller().subject,
            reason=request.reason,
            accepts=read_accepted(request.accepted),
        )
        self._telemetry.add("tonne_period_acts_total", 1, "seal")
        return write_period(book, made)

    def reopen_period(
        self, request: periods_pb2.ReopenPeriodRequest
    ) -> periods_pb2.ReopenPeriodResponse:
        """Reopen a period and those that were closed after it."""
        book, period = names.read_period(request.name)
        opened = self._periods.reopen_period(
            book, period, author=request.author or caller().subject, reason=request.reason
        )
        self._telemetry.add("tonne_period_acts_total", len(opened), "reopen")
        return periods_pb2.ReopenPeriodResponse(
            periods=[write_period(book, each) for each in opened]
        )
