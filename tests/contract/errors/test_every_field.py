"""Every field of every call, with what no store takes: an input error, on both stores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from tests.support.protos import FILES
from tests.support.servers.api import EDITION, RunningServer, details_of
from tonne.server import SERVICES
from tonne.v1 import ledger_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import MethodDescriptor
    from google.protobuf.message import Message

MARK = "@@@@@@"
"""A text of the request whose bytes are replaced by as many that are no UTF-8."""

NO_UTF8 = [b"\xed\xa0\x80\xed\xb0\x80", b"ab\xff\xfecd", b"abcde\xc3"]
TEXTS = ["\0", "books/acme\0", "a\0b", "x" * (1 << 20), "../../..", "\u202e\u200b\U0010ffff", "-1"]
CSV = EDITION.encode()
BYTES = [b"", b"\0", b"\xff" * 1000, b"x" * (1 << 20), CSV.replace(b"2020", b"2\x0020")]
BYTES += [CSV.replace(b"DE", b"D\0"), CSV.replace(b"DE", b"D\xff"), CSV.replace(b"\n", b"\0\n")]
DEPTH_MAX = 3
INT32 = (-(1 << 31), (1 << 31) - 1)
INT64 = (-(1 << 63), (1 << 63) - 1)
NUMBERS: dict[int, list[Any]] = {
    FieldDescriptor.TYPE_INT32: [*INT32, -1],
    FieldDescriptor.TYPE_INT64: [*INT64, -1, 1 << 53],
    FieldDescriptor.TYPE_UINT32: [(1 << 32) - 1],
    FieldDescriptor.TYPE_UINT64: [(1 << 64) - 1],
    FieldDescriptor.TYPE_ENUM: [*INT32, 9999, -1],
    FieldDescriptor.TYPE_DOUBLE: [math.nan, math.inf, -1e308, 5e-324],
    FieldDescriptor.TYPE_BOOL: [True],
}
NAMES = {
    "GetChannel": "books/acme/channels/m",
    "OpenChannel": "books/acme/channels/m",
    "CloseChannel": "books/acme/channels/closed",
    "ListFactors": "books/acme/editions/own",
    "GetFactor": "books/acme/editions/own/factors/1",
    "GetMethod": "books/acme/methods/1",
    "CompareRecords": "books/acme/channels/m",
    "DigestRecords": "books/acme/channels/m",
    "MendRecords": "books/acme/channels/m",
    "CorrectRecords": "books/acme/channels/m",
}
IN_BAND = ("rows.", "batch.")


class Planted(NamedTuple):
    """A request with something in one of its fields."""

    path: str
    content: bytes
    must_be_refused: bool


def _methods() -> list[MethodDescriptor]:
    found = [
        method
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    ]
    assert {method.containing_service.full_name for method in found} == set(SERVICES)
    return found


def _base(method: MethodDescriptor) -> Message:
    """A request that gets past the names."""
    request = GetMessageClass(method.input_type)()
    for field in ("parent", "name"):
        if field in method.input_type.fields_by_name:
            setattr(request, field, NAMES.get(method.name, "books/acme"))
    if method.name == "Append":
        request.channel = "books/acme/channels/m"
        request.epoch = 1
    if method.name == "UpdateBook":
        request.book.name = "books/acme"
    if method.name == "UpdateMethod":
        request.method.name = "books/acme/methods/current"
    if method.name == "Explain":
        request.selection.name = "books/acme"
    if method.name == "Estimate":
        request.selection.name = "books/acme"
    return request


def _paths(kind: Any, depth: int = 0) -> Iterator[tuple[FieldDescriptor, ...]]:
    for field in kind.fields:
        is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
        if field.message_type is None:
            yield (field,)
        elif depth < DEPTH_MAX and not is_map:
            yield from ((field, *rest) for rest in _paths(field.message_type, depth + 1))


def _plant(method: MethodDescriptor, path: tuple[FieldDescriptor, ...], value: object) -> bytes:
    """Put a value into a field; of what is repeated, behind a good first one."""
    request: Any = _base(method)
    place = request
    for field in path[:-1]:
        place = getattr(place, field.name)
        if field.is_repeated:
            place.add()
            place = place.add()
    last = path[-1]
    if last.is_repeated:
        getattr(place, last.name).extend([value])
    else:
        setattr(place, last.name, value)
    content: bytes = request.SerializeToString()
    return content


def _planted(method: MethodDescriptor) -> Iterator[Planted]:
    for path in _paths(method.input_type):
        name = ".".join(field.name for field in path)
        last = path[-1]
        is_record = "rows" in name.split(".")
        if last.type == FieldDescriptor.TYPE_STRING:
            for text in TEXTS:
                refused = "\0" in text and not is_record
                yield Planted(name, _plant(method, path, text), refused)
            marked = _plant(method, path, MARK)
            for wrong in NO_UTF8:
                yield Planted(name, marked.replace(MARK.encode(), wrong), not is_record)
        else:
            values = BYTES if last.type == FieldDescriptor.TYPE_BYTES else NUMBERS[last.type]
            for value in values:
                yield Planted(name, _plant(method, path, value), must_be_refused=False)


def _call(api: Any, method: MethodDescriptor, content: bytes) -> grpc.RpcError | None:
    """Make the call with the bytes as they are; None where it went well."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    try:
        if method.client_streaming:
            list(api.channel.stream_stream(path)(iter([content]), timeout=30))
        elif method.server_streaming:
            list(api.channel.unary_stream(path)(content, timeout=30))
        else:
            api.channel.unary_unary(path)(content, timeout=30)
    except grpc.RpcError as error:
        return error
    return None


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def both(request, tmp_path_factory) -> Iterator[RunningServer]:
    """A server on each store, with a book that has something of everything."""
    directory = tmp_path_factory.mktemp("ledger")
    options = {"ingest__error_grace_s": 0.0, "ingest__row_errors_max": 10}
    if request.param == "sqlite":
        with RunningServer(directory, **options) as server:
            yield server
        return
    postgres = request.getfixturevalue("postgres_server")
    with postgres.database() as name:
        options["store__manifest_url"] = postgres.url(name)
        with RunningServer(directory, **options) as server:
            yield server


@pytest.mark.parametrize("method", _methods(), ids=lambda method: method.name)
def test_no_input_is_a_defect(both, method):
    """Never INTERNAL or UNKNOWN, in-band either; a text that no store takes names its field."""
    api = both.api
    if both.calls("CreateBook", "OK") == 0:
        api.make_book("acme")
        for channel in ("m", "closed"):
            api.open(f"books/acme/channels/{channel}")
    wrong = []
    count = 0
    for planted in _planted(method):
        count += 1
        incidents = both.value("tonne_incidents_total")
        error = _call(api, method, planted.content)
        code = grpc.StatusCode.OK if error is None else error.code()
        if both.value("tonne_incidents_total") > incidents or code in {
            grpc.StatusCode.INTERNAL,
            grpc.StatusCode.UNKNOWN,
            grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.DEADLINE_EXCEEDED,
        }:
            wrong.append((planted.path, planted.content[:80], code, error and error.details()))
        elif planted.must_be_refused:
            assert code is grpc.StatusCode.INVALID_ARGUMENT, (planted, error)
            info, _ = details_of(error)
            leaf = planted.path.rpartition(".")[2]
            if info.reason != "BATCH_MUST_PARSE":
                assert leaf in info.metadata["field"], (planted, info)
    assert count > 0
    assert wrong == []


def test_texts_of_all_rows_are_told_at_once(both):
    """An import is mended in one go: each bad row by its index, and nothing was imported."""
    api = both.api
    facilities = [ledger_pb2.Facility(id=f"good-{n}") for n in range(40)]
    for index in range(3, 33):
        facilities[index].id = f"a\0b{index}"
    request = ledger_pb2.ImportFacilitiesRequest(parent="books/acme", facilities=facilities)
    with pytest.raises(grpc.RpcError) as refused:
        api.ledger.ImportFacilities(request)
    info, _ = details_of(refused.value)
    assert "facilities[3].id" in refused.value.details()
    assert "facilities[22].id" in refused.value.details()
    assert "and 10 more" in refused.value.details()
    assert info.metadata["count"] == "30"
    listed = api.ledger.ListFacilities(ledger_pb2.ListFacilitiesRequest(parent="books/acme"))
    assert not any(each.id.startswith("good-") for each in listed.facilities)
