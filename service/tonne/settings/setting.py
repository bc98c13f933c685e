"""How a setting is declared: its default, what it means, what it may be."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\s]+):(\d{1,5})")
_PORT_MAX = 65535


def setting(
    default: T,
    about: str,
    *,
    minimum: float | None = None,
    choices: tuple[str, ...] = (),
    check: Callable[[str], str] | None = None,
) -> T:
    """Declare a setting: its default, what it is, and what it may be."""
    rules = {"about": about, "minimum": minimum, "choices": choices, "check": check}
    if isinstance(default, dict):
        made: T = field(default_factory=lambda: default.__class__(default), metadata=rules)
        return made
    declared: T = field(default=default, metadata=rules)
    return declared


def check_words(text: str, known: tuple[str, ...]) -> str:
    """Say what is wrong with a list of words, or nothing."""
    good = text.split() and set(text.split()) <= set(known)
    return "" if good else f"one or more of {' '.join(known)}"


def check_required(text: str, needed: tuple[str, ...]) -> str:
    """Say what is wrong with a list of words that cannot leave some out, or nothing."""
    good = set(needed) <= set(text.split())
    return "" if good else f"a list of claims with {' '.join(needed)} among them"


def check_address(text: str) -> str:
    """Say what is wrong with `HOST:PORT`, or nothing."""
    found = _ADDRESS.fullmatch(text)
    good = found is not None and int(found[2]) <= _PORT_MAX
    return "" if good else "HOST:PORT, like 127.0.0.1:50051 (port 0 takes a free one)"
