"""Who owns a channel: opening it, and seeing that another one has."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Protocol

from tonne.client.append.batches import ENVELOPE_BYTES
from tonne.client.errors import ChannelFenced, MalformedAnswer, TokenUnavailable
from tonne.errors import CredentialsInvalid, CredentialsMissing, RoleMissing, TonneError
from tonne.v1 import ingest_pb2

if TYPE_CHECKING:
    from tonne.client.append.stream import AppendStream
    from tonne.client.wire.retry import Backoff


LATE_S_MAX = 60.0
"""How long an opening that was given up may still take place: a server that stood still, or that
waited for a lock, carries it out when it can."""


class ChannelServer(Protocol):
    """The calls that a channel needs; failures come as `TonneError`."""

    def open_channel(self, name: str, owner: str) -> ingest_pb2.OpenChannelResponse:
        """Open the channel for an owner, raising its epoch."""

    def get_channel(self, name: str) -> ingest_pb2.Channel:
        """Read the channel."""

    def open_stream(self, name: str, epoch: int) -> AppendStream:
        """Begin an Append call."""

    def read_time_zone(self, name: str) -> str:
        """Read the time zone of the channel's book."""

    def renew_token(self) -> bool:
        """Ask for a token in place of one that was refused; whether there is another one."""


REFUSALS_OF_THE_CALLER = (CredentialsMissing, CredentialsInvalid, RoleMissing)
"""In-band errors that say nothing about the batch, but about who sends it."""


class Ownership:
    """The epoch of one producer on one channel. `epoch` is 0 before the first opening.

    A server that knows owners says whose the channel is, by the name that is drawn here: that
    holds whatever became of an opening, and of the database. With an older one the epochs are
    counted.
    """

    def __init__(self, server: ChannelServer, name: str) -> None:
        self.name = name
        self.epoch = 0
        self._owner = uuid.uuid4().hex
        self._is_named = False
        self._server = server
        self._clock = time.monotonic
        self._unanswered_count = 0
        self._unanswered_s = 0.0

    @property
    def is_doubtful(self) -> bool:
        """Whether an opening of ours may have raised the epoch without our knowing."""
        return self._is_named or self._late_count > 0

    @property
    def _late_count(self) -> int:
        """Openings of ours that had no answer and may have taken place, or may yet."""
        is_late = self.epoch and self._clock() - self._unanswered_s > LATE_S_MAX
        return 0 if is_late else self._unanswered_count

    def open(self, retry: Backoff, acknowledged: int) -> ingest_pb2.OpenChannelResponse:
        """Open the channel, again and again while the server is away.

        `acknowledged` is how many records of it are known to be durable.

        Raises
        ------
        ChannelFenced
            Another owner has opened it since: it is not taken back.
        ServerUnavailable
            The budget of `retry` is spent.
        """
        while True:
            try:
                seen = self._check_owner(acknowledged)
                self._unanswered_count = self._late_count + 1
                self._unanswered_s = self._clock()
                opened = self._server.open_channel(self.name, self._owner)
            except TonneError as error:
                if not error.retryable:
                    raise
                retry.wait(error)
            else:
                break
        limits = opened.limits
        if limits.message_bytes_max <= 2 * ENVELOPE_BYTES or limits.batch_records_max <= 0:
            raise MalformedAnswer(
                f"{self.name}: the server opened the channel without usable limits: {limits}"
            )
        self._take(opened, seen)
        return opened

    def _take(self, opened: ingest_pb2.OpenChannelResponse, seen: ingest_pb2.Channel) -> None:
        """Take note of an opening, unless another one came after the look at the channel."""
        epoch, count = opened.channel.epoch, self._unanswered_count
        self._is_named = bool(opened.channel.owner)
        if self._is_named:
            if self.epoch and opened.previous_owner not in {self._owner, seen.owner}:
                raise self.fenced(f"the opening made epoch {epoch}")
            self._unanswered_count, self.epoch = 0, epoch
            return
        if self.epoch and epoch > self.epoch + count:
            # One came after the look: what it appended must not be taken for ours.
            raise self.fenced(f"the opening made epoch {epoch}")
        # Each epoch since the last one was an opening of ours; the others may come yet.
        self._unanswered_count = count - (epoch - self.epoch) if self.epoch else count - 1
        self.epoch = epoch

    def open_stream(self) -> AppendStream:
        """Begin an Append call under the epoch."""
        return self._server.open_stream(self.name, self.epoch)

    def renews(self, error: TonneError) -> bool:
        """Whether the error is of the token alone, and there is a fresh one or will be."""
        if not isinstance(error, CredentialsInvalid):
            return False
        try:
            return self._server.renew_token()
        except TokenUnavailable:
            return True

    def fenced(self, text: str) -> ChannelFenced:
        """Make the error of a channel that has another owner."""
        return ChannelFenced(
            f"{self.name}: another owner has opened the channel since epoch {self.epoch} "
            f"({text}): give each producer its own channel",
            metadata={"channel": self.name, "epoch": str(self.epoch)},
        )

    def _check_owner(self, acknowledged: int) -> ingest_pb2.Channel:
        """Refuse to take the channel back from another owner; gives the channel as it is.

        An opening whose answer was lost may have raised the epoch too: it counts as ours. Where
        the epoch is lower than ours, the database has lost our opening and all that we appended
        under it; so more records than were acknowledged before can only be another's.
        """
        if self.epoch == 0:
            return ingest_pb2.Channel()
        found = self._server.get_channel(self.name)
        if found.owner and self._is_named:
            is_ours = found.owner == self._owner or (
                found.epoch <= self.epoch and found.committed_offset <= acknowledged
            )
        else:
            is_ours = found.epoch <= self.epoch + self._late_count
        if not is_ours:
            raise self.fenced(f"its epoch is {found.epoch} now")
        return found
