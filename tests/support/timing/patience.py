"""Waiting for what a foreign process says only when it is asked."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ASK_INTERVAL_S = 0.05
WAIT_S_MAX = 60.0


def until(holds: Callable[[], bool], what: str, wait_s_max: float = WAIT_S_MAX) -> float:
    """Ask again and again until it holds; gives the seconds that this took.

    For HAProxy, Prometheus and the like, which tell nobody when their state changes.
    """
    start_s = time.monotonic()
    pause = threading.Event()
    while not holds():
        waited_s = time.monotonic() - start_s
        assert waited_s < wait_s_max, f"after {waited_s:.0f} s still not: {what}"
        pause.wait(ASK_INTERVAL_S)
    return time.monotonic() - start_s
