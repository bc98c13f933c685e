"""The options that name a server and a book, and the client for them."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.client import Client, RetryPolicy

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


def connect(server: str) -> Client:
    """Make the client of a command."""
    return Client(server, retry=RetryPolicy(open_budget_s=OPEN_BUDGET_S))
