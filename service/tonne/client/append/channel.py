"""A channel as its producer holds it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from tonne.client.answers.book_days import Days
from tonne.client.answers.results import AppendResult, Progress
from tonne.client.append.batches import Backlog, Batches, Records
from tonne.client.append.delivery import Delivery
from tonne.client.append.ownership import ChannelServer, Ownership
from tonne.client.errors import RecordsInvalid
from tonne.client.wire.retry import Backoff
from tonne.errors import OffsetGap
from tonne.quantities import quantity_decimal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.client.wire.retry import RetryPolicy
    from tonne.model import ControlTotals


class Channel:
    """One producer's ordered stream of records into a book; made by `Client.channel`.

    It is used by one thread at a time. Everything that concerns the connection is dealt with
    here: streams that break or are closed by the server are opened anew and go on from the
    committed offset; an epoch raised by another owner ends it with `ChannelFenced`.

    Attributes
    ----------
    name : str
        `books/{book}/channels/{channel}`.
    """

    def __init__(
        self,
        server: ChannelServer,
        name: str,
        policy: RetryPolicy,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._ownership = Ownership(server, name)
        self._delivery = Delivery(self._ownership, policy, sleep)
        self._days = Days(lambda: server.read_time_zone(name))
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        server: ChannelServer,
        name: str,
        policy: RetryPolicy,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Self:
        """Open the channel on its server, which raises its epoch.

        Raises
        ------
        ServerUnavailable
            No server answered within `policy.open_budget_s`.
        """
        channel = cls(server, name, policy, sleep=sleep)
        channel._delivery.reopen(Backoff(policy, policy.open_budget_s, sleep=sleep))
        return channel

    @property
    def epoch(self) -> int:
        """Epoch of the last opening."""
        return self._ownership.epoch

    @property
    def committed_offset(self) -> int:
        """Number of durable records, as far as it is known here: the offset to go on from."""
        return self._delivery.committed_offset

    def append(
        self,
        records: Records,
        *,
        start_offset: int | None = None,
        record_count: int | None = None,
        progress: Callable[[Progress], None] | None = None,
        backlog: Callable[[], Backlog] | None = None,
    ) -> AppendResult:
        """Append records and return once all of them are durable.

        Parameters
        ----------
        records : Records
            A Polars frame, anything that exports Arrow, or an iterable of mappings (or frames),
            read no faster than the server takes it.
        start_offset : int, optional
            Offset in the channel of the first of `records`. Those that the ledger has already
            are compared with the ledger's, all of them, and skipped: the same call after an
            interruption goes on where the ledger stands. Who knows that offset hands over the
            records from there on, with no `start_offset`, and nothing is sent twice. Without it
            the records follow on the committed offset.
        record_count : int, optional
            How many records an iterable has, for the backlog.
        progress : callable, optional
            Called after each acknowledgement.
        backlog : callable, optional
            Says with each message what waits behind the records of an iterable that gives them
            as they come. Servers are scaled by it.

        Raises
        ------
        RecordsInvalid
            A record cannot be sent at all, and those before it may be durable; or a negative
            `start_offset`.
        AppendRefused
            The server refused a batch.
        OffsetGap
            `start_offset` is beyond the committed offset.
        ContentMustMatch
            With `start_offset`, the skipped records are not those that the ledger has.
        ChannelFenced, RecordsLost
            Another owner has opened it; acknowledged records are gone, which is told once.
        CredentialsMissing, CredentialsInvalid, RoleMissing
            The caller may not append, or no longer.
        ServerUnavailable
            No progress within the budget of the `RetryPolicy`: call again with `start_offset`.
        """
        with self._lock:
            delivery = self._delivery
            if delivery.is_stale:
                delivery.reopen()
            skip_count = self._skip_count(start_offset)
            before = delivery.totals
            delivery.begin(delivery.committed_offset - skip_count, progress)
            try:
                batches = Batches(
                    records,
                    delivery.limits,
                    skip_count=skip_count,
                    record_count=record_count,
                    days=self._days,
                    waiting=backlog,
                )
                delivery.compare(batches.skipped())
                delivery.pump(batches)
            except BaseException:
                delivery.abandon()
                raise
            return self._result(before, batches)

    def close(self) -> None:
        """Let go of the stream. The channel stays open in the ledger."""
        with self._lock:
            self._delivery.close()

    def __enter__(self) -> Self:
        """Return the channel itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the stream."""
        self.close()

    def _skip_count(self, start_offset: int | None) -> int:
        if start_offset is None:
            return 0
        if start_offset < 0:
            raise RecordsInvalid(
                "start_offset: expected the number of records before these, 0 or more; got "
                f"{start_offset}",
                metadata={"field": "start_offset"},
            )
        if start_offset > self.committed_offset:
            raise OffsetGap.at_start(
                self.name, offset=start_offset, committed=self.committed_offset
            )
        return self.committed_offset - start_offset

    def _result(self, before: ControlTotals, batches: Batches) -> AppendResult:
        after = self._delivery.totals
        not_posted = (
            after.quarantined_count
            + after.suspended_count
            - before.quarantined_count
            - before.suspended_count
        )
        return AppendResult(
            after.record_count - before.record_count,
            after.posted_count - before.posted_count,
            after.quarantined_count - before.quarantined_count,
            after.suspended_count - before.suspended_count,
            quantity_decimal(after.quantity_atto - before.quantity_atto),
            tuple(self._delivery.row_errors),
            max(0, not_posted - len(self._delivery.row_errors)),
            self.committed_offset,
            batches.skipped_count,
            batches.rounded.count,
            batches.rounded.first,
        )
