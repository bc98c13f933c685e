"""The options that name a server and a book, and the client for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tonne.client import Client, RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.errors import TonneError

OPEN_BUDGET_S = 3.0
"""How long a command waits for a server that does not answer."""

ServerOption = Annotated[
    str,
    typer.Option(
        "--server", metavar="HOST:PORT", envvar="TONNE_SERVER", help="The server to speak to."
    ),
]
BookOption = Annotated[str, typer.Option("--book", metavar="BOOK", help="Id of the book.")]

DEFAULT_SERVER = "127.0.0.1:50051"


def connect(server: str, on_wait: Callable[[TonneError], None] | None = None) -> Client:
    """Make the client of a command; `on_wait` is told while an append waits for the server."""
    return Client(server, retry=RetryPolicy(open_budget_s=OPEN_BUDGET_S, on_wait=on_wait))
