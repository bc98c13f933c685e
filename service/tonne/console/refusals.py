"""Errors as pages: what the API refuses in its words, what is ours by a number alone."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from tonne.console.access import AccessRefused
from tonne.console.language import choose
from tonne.console.parts.blocks import Lines, Page
from tonne.console.rendering import frame_of, render
from tonne.console.rights import Rights
from tonne.console.visits import Visit
from tonne.errors import CapacityError, InputError, TonneError
from tonne.text.masking import mask

if TYPE_CHECKING:
    from starlette.requests import Request

STATUSES: Final = {
    **dict.fromkeys(
        ("CREDENTIALS_MISSING", "CREDENTIALS_INVALID", "TOKEN_MISSING"), HTTPStatus.UNAUTHORIZED
    ),
    **dict.fromkeys(
        ("ROLE_MISSING", "REQUEST_FOREIGN", "ACTIONS_OFF", "FORM_STALE", "ROLE_LACKING"),
        HTTPStatus.FORBIDDEN,
    ),
    **dict.fromkeys(
        (
            *("BOOK_UNKNOWN", "NOT_REGISTERED", "METHOD_UNKNOWN", "EDITION_UNKNOWN"),
            *("FACTOR_UNKNOWN", "CHANNEL_UNKNOWN", "STATEMENT_UNKNOWN", "UPLOAD_GONE"),
        ),
        HTTPStatus.NOT_FOUND,
    ),
    "CONSOLE_FULL": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Statuses of errors by their codes; of others the family decides."""

LOGGER = logging.getLogger("tonne.console")


def html_of(content: bytes, status: int = HTTPStatus.OK) -> Response:
    """Make the answer of a page."""
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


def told_of(error: Exception) -> tuple[int, str, str]:
    """Tell an error by status, text and code; what is ours is logged, and told by a number."""
    if isinstance(error, TonneError | AccessRefused):
        return status_of(error), mask(error.message), error.code
    incident = secrets.token_hex(6)
    LOGGER.error("incident %s", incident, exc_info=error)
    text = f"the console failed; its log has more under incident {incident}"
    return HTTPStatus.INTERNAL_SERVER_ERROR, text, "INTERNAL"


def refusal(request: Request, error: Exception) -> Response:
    """Answer with the page of an error."""
    return _page(request, *told_of(error))


async def http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: a path, or a method."""
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class alone
    told = _page(request, error.status_code, mask(error.detail), "")
    told.headers.update(error.headers or {})
    return told


def _page(request: Request, status: int, text: str, code: str) -> Response:
    say = choose(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
    visit = Visit(
        None,  # type: ignore[arg-type]  # a page of an error asks nothing
        say,
        str(request.path_params.get("book", "")) if code != "BOOK_UNKNOWN" else "",
        request.url.path,
        request.query_params,
        {},
        Rights(None, ""),  # type: ignore[arg-type]  # of no book: there is nothing to ask
    )
    phrase = HTTPStatus(status).phrase
    page = Page(f"{status} {phrase}", [Lines([text], "warning")], code)
    return html_of(render(page, frame_of(visit), say), status)
