"""The status table is complete, and what an error says on the wire."""

from __future__ import annotations

import importlib
import pkgutil

import grpc
import pytest

import tonne
from tests.support.servers.api import details_of
from tonne.edge.messages import status
from tonne.errors import (
    CapacityError,
    ConfigInvalid,
    DefectError,
    InputError,
    RecordsLost,
    StreamsExhausted,
    TonneError,
)
from tonne.store import GarbageRefused, LedgerMismatch
from tonne.v1 import catalogue_pb2, ingest_pb2, ledger_pb2, report_pb2

RETRYABLE = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
}


def _classes(root: type[TonneError]) -> set[type[TonneError]]:
    return {root} | {one for child in root.__subclasses__() for one in _classes(child)}


def _server_errors() -> set[type[TonneError]]:
    for module in pkgutil.walk_packages(tonne.__path__, "tonne."):
        if not module.name.startswith(("tonne.cli", "tonne.client", "tonne.store.migrations")):
            importlib.import_module(module.name)
    return {
        one
        for one in _classes(TonneError)
        if one.__module__.startswith("tonne.") and ".client" not in one.__module__
    }


def test_every_error_has_its_line_and_every_line_its_error():
    """The table's codes are exactly those of the error classes, which are distinct."""
    codes = [one.code for one in _server_errors()]
    assert sorted(codes) == sorted(set(codes))
    assert set(codes) == set(status.ANSWERS)


def test_families_have_the_codes_of_their_kind():
    """Input errors are never retried blindly, capacity errors always say how long to wait."""
    for one in _server_errors():
        answer = status.ANSWERS[one.code]
        if issubclass(one, DefectError):
            is_loss = one is RecordsLost
            expected = grpc.StatusCode.DATA_LOSS if is_loss else grpc.StatusCode.INTERNAL
            assert answer.code is expected
        if issubclass(one, InputError):
            assert answer.retry_delay_s is None
            assert answer.code not in RETRYABLE - {grpc.StatusCode.ABORTED}
        if issubclass(one, CapacityError):
            assert answer.retry_delay_s is not None
            assert answer.code in RETRYABLE


def test_an_error_reads_the_same_in_band_and_as_a_final_status():
    """Code, reason, message, metadata and delay are those of the error on both ways."""
    error = StreamsExhausted("no", metadata={"streamsMax": "1"}, retry_delay_s=2.5)
    told = status.write_in_band(error)
    assert (told.code, told.reason, told.message) == (8, "STREAMS_EXHAUSTED", "no")
    assert dict(told.metadata) == {"streamsMax": "1"}
    assert told.retry_delay.ToTimedelta().total_seconds() == 2.5
    final = status.RpcStatus.FromString(status.write_details(error))
    assert (final.code, final.message, len(final.details)) == (8, "no", 2)


def test_long_texts_of_the_caller_are_cut():
    """A status stays small whatever came in."""
    error = InputError("m" * 10_000, metadata={"value": "v" * 10_000})
    assert len(status.write_details(error)) < 8_192


def test_a_text_that_is_no_utf8_can_be_told():
    """A lone surrogate in a message does not break the answer."""
    assert status.write_in_band(InputError("a\ud800b")).message == r"a\ud800b"


def _calls(api):
    return [
        (api.ledger.GetBook, ledger_pb2.GetBookRequest(name="books/nobody")),
        (api.ledger.ListFacilities, ledger_pb2.ListFacilitiesRequest(parent="books/nobody")),
        (api.ledger.ListPeriods, ledger_pb2.ListPeriodsRequest(parent="books/nobody")),
        (api.ledger.ListSuspense, ledger_pb2.ListSuspenseRequest(parent="books/nobody")),
        (api.ledger.ListQuarantine, ledger_pb2.ListQuarantineRequest(parent="books/nobody")),
        (
            api.ledger.UpdateBook,
            ledger_pb2.UpdateBookRequest(
                book=ledger_pb2.Book(name="books/nobody", display_name="N")
            ),
        ),
        (
            api.ledger.UpdateFacility,
            ledger_pb2.UpdateFacilityRequest(
                parent="books/nobody", facility=ledger_pb2.Facility(id="f", region="DE")
            ),
        ),
        (
            api.ledger.UpdateEntity,
            ledger_pb2.UpdateEntityRequest(
                parent="books/nobody", entity=ledger_pb2.Entity(id="e", display_name="E")
            ),
        ),
        (
            api.ledger.ImportFacilities,
            ledger_pb2.ImportFacilitiesRequest(
                parent="books/nobody", facilities=[ledger_pb2.Facility(id="f")]
            ),
        ),
        (
            api.catalogue.ImportEdition,
            catalogue_pb2.ImportEditionRequest(
                parent="books/nobody", edition_id="own", csv=b"activity"
            ),
        ),
        (
            api.ledger.UpdateMethod,
            ledger_pb2.UpdateMethodRequest(
                method=ledger_pb2.Method(
                    name="books/nobody/methods/current", author="a", reason="r", gwp_set="AR6"
                )
            ),
        ),
        (api.ledger.GetMethod, ledger_pb2.GetMethodRequest(name="books/nobody/methods/1")),
        (api.ledger.ListMethods, ledger_pb2.ListMethodsRequest(parent="books/nobody")),
        (
            api.ledger.ImportEntities,
            ledger_pb2.ImportEntitiesRequest(
                parent="books/nobody", entities=[ledger_pb2.Entity(id="e")]
            ),
        ),
        (
            lambda request: list(api.ledger.ClearSuspense(request)),
            ledger_pb2.ClearSuspenseRequest(parent="books/nobody"),
        ),
        (api.ledger.ListEntities, ledger_pb2.ListEntitiesRequest(parent="books/nobody")),
        (
            api.catalogue.SearchFactors,
            catalogue_pb2.SearchFactorsRequest(query="grid", parent="books/nobody"),
        ),
        (api.catalogue.ListEditions, catalogue_pb2.ListEditionsRequest(parent="books/nobody")),
        (
            api.catalogue.ListFactors,
            catalogue_pb2.ListFactorsRequest(parent="books/nobody/editions/own"),
        ),
        (
            api.catalogue.GetFactor,
            catalogue_pb2.GetFactorRequest(name="books/nobody/editions/own/factors/1"),
        ),
        (
            api.ingest.OpenChannel,
            ingest_pb2.OpenChannelRequest(name="books/nobody/channels/c"),
        ),
        (api.ingest.GetChannel, ingest_pb2.GetChannelRequest(name="books/nobody/channels/c")),
        (api.ingest.ListChannels, ingest_pb2.ListChannelsRequest(parent="books/nobody")),
        (
            api.ingest.CloseChannel,
            ingest_pb2.CloseChannelRequest(name="books/nobody/channels/c"),
        ),
        (api.report.ListRecords, report_pb2.ListRecordsRequest(parent="books/nobody")),
        (
            lambda request: list(api.report.GetInventory(request)),
            report_pb2.GetInventoryRequest(name="books/nobody"),
        ),
    ]


def test_an_unknown_book_is_not_found_by_every_call(api):
    """Each call says NOT_FOUND with one ErrorInfo, and no retry."""
    for call, request in _calls(api):
        with pytest.raises(grpc.RpcError) as refused:
            call(request)
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND, request
        info, retry = details_of(refused.value)
        assert (info.reason, info.domain) == ("BOOK_UNKNOWN", "tonne.v1")
        assert retry is None
        assert "nobody" in refused.value.details()


_NAMES = ("name", "parent", "book.name", "method.name")
"""Where a request names what it is about."""


def test_a_name_of_the_wrong_form_is_invalid_by_every_call(api):
    """Each call says INVALID_ARGUMENT, the field, and the form that was expected."""
    for call, request in _calls(api):
        there = request.DESCRIPTOR.fields_by_name
        field = next(each for each in _NAMES if each.partition(".")[0] in there)
        resource, _, name = field.rpartition(".")
        setattr(getattr(request, resource) if resource else request, name, "nowhere/books")
        with pytest.raises(grpc.RpcError) as refused:
            call(request)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT, request
        info, _ = details_of(refused.value)
        assert info.reason == "NAME_INVALID"
        assert info.metadata["field"] == field
        assert info.metadata["form"].startswith("books/{book}")


def test_bytes_that_are_no_request_are_told(api):
    """Every unary call answers garbage with INVALID_ARGUMENT, not with a broken call."""
    call = api.channel.unary_unary("/tonne.v1.LedgerService/GetBook")
    for garbage, field in ((b"\xff\xff", "request"), (b"\x0a\x02\xff\xfe", "name")):
        with pytest.raises(grpc.RpcError) as refused:
            call(garbage)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        info, _ = details_of(refused.value)
        assert (info.reason, info.metadata["field"]) == ("FIELD_INVALID", field)


@pytest.mark.parametrize("kind", [ConfigInvalid, LedgerMismatch, GarbageRefused])
def test_what_is_the_operators_to_mend_is_an_incident(running, api, book, monkeypatch, kind):
    """A configuration that turns out wrong in a call is no fault of the caller's."""

    def fail(name: str) -> object:
        raise kind(f"the manifest at /srv/{name} is wrong", metadata={"path": f"/srv/{name}"})

    monkeypatch.setattr(running.server._ledger.books, "get_book", fail)
    with pytest.raises(grpc.RpcError) as refused:
        api.ledger.GetBook(ledger_pb2.GetBookRequest(name=book))
    info, retry = details_of(refused.value)
    assert refused.value.code() is grpc.StatusCode.INTERNAL
    assert (info.reason, set(info.metadata), retry) == ("DEFECT", {"incident"}, None)
    assert "/srv" not in refused.value.details()


def test_a_defect_leaks_nothing_but_its_incident(running, api, book, caplog, monkeypatch):
    """A panic, which is no Exception, is INTERNAL at once; the log has what was told."""

    class PanicError(BaseException):
        pass

    def panic(*_: object) -> None:
        message = "secret of the implementation"
        raise PanicError(message)

    monkeypatch.setattr(running.server._ledger.books, "get_book", panic)
    with pytest.raises(grpc.RpcError) as refused:
        api.ledger.GetBook(ledger_pb2.GetBookRequest(name=book), timeout=10)
    assert refused.value.code() is grpc.StatusCode.INTERNAL
    info, retry = details_of(refused.value)
    assert info.reason == "DEFECT"
    assert retry is None
    assert "secret" not in refused.value.details()
    (logged,) = [one for one in caplog.records if hasattr(one, "incident")]
    assert logged.incident == info.metadata["incident"]
    assert logged.incident in refused.value.details()
