"""Asks the objects, every few seconds, whether they can be reached: a server without is not ready.

Commits alone would tell it too late: a server that has just started, or that is told nothing for
a while, would take producers in and fail them one after the other.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

PROBE_S_MAX = 8.0
"""How long an answer may take. A probe of a bucket gives up before; a hanging disk never does."""

FAILURES_MIN = 2
"""Failures in a row that count: one lost request takes no server out."""

FAILED_INTERVAL_S = 1.0
"""Time to the next look after one that failed, at most."""


class ObjectsWatch:
    """Looks at the objects again and again, and says what it saw.

    Parameters
    ----------
    probe : callable
        Blocks; raises where the objects cannot be used.
    mark : callable
        Is told, as `reachable`, whether they can.
    interval_s : float
        Time between two looks.
    """

    def __init__(
        self, probe: Callable[[], None], mark: Callable[[bool], None], interval_s: float
    ) -> None:
        self._probe = probe
        self._mark = mark
        self._interval_s = interval_s
        self._failures = 0

    async def keep_looking(self) -> None:
        """Look until it is cancelled. A look that hangs holds one thread, not many."""
        pool = ThreadPoolExecutor(1, "probe")
        try:
            while True:
                await self._look(pool)
                wait_s = min(self._interval_s, FAILED_INTERVAL_S)
                await asyncio.sleep(wait_s if self._failures else self._interval_s)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    async def _look(self, pool: ThreadPoolExecutor) -> None:
        asked = asyncio.get_running_loop().run_in_executor(pool, self._probe)
        done, _ = await asyncio.wait([asked], timeout=PROBE_S_MAX)
        if not done:
            self._fail(f"no answer in {PROBE_S_MAX:.0f} s", at_once=True)
            await asyncio.wait([asked])
        error = asked.exception()
        if error is not None:
            self._fail(error)
            return
        if self._failures >= FAILURES_MIN:
            logger.warning("the server reaches the objects again")
        self._failures = 0
        self._mark(True)

    def _fail(self, why: object, *, at_once: bool = False) -> None:
        self._failures += FAILURES_MIN if at_once else 1
        if self._failures >= FAILURES_MIN:
            self._mark(False)
        if self._failures in {1, FAILURES_MIN}:
            logger.warning("the server cannot reach the objects: %s", why)
