"""Paths of the protocol's `google.api.http` options, and requests made of what came by them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.api import annotations_pb2
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from tonne.errors import FieldInvalid
from tonne.telemetry.calls import methods

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from google.protobuf.descriptor import Descriptor, MethodDescriptor
    from google.protobuf.message import Message

_MASK = "google.protobuf.FieldMask"
"""It is a text in JSON, its fields between commas."""

_VARIABLE = re.compile(r"{([a-z_.]+)=([^}]*)}")


@dataclass(frozen=True, slots=True)
class Route:
    """One path of a call.

    Parameters
    ----------
    verb : str
        GET, POST or PATCH.
    pattern : re.Pattern
        Its path; what a group matches goes into the field of that name.
    fields : tuple of str
        Fields by group, with dots.
    body : str
        What comes as a body: `*`, all other fields; the name of one field, and the others come
        as a query; nothing where it is empty.
    method : MethodDescriptor
        The call.
    """

    verb: str
    pattern: re.Pattern[str]
    fields: tuple[str, ...]
    body: str
    method: MethodDescriptor

    @property
    def call(self) -> str:
        """Name the call as gRPC does."""
        return f"/{self.method.containing_service.full_name}/{self.method.name}"


def routes() -> list[Route]:
    """List the paths of all calls that have one."""
    return [route for method in methods() for route in _routes_of(method)]


def _routes_of(method: MethodDescriptor) -> Iterator[Route]:
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    for one in (rule, *rule.additional_bindings):
        verb = one.WhichOneof("pattern")
        if verb:
            pattern, fields = _compile(getattr(one, verb))
            yield Route(verb.upper(), pattern, fields, rule.body, method)


def _compile(template: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    fields = tuple(name for name, _ in _VARIABLE.findall(template))
    text, last = "", 0
    for found in _VARIABLE.finditer(template):
        inside = re.escape(found[2]).replace(r"\*", "[^/]+?")
        text += f"{re.escape(template[last : found.start()])}({inside})"
        last = found.end()
    return re.compile(text + re.escape(template[last:])), fields


def request_of(
    route: Route, values: Sequence[str], query: Mapping[str, Sequence[str]], body: Any
) -> Message:
    """Make the request of a call.

    Parameters
    ----------
    route : Route
    values : sequence of str
        What the path had, by `route.fields`.
    query : mapping of str to sequence of str
        Fields with dots, each as often as it came.
    body : object
        The body as JSON; None without one.

    Raises
    ------
    FieldInvalid
        A field is unknown, or is not what it should be.
    """
    kind = route.method.input_type
    document: dict[str, Any] = {}
    if route.body:
        if body is not None and not isinstance(body, dict):
            raise _invalid("body", "expected a JSON object")
        if query and route.body == "*":
            raise _invalid(
                next(iter(query)), "this call takes its fields in the body, not in the query"
            )
        given: dict[str, Any] = body or {}
        document = given if route.body == "*" else {route.body: given}
    for name, texts in query.items():
        if route.body and _field(kind, name.split(".")[0], name).name == route.body:
            raise _invalid(name, f"this call takes the fields of {route.body} in the body")
        _put(document, kind, name, list(texts))
    for name, text in zip(route.fields, values, strict=True):
        _put(document, kind, name, [text])
    try:
        return json_format.ParseDict(document, GetMessageClass(kind)())
    except json_format.ParseError as error:
        raise _invalid("request", str(error)) from error


def _put(document: dict[str, Any], kind: Descriptor, name: str, texts: list[str]) -> None:
    """Put what a path or a query says of a field where JSON has it."""
    *parents, last = name.split(".")
    for parent in parents:
        field = _field(kind, parent, name)
        if field.message_type is None:
            raise _invalid(name, f"{parent} has no fields of its own")
        kind = field.message_type
        document = document.setdefault(field.json_name, {})
    field = _field(kind, last, name)
    values = [_value(field, text, name) for text in texts]
    if field.is_repeated:
        document[field.json_name] = values
    elif len(values) == 1:
        document.pop(field.name, None)  # the path wins over a body, by whichever name
        document[field.json_name] = values[0]
    else:
        raise _invalid(name, f"expected once; got it {len(values)} times")


def _field(kind: Descriptor, part: str, name: str) -> FieldDescriptor:
    for field in kind.fields:
        if part in (field.name, field.json_name):
            return field
    raise _invalid(
        name,
        f"there is no such field; the fields of {kind.name} are {', '.join(kind.fields_by_name)}",
    )


def _value(field: FieldDescriptor, text: str, name: str) -> object:
    if field.type == FieldDescriptor.TYPE_BOOL:
        if text not in ("true", "false"):
            raise _invalid(name, f"expected true or false; got {text!r}")
        return text == "true"
    if field.message_type is not None and field.message_type.full_name != _MASK:
        raise _invalid(name, "name its fields with dots, like selection.from_period")
    return text


def _invalid(name: str, text: str) -> FieldInvalid:
    return FieldInvalid(f"{name}: {text}", metadata={"field": name})
