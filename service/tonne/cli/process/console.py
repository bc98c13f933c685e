"""The command `tonne console`: pages for people before a server."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from tonne.cli.connection import (
    DEFAULT_SERVER,
    GIVEN,
    OPEN_BUDGET_S,
    ServerOption,
    connect,
)
from tonne.cli.process.beside import EndOption, end_with_input
from tonne.client import Client, Credentials, RetryPolicy
from tonne.errors import ConfigInvalid

DEFAULT_LISTEN = "127.0.0.1:8090"


def console(
    server: ServerOption = DEFAULT_SERVER,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Address of the pages.")
    ] = DEFAULT_LISTEN,
    *,
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-proxy",
            help="Each request brings its caller's own token, `Authorization: Bearer`, from a "
            "proxy in front that speaks TLS and logs people in.",
        ),
    ] = False,
    write: Annotated[
        bool | None,
        typer.Option(
            "--write/--read-only",
            help="Take actions too, of everybody who reaches it; or of nobody. Without either: of "
            "callers with a token of their own whom the server knows.",
            show_default=False,
        ),
    ] = None,
    author: Annotated[
        str,
        typer.Option(
            "--author",
            envvar="TONNE_AUTHOR",
            help="Who acts where the server does not know its callers; a form asks for it.",
        ),
    ] = "",
    end_with: EndOption = False,
) -> None:
    """Serve pages for a browser: inventories, where each number comes from, what waits.

    On loopback everybody who reaches it is who runs it: there it shows what the API says, and
    changes nothing unless --write asks for it. Behind a proxy each caller may what the roles say.
    """
    host, port = check_address(listen, behind_proxy=behind_proxy)
    from tonne.cli.process.importing import ImportProcess  # noqa: PLC0415  # needs an extra
    from tonne.console import access, rights, serving  # noqa: PLC0415  # needs an extra
    from tonne.console.uploading.command import Imports  # noqa: PLC0415  # needs an extra

    def tell(address: str) -> None:
        typer.echo(f"http://{address}/ shows {server}")

    if end_with:
        end_with_input()
    writing = rights.Writing.asked(is_shared=not behind_proxy, asked=write)
    imports = Imports(ImportProcess(server, GIVEN.get() or Credentials()))
    run = partial(serving.run, host, port, writing=writing, author=author, imports=imports)
    with closing(imports.uploads):
        if behind_proxy:
            run(access.PassedAccess(_passing(server)), tell)
            return
        with connect(server) as client:
            run(access.OwnAccess(client), tell)


def check_address(listen: str, *, behind_proxy: bool) -> tuple[str, int]:
    """Read where the pages are to be: a host and a port.

    Raises
    ------
    ConfigInvalid
        It is no address, or one beyond loopback without a proxy; or the extra is not there.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigInvalid(f"--listen: expected HOST:PORT; got {listen!r}")
    try:
        from tonne.console import access, serving  # noqa: F401, PLC0415  # needs an extra
    except ModuleNotFoundError as error:
        raise ConfigInvalid(
            "the console needs starlette and uvicorn: run `pip install 'tonne[console]'`"
        ) from error
    if not (behind_proxy or access.is_loopback(host)):
        raise ConfigInvalid(
            f"--listen: {listen} can be reached from other machines, where everybody would be who "
            "runs the console: listen on 127.0.0.1, or give --behind-proxy if a proxy in front "
            "passes each caller's own token on"
        )
    return host, int(port)


def _passing(server: str) -> Callable[[str], Client]:
    """Give what makes a client of a caller's token. Raises `ConfigInvalid`."""
    given = GIVEN.get() or Credentials()
    if given.token or given.certificate_file:
        raise ConfigInvalid(
            "--behind-proxy: each caller has a token; a token or a certificate of the console's "
            "own would speak for all of them: give none"
        )
    given.check(server)

    def client_of(token: str) -> Client:
        return Client(
            server,
            retry=RetryPolicy(open_budget_s=OPEN_BUDGET_S),
            credentials=replace(given, token=token),
        )

    return client_of
