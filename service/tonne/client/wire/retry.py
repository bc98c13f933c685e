"""When to try again: a jittered, bounded wait inside a budget of time."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonne.client.errors import ServerUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.errors import TonneError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long an append goes on without progress, and how it waits.

    Attributes
    ----------
    budget_s : float
        Time without any record becoming durable after which an append gives up.
    open_budget_s : float
        Time after which the first opening of a channel gives up.
    delay_first_s, delay_s_max : float
        Bounds of the wait between attempts; each is drawn evenly from 0 to the bound, which
        doubles.
    ack_timeout_s : float
        Time without progress after which a stream with records on the way is given up and
        opened anew. Repeated acknowledgements do not extend it.
    on_wait : callable, optional
        Called before each wait with the error that is waited out; for telling people.
    """

    budget_s: float = 120.0
    open_budget_s: float = 5.0
    delay_first_s: float = 0.1
    delay_s_max: float = 5.0
    ack_timeout_s: float = 30.0
    on_wait: Callable[[TonneError], None] | None = None


@dataclass(slots=True)
class Backoff:
    """The failures since the last progress, and how much of the budget is left."""

    policy: RetryPolicy
    budget_s: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random.random
    _failure_count: int = field(default=0, init=False)
    _deadline_s: float = field(default=0.0, init=False)

    def reset(self) -> None:
        """Take note of progress: the budget is whole again."""
        self._failure_count = 0

    def wait(self, error: TonneError) -> None:
        """Wait before the next attempt; raises `ServerUnavailable` where the budget is spent.

        A server that names a delay is given at least that.
        """
        now_s = self.clock()
        if self._failure_count == 0:
            self._deadline_s = now_s + self.budget_s
        self._failure_count += 1
        bound_s = self.policy.delay_first_s * 2.0 ** min(self._failure_count - 1, 30)
        delay_s = self.draw() * min(bound_s, self.policy.delay_s_max)
        delay_s = max(delay_s, error.retry_delay_s or 0.0)
        if now_s + delay_s > self._deadline_s:
            raise ServerUnavailable(
                f"no progress within {self.budget_s:g} s and {self._failure_count} attempts; "
                f"the last error was: {error.message}",
                metadata={"attempts": str(self._failure_count)},
            ) from error
        if self.policy.on_wait is not None:
            self.policy.on_wait(error)
        self.sleep(delay_s)
