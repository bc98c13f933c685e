"""What a stream tells its producer, and how it is kept while the producer does not read."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tonne.model import ControlTotals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tonne.errors import TonneError
    from tonne.model import RowError

ERRORS_PENDING_MAX = 64
"""Refused batches that wait to be told; the stream is not read on before some are."""

ROW_ERRORS_PENDING_REPLIES = 4
"""Row errors are kept for so many replies; further ones are counted as left out."""


@dataclass(frozen=True, slots=True)
class CloseSignal:
    """The server asks the producer to reconnect. `grace_s`: how long it still reads."""

    reason: str
    grace_s: float


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to the producer; fields as in `tonne.v1.AppendResponse`."""

    durable_offset: int | None
    credit_bytes: int
    row_errors: tuple[RowError, ...] = ()
    row_errors_omitted: int = 0
    totals: ControlTotals | None = None
    close_signal: CloseSignal | None = None
    error: TonneError | None = None


class Outbox:
    """What is to be said, merged while the producer does not read.

    However slow the producer: one cumulative offset, one sum of totals, a bounded number of
    row errors and of refusals. Used on the event loop alone.

    Parameters
    ----------
    row_errors_max : int
        Most row errors of one reply.
    """

    def __init__(self, row_errors_max: int) -> None:
        self._row_errors_max = row_errors_max
        self._durable_offset: int | None = None
        self._totals: ControlTotals | None = None
        self._row_errors: deque[RowError] = deque()
        self._omitted = 0
        self._close_signal: CloseSignal | None = None
        self._errors: deque[TonneError] = deque()
        self._news = False
        self._ended = False
        self._stirred = asyncio.Event()

    @property
    def is_full(self) -> bool:
        """Whether so many refusals wait that no further batch should be taken."""
        return len(self._errors) >= ERRORS_PENDING_MAX

    def acknowledge(
        self,
        durable_offset: int,
        totals: ControlTotals | None = None,
        row_errors: Sequence[RowError] = (),
        row_error_count: int = 0,
    ) -> None:
        """Say that all below `durable_offset` is durable; totals and errors are of what is new."""
        self._durable_offset = durable_offset
        if totals is not None:
            self._totals = (self._totals or ControlTotals()) + totals
        room = ROW_ERRORS_PENDING_REPLIES * self._row_errors_max - len(self._row_errors)
        self._row_errors.extend(row_errors[: max(room, 0)])
        self._omitted += row_error_count - min(len(row_errors), max(room, 0))
        self._stir()

    def refuse(self, error: TonneError) -> None:
        """Say that a batch was refused, or why the stream ends."""
        self._errors.append(error)
        self._stir()

    def ask_to_close(self, signal: CloseSignal) -> None:
        """Ask the producer to reconnect."""
        self._close_signal = signal
        self._stir()

    def end(self) -> None:
        """Say nothing more than what is pending."""
        self._ended = True
        self._stirred.set()

    async def take(self, credit_bytes: Callable[[], int]) -> Reply | None:
        """Wait for something to say and merge it into one reply; None at the end.

        The credit is that of the moment when there is something to say.
        """
        while not self._news:
            if self._ended:
                return None
            self._stirred.clear()
            await self._stirred.wait()
        count = min(len(self._row_errors), self._row_errors_max)
        omitted = 0 if len(self._row_errors) > count else self._omitted
        reply = Reply(
            durable_offset=self._durable_offset,
            credit_bytes=credit_bytes(),
            row_errors=tuple(self._row_errors.popleft() for _ in range(count)),
            row_errors_omitted=omitted,
            totals=self._totals,
            close_signal=self._close_signal,
            error=self._errors.popleft() if self._errors else None,
        )
        self._omitted -= omitted
        self._totals = None
        self._close_signal = None
        self._news = bool(self._errors or self._row_errors)
        return reply

    def _stir(self) -> None:
        self._news = True
        self._stirred.set()
