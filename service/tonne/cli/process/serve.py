"""The commands `tonne serve` and `tonne config`."""

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonne import config as configuration
from tonne.cli.process.beside import EndOption, console_beside, end_with_input
from tonne.cli.process.console import DEFAULT_LISTEN, check_address
from tonne.cli.terminal.output import Column, Format, FormatOption, print_rows, say
from tonne.errors import ConfigInvalid

if TYPE_CHECKING:
    from tonne.server import Beside

DEFAULT_DATA = Path("data")
"""Directory of the ledger where neither an option nor the configuration names a store."""

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        exists=True,
        dir_okay=False,
        metavar="FILE",
        help="Configuration file (TOML).",
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        file_okay=False,
        metavar="DIR",
        help=(
            f"Directory of the whole ledger (default: {DEFAULT_DATA}, unless the configuration "
            "names a store)."
        ),
    ),
]
AdminOption = Annotated[
    str | None, typer.Option("--admin", metavar="HOST:PORT", help="Address of metrics and health.")
]


def serve(
    config: ConfigOption = None,
    data: DataOption = None,
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Address of the gRPC port.")
    ] = None,
    admin: AdminOption = None,
    *,
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure",
            help=(
                "Listen beyond loopback without TLS or authentication, because a mesh or a "
                "proxy does both."
            ),
        ),
    ] = False,
    console: Annotated[
        bool,
        typer.Option(
            "--console", help="Serve the pages of `tonne console` beside it, on this machine."
        ),
    ] = False,
    console_listen: Annotated[
        str, typer.Option("--console-listen", metavar="HOST:PORT", help="Address of the pages.")
    ] = DEFAULT_LISTEN,
    end_with: EndOption = False,
) -> None:
    """Serve a ledger."""
    from tonne import server  # noqa: PLC0415  # no other command needs its store and kernel

    effective = effective_config(config, data, listen=listen, admin=admin, insecure=insecure)
    beside = _console(effective, console_listen) if console else None
    if end_with:
        end_with_input()
    if not asyncio.run(server.serve(effective, beside)):
        say("tonne: the console ended by itself, and the server with it")
        raise typer.Exit(1)


def _console(effective: configuration.Config, listen: str) -> "Beside":
    """Give the console that runs beside a server of one machine. Raises `ConfigInvalid`."""
    check_address(listen, behind_proxy=False)
    security = effective.security
    if security.authenticates or security.tls_certificate_file:
        raise ConfigInvalid(
            "--console: this server speaks TLS or tells its callers apart, and whoever reaches "
            "the pages would be one of them: run `tonne console` beside it, with an identity of "
            "its own, or with --behind-proxy"
        )
    return partial(console_beside, listen, typer.echo)


def show_config(
    config: ConfigOption = None, data: DataOption = None, form: FormatOption = Format.TABLE
) -> None:
    """Print every setting, its value, and where the value came from."""
    rows = (
        {"key": item.key, "value": item.text, "origin": item.origin, "about": item.about}
        for item in effective_config(config, data).items()
    )
    columns = [Column("key"), Column("value", width_min=24), Column("origin", width_min=16)]
    print_rows(columns if form is Format.TABLE else [*columns, Column("about")], rows, form)


def effective_config(
    path: Path | None,
    data: Path | None,
    *,
    listen: str | None = None,
    admin: str | None = None,
    insecure: bool = False,
) -> configuration.Config:
    """Read the configuration with the command's options on top.

    Raises
    ------
    ConfigInvalid
        From `tonne.config.load`.
    """
    options: dict[str, object] = {
        key: value
        for key, value in (("server.listen", listen), ("server.admin", admin))
        if value is not None
    }
    if insecure:
        options["server.insecure"] = True
    if data is not None:
        return configuration.load(path, {**options, **configuration.data_directory(data)})
    store = configuration.load(path, options).store
    if store.manifest_url or store.objects_url:
        return configuration.load(path, options)
    defaults = configuration.data_directory(DEFAULT_DATA)
    return configuration.load(path, options, defaults=defaults)
