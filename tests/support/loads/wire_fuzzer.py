"""Messages that are nearly right: made from the descriptors of all RPCs, then broken."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from tests.support.protos import FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google.protobuf.descriptor import Descriptor, MethodDescriptor
    from google.protobuf.message import Message

TEXTS = (
    *("", "acme", "books/acme", "books/acme/channels/fuzz", "books/acme/facilities/dc-1"),
    *("books/acme/editions/own", "books/-", "books/../etc", "own", "uk-ghg-2025", "dc-1"),
    *("electricity.grid", "fuel.diesel.stationary", "kWh", "litre", "DE", "GB", "AR5", "1.5"),
    *("-0.000001", "999999999999.999999", "1e308", "NaN", "1,5", "2024-01-01", "2024-02-30"),
    *("scope2.location", "facility", "by", "x" * 300, "\0", "\u202e", "é" * 129, "'; --", "%s%n"),
    *("123e4567-e89b-12d3-a456-426614174000", "{}", '{"a": [1, {"b": null}]}', "[" * 200),
    "activity,region,unit,valid_from,valid_to,kg_co2e\nelectricity.grid,DE,kWh,2020-01-01,,0.4\n",
)
BOOK = "books/acme"
# What a field of this name usually holds: without it nothing would come past the first check.
USUAL: dict[str, tuple[object, ...]] = {
    "parent": (BOOK,),
    "name": (
        *(BOOK, BOOK, f"{BOOK}/channels/other", f"{BOOK}/methods/current", f"{BOOK}/methods/1"),
        *(f"{BOOK}/editions/own/factors/2", "editions/uk-ghg-2025"),
    ),
    "channel": (f"{BOOK}/channels/other",),
    "editions": (f"{BOOK}/editions/own", "editions/uk-ghg-2025"),
    "page_size": (0, 1, 10),
    "page_token": ("",),
    "request_id": ("123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174001"),
    "quantity": ("1.5", "-3", "0.000001"),
    "unit": ("kWh", "litre", "kg"),
    "region": ("DE", ""),
    "activity": ("electricity.grid", "fuel.diesel.stationary", "freight.road"),
    "facility": ("dc-1", "dc-2"),
    "facility_id": ("dc-1", "dc-2"),
    "group_by": ("facility", "account", "activity", "period"),
    "from_period": ("2024-03", ""),
    "to_period": ("2024-04", ""),
    "gwp_set": ("AR5", "AR6", ""),
    "consolidation": ("", "operational-control", "equity-share"),
    "query": ("diesel", "grid electricity", "air freight kg"),
    "records_max": (0, 5),
    "seconds": (1_709_251_200, 1_711_929_600),
    "nanos": (0, 1_000),
    "time_zone": ("", "Europe/Berlin", "Asia/Shanghai"),
}
USUAL_CHANCE = 0.9
NUMBERS = (0, 1, 2, 3, 7, 100, 1_000, 2**31 - 1, 2**31, 2**63 - 1, -1, -(2**31), -(2**63))
DOUBLES = (0.0, -0.0, 0.1, 1e300, -1e-300, float("inf"), float("nan"))
DEPTH_MAX = 4

_WHOLE = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


@dataclass(frozen=True, slots=True)
class Rpc:
    """One method: where it is, what it takes, and whether either side is a stream."""

    path: str
    request: Descriptor
    client_streaming: bool
    server_streaming: bool


def all_rpcs() -> list[Rpc]:
    """Every method of every service of the API."""
    methods: list[MethodDescriptor] = [
        method
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    ]
    return [
        Rpc(
            f"/{method.containing_service.full_name}/{method.name}",
            method.input_type,
            method.client_streaming,
            method.server_streaming,
        )
        for method in methods
    ]


class Fuzzer:
    """Makes requests; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311  (reproducible, no secret)

    def message(self, descriptor: Descriptor, depth: int = 0) -> Message:
        """A well-formed message with values that may be wrong."""
        chance, made = self.chance, GetMessageClass(descriptor)()
        for field in descriptor.fields:
            if chance.random() < 0.2 or depth > DEPTH_MAX:
                continue
            if field.is_repeated:
                self._fill_repeated(made, field, depth)
            elif field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
                getattr(made, field.name).CopyFrom(self.message(field.message_type, depth + 1))
            else:
                setattr(made, field.name, self._scalar(field))
        return made

    def _fill_repeated(self, made: Message, field: FieldDescriptor, depth: int) -> None:
        values, count = getattr(made, field.name), self.chance.choice((0, 1, 1, 2, 5))
        kind = field.message_type
        for _ in range(count):
            if kind is not None and kind.GetOptions().map_entry:
                key = self._scalar(kind.fields_by_name["key"])
                value = kind.fields_by_name["value"]
                if value.message_type is None:
                    values[key] = self._scalar(value)
                else:
                    values[key].CopyFrom(self.message(value.message_type, depth + 1))
            elif kind is not None:
                values.append(self.message(kind, depth + 1))
            else:
                values.append(self._scalar(field))

    def _scalar(self, field: FieldDescriptor) -> object:
        chance, kind = self.chance, field.cpp_type
        usual = USUAL.get(field.name)
        is_fit = usual and isinstance(usual[0], str) == (kind == FieldDescriptor.CPPTYPE_STRING)
        if usual and is_fit and chance.random() < USUAL_CHANCE:
            return chance.choice(usual)
        if kind == FieldDescriptor.CPPTYPE_STRING:
            made: object = self._text(is_bytes=field.type == FieldDescriptor.TYPE_BYTES)
        elif kind == FieldDescriptor.CPPTYPE_BOOL:
            made = chance.random() < 0.5
        elif kind == FieldDescriptor.CPPTYPE_ENUM:
            made = chance.choice([*(one.number for one in field.enum_type.values), 999])
        elif kind in _WHOLE:
            low, high = _WHOLE[kind]
            made = min(max(chance.choice(NUMBERS), low), high)
        else:
            made = chance.choice(DOUBLES)
        return made

    def _text(self, *, is_bytes: bool) -> str | bytes:
        text = self.chance.choice(TEXTS)
        if not is_bytes:
            return text
        return self.chance.choice((text.encode(), self.chance.randbytes(100)))

    def broken(self, message: bytes) -> bytes:
        """The message as it is, or with a few faults in its bytes."""
        for _ in range(self.chance.choice((0, 0, 0, 1, 1, 2, 5))):
            message = self.chance.choice(_FAULTS)(self.chance, message)
        return message

    def request(self, rpc: Rpc) -> bytes:
        """A request that may be well-formed, may be right, and is usually neither."""
        return self.broken(self.message(rpc.request).SerializeToString())

    def requests(self, rpc: Rpc) -> Iterator[bytes]:
        """The requests of a stream."""
        for _ in range(self.chance.choice((0, 1, 2, 5))):
            yield self.request(rpc)


def _flip(chance: random.Random, message: bytes) -> bytes:
    if not message:
        return b"\xff"
    at = chance.randrange(len(message))
    return message[:at] + bytes([message[at] ^ 1 << chance.randrange(8)]) + message[at + 1 :]


def _truncate(chance: random.Random, message: bytes) -> bytes:
    return message[: chance.randrange(len(message) + 1)]


def _insert(chance: random.Random, message: bytes) -> bytes:
    at = chance.randrange(len(message) + 1)
    return message[:at] + chance.randbytes(chance.choice((1, 2, 8))) + message[at:]


def _repeat(chance: random.Random, message: bytes) -> bytes:
    first, last = sorted(chance.randrange(len(message) + 1) for _ in range(2))
    return message[:last] + message[first:last] * chance.choice((1, 3)) + message[last:]


def _inflate(chance: random.Random, message: bytes) -> bytes:
    at = chance.randrange(len(message) + 1)
    huge = chance.choice((b"\xff\xff\xff\xff\x0f", b"\xff" * 9 + b"\x01", b"\xff" * 11, b"\x7f"))
    return message[:at] + huge + message[at + 1 :]


_FAULTS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(_flip, _truncate, _insert, _repeat, _inflate),
)
