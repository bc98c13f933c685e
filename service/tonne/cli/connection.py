"""The options that name a server and a book, who calls, and the client for them."""

from __future__ import annotations

import functools
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.client import Client, Credentials
    from tonne.errors import TonneError

OPEN_BUDGET_S = 3.0
"""How long a command waits for a server that does not answer."""

ServerOption = Annotated[
    str,
    typer.Option(
        "--server",
        metavar="HOST:PORT",
        envvar="TONNE_SERVER",
        help="Address of the server, HOST:PORT.",
    ),
]
BOOK_VARIABLE = "TONNE_BOOK"
"""The variable of the environment that names the book where no option does."""

BookOption = Annotated[
    str,
    typer.Option("--book", metavar="BOOK", envvar=BOOK_VARIABLE, help="Id of the book."),
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why.")]
AuthorOption = Annotated[
    str,
    typer.Option(
        "--author",
        envvar="TONNE_AUTHOR",
        help="Who says so; without it whoever the server knows you as.",
    ),
]
FilterOption = Annotated[
    str,
    typer.Option(
        "--filter",
        metavar="FILTER",
        help="Only what fulfils comparisons joined by AND, like 'id : \"north-*\"'.",
    ),
]
OrderOption = Annotated[
    str,
    typer.Option(
        "--order-by", metavar="FIELD", help="The field of the order; FIELD desc turns it."
    ),
]
TlsOption = Annotated[
    bool, typer.Option("--tls", envvar="TONNE_TLS", help="Use TLS to the server.")
]
CaOption = Annotated[
    Path | None,
    typer.Option(
        "--ca-file",
        envvar="TONNE_CA_FILE",
        metavar="FILE",
        help="Certificates of the authorities that the server's certificate must come from (PEM).",
    ),
]
CertificateOption = Annotated[
    Path | None,
    typer.Option(
        "--certificate-file",
        envvar="TONNE_CERTIFICATE_FILE",
        metavar="FILE",
        help="The client's own certificate (PEM).",
    ),
]
KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        envvar="TONNE_KEY_FILE",
        metavar="FILE",
        help="Private key of the client's certificate (PEM).",
    ),
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        envvar="TONNE_TOKEN_FILE",
        metavar="FILE",
        help=(
            "File with the token; it is read again when the token expires. TONNE_TOKEN may hold "
            "the token itself."
        ),
    ),
]
# Hidden: on the command line other users of the machine could read it.
TokenVariable = Annotated[str, typer.Option(envvar="TONNE_TOKEN", hidden=True)]
PlainTokenOption = Annotated[
    bool,
    typer.Option(
        "--insecure",
        envvar="TONNE_INSECURE",
        help="Send the token without TLS beyond loopback, because a mesh encrypts.",
    ),
]

DEFAULT_SERVER = "127.0.0.1:50051"

GIVEN: ContextVar[Credentials | None] = ContextVar("credentials", default=None)
"""What the options before the command say of who calls."""


def connect(server: str, on_wait: Callable[[TonneError], None] | None = None) -> Client:
    """Make the client of a command; `on_wait` is told while an append waits for the server."""
    from tonne.client import Client, RetryPolicy  # noqa: PLC0415  # a help text needs no gRPC

    return Client(
        server,
        retry=RetryPolicy(open_budget_s=OPEN_BUDGET_S, on_wait=on_wait),
        credentials=GIVEN.get(),
    )


def book_zone(server: str, book: str) -> Callable[[], str] | None:
    """Give what asks for the time zone of a book, once at most; None where no book is named."""

    def ask() -> str:
        with connect(server) as client:
            return client.get_book(book).time_zone

    return functools.cache(ask) if book else None
