"""What a thread works for: whether anybody waits for it, whether it serves a reader, and whom.

A call sets it where it hands its work to a thread; the rooms below ask. Work in a thread cannot
be stopped from outside, so it asks at each step (between files, between parts of an answer)
whether it should go on.

Whoever serves a call names the caller here, too; the manifest writes it beside each change. Work
that nobody called for (the upkeep, a command on the manifest itself) has no caller.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


class NobodyWaits(BaseException):
    """Ends work whose answer nobody will read; no `Exception`, so that nothing answers it."""


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one call in a thread.

    Parameters
    ----------
    is_reading : bool
        Whether it serves a reader: it leaves to producers what is reserved for them.
    """

    is_reading: bool = False
    _ended: threading.Event = field(default_factory=threading.Event)

    def run(self, call: Callable[..., T], *arguments: object) -> Callable[[], T]:
        """Give what runs a call as this work, in the context of whoever asks here."""
        context = copy_context()
        context.run(_CURRENT.set, self)
        return lambda: context.run(call, *arguments)

    def end(self) -> None:
        """Tell it that nobody waits any more. From any thread."""
        self._ended.set()

    def check_wanted(self) -> None:
        """Raise `NobodyWaits` where nobody waits any more."""
        if self._ended.is_set():
            raise NobodyWaits


_OWN = Work()
_CURRENT: ContextVar[Work] = ContextVar("work", default=_OWN)


def check_wanted() -> None:
    """See that somebody still waits for what this thread computes. Raises `NobodyWaits`."""
    _CURRENT.get().check_wanted()


def is_reading() -> bool:
    """Whether this thread serves a reader."""
    return _CURRENT.get().is_reading


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and why; both empty where nobody said."""

    subject: str = ""
    reason: str = ""


class Acts(Protocol):
    """What knows its actor, even where that is known later than it begins."""

    @property
    def actor(self) -> Actor:
        """Who acts, as far as it is known now."""


@dataclass(frozen=True, slots=True)
class _Known:
    actor: Actor


_NOBODY = _Known(Actor())
_ACTING: ContextVar[Acts] = ContextVar("actor", default=_NOBODY)


def actor() -> Actor:
    """Give the actor of this thread."""
    return _ACTING.get().actor


def act_for(acts: Acts) -> None:
    """Have this context, and what is begun from it, act for somebody."""
    _ACTING.set(acts)


@contextmanager
def acting(subject: str, reason: str = "") -> Iterator[None]:
    """Act for somebody for a while."""
    token = _ACTING.set(_Known(Actor(subject, reason)))
    try:
        yield
    finally:
        _ACTING.reset(token)
