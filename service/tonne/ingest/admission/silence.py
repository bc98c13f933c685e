"""Streams that have not said yet what they are: they take no place, and few of them are held."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Protocol

from tonne.errors import StreamsExhausted, StreamSilent
from tonne.ingest.admission.memory import STREAMS_RETRY_S

if TYPE_CHECKING:
    from tonne.config import IngestConfig
    from tonne.errors import TonneError
    from tonne.telemetry import Telemetry


class Silent(Protocol):
    """A stream whose first message was not authorized yet."""

    def displace(self, error: TonneError) -> None:
        """End it."""


class Silence:
    """The silent streams of a process, by caller. Used on the event loop alone.

    Where there is no room for another, the caller that has the most loses its oldest: who opens
    streams and says nothing pushes out itself, and nobody who speaks at once.
    """

    def __init__(self, config: IngestConfig, telemetry: Telemetry) -> None:
        self._most = config.silent_streams_max or config.streams_max
        self._telemetry = telemetry
        self._callers: dict[Silent, str] = {}
        self._streams: defaultdict[str, dict[Silent, None]] = defaultdict(dict)
        telemetry.read_with("tonne_silent_streams", lambda: float(len(self._callers)))

    def enter(self, stream: Silent, caller: str) -> None:
        """Count a stream in.

        Raises
        ------
        StreamsExhausted
            No caller has more of them than this one, and there are as many as there may be.
        """
        if len(self._callers) >= self._most:
            largest = max(self._streams, key=lambda name: len(self._streams[name]))
            if len(self._streams[largest]) <= len(self._streams.get(caller, ())):
                raise self._exhausted("caller_silent_streams")
            oldest = next(iter(self._streams[largest]))
            self.leave(oldest)
            oldest.displace(self._exhausted("silent_streams"))
        self._callers[stream] = caller
        self._streams[caller][stream] = None

    def leave(self, stream: Silent) -> None:
        """Count a stream out, because it has spoken or gone."""
        caller = self._callers.pop(stream, None)
        if caller is not None:
            del self._streams[caller][stream]
            if not self._streams[caller]:
                del self._streams[caller]

    def _exhausted(self, reason: str) -> StreamsExhausted:
        self._telemetry.add("tonne_throttles_total", 1, reason)
        return StreamsExhausted.of_silent(self._most, STREAMS_RETRY_S)


def said_nothing(most_s: float) -> StreamSilent:
    """Make the error of a stream whose first message did not come in time, or not whole."""
    return StreamSilent.at_first(most_s, "ingest.first_message_s_max")
