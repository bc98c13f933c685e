"""Streams, posts and estimates of a process: how they begin, and how all of it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tonne.errors import ServerDraining
from tonne.ingest.comparisons import compare_records, digest_kept, digest_records
from tonne.ingest.estimates import EstimateRoom, OpenEstimate
from tonne.ingest.intake import Intake
from tonne.ingest.posts import post_records
from tonne.ingest.streams.session import ChannelSession
from tonne.ingest.streams.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.config import IngestConfig
    from tonne.errors import TonneError
    from tonne.ingest.admission.books import Clock
    from tonne.ingest.committer import Journal
    from tonne.ingest.posts import Mending
    from tonne.ingest.streams.wire import Wire
    from tonne.ledger.ledger import Ledger
    from tonne.ledger.posting.comparing.digests import Digests
    from tonne.ledger.posting.comparing.kept import Comparison
    from tonne.ledger.posting.entries import Durable
    from tonne.telemetry import Telemetry

DRAINING_RETRY_S = 1.0
"""How long a producer that met a stopping server should wait before it tries another."""


class Ingest:
    """The streams and posts of one process. Made and used on the event loop.

    Parameters
    ----------
    ledger : Ledger
        Where books and channels are looked up.
    journal : Journal
        What makes batches durable.
    config : IngestConfig
    telemetry : Telemetry
    parse_channel : callable
        Splits a channel's resource name into book and channel id, or raises `NameInvalid`.
    clock : Clock, optional
        By which the rates of books are kept; the event loop where it is left out.
    """

    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        config: IngestConfig,
        telemetry: Telemetry,
        parse_channel: Callable[[str], tuple[str, str]],
        *,
        clock: Clock | None = None,
    ) -> None:
        self.config = config
        self.telemetry = telemetry
        self.intake = Intake(ledger, journal, config, telemetry, clock=clock)
        self._parse_channel = parse_channel
        self._streams = Streams(config, telemetry, self.intake.admission)
        self._estimates = EstimateRoom(config, telemetry)
        self._draining = False

    async def append(self, wire: Wire) -> TonneError | None:
        """Serve one Append stream to its end; what it failed of, if it did."""
        session = ChannelSession(
            wire, self.intake, self._streams, self._parse_channel, self._check_draining
        )
        return await session.run()

    async def post_records(self, book: str, request_id: str, kind: int, content: bytes) -> Durable:
        """Make the records of one call durable, once for each request id.

        Parameters
        ----------
        book : str
            Book id.
        request_id : str
            UUID that makes the call idempotent.
        kind : int
            `decoder.KIND_ROWS` or `KIND_ARROW`.
        content : bytes
            The batch, serialized.

        Raises
        ------
        InputError
            `FieldInvalid`, `BatchMustParse`, `BatchMustFit`, `BookUnknown`,
            `ContentMustMatch`.
        CapacityError
            `BookRateExceeded`, `ServerDraining`.
        """
        self._check_draining()
        return await post_records(self.intake, book, request_id, kind, content)

    async def compare_records(
        self,
        place: tuple[str, str],
        first_offset: int,
        kind: int,
        content: bytes,
        ignored: frozenset[str] = frozenset(),
    ) -> Comparison:
        """Compare records with those that are durable at their offsets. Changes nothing.

        `place` is book and channel; `ignored` are fields that may differ.

        Raises
        ------
        InputError
            `FieldInvalid`, `BatchMustParse`, `BatchMustFit`, `BookUnknown`, `ChannelUnknown`,
            `OffsetGap`.
        CapacityError
            `BookRateExceeded`, `ServerDraining`.
        """
        self._check_draining()
        return await compare_records(
            self.intake, place, first_offset, kind, content, ignored=ignored
        )

    async def digest_records(self, place: tuple[str, str], kind: int, content: bytes) -> Digests:
        """Digest records as they would be kept. Raises as `compare_records`."""
        self._check_draining()
        return await digest_records(self.intake, place, kind, content)

    async def digest_kept(
        self, place: tuple[str, str], first_offset: int, record_count: int
    ) -> Digests:
        """Digest records that are durable in a channel. Raises as `compare_records`."""
        self._check_draining()
        return await digest_kept(self.intake, place, first_offset, record_count)

    async def mend_records(
        self, book: str, mending: Mending, request_id: str, kind: int, content: bytes
    ) -> Durable:
        """Make records durable that stand for others in quarantine. Raises as `post_records`."""
        self._check_draining()
        return await post_records(self.intake, book, request_id, kind, content, mending=mending)

    def open_estimate(self) -> OpenEstimate:
        """Begin a call that posts nothing; its caller closes it. Raises `ServerDraining`."""
        self._check_draining()
        return OpenEstimate(self._estimates, self.intake.decoder())

    @property
    def is_healthy(self) -> bool:
        """Whether new work should come here."""
        return not self._draining and self.intake.committer.store_is_reachable

    def mark_objects(self, reachable: bool) -> None:  # noqa: FBT001  # the form of a callback
        """Take in what the last look at the objects said."""
        self.intake.committer.mark_store("", reachable=reachable)

    async def drain(self, spread_s: float, grace_s: float) -> None:
        """Take nothing new, and have all streams end: see `Streams.drain`."""
        self._draining = True
        await self._streams.drain(spread_s, grace_s)

    async def close(self, give_up_s: float) -> None:
        """Commit what was taken, then end the threads."""
        self._draining = True
        await self.intake.close(give_up_s)

    def _check_draining(self) -> None:
        if self._draining:
            raise ServerDraining.now(DRAINING_RETRY_S)
