"""For whom a thread works: who called, and why, as far as the call says it.

Whoever serves a call names the caller here; the manifest writes it beside each change. Work that
nobody called for (the upkeep, a command on the manifest itself) has no caller.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


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
_CURRENT: ContextVar[Acts] = ContextVar("actor", default=_NOBODY)


def actor() -> Actor:
    """Give the actor of this thread."""
    return _CURRENT.get().actor


def act_for(acts: Acts) -> None:
    """Have this context, and what is begun from it, act for somebody."""
    _CURRENT.set(acts)


@contextmanager
def acting(subject: str, reason: str = "") -> Iterator[None]:
    """Act for somebody for a while."""
    token = _CURRENT.set(_Known(Actor(subject, reason)))
    try:
        yield
    finally:
        _CURRENT.reset(token)
