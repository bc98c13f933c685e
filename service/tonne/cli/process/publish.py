"""The command `tonne publish`: the published tables of a ledger's books."""

import asyncio
import sys
from typing import Annotated

import typer

from tonne.cli.process.serve import AdminOption, ConfigOption, DataOption, effective_config


def publish(
    config: ConfigOption = None,
    data: DataOption = None,
    admin: AdminOption = None,
    *,
    once: Annotated[
        bool,
        typer.Option("--once", help="Publish everything and end; no metrics, no health."),
    ] = False,
    rebuild: Annotated[
        list[str] | None,
        typer.Option(metavar="BOOK", help="Publish all of this book again, and end; repeatable."),
    ] = None,
) -> None:
    """Publish the records of every book as a Delta Lake table, beside the servers.

    Several may run: each book has a lease, and one of them publishes it.
    """
    from tonne import upkeep  # noqa: PLC0415  # no other command needs its store

    effective = effective_config(config, data, admin=admin)
    if not once and not rebuild:
        asyncio.run(upkeep.publish(effective))
        return
    count = upkeep.publish_once(effective, rebuild or ())
    sys.stdout.write(f"tonne: batches published: {count}\n")
