"""A stream and the credentials of its producer."""

from __future__ import annotations

import asyncio

from tests.unit.ingest.conftest import TIMEOUT_S
from tonne.errors import CredentialsInvalid


async def _ended(task: asyncio.Task) -> object:
    async with asyncio.timeout(TIMEOUT_S):
        return await task


def test_a_producer_that_is_not_let_in_is_told_in_band(bench):
    """Nothing is read before the refusal, which is the failure of the stream, too."""

    async def run() -> None:
        async with bench() as made:
            wire, task = made.start()
            wire.refusal = CredentialsInvalid("no", metadata={"rule": "expired"})
            wire.half_close()
            assert await _ended(task) is wire.refusal
            assert wire.errors == ["CREDENTIALS_INVALID"]
            assert made.value("tonne_streams_active") == 0

    asyncio.run(run())


def test_credentials_end_before_the_lifetime(bench):
    """The close signal names them; its grace reaches to their end and no further."""

    async def run() -> None:
        async with bench(close_grace_s=100.0) as made:
            wire, task = made.start()
            wire.left_s = 0.4
            await wire.until_durable(0)
            wire.send_rows(0)
            await wire.until_durable(1)
            await wire.until(lambda replies: replies[-1].close_signal)
            signal = wire.replies[-1].close_signal
            assert signal.reason == "token_expiry"
            assert 0.1 <= signal.grace_s <= 0.2
            assert await _ended(task) is None  # by itself, without a half-close
            assert made.value("tonne_stream_ends_total", reason="token_expiry") == 1
            wire.half_close()

    asyncio.run(run())


def test_credentials_that_have_ended_take_nothing(bench):
    """Within the leeway of the clocks a stream is let in, and asked to come back at once."""

    async def run() -> None:
        async with bench() as made:
            wire, task = made.start()
            wire.left_s = -3.0
            wire.send_rows(0)
            await wire.until(lambda replies: replies and replies[-1].close_signal)
            assert wire.replies[-1].close_signal.grace_s == 0
            assert await _ended(task) is None
            assert not made.ledger.writes
            wire.half_close()

    asyncio.run(run())


def test_the_shorter_life_counts(bench):
    """Long credentials leave a stream its lifetime."""

    async def run() -> None:
        async with bench(stream_lifetime_s_min=0.01, stream_lifetime_s_max=0.01) as made:
            wire, task = made.start()
            wire.left_s = 1_000.0
            await wire.until(lambda replies: replies and replies[-1].close_signal)
            assert wire.replies[-1].close_signal.reason == "stream_lifetime"
            wire.half_close()
            assert await _ended(task) is None

    asyncio.run(run())
