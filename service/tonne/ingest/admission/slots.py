"""Slots of Append streams, shared between producers: none of them keeps another out."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tonne.ingest.admission.memory import Admission


class SlotHolder(Protocol):
    """A stream that has a place."""

    @property
    def is_closing(self) -> bool:
        """Whether it ends soon, by itself."""

    def stir(self) -> None:
        """Look again whether it may be read on."""

    def ask_to_close(self, reason: str) -> None:
        """Ask its producer in-band to reconnect."""


class Slots:
    """Gives the places of a process to streams, by caller. Used on the event loop alone.

    Where all are taken, a caller gets one all the same from the caller that has the most, if
    that one is still left with more: its oldest stream is asked in-band to reconnect. Nothing
    of it is lost, and until it ends it is counted apart. So callers that want many end with
    equal shares, and one that wants few has them.

    Parameters
    ----------
    admission : Admission
        Counts streams.
    streams_max : int
        Slots; as many streams may be closing for others.
    """

    def __init__(self, admission: Admission, streams_max: int) -> None:
        self._admission = admission
        self._streams_max = streams_max
        self._callers: dict[SlotHolder, str] = {}
        self._streams: defaultdict[str, dict[SlotHolder, None]] = defaultdict(dict)
        self._displaced: set[SlotHolder] = set()

    def enter(self, stream: SlotHolder, caller: str) -> None:
        """Give a stream a place. Raises `StreamsExhausted`."""
        if len(self._callers) >= self._streams_max:
            self._make_room(caller)
        self._admission.enter(stream.stir)
        self._callers[stream] = caller
        self._streams[caller][stream] = None

    def leave(self, stream: SlotHolder) -> None:
        """Take its place back, if it has one."""
        self._admission.leave(stream.stir)
        self._admission.unwatch(stream.stir)
        self._displaced.discard(stream)
        self._forget(stream)

    def _make_room(self, caller: str) -> None:
        largest = max(self._streams.values(), key=len)
        is_fair = len(self._streams.get(caller, ())) + 1 < len(largest)
        if not is_fair or len(self._displaced) >= self._streams_max:
            return
        oldest = next((stream for stream in largest if not stream.is_closing), None)
        if oldest is None:
            return
        oldest.ask_to_close("displaced")
        self._forget(oldest)
        self._displaced.add(oldest)
        self._admission.leave(oldest.stir)
        self._admission.watch(oldest.stir)  # it is read on until it ends

    def _forget(self, stream: SlotHolder) -> None:
        caller = self._callers.pop(stream, None)
        if caller is not None:
            del self._streams[caller][stream]
            if not self._streams[caller]:
                del self._streams[caller]
