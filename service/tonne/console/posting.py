"""Actions over HTTP: a page that shows what is changed, and a form that does it, once."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import uuid
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.responses import Response

from tonne.console.access import AccessRefused, FormStale, check_origin
from tonne.console.actions.action import Prepared, Said
from tonne.console.guarding import check_posted
from tonne.console.parts.blocks import Act, Commands, Field, Lines, Page, Text
from tonne.console.refusals import html_of, refusal, told_of
from tonne.console.rendering import frame_of, render
from tonne.console.uploading.multipart import boundary_of, take_apart
from tonne.console.uploading.uploads import FILE_BYTES_MAX
from tonne.console.visits import TOLD, VALUES_MAX
from tonne.errors import CapacityError, FieldInvalid, TonneError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from tonne.client import Client
    from tonne.console.access import Access
    from tonne.console.actions.action import Action
    from tonne.console.guarding import Guard
    from tonne.console.parts.blocks import Block
    from tonne.console.uploading.multipart import SentFile
    from tonne.console.visits import Visit

BODY_BYTES_MAX = 64 << 10
"""Bytes of a form: a record, and reasons."""

FILES_AT_ONCE = 4
"""Forms with files that are read at a time: each is in memory until it is on the disk."""

TOKEN, REQUEST, REASON, AUTHOR = "form-token", "form-request", "reason", "author"
"""Names of the fields that every form has; the others say what it is about."""

_FORM_TYPE: Final = re.compile(r"application/x-www-form-urlencoded\s*(;.*)?", re.IGNORECASE)


class Posting:
    """Answers the requests of one action.

    Parameters
    ----------
    access : Access
        Gives the client of a request.
    guard : Guard
        Of the forms.
    visit_of : callable
        Makes a visit of a request, a client and what was given.
    action : Action
        What it does.
    """

    def __init__(
        self,
        access: Access,
        guard: Guard,
        visit_of: Callable[[Request, Client, QueryParams], Visit],
        action: Action,
    ) -> None:
        self._access = access
        self._guard = guard
        self._visit_of = visit_of
        self._action = action
        self._reading = asyncio.Semaphore(FILES_AT_ONCE)

    def show(self, request: Request) -> Response:
        """Show what is changed, with the form for those who may."""
        try:
            check_origin(request.headers)
            with self._access.client_of(request.headers) as client:
                visit = self._visit_of(request, client, request.query_params)
                said = Said("", visit.rights.author, str(uuid.uuid4()))
                return self._page(request, visit, said)
        except Exception as error:  # noqa: BLE001  # the border: whatever happens is told
            return refusal(request, error)

    def taker(self) -> Callable[[Request], Awaitable[Response]]:
        """Give what takes the form."""

        async def take(request: Request) -> Response:
            file: SentFile | None = None
            try:
                if self._action.takes_file:
                    # Whoever may not bring a file is told before it was read.
                    await run_in_threadpool(self._admit, request)
                    async with self._reading:
                        pairs, file = await read_file_form(request)
                else:
                    pairs = await read_form(request)
            except Exception as error:  # noqa: BLE001  # the border: whatever happens is told
                return refusal(request, error)
            return await run_in_threadpool(self._take, request, pairs, file)

        return take

    def _admit(self, request: Request) -> None:
        """See that the caller may do it. Raises what the API or the console refuses it by."""
        check_posted(request.headers)
        with self._access.client_of(request.headers) as client:
            rights = self._visit_of(request, client, QueryParams()).rights
            rights.check()
            rights.check_call(self._action.call)

    def _take(
        self, request: Request, pairs: list[tuple[str, str]], file: SentFile | None
    ) -> Response:
        try:
            check_posted(request.headers)
            with self._access.client_of(request.headers) as client:
                visit = replace(self._visit_of(request, client, QueryParams(pairs)), file=file)
                visit.rights.check()
                return self._perform(request, visit)
        except Exception as error:  # noqa: BLE001  # the border: whatever happens is told
            return refusal(request, error)

    def _perform(self, request: Request, visit: Visit) -> Response:
        given = visit.given
        said = Said(given(REASON), given(AUTHOR), given(REQUEST) or str(uuid.uuid4()))
        session = self._guard.session_of(request.cookies)
        try:
            if not self._guard.holds(given(TOKEN), session, visit.rights.caller, visit.path):
                raise FormStale(
                    "this form is of another session, or the console was started anew: look at "
                    "what it changes, and send it again"
                )
            done = self._action.perform(visit, said)
        except (TonneError, AccessRefused) as error:
            # The same request again where nobody knows whether it was done; else a new one.
            if not isinstance(error, CapacityError):
                said = replace(said, request_id=str(uuid.uuid4()))
            return self._page(request, visit, said, error)
        query = dict(done.query)
        if done.text:
            told = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC: {done.text}"
            query[TOLD] = self._guard.seal(session, done.place, told)
        place = visit.address(done.place, **query)
        return Response(status_code=HTTPStatus.SEE_OTHER, headers={"Location": place})

    def _page(
        self, request: Request, visit: Visit, said: Said, error: Exception | None = None
    ) -> Response:
        """Show the action; after an error with what was typed."""
        status = int(HTTPStatus.OK)
        blocks: list[Block] = []
        if error is not None:
            status, text, code = told_of(error)
            blocks.append(Lines([f"{text} ({code})"], "warning"))
        try:
            prepared = self._action.prepare(visit)
        except TonneError:
            if error is None:
                raise
            prepared = _blind(visit)
        blocks += prepared.blocks
        session = self._guard.session_of(request.cookies)
        token = (
            self._guard.token(session, visit.rights.caller, visit.path)
            if (visit.rights.takes_actions)
            else ""
        )
        blocks.append(self._form(visit, prepared, said, token))
        blocks += prepared.after
        if prepared.commands:
            title = visit.say("The same in a terminal")
            blocks.append(Commands(title, prepared.commands))
        page = Page(prepared.title, blocks, prepared.lead)
        answer = html_of(render(page, frame_of(visit), visit.say), status)
        if token:
            answer.headers["set-cookie"] = self._guard.cookie_of(session)
        return answer

    def _form(self, visit: Visit, prepared: Prepared, said: Said, token: str) -> Block:
        """Make the form; where the caller may not, or it cannot be done, say so instead."""
        say = visit.say
        if prepared.refusal:
            return Lines([prepared.refusal], "note")
        if not token:
            return Lines([say("This console only shows: the command below does it.")], "note")
        if not visit.rights.may(self._action.call):
            text = say(
                "Your roles on this book ({roles}) do not suffice for {call}: ask who has one.",
                roles=", ".join(visit.rights.roles) or say("none"),
                call=self._action.call,
            )
            return Lines([text], "note")
        fields = list(prepared.fields)
        if prepared.has_reason:
            fields.append(Field(REASON, say("Why"), said.reason, is_required=True))
            if not visit.rights.caller:
                fields.append(Field(AUTHOR, say("Who says so"), said.author, is_required=True))
        hidden = [
            *prepared.hidden,
            (TOKEN, token),
            (REQUEST, said.request_id),
        ]
        if visit.asked_language:
            hidden.append(("lang", visit.asked_language))
        back = Text(say("Back, and change nothing"), prepared.back)
        return Act(
            say(prepared.heading),
            visit.path,
            fields,
            prepared.submit,
            hidden,
            back,
            further=prepared.further,
            further_title=prepared.further_title,
        )


def _blind(visit: Visit) -> Prepared:
    """Keep what was typed where what it changes cannot be read at the moment."""
    named = {TOKEN, REQUEST, REASON, AUTHOR, "lang"}
    hidden = [each for each in visit.query.multi_items() if each[0] not in named]
    return Prepared(
        visit.say("Once more"),
        visit.say("What it changes cannot be shown at the moment. What was typed is kept."),
        [],
        visit.say("Send it again"),
        [],
        visit.link(""),
        hidden=hidden,
    )


async def read_file_form(
    request: Request,
) -> tuple[list[tuple[str, str]], SentFile | None]:
    """Read the fields and the file of a form that was sent. Raises `FieldInvalid`."""
    told = request.headers.get("content-type", "")
    boundary = boundary_of(told)
    if boundary is None:
        raise FieldInvalid(
            f"content-type: expected multipart/form-data, as a form of the console has it; got "
            f"{told!r}"
        )
    too_much = (
        f"file: expected at most {FILE_BYTES_MAX} bytes: for a larger one run `tonne import`"
    )
    return take_apart(await _body(request, FILE_BYTES_MAX + BODY_BYTES_MAX, too_much), boundary)


async def _body(request: Request, most: int, too_much: str) -> bytearray:
    """Read what was sent, and no more than is taken. Raises `FieldInvalid`."""
    body = bytearray()
    if int(request.headers.get("content-length", "0")) > most:
        raise FieldInvalid(too_much)
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise FieldInvalid(too_much)
    return body


async def read_form(request: Request) -> list[tuple[str, str]]:
    """Read the fields of a form that was sent. Raises `FieldInvalid`."""
    if not _FORM_TYPE.fullmatch(request.headers.get("content-type", "")):
        raise FieldInvalid(
            "content-type: expected application/x-www-form-urlencoded, as a form of the console "
            f"has it; got {request.headers.get('content-type', '')!r}"
        )
    body = await _body(
        request,
        BODY_BYTES_MAX,
        f"form: expected at most {BODY_BYTES_MAX} bytes; got more: write less, or run the command "
        "with a file",
    )
    try:
        return parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=VALUES_MAX,
            errors="strict",
        )
    except ValueError as error:
        raise FieldInvalid(f"form: expected fields in UTF-8; got none: {error}") from error
