"""One server: the parts of a process wired together, from its start to its end."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Any

import grpc

from tonne.edge import reflection
from tonne.edge.access.auth import Authenticator
from tonne.edge.access.gate import Gate
from tonne.edge.access.lanes import Lanes
from tonne.edge.access.tls import check_exposure, open_certificates
from tonne.edge.admin import AdminServer
from tonne.edge.border import Border
from tonne.edge.messages import names
from tonne.edge.options import server_options
from tonne.edge.services import (
    catalogue_service,
    correction_service,
    health,
    import_service,
    indicator_service,
    ingest_service,
    ledger_service,
    report_service,
    statement_service,
)
from tonne.edge.services.catalogue_service import CatalogueService
from tonne.edge.services.changes import bridge_service
from tonne.edge.services.changes.bridge_service import BridgeService
from tonne.edge.services.closing import change_service, overlap_service, period_service
from tonne.edge.services.closing.change_service import ChangeService
from tonne.edge.services.closing.overlap_service import OverlapService
from tonne.edge.services.closing.period_service import PeriodService
from tonne.edge.services.correction_service import CorrectionService
from tonne.edge.services.import_service import ImportService
from tonne.edge.services.indicator_service import IndicatorService
from tonne.edge.services.ledger_service import LedgerService
from tonne.edge.services.report_service import ReportService
from tonne.edge.services.statement_service import StatementService
from tonne.edge.tracing import open_tracing
from tonne.errors import CapacityError, ConfigInvalid, DefectError
from tonne.ingest.ingest import Ingest
from tonne.opening import check_store, close_ledger, open_ledger, publisher_on
from tonne.readiness import ObjectsWatch
from tonne.settings.machine import memory_limit_bytes, usable_cpus
from tonne.store import LedgerMismatch
from tonne.telemetry import Telemetry, log_incident
from tonne.telemetry.logs import configure_logging
from tonne.upkeep import Publishing, keep_up, watch_history

if TYPE_CHECKING:
    from tonne.config import Config
    from tonne.ledger.ledger import Ledger

logger = logging.getLogger(__name__)

LAG_INTERVAL_S = 0.5
"""How often the lag of the event loop is measured."""

SWITCH_INTERVAL_S = 0.001
"""How long a thread may keep the interpreter while another one waits for it; Python's own 5 ms,
several times in each call, is what a report would make every other call wait."""

SERVICES = (
    ingest_service.NAME,
    import_service.NAME,
    ledger_service.NAME,
    period_service.NAME,
    overlap_service.NAME,
    change_service.NAME,
    catalogue_service.NAME,
    correction_service.NAME,
    indicator_service.NAME,
    report_service.NAME,
    statement_service.NAME,
    bridge_service.NAME,
)


class Server:
    """A running server. `start` and `stop` on one event loop; several fit in one process.

    Attributes
    ----------
    address, admin_address, mtls_address : str
        Where it listens, once started.
    telemetry : Telemetry
        Its metrics.
    parted : asyncio.Future
        Its exception says that the manifest and the objects do not belong together any more:
        stop the server, at once.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self.telemetry = Telemetry()
        self.telemetry.set("tonne_cpus", config.server.cpus or usable_cpus())
        self.telemetry.set("tonne_memory_limit_bytes", memory_limit_bytes())
        self.telemetry.set("tonne_workers", 1, "loop")
        self.address = ""
        self.admin_address = ""
        self.mtls_address = ""
        self._started = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_ready(self) -> bool:
        """Whether work should come here."""
        return self._started and self._ingest.is_healthy

    async def start(self) -> None:
        """Open the store, listen, take work.

        Raises
        ------
        ConfigInvalid
            The store is not configured, an address cannot be used, or the server would be open
            to strangers.
        CapacityError
            The store cannot be reached.
        """
        config = self._config
        for remark in config.remarks:
            logger.warning("%s", remark)
        check_exposure(config)
        self._certificates = open_certificates(config.security, self.telemetry)
        self._authenticator = Authenticator(config.security, self.telemetry)
        check_store(config)
        self._tracing = open_tracing(config.server.traces_endpoint)
        self._manifest, self._ledger = await asyncio.to_thread(open_ledger, config, self.telemetry)
        try:
            publishing = self._publishing()
        except ConfigInvalid:
            await asyncio.to_thread(close_ledger, self._manifest, self._ledger)
            raise
        self._lanes = Lanes(config.server.call_threads, config.calls, self.telemetry)
        self._ingest = Ingest(
            self._ledger,
            self._ledger.journal,
            config.ingest,
            self.telemetry,
            names.read_append_channel,
        )
        self.telemetry.read_with("tonne_ready", lambda: float(self.is_ready))
        interceptors = [self._tracing.interceptor] if self._tracing else None
        self._grpc = grpc.aio.server(interceptors=interceptors, options=server_options(config))
        self._admin = AdminServer(self.telemetry, lambda: self.is_ready)
        try:
            await self._listen()
        except ConfigInvalid:
            await self._grpc.stop(None)
            await asyncio.to_thread(close_ledger, self._manifest, self._ledger)
            raise
        self._started = True
        self._health.tell(is_serving=self.is_ready)
        self.parted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks = [
            asyncio.create_task(self._measure_lag(), name="measure lag"),
            asyncio.create_task(self._watch_pair(), name="watch the pair"),
            asyncio.create_task(self._watch_health(), name="watch health"),
            asyncio.create_task(self._watch_objects(), name="watch the objects"),
        ]
        history = watch_history(self._ledger, self.telemetry)
        self._tasks.append(asyncio.create_task(history, name="watch the history"))
        if config.ledger.upkeep:
            upkeep = keep_up(self._ledger, self.telemetry, config.ledger.upkeep_interval_s)
            self._tasks.append(asyncio.create_task(upkeep, name="keep up the ledger"))
        if publishing:
            rounds = publishing.keep_published(config.publish.interval_s)
            self._tasks.append(asyncio.create_task(rounds, name="publish the books"))

    async def stop(self, *, at_once: bool = False) -> None:
        """Go away without a loss.

        Readiness off, streams asked in-band to reconnect, what was taken committed and
        acknowledged, calls ended, the store closed. With `at_once` calls end as they are, and
        nobody is told of what is committed after that: the producers send it again.
        """
        server = self._config.server
        self._started = False
        self._health.tell(is_serving=False)
        if at_once:
            await self._grpc.stop(None)
        await self._ingest.drain(server.drain_s, server.stop_grace_s)
        await self._grpc.stop(server.stop_grace_s)
        await self._ingest.close(server.stop_grace_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._admin.stop()
        self._lanes.close()
        self._authenticator.close()
        if not at_once:
            await asyncio.to_thread(_mark_end, self._ledger)
        if self._tracing:
            await asyncio.to_thread(self._tracing.close)
        await asyncio.to_thread(close_ledger, self._manifest, self._ledger)

    def _publishing(self) -> Publishing | None:
        if not self._config.publish.enabled:
            return None
        return Publishing(publisher_on(self._manifest, self._config), self.telemetry)

    async def _listen(self) -> None:
        config = self._config
        border = Border(
            self._lanes,
            self.telemetry,
            Gate(self._authenticator, self.telemetry),
            first_message_s_max=config.ingest.first_message_s_max,
            request_bytes_max=config.ingest.message_bytes_max,
        )
        ingest = ingest_service.IngestService(self._ledger, self._ingest, config.ingest)
        self._health = health.Health(SERVICES, self.telemetry)
        services = {
            health.NAME: self._health.handlers(),
            ingest_service.NAME: ingest.handlers(border),
            import_service.NAME: ImportService(self._ledger, self._ingest).handlers(border),
            ledger_service.NAME: LedgerService(self._ledger).handlers(border),
            correction_service.NAME: CorrectionService(
                self._ledger, self._ingest, self.telemetry
            ).handlers(border),
            period_service.NAME: PeriodService(self._ledger, self.telemetry).handlers(border),
            overlap_service.NAME: OverlapService(self._ledger).handlers(border),
            change_service.NAME: ChangeService(self._ledger).handlers(border),
            catalogue_service.NAME: CatalogueService(self._ledger).handlers(border),
            indicator_service.NAME: IndicatorService(self._ledger).handlers(border),
            report_service.NAME: ReportService(self._ledger, self._ingest).handlers(border),
            statement_service.NAME: StatementService(self._ledger).handlers(border),
            bridge_service.NAME: BridgeService(self._ledger, self.telemetry).handlers(border),
        }
        self._grpc.add_generic_rpc_handlers(
            tuple(
                grpc.method_handlers_generic_handler(name, handlers)
                for name, handlers in services.items()
            )
        )
        if config.security.reflects:
            self._grpc.add_generic_rpc_handlers(
                reflection.generic_handlers((*SERVICES, health.NAME))
            )
        self.address = self._add_port(
            "server.listen",
            config.server.listen,
            require_client=config.security.client_certificate == "required",
        )
        if config.security.listen_mtls:
            self.mtls_address = self._add_port(
                "security.listen_mtls", config.security.listen_mtls, require_client=True
            )
        await self._grpc.start()
        host, _, port = config.server.admin.rpartition(":")
        try:
            bound = await self._admin.start(host.strip("[]"), int(port))
        except OSError as error:
            raise _not_listening("server.admin", config.server.admin) from error
        self.admin_address = f"{host}:{bound}"

    def _add_port(self, key: str, address: str, *, require_client: bool) -> str:
        """Listen on an address; gives it with the port that was bound."""
        try:
            if self._certificates is None:
                bound = self._grpc.add_insecure_port(address)
            else:
                credentials = self._certificates.credentials(require_client=require_client)
                bound = self._grpc.add_secure_port(address, credentials)
        except RuntimeError as error:
            raise _not_listening(key, address) from error
        return f"{address.rpartition(':')[0]}:{bound}"

    async def _watch_health(self) -> None:
        """Keep the gRPC health service saying what `/readyz` says."""
        told = True
        while True:
            await asyncio.sleep(LAG_INTERVAL_S)
            if self.is_ready != told:
                told = self.is_ready
                logger.warning("the server is %s", "ready" if told else "not ready")
                self._health.tell(is_serving=told)

    async def _watch_objects(self) -> None:
        """Keep readiness saying whether the objects can be reached."""
        interval_s = self._config.store.probe_interval_s
        watch = ObjectsWatch(
            self._ledger.upkeep.probe_objects, self._ingest.mark_objects, interval_s
        )
        await watch.keep_looking()

    async def _watch_pair(self) -> None:
        """See now and then that the manifest and the objects are those of the start."""
        first = ""
        while not self.parted.done():
            try:
                first = await asyncio.to_thread(self._ledger.upkeep.check_pair, first)
            except CapacityError as error:
                logger.warning(
                    (
                        "the server could not check that the manifest and the objects are still a "
                        "pair: %s"
                    ),
                    error,
                )
            except LedgerMismatch as error:
                self.telemetry.add("tonne_garbage_refusals_total", 1, "mismatch")
                self.parted.set_exception(error)
            except DefectError as error:
                log_incident(
                    self.telemetry,
                    logger,
                    "the check of the manifest and the objects failed",
                    error,
                )
            await asyncio.sleep(self._config.store.mark_interval_s)

    async def _measure_lag(self) -> None:
        """Measure how late the event loop is, and how busy its thread."""
        loop = asyncio.get_running_loop()
        worked_s = time.thread_time()
        while True:
            start_s = loop.time()
            await asyncio.sleep(LAG_INTERVAL_S)
            lag_s = max(loop.time() - start_s - LAG_INTERVAL_S, 0.0)
            self.telemetry.set("tonne_event_loop_lag_seconds", lag_s)
            before_s, worked_s = worked_s, time.thread_time()
            self.telemetry.add("tonne_worker_busy_seconds_total", worked_s - before_s, "loop")


Beside = Callable[[str], AbstractAsyncContextManager[asyncio.Future[int]]]
"""What runs beside a server that is ready at an address; done where it ended by itself."""


async def serve(config: Config, beside: Beside | None = None) -> bool:
    """Run a server until SIGTERM or SIGINT; a second signal ends the process at once.

    Gives whether a signal ended it, and not the end of what runs beside it.

    Raises
    ------
    LedgerMismatch
        The manifest and the objects do not belong together any more. The server has stopped.
    """
    configure_logging(config.server.log_level, config.server.log_format)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    server = Server(config)
    await server.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop_once, loop, number, stopping)
    sys.stdout.write(f"tonne: serving on {server.address}, admin on {server.admin_address}\n")
    sys.stdout.flush()
    stop = asyncio.create_task(stopping.wait(), name="wait for a signal")
    ends: list[asyncio.Future[Any]] = [stop, server.parted]
    try:
        async with AsyncExitStack() as stack:
            if beside is not None:
                ends.append(await stack.enter_async_context(beside(server.address)))
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.cancel()
        await server.stop(at_once=server.parted.done())
    if server.parted.done():
        server.parted.result()
    return stopping.is_set()


def _mark_end(ledger: Ledger) -> None:
    """Let the objects know of all that was committed: no older manifest passes for this one."""
    try:
        ledger.upkeep.write_mark()
    except (CapacityError, ConfigInvalid) as error:
        logger.warning("the mark of the end could not be written: %s", error)


def _stop_once(
    loop: asyncio.AbstractEventLoop, number: signal.Signals, stopping: asyncio.Event
) -> None:
    stopping.set()
    loop.remove_signal_handler(number)


def _not_listening(key: str, address: str) -> ConfigInvalid:
    return ConfigInvalid(
        f"{key}: expected a free address of this machine; the server cannot listen on "
        f"{address}, perhaps because another one does: stop that one, or choose another address",
        metadata={"key": key, "value": address},
    )
