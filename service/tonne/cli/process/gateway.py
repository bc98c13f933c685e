"""The command `tonne gateway`: JSON over HTTP before a server."""

import asyncio
import contextlib
import ipaddress
import signal
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from tonne.cli.connection import CaOption, ServerOption, TlsOption
from tonne.errors import ConfigInvalid


def gateway(
    server: ServerOption = "127.0.0.1:50051",
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Address of the HTTP port.")
    ] = "127.0.0.1:8080",
    ca_file: CaOption = None,
    *,
    tls: TlsOption = False,
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure",
            help="Listen beyond loopback without TLS, because a proxy in front speaks it.",
        ),
    ] = False,
) -> None:
    """Serve JSON over HTTP: each call goes to a server, with the caller's own token."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigInvalid(f"--listen: expected HOST:PORT; got {listen!r}")
    if not (insecure or _is_loopback(host)):
        raise ConfigInvalid(
            f"--listen: {listen} can be reached from other machines, and the gateway speaks no "
            "TLS: listen on 127.0.0.1 behind a proxy, or give --insecure if a proxy in front "
            "speaks TLS"
        )
    try:
        from tonne.gateway import gateway as served  # noqa: PLC0415  # needs aiohttp, an extra
    except ModuleNotFoundError as error:
        raise ConfigInvalid(
            "the gateway needs aiohttp: run `pip install 'tonne[gateway]'`"
        ) from error
    roots = None
    if tls or ca_file is not None:
        roots = ca_file.read_bytes() if ca_file is not None else b""
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_run(served.run, host, int(port), server, roots))


async def _run(
    run: Callable[..., Awaitable[None]], host: str, port: int, server: str, roots: bytes | None
) -> None:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  # a coroutine of asyncio.run has its task
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await run(
        host,
        port,
        server,
        root_certificates=roots,
        on_start=lambda address: typer.echo(f"http://{address} serves {server} over HTTP"),
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
