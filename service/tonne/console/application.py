"""The application: paths, identities, errors, and the headers that every answer has."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tonne.console.access import check_origin
from tonne.console.actions import closing, correcting, deciding, importing
from tonne.console.guarding import Guard
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
    records,
    setup,
)
from tonne.console.pages.steering import apart, indicators, suppliers
from tonne.console.pages.waiting import overlaps, same, worklists
from tonne.console.parts.blocks import Lines
from tonne.console.posting import Posting
from tonne.console.refusals import html_of, http_error, refusal
from tonne.console.rendering import frame_of, read, render
from tonne.console.rights import Rights, Writing
from tonne.console.visits import TOLD, Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.datastructures import QueryParams
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tonne.client import Client
    from tonne.console.access import Access
    from tonne.console.actions.action import Action
    from tonne.console.parts.blocks import Page
    from tonne.console.uploading.command import Imports

    VisitOf = Callable[[Request, Client, QueryParams], Visit]

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With `no-referrer` a browser would not say where a form comes from, which is checked.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""What every answer says, errors and files too."""

PAGES: Final[dict[str, Callable[[Visit], Page]]] = {
    "/": books.books,
    "/books/{book}": overview.overview,
    "/books/{book}/setup": setup.setup,
    "/books/{book}/inventory": inventory.inventory,
    "/books/{book}/explain": explain.explain,
    "/books/{book}/bridge": history.bridge,
    "/books/{book}/coverage": coverage.coverage,
    "/books/{book}/suspense": worklists.suspense,
    "/books/{book}/quarantine": worklists.quarantine,
    "/books/{book}/conflicts": same.conflicts,
    "/books/{book}/conflicts/{number}": same.conflict,
    "/books/{book}/overlaps": overlaps.overlaps,
    "/books/{book}/overlaps/{number}": overlaps.overlap,
    "/books/{book}/notices": worklists.notices,
    "/books/{book}/indicators": indicators.indicators,
    "/books/{book}/indicators/{indicator}": apart.indicator,
    "/books/{book}/suppliers": suppliers.suppliers,
    "/books/{book}/factors": factors.factors,
    "/books/{book}/factors/{edition}/{row}": factors.factor,
    "/books/{book}/records": records.records,
    "/books/{book}/method": ground.method,
    "/books/{book}/channels": ground.channels,
    "/books/{book}/periods": history.periods,
    "/books/{book}/changes": history.changes,
}
"""Pages by their paths."""

ACTIONS: Final[dict[str, Action]] = {
    **closing.ACTIONS,
    **correcting.ACTIONS,
    **deciding.ACTIONS,
    **importing.ACTIONS,
}
"""Actions by their paths."""

DOWNLOADS: Final[dict[str, tuple[Callable[[Visit], Iterator[bytes]], str]]] = {
    "/books/{book}/inventory.csv": (downloads.csv_of, "text/csv; charset=utf-8"),
    "/books/{book}/inventory.json": (downloads.json_of, "application/json"),
}
"""What writes a download, and its type, by its path."""

FILES: Final = {
    "/static/console.css": ("console.css", "text/css; charset=utf-8"),
    "/static/icon.svg": ("icon.svg", "image/svg+xml"),
}


def application(
    access: Access,
    writing: Writing = Writing.NEVER,
    author: str = "",
    imports: Imports | None = None,
) -> ASGIApp:
    """Make the application of an access.

    Parameters
    ----------
    access : Access
        Gives the client of a request.
    writing : Writing
        Whether it takes actions: forms that are sent. All else is GET and HEAD alone.
    author : str
        Who acts where the server does not know its callers.
    imports : Imports, optional
        Files that were sent, and what imports them; None: none are taken.
    """
    guard = Guard(is_secure=not access.is_shared)

    def visit_of(request: Request, client: Client, given: QueryParams) -> Visit:
        visit = _visit(request, client, given, (writing, author))
        return replace(visit, imports=imports, token=access.token_of(request.headers))

    acts = [(path, Posting(access, guard, visit_of, each)) for path, each in ACTIONS.items()]
    routes = [
        # Before the pages: a name in a path may be anything.
        *(Route(path, each.show, methods=["GET"]) for path, each in acts),
        *(Route(path, each.taker(), methods=["POST"]) for path, each in acts),
        *(
            Route(path, _page(access, guard, visit_of, draw), methods=["GET"])
            for path, draw in PAGES.items()
        ),
        *(
            Route(path, _download(access, visit_of, write, kind), methods=["GET"])
            for path, (write, kind) in DOWNLOADS.items()
        ),
        *(Route(path, _file(*found), methods=["GET"]) for path, found in FILES.items()),
        Route("/healthz", lambda _: Response("ok\n", media_type="text/plain"), methods=["GET"]),
    ]
    inner = Starlette(
        routes=routes,
        exception_handlers={HTTPException: http_error},
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


def _visit(
    request: Request, client: Client, given: QueryParams, acting: tuple[Writing, str]
) -> Visit:
    values = {name: str(value) for name, value in request.path_params.items()}
    book = values.pop("book", "")
    return Visit(
        client,
        choose(given.get("lang", ""), request.headers.get("accept-language", "")),
        book,
        request.url.path,
        given,
        values,
        Rights(client, book, *acting),
    )


def _page(
    access: Access, guard: Guard, visit_of: VisitOf, draw: Callable[[Visit], Page]
) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        try:
            check_origin(request.headers)
            with access.client_of(request.headers) as client:
                visit = visit_of(request, client, request.query_params)
                page = draw(visit)
                session = guard.session_of(request.cookies)
                if told := guard.unseal(session, visit.path, visit.query.get(TOLD, "")):
                    page = replace(page, blocks=[Lines([told], "good"), *page.blocks])
                return html_of(render(page, frame_of(visit), visit.say))
        except Exception as error:  # noqa: BLE001  # the border: whatever happens is told
            return refusal(request, error)

    return answer


def _download(
    access: Access, visit_of: VisitOf, write: Callable[[Visit], Iterator[bytes]], kind: str
) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        with ExitStack() as stack:
            try:
                check_origin(request.headers)
                client = stack.enter_context(access.client_of(request.headers))
                visit = visit_of(request, client, request.query_params)
                parts = write(visit)
                first = next(parts)  # what is refused is refused before the first byte
            except Exception as error:  # noqa: BLE001  # the border: whatever happens is told
                return refusal(request, error)
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
