"""How a process opens the store and the ledger on it, as its configuration says."""

from __future__ import annotations

import logging
import socket
import uuid
from functools import partial
from typing import TYPE_CHECKING

from tonne.errors import ConfigInvalid, LedgerInconsistent
from tonne.ledger.ledger import Ledger
from tonne.ledger.upkeep.publisher import COLUMNS, STATISTICS, Publisher
from tonne.store import Rules, faults, pair
from tonne.store.delta import DeltaTables
from tonne.store.garbage import DAY_S
from tonne.store.manifest.manifest import Manifest, migrate_manifest
from tonne.store.objects.objects import open_objects
from tonne.store.sql.durability import Demands
from tonne.telemetry import log_incident
from tonne.telemetry.labels import GUARANTEES

if TYPE_CHECKING:
    from tonne.config import Config
    from tonne.errors import FileCorrupt
    from tonne.ledger.posting.acknowledged import Loss
    from tonne.store.migrations import Upgrade
    from tonne.store.objects.objects import Objects
    from tonne.telemetry import Telemetry

logger = logging.getLogger(__name__)


def open_ledger(
    config: Config, telemetry: Telemetry, *, makes: bool = True
) -> tuple[Manifest, Ledger]:
    """Open the manifest, the objects, and the ledger on them; `close_ledger` closes them.

    Parameters
    ----------
    config : Config
    telemetry : Telemetry
    makes : bool
        Whether a ledger that is not there is made, or refused.

    Raises
    ------
    ConfigInvalid
        The store is not configured, or its tables are of a version that does not fit, or the
        manifest and the objects do not belong together; there is no ledger and none is made.
    CapacityError
        The store cannot be reached.
    """
    manifest, objects = open_pair(config, makes=makes)
    store = config.store
    try:
        objects.probe()
        pair.meet(manifest, objects)
        ledger = Ledger(
            manifest,
            objects,
            holder=_holder(),
            cache_bytes_max=config.ledger.postings_cache_bytes_max,
            merge_files_max=config.ledger.merge_files_max,
            merge_bytes_max=config.ledger.merge_bytes_max,
            merge_lease_s=config.ledger.merge_lease_s,
            read_bytes_max=config.ledger.read_bytes_max,
            overlap_bytes_max=config.ledger.overlap_bytes_max,
            row_errors_max=config.ingest.row_errors_max,
            on_loss=partial(tell_loss, telemetry),
            garbage_rules=garbage_rules(config),
            mark_interval_s=store.mark_interval_s,
            stage=telemetry.stage,
            on_corrupt=lambda error: _note_corrupt(telemetry, error),
        )
    except BaseException:
        manifest.close()
        raise
    for guarantee in GUARANTEES:
        holds = partial(manifest.guarantees, guarantee)
        telemetry.read_with("tonne_store_durability", holds, guarantee)
    return manifest, ledger


def tell_loss(telemetry: Telemetry, loss: Loss) -> str:
    """Log as an incident what a database has lost, and count it; the incident's id."""
    telemetry.add("tonne_history_losses_total")
    telemetry.add("tonne_lost_records_total", loss.record_count)
    return log_incident(
        telemetry, logger, "acknowledged records were lost", LedgerInconsistent(str(loss))
    )


def open_publisher(config: Config) -> tuple[Manifest, Publisher]:
    """Open the manifest and a publisher on it; close the manifest at the end.

    Raises
    ------
    ConfigInvalid
        As `open_ledger`; or the extra `tonne[publish]` is not installed.
    CapacityError
        The store cannot be reached.
    """
    manifest, objects = open_pair(config)
    try:
        pair.meet(manifest, objects)
        return manifest, publisher_on(manifest, config)
    except BaseException:
        manifest.close()
        raise


def publisher_on(manifest: Manifest, config: Config) -> Publisher:
    """Make a publisher of the ledger of an open manifest. Raises `ConfigInvalid`."""
    store, publish = config.store, config.publish
    tables = DeltaTables(
        store.objects_url, store.objects_options, columns=COLUMNS, statistics=STATISTICS
    )
    return Publisher(
        manifest,
        tables,
        holder=_holder(),
        lease_s=publish.lease_s,
        batch_files_max=publish.batch_files_max,
        round_batches_max=publish.round_batches_max,
        checkpoint_batches=publish.checkpoint_batches,
    )


def migrate(config: Config) -> Upgrade:
    """Bring the tables of the manifest to this version. Raises as `open_ledger` does."""
    check_store(config)
    return migrate_manifest(config.store.manifest_url)


def close_ledger(manifest: Manifest, ledger: Ledger) -> None:
    """Close what `open_ledger` opened, after what it is doing."""
    ledger.close()
    manifest.close()


def open_pair(config: Config, *, makes: bool = True) -> tuple[Manifest, Objects]:
    """Open the manifest and the objects without a look at whether they belong together.

    For commands that are there to find that out. Raises as `open_ledger` does.
    """
    manifest = _open_manifest(config, makes=makes)
    try:
        return manifest, open_objects(config.store.objects_url, config.store.objects_options)
    except BaseException:
        manifest.close()
        raise


def garbage_rules(config: Config) -> Rules:
    """Read how long garbage stays."""
    store = config.store
    return Rules(
        quarantine_s=store.quarantine_days * DAY_S,
        backup_s=store.backup_days * DAY_S,
        share_max=store.garbage_share_max,
    )


def _open_manifest(config: Config, *, makes: bool) -> Manifest:
    check_store(config)
    if config.faults.armed:
        faults.arm(config.faults.armed)
    store = config.store
    return Manifest.open(
        store.manifest_url,
        pool_size=store.manifest_pool_size,
        pool_reserved=store.manifest_pool_reserved,
        migrates=store.migrate_at_start,
        makes=makes,
        demands=Demands(store.accepts_lost_records, store.needs_synchronous_standby),
    )


def _note_corrupt(telemetry: Telemetry, error: FileCorrupt) -> None:
    """Count and log a file that is not what was written, also where a report only lists it."""
    telemetry.add("tonne_corrupt_files_total", 1, error.metadata["kind"])
    logger.error("%s", error.message)


def _holder() -> str:
    """Name this process in leases, different from every other's."""
    return f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"


def check_store(config: Config) -> None:
    """See that the configuration names a store, or raise `ConfigInvalid`."""
    if not config.store.manifest_url or not config.store.objects_url:
        raise ConfigInvalid(
            "the place of the ledger is missing: give --data DIR, or store.manifest_url and "
            "store.objects_url in the configuration file",
            metadata={"key": "store.manifest_url"},
        )
