"""Upkeep and publishing of a ledger, round after round: in a server, or in a process alone."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from typing import TYPE_CHECKING

from tonne.edge.admin import AdminServer
from tonne.errors import CapacityError, ConfigInvalid, DefectError
from tonne.opening import close_ledger, open_ledger, open_publisher
from tonne.store import LedgerMismatch
from tonne.telemetry import Telemetry, log_incident
from tonne.telemetry.logs import configure_logging

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tonne.config import Config
    from tonne.ledger.ledger import Ledger
    from tonne.ledger.upkeep.publisher import Publisher
    from tonne.ledger.upkeep.upkeep import Round

logger = logging.getLogger(__name__)

HISTORY_INTERVAL_S = 5.0
"""How often a server asks whether its latest commit is still there."""


async def keep_up(ledger: Ledger, telemetry: Telemetry, interval_s: float) -> None:
    """Merge postings files and collect garbage, now and then, until it is cancelled."""
    while True:
        await asyncio.sleep(interval_s)
        await run_round(ledger, telemetry)


async def watch_history(ledger: Ledger, telemetry: Telemetry) -> None:
    """See now and then that what was acknowledged is still there, until it is cancelled."""
    while True:
        await asyncio.sleep(HISTORY_INTERVAL_S)
        try:
            await asyncio.to_thread(ledger.channels.find_losses)
        except CapacityError:
            continue  # the store is away, which others say
        except DefectError as error:
            log_incident(telemetry, logger, "the history could not be checked", error)


async def run_round(ledger: Ledger, telemetry: Telemetry) -> bool:
    """Do one round of upkeep off the event loop; False where it failed, which is logged."""
    try:
        done = await asyncio.to_thread(ledger.upkeep.maintain)
    except CapacityError as error:
        logger.warning("the store refused the upkeep; the server tries again: %s", error)
    except ConfigInvalid as error:  # the wrong pair, or too much to delete: an operator's matter
        logger.error("the upkeep stopped and deleted nothing: %s", error)  # noqa: TRY400  # no traceback helps
        reason = "mismatch" if isinstance(error, LedgerMismatch) else "share"
        telemetry.add("tonne_garbage_refusals_total", 1, reason)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001  # a panic of Polars is no Exception
        log_incident(telemetry, logger, "the upkeep failed", error)
    else:
        telemetry.add("tonne_duplicates_reversed_total", done.reversed_count)
        telemetry.add("tonne_reversed_records_total", done.reversed_count)
        for kind, count in done.undecided_counts.items():
            telemetry.set("tonne_same_records_undecided", count, kind)
        telemetry.set("tonne_overlaps_undecided", done.undecided_overlap_count)
        telemetry.set("tonne_uncompared_age_seconds", done.uncompared_age_s)
        for name, count in done.waiting_counts.items():
            telemetry.set("tonne_waiting_records", count, name)
        for name, age_s in done.waiting_ages_s.items():
            telemetry.set("tonne_waiting_age_seconds", age_s, name)
        if done.collected is not None:
            telemetry.set("tonne_unknown_objects", done.collected.unknown_count)
        telemetry.add("tonne_upkeep_total", 1, "done")
        return True
    telemetry.add("tonne_upkeep_total", 1, "failed")
    return False


class Publishing:
    """Rounds of publishing, and what the metrics say of them.

    Parameters
    ----------
    publisher : Publisher
    telemetry : Telemetry
    clock : callable
        The time, in Unix seconds.
    """

    def __init__(
        self, publisher: Publisher, telemetry: Telemetry, clock: Callable[[], float] = time.time
    ) -> None:
        self._publisher = publisher
        self._telemetry = telemetry
        self._clock = clock
        self._before_s = clock()
        # From the last round that ended, and not a value: it rises while a round hangs.
        telemetry.read_with(
            "tonne_publish_lag_seconds", lambda: max(clock() - self._before_s, 0.0)
        )

    async def keep_published(self, interval_s: float) -> None:
        """Do a round now and then, until it is cancelled."""
        while True:
            await asyncio.sleep(interval_s)
            await self.run()

    async def run(self) -> bool:
        """Do one round off the event loop; False where it failed, which is logged."""
        try:
            done = await asyncio.to_thread(self._publisher.publish_all)
        except CapacityError as error:
            logger.warning("the store refused a publication; the publisher tries again: %s", error)
            return self._end("failed")
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # a panic of delta-rs is no Exception
            log_incident(self._telemetry, logger, "publishing failed", error)
            return self._end("failed")
        self._before_s = done.before.timestamp() if done.before else self._clock()
        self._telemetry.add("tonne_publish_batches_total", done.batch_count)
        for failure in done.failures:
            if isinstance(failure, CapacityError):
                logger.warning(
                    "a book could not be published; the publisher tries again: %s", failure
                )
            else:
                log_incident(self._telemetry, logger, "a book cannot be published", failure)
        return self._end("failed" if done.failures else "done")

    def _end(self, outcome: str) -> bool:
        self._telemetry.add("tonne_publish_rounds_total", 1, outcome)
        return outcome == "done"


def maintain_once(config: Config) -> Round:
    """Do one round of upkeep and nothing else. Errors are those of `Upkeep.maintain`."""
    configure_logging(config.server.log_level, config.server.log_format)
    manifest, ledger = open_ledger(config, Telemetry())
    try:
        return ledger.upkeep.maintain()
    finally:
        close_ledger(manifest, ledger)


async def maintain(config: Config) -> None:
    """Do the upkeep until SIGTERM or SIGINT, with metrics and probes on the admin port.

    It is ready while its last round succeeded. The round under way is finished before the end;
    to be killed in it costs nothing, its lease goes to another one.
    """
    telemetry = Telemetry()
    manifest, ledger = await asyncio.to_thread(open_ledger, config, telemetry)
    try:
        await _repeat(
            config,
            telemetry,
            "maintaining",
            lambda: run_round(ledger, telemetry),
            config.ledger.upkeep_interval_s,
        )
    finally:
        await asyncio.to_thread(close_ledger, manifest, ledger)


async def publish(config: Config) -> None:
    """Publish the books until SIGTERM or SIGINT, as `maintain` does the upkeep."""
    telemetry = Telemetry()
    manifest, publisher = await asyncio.to_thread(open_publisher, config)
    try:
        rounds = Publishing(publisher, telemetry)
        await _repeat(config, telemetry, "publishing", rounds.run, config.publish.interval_s)
    finally:
        await asyncio.to_thread(manifest.close)


def publish_once(config: Config, rebuild: Sequence[str] = ()) -> int:
    """Publish all that is not, after giving `rebuild` new tables; how many batches.

    A book that fails to publish stops no other; the first such failure is raised afterwards.
    """
    configure_logging(config.server.log_level, config.server.log_format)
    manifest, publisher = open_publisher(config)
    try:
        count = sum(publisher.rebuild(book) for book in rebuild)
        while True:
            done = publisher.publish_all()
            count += done.batch_count
            if done.failures:
                raise done.failures[0]
            if not done.batch_count:
                return count
    finally:
        manifest.close()


async def _repeat(
    config: Config,
    telemetry: Telemetry,
    doing: str,
    run: Callable[[], Awaitable[bool]],
    interval_s: float,
) -> None:
    """Run round after round until a signal comes, ready while the last one succeeded."""
    configure_logging(config.server.log_level, config.server.log_format)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    is_well = True
    admin = AdminServer(telemetry, lambda: is_well)
    try:
        address = await _listen(admin, config.server.admin)
        sys.stdout.write(f"tonne: {doing}, admin on {address}\n")
        sys.stdout.flush()
        while not stopping.is_set():
            is_well = await run()
            try:
                async with asyncio.timeout(interval_s):
                    await stopping.wait()
            except TimeoutError:
                continue
    finally:
        await admin.stop()


async def _listen(admin: AdminServer, address: str) -> str:
    """Listen for probes; gives the address with the port that was bound."""
    host, _, port = address.rpartition(":")
    try:
        return f"{host}:{await admin.start(host.strip('[]'), int(port))}"
    except OSError as error:
        raise ConfigInvalid(
            "server.admin: expected a free address of this machine; the process cannot listen "
            f"on {address}, perhaps because another one does: stop that one, or choose another "
            "address",
            metadata={"key": "server.admin", "value": address},
        ) from error
