"""Finds the texts of a request that no store takes: such as are no UTF-8, and such as hold NUL.

A parser of messages refuses a whole request for one text that is no UTF-8 and does not say
which; SQLite takes NUL in a text and PostgreSQL does not. So both are told here, each by its
field and row, and nothing of such a request is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor import FieldDescriptor

from tonne.edge.messages.requests.wire_fields import BYTES, read_fields
from tonne.errors import BatchMustParse, FieldInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

NAMED_MAX: Final = 20
"""Most fields that one error names."""

_VISITED_MAX: Final = 200_000
"""Most fields that are looked at: a request that is refused may cost no more than others."""

_DEPTH_MAX: Final = 32
_NUL: Final = b"\0"


def check_texts(kind: type[Message], message: bytes) -> None:
    """Raise `FieldInvalid` where a text of a request holds NUL. Costs next to nothing else."""
    if _NUL not in message:
        return  # the bytes of numbers and lengths may be zero as well, but seldom are
    refused = refuse_texts(kind, message)
    if refused is not None:
        raise refused


def refuse_texts(kind: type[Message], message: bytes) -> FieldInvalid | None:
    """Name the texts of a serialized message that no store takes; None where none is found.

    All of them are told, up to `NAMED_MAX`: an import is not mended one row at a time.
    """
    found: list[tuple[str, str]] = []
    count = 0
    try:
        for place, fault in _Walk().faults(kind.DESCRIPTOR, message, ""):
            count += 1
            if count <= NAMED_MAX:
                found.append((place, fault))
    except BatchMustParse:
        pass  # what is no message further on
    if not found:
        return None
    told = "; ".join(
        f"{place}: expected valid UTF-8 without NUL; got a text {fault}" for place, fault in found
    )
    more = f"; and {count - NAMED_MAX} more" if count > NAMED_MAX else ""
    return FieldInvalid(
        f"{told}{more}; nothing of the request was done: correct the texts and call again",
        metadata={
            "field": found[0][0],
            "fields": ", ".join(place for place, _ in found),
            "count": str(count),
        },
    )


class _Walk:
    """One walk over a message, which ends after so many fields."""

    def __init__(self) -> None:
        self._left = _VISITED_MAX

    def faults(
        self, kind: Any, message: bytes, path: str, depth: int = 0
    ) -> Iterator[tuple[str, str]]:
        """Give each text at fault: its place, like `facilities[3].id`, and what it is or has."""
        indexes: dict[int, int] = {}
        for number, wire_type, start, stop in read_fields(message, kind.name):
            self._left -= 1
            if self._left < 0:
                return
            field = kind.fields_by_number.get(number)
            if field is None or wire_type != BYTES:
                continue
            place = path + field.name
            if field.is_repeated:
                index = indexes[number] = indexes.get(number, -1) + 1
                place = f"{place}[{index}]"
            content = message[start:stop]
            if field.type == FieldDescriptor.TYPE_STRING:
                fault = _fault(content)
                if fault:
                    yield place, fault
            elif field.message_type is not None and depth < _DEPTH_MAX:
                yield from self.faults(field.message_type, content, f"{place}.", depth + 1)


def _fault(content: bytes) -> str:
    if _NUL in content:
        return "with NUL"
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return f"that is not UTF-8 at byte {error.start}"
    return ""
