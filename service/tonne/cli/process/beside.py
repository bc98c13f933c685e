"""A process beside this one, which ends with it, whatever ends it.

It reads its standard input, a pipe of which this process alone has the other end: where the pipe
ends, so does it. A signal would have to be passed on, and nobody passes SIGKILL on.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tonne.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

EndOption = Annotated[
    bool,
    typer.Option(
        "--end-with-input",
        hidden=True,
        help="End where standard input does: with the process that has its other end.",
    ),
]

COMMAND: Final = (sys.executable, "-m", "tonne.cli.main")
"""This command, as another process runs it."""

START_S_MAX: Final = 60.0
STOP_S_MAX: Final = 20.0
"""How long a process may take to say that it is there, and to end."""


def end_with_input() -> None:
    """End this process, as SIGTERM ends it, where its standard input does."""
    threading.Thread(target=_wait_for_end, name="wait for the end", daemon=True).start()


def _wait_for_end() -> None:
    descriptor = 0
    while os.read(descriptor, 1):  # without the lock of `sys.stdin`, for which an exit would wait
        pass
    os.kill(os.getpid(), signal.SIGTERM)


@asynccontextmanager
async def console_beside(
    listen: str, tell: Callable[[str], None], address: str
) -> AsyncIterator[asyncio.Future[int]]:
    """Run the console of a server at an address, until the block ends.

    Parameters
    ----------
    listen : str
        Where its pages are.
    tell : callable
        Is told the first line that it says: where they are.
    address : str
        Where the server listens.

    Yields
    ------
    asyncio.Future
        Its exit code, where it ends by itself.

    Raises
    ------
    ConfigInvalid
        It does not start; what it says of that stands on standard error.
    """
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("console", "--server", reachable(address), "--listen", listen, "--end-with-input"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None  # noqa: S101  it is a pipe
    assert process.stdout is not None  # noqa: S101  it is a pipe
    ended = asyncio.ensure_future(process.wait())
    try:
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_S_MAX)
        except TimeoutError:
            line = b""
        if not line:
            raise ConfigInvalid(
                f"--console: the console does not start on {listen}, so the server ends, too: "
                "see what it says above, and name another address with --console-listen"
            )
        tell(line.decode().strip())
        yield ended
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(asyncio.shield(ended), STOP_S_MAX)
        except TimeoutError:
            process.kill()
            await ended


def reachable(address: str) -> str:
    """Give how this machine reaches an address that a server listens on."""
    host, colon, port = address.rpartition(":")
    return {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host) + colon + port  # noqa: S104  # compared, not listened on
