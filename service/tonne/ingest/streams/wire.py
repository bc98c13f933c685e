"""The end of a stream at the border: messages in, replies out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tonne.ingest.streams.replies import Reply


class Wire(Protocol):
    """The stream as the border gives it: whole messages, in order."""

    async def admit(self) -> float | None:
        """Find out who the producer is: how long its credentials hold in s, None for ever.

        Raises `TonneError` where it is not let in.
        """

    @property
    def caller(self) -> str:
        """Name the producer for limits, once it is admitted."""

    def authorize(self, book: str, name: str) -> None:
        """See that it may append to a channel. Raises `BookUnknown`, `RoleMissing`."""

    async def read(self) -> bytes | None:
        """Give the next message; None after the producer's half-close or at its loss."""

    async def write(self, reply: Reply) -> None:
        """Send a reply; returns when the network has taken it."""
