"""Upkeep of a ledger, round after round: inside a server, or in a process of its own."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import TYPE_CHECKING

from tonne.edge.admin import AdminServer
from tonne.errors import CapacityError, ConfigInvalid
from tonne.logs import configure_logging
from tonne.opening import close_ledger, open_ledger
from tonne.telemetry import Telemetry, log_incident

if TYPE_CHECKING:
    from tonne.config import Config
    from tonne.ledger.ledger import Ledger, Upkeep

logger = logging.getLogger(__name__)


async def keep_up(ledger: Ledger, telemetry: Telemetry, interval_s: float) -> None:
    """Merge postings files and collect garbage, now and then, until it is cancelled."""
    while True:
        await asyncio.sleep(interval_s)
        await run_round(ledger, telemetry)


async def run_round(ledger: Ledger, telemetry: Telemetry) -> bool:
    """Do one round of upkeep off the event loop; False where it failed, which is logged."""
    try:
        await asyncio.to_thread(ledger.maintain)
    except CapacityError as error:
        logger.warning("the store refused the upkeep; it is tried again: %s", error)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001  # a panic of Polars is no Exception
        log_incident(telemetry, logger, "the upkeep failed", error)
    else:
        telemetry.add("tonne_upkeep_total", 1, "done")
        return True
    telemetry.add("tonne_upkeep_total", 1, "failed")
    return False


def maintain_once(config: Config) -> Upkeep:
    """Do one round of upkeep and nothing else. Raises what hinders it."""
    configure_logging(config.server.log_level)
    manifest, ledger = open_ledger(config, Telemetry())
    try:
        return ledger.maintain()
    finally:
        close_ledger(manifest, ledger)


async def maintain(config: Config) -> None:
    """Do the upkeep until SIGTERM or SIGINT, with metrics and probes on the admin port.

    It is ready while its last round succeeded. The round under way is finished before the end;
    to be killed in it costs nothing, its lease goes to another one.
    """
    configure_logging(config.server.log_level)
    telemetry = Telemetry()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    manifest, ledger = await asyncio.to_thread(open_ledger, config, telemetry)
    is_well = True
    admin = AdminServer(telemetry, lambda: is_well)
    try:
        address = await _listen(admin, config.server.admin)
        sys.stdout.write(f"tonne: maintaining, admin on {address}\n")
        sys.stdout.flush()
        while not stopping.is_set():
            is_well = await run_round(ledger, telemetry)
            try:
                async with asyncio.timeout(config.ledger.upkeep_interval_s):
                    await stopping.wait()
            except TimeoutError:
                continue
    finally:
        await admin.stop()
        await asyncio.to_thread(close_ledger, manifest, ledger)


async def _listen(admin: AdminServer, address: str) -> str:
    """Listen for probes; gives the address with the port that was bound."""
    host, _, port = address.rpartition(":")
    try:
        return f"{host}:{await admin.start(host.strip('[]'), int(port))}"
    except OSError as error:
        raise ConfigInvalid(
            f"server.admin must be a free address of this machine; {address} cannot be listened "
            "on, maybe because another server does",
            metadata={"key": "server.admin", "value": address},
        ) from error
