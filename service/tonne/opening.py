"""How a process opens the store and the ledger on it, as its configuration says."""

from __future__ import annotations

import socket
import uuid
from typing import TYPE_CHECKING

from tonne.errors import ConfigInvalid
from tonne.ledger.ledger import Ledger
from tonne.store import faults
from tonne.store.manifest import Manifest, migrate_manifest
from tonne.store.objects import open_objects

if TYPE_CHECKING:
    from tonne.config import Config
    from tonne.store.migrations import Upgrade
    from tonne.telemetry import Telemetry


def open_ledger(config: Config, telemetry: Telemetry) -> tuple[Manifest, Ledger]:
    """Open the manifest, the objects, and the ledger on them; `close_ledger` closes them.

    Raises
    ------
    ConfigInvalid
        The store is not configured, or its tables are of a version that does not fit.
    CapacityError
        The store cannot be reached.
    """
    check_store(config)
    if config.faults.armed:
        faults.arm(config.faults.armed)
    store = config.store
    manifest = Manifest.open(
        store.manifest_url, pool_size=store.manifest_pool_size, migrates=store.migrate_at_start
    )
    try:
        objects = open_objects(store.objects_url, store.objects_options)
        ledger = Ledger(
            manifest,
            objects,
            holder=f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}",
            cache_bytes_max=config.ledger.postings_cache_bytes_max,
            merge_files_max=config.ledger.merge_files_max,
            merge_lease_s=config.ledger.merge_lease_s,
            row_errors_max=config.ingest.row_errors_max,
            stage=telemetry.stage,
        )
    except BaseException:
        manifest.close()
        raise
    return manifest, ledger


def migrate(config: Config) -> Upgrade:
    """Bring the tables of the manifest to this version. Raises as `open_ledger` does."""
    check_store(config)
    return migrate_manifest(config.store.manifest_url)


def close_ledger(manifest: Manifest, ledger: Ledger) -> None:
    """Close what `open_ledger` opened, after what it is doing."""
    ledger.close()
    manifest.close()


def check_store(config: Config) -> None:
    """See that the configuration names a store, or raise `ConfigInvalid`."""
    if not config.store.manifest_url or not config.store.objects_url:
        raise ConfigInvalid(
            "store.manifest_url and store.objects_url say where the ledger is kept; give "
            "--data DIR for a directory, or both in the configuration file",
            metadata={"key": "store.manifest_url"},
        )
