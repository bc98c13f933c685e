"""The commands `tonne maintain` and `tonne migrate`: jobs of a ledger that serve nobody."""

import asyncio
import sys
from typing import Annotated

import typer

from tonne.cli.process.serve import AdminOption, ConfigOption, DataOption, effective_config


def maintain(
    config: ConfigOption = None,
    data: DataOption = None,
    admin: AdminOption = None,
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Do one round and end; no metrics, no health.")
    ] = False,
) -> None:
    """Merge postings files and collect garbage, beside servers with ledger.upkeep = false.

    Several may run: each job has a lease, and one of them does it.
    """
    from tonne import upkeep  # noqa: PLC0415  no other command needs its store

    effective = effective_config(config, data, admin=admin)
    if not once:
        asyncio.run(upkeep.maintain(effective))
        return
    done = upkeep.maintain_once(effective)
    if done.collected is None:
        garbage = "garbage was collected a short time ago"
    else:
        deleted = done.collected
        garbage = (
            f"{deleted.dead_count} replaced and {deleted.orphan_count} orphaned files deleted "
            f"({deleted.size_bytes} bytes), {deleted.unknown_count} unknown objects listed"
        )
    sys.stdout.write(f"tonne: {done.merged_file_count} postings files merged; {garbage}\n")


def migrate(config: ConfigOption = None, data: DataOption = None) -> None:
    """Migrate the tables of the manifest to this version of Tonne, before a rollout.

    Does nothing if they are at this version already. Several may run at the same time.
    """
    from tonne import opening  # noqa: PLC0415  no other command needs its store

    done = opening.migrate(effective_config(config, data))
    if done.before == done.after:
        sys.stdout.write(f"tonne: the manifest is already at revision {done.after}\n")
    else:
        before = done.before or "an empty database"
        sys.stdout.write(f"tonne: the manifest went from {before} to revision {done.after}\n")
