"""The handlers of a service, made from its description in the protocol.

The name of a call, its request and whether it streams stand in the proto alone. A service has a
method of the same name in small letters for each; one that takes bytes brings its handler.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.message_factory import GetMessageClass

from tonne.errors import FieldInvalid
from tonne.ledger.as_of import read_as_of
from tonne.ledger.pages import Ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import grpc
    from google.protobuf.descriptor import ServiceDescriptor

    from tonne.edge.border import Border
    from tonne.store.manifest.moments import Point


T = TypeVar("T")

QUERY_CHARS_MAX = 256
"""Longest query of a search."""


def read_ask(request: Any) -> Ask:
    """Read what a List request says of its page; some listings have one order alone."""
    return Ask(
        filter_by=request.filter,
        order_by=getattr(request, "order_by", ""),
        page_size=request.page_size,
        page_token=request.page_token,
        as_of=read_as_of(getattr(request, "as_of", "")),
    )


def told(answer: T, point: Point | None) -> T:
    """Write into an answer as of which commit it is; nothing where no moment was asked for."""
    if point is not None:
        message: Any = answer
        message.commit = point.number
        message.as_of_time.FromDatetime(point.time)
    return answer


def last_told(
    messages: Iterable[T], point: Point, empty: Callable[[], T] | None = None
) -> Iterator[T]:
    """Write into the last message of an answer as of which commit it is.

    `empty` makes the message of an answer without any.
    """
    before: T | None = None
    for message in messages:
        if before is not None:
            yield before
        before = message
    if before is None and empty is not None:
        before = empty()
    if before is not None:
        yield told(before, point)


def handlers_of(
    described: ServiceDescriptor,
    service: object,
    border: Border,
    own: Mapping[str, grpc.RpcMethodHandler[bytes, bytes]] | None = None,
) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
    """Give the handlers of a service by method.

    Parameters
    ----------
    described : ServiceDescriptor
        The service in the protocol.
    service : object
        Has a method for each call: `GetBook` is `get_book(request)`, which blocks. A call that
        streams its answer gives messages.
    border : Border
        Wraps them.
    own : mapping, optional
        Handlers of the calls that take bytes instead.

    Raises
    ------
    AttributeError
        The service has no method for a call.
    """
    handlers = dict(own or {})
    for method in described.methods:
        if method.name in handlers:
            continue
        call = getattr(service, snake(method.name))
        wrap = border.server_stream if method.server_streaming else border.unary
        handlers[method.name] = wrap(method.name, GetMessageClass(method.input_type), call)
    return handlers


def snake(name: str) -> str:
    """Write the name of a call as that of a method: `GetBook` is `get_book`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def read_query(text: str) -> str:
    """Read the words of a search: each is compared with every word of the catalogue."""
    if len(text) > QUERY_CHARS_MAX:
        raise FieldInvalid(
            f"query: expected a few words, at most {QUERY_CHARS_MAX} characters; got {len(text)}",
            metadata={"field": "query", "charsMax": str(QUERY_CHARS_MAX)},
        )
    return text
