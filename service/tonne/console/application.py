"""The application: paths, identities, errors, and the headers that every answer has."""

from __future__ import annotations

import logging
import secrets
from contextlib import ExitStack
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tonne.console.access import AccessRefused, check_origin
from tonne.console.language import choose
from tonne.console.pages import (
    books,
    coverage,
    downloads,
    explain,
    factors,
    ground,
    history,
    inventory,
    overview,
)
from tonne.console.pages.steering import apart, indicators, suppliers
from tonne.console.pages.waiting import overlaps, worklists
from tonne.console.parts.blocks import Lines, Page
from tonne.console.rendering import frame_of, read, render
from tonne.console.visits import Visit
from tonne.errors import CapacityError, InputError, TonneError
from tonne.text.masking import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tonne.client import Client
    from tonne.console.access import Access

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""What every answer says, errors and files too."""

PAGES: Final[dict[str, Callable[[Visit], Page]]] = {
    "/": books.books,
    "/books/{book}": overview.overview,
    "/books/{book}/inventory": inventory.inventory,
    "/books/{book}/explain": explain.explain,
    "/books/{book}/bridge": history.bridge,
    "/books/{book}/coverage": coverage.coverage,
    "/books/{book}/suspense": worklists.suspense,
    "/books/{book}/quarantine": worklists.quarantine,
    "/books/{book}/conflicts": worklists.conflicts,
    "/books/{book}/overlaps": overlaps.overlaps,
    "/books/{book}/overlaps/{number}": overlaps.overlap,
    "/books/{book}/notices": worklists.notices,
    "/books/{book}/indicators": indicators.indicators,
    "/books/{book}/indicators/{indicator}": apart.indicator,
    "/books/{book}/suppliers": suppliers.suppliers,
    "/books/{book}/factors": factors.factors,
    "/books/{book}/factors/{edition}/{row}": factors.factor,
    "/books/{book}/method": ground.method,
    "/books/{book}/channels": ground.channels,
    "/books/{book}/periods": history.periods,
    "/books/{book}/changes": history.changes,
}
"""Pages by their paths."""

DOWNLOADS: Final[dict[str, tuple[Callable[[Visit], Iterator[bytes]], str]]] = {
    "/books/{book}/inventory.csv": (downloads.csv_of, "text/csv; charset=utf-8"),
    "/books/{book}/inventory.json": (downloads.json_of, "application/json"),
}
"""What writes a download, and its type, by its path."""

FILES: Final = {
    "/static/console.css": ("console.css", "text/css; charset=utf-8"),
    "/static/icon.svg": ("icon.svg", "image/svg+xml"),
}

STATUSES: Final = {
    **dict.fromkeys(
        ("CREDENTIALS_MISSING", "CREDENTIALS_INVALID", "TOKEN_MISSING"), HTTPStatus.UNAUTHORIZED
    ),
    **dict.fromkeys(("ROLE_MISSING", "REQUEST_FOREIGN"), HTTPStatus.FORBIDDEN),
    **dict.fromkeys(
        (
            *("BOOK_UNKNOWN", "NOT_REGISTERED", "METHOD_UNKNOWN", "EDITION_UNKNOWN"),
            *("FACTOR_UNKNOWN", "CHANNEL_UNKNOWN", "STATEMENT_UNKNOWN"),
        ),
        HTTPStatus.NOT_FOUND,
    ),
}
"""Statuses of errors by their codes; of others the family decides."""

LOGGER = logging.getLogger("tonne.console")


def application(access: Access) -> ASGIApp:
    """Make the application of an access; it takes GET and HEAD alone, and so changes nothing."""
    routes = [
        *(Route(path, _page(access, draw), methods=["GET"]) for path, draw in PAGES.items()),
        *(
            Route(path, _download(access, write, kind), methods=["GET"])
            for path, (write, kind) in DOWNLOADS.items()
        ),
        *(Route(path, _file(*found), methods=["GET"]) for path, found in FILES.items()),
        Route("/healthz", lambda _: Response("ok\n", media_type="text/plain"), methods=["GET"]),
    ]
    inner = Starlette(
        routes=routes,
        exception_handlers={HTTPException: _http_error},
    )
    # A redirect would name whatever host the request names.
    inner.router.redirect_slashes = False
    return Guarded(inner)


class Guarded:
    """Puts the headers on every answer, and refuses what a page of another site loads.

    Parameters
    ----------
    inner : ASGIApp
        What answers.
    """

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [
                    (name, value)
                    for name, value in message.get("headers", [])
                    if name.decode("latin-1").title() not in HEADERS
                ]
                ours = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*given, *ours]}
            await send(message)

        await self._inner(scope, receive, guarded)


def _visit(request: Request, client: Client) -> Visit:
    values = {name: str(value) for name, value in request.path_params.items()}
    return Visit(
        client,
        choose(request.query_params.get("lang", ""), request.headers.get("accept-language", "")),
        values.pop("book", ""),
        request.url.path,
        request.query_params,
        values,
    )


def _page(access: Access, draw: Callable[[Visit], Page]) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        try:
            check_origin(request.headers)
            with access.client_of(request.headers) as client:
                visit = _visit(request, client)
                page = draw(visit)
                return _html(render(page, frame_of(visit), visit.say))
        except Exception as error:  # noqa: BLE001  # the border: whatever happens is told
            return _refusal(request, error)

    return answer


def _download(
    access: Access, write: Callable[[Visit], Iterator[bytes]], kind: str
) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        with ExitStack() as stack:
            try:
                check_origin(request.headers)
                client = stack.enter_context(access.client_of(request.headers))
                visit = _visit(request, client)
                parts = write(visit)
                first = next(parts)  # what is refused is refused before the first byte
            except Exception as error:  # noqa: BLE001  # the border: whatever happens is told
                return _refusal(request, error)
            kept = stack.pop_all()
        name = f"{visit.book}-{visit.path.rpartition('/')[2]}"
        return StreamingResponse(
            _closing(kept, chain((first,), parts)),
            media_type=kind,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    return answer


def _closing(kept: ExitStack, parts: Iterator[bytes]) -> Iterator[bytes]:
    """Give the parts; the client lives until the last one, or until the reader is gone."""
    with kept:
        yield from parts


def _file(name: str, kind: str) -> Callable[[Request], Response]:
    def answer(_: Request) -> Response:
        return Response(read(name), media_type=kind)

    return answer


def _html(content: bytes, status: int = HTTPStatus.OK) -> Response:
    return Response(content, status, media_type="text/html; charset=utf-8")


def status_of(error: TonneError | AccessRefused) -> int:
    """Give the status of an error: by its code, else by its family."""
    if error.code in STATUSES:
        return int(STATUSES[error.code])
    if isinstance(error, InputError):
        return HTTPStatus.BAD_REQUEST
    if isinstance(error, CapacityError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.BAD_GATEWAY


def _refusal(request: Request, error: Exception) -> Response:
    """Tell an error as the API tells it; what is ours is logged, and told by a number alone."""
    if isinstance(error, TonneError | AccessRefused):
        return _told(request, status_of(error), error.message, error.code)
    incident = secrets.token_hex(6)
    LOGGER.error("incident %s", incident, exc_info=error)
    text = f"the console failed; its log has more under incident {incident}"
    return _told(request, HTTPStatus.INTERNAL_SERVER_ERROR, text, "INTERNAL")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class alone
    told = _told(request, error.status_code, error.detail, "")
    told.headers.update(error.headers or {})
    return told


def _told(request: Request, status: int, text: str, code: str) -> Response:
    say = choose(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
    visit = Visit(
        None,  # type: ignore[arg-type]  # a page of an error asks nothing
        say,
        str(request.path_params.get("book", "")) if code != "BOOK_UNKNOWN" else "",
        request.url.path,
        request.query_params,
        {},
    )
    phrase = HTTPStatus(status).phrase
    page = Page(f"{status} {phrase}", [Lines([mask(text)], "warning")], code)
    return _html(render(page, frame_of(visit), say), status)
