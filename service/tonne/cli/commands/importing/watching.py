"""The options of `tonne import --watch`, and the watch that they begin."""

import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonne.cli.connection import connect
from tonne.model import check_channel_id

if TYPE_CHECKING:
    from tonne.cli.commands.importing.bringing import Bring

NAME_CHARS = 255
"""Longest name of a file that file systems have."""

WatchOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="Watch a folder: import each file that arrives there, once it is whole, into a "
        "channel of its own, CHANNEL.NAME. Ends by SIGTERM or an interrupt.",
    ),
]
EveryOption = Annotated[
    float,
    typer.Option(
        min=0.1,
        metavar="SECONDS",
        help="Time between two looks of --watch; a file that did not change meanwhile is whole.",
    ),
]
MoveToOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="Where --watch moves files of which all is posted; without it they stay.",
    ),
]


def watch_folder(
    bring: "Bring", folder: Path, channel: str, every_s: float, move_to: Path | None
) -> None:
    """Import what arrives in a folder until the process is told to end."""
    from tonne.cli.appending.watch import Watch, channel_of  # noqa: PLC0415  # loads Polars
    from tonne.imports.profiles.toml import find_profile  # noqa: PLC0415  # loads Polars

    # What is wrong with these is no fault of a file.
    check_channel_id(channel_of(channel, "x" * NAME_CHARS))
    if bring.reading.profile:
        find_profile(bring.reading.profile)
    watch = Watch(
        folder,
        channel,
        lambda path, into: bring([path], into),
        partial(_known, bring),
        every_s,
        move_to,
    )
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        watch.run()
    finally:
        signal.signal(signal.SIGTERM, before)


def _known(bring: "Bring") -> set[tuple[str, str]]:
    """Give channel and digest of the files that the ledger has whole, read as they are now."""
    from tonne.imports.profiles.toml import profile_sha256  # noqa: PLC0415  # loads Polars

    profile = profile_sha256(bring.reading.profile)
    with connect(bring.server) as client:
        return {
            (each.channel, each.sha256)
            for each in client.list_imports(bring.book)
            if each.profile_sha256 == profile and each.durable_count == each.record_count
        }
