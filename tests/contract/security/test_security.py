"""Who calls, and what that one may: tokens, roles on books, constant answers."""

from __future__ import annotations

import base64
import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import jwt
import pytest
from google.protobuf import message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.support.protos import FILES
from tests.support.servers.api import (
    EDITION,
    TIMEOUT_S,
    Api,
    Producer,
    RunningServer,
    details_of,
    record,
)
from tests.support.servers.identities import AUDIENCE, Issuer, SigningKey, api_for
from tonne.client import Client
from tonne.edge.access.roles import RULES, Role
from tonne.errors import BookUnknown, ConfigInvalid, DefectError
from tonne.v1 import (
    catalogue_pb2,
    changes_pb2,
    ingest_pb2,
    ledger_pb2,
    periods_pb2,
    report_pb2,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import MethodDescriptor

PAGE = Path(__file__).resolve().parents[3] / "docs/security.md"
Code = grpc.StatusCode

METHODS: dict[str, MethodDescriptor] = {
    method.name: method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}

NAMES = {
    "OpenChannel": "books/{}/channels/meter",
    "Append": "books/{}/channels/meter",
    "GetChannel": "books/{}/channels/meter",
    "CompareRecords": "books/{}/channels/meter",
    "DigestRecords": "books/{}/channels/meter",
    "MendRecords": "books/{}/channels/meter",
    "CorrectRecords": "books/{}/channels/meter",
    "CloseChannel": "books/{}/channels/meter",
    "GetMethod": "books/{}/methods/1",
    "ListFactors": "books/{}/editions/own",
    "GetFactor": "books/{}/editions/own/factors/1",
    "CreateBook": "{}",
}
"""How a call names what it is about, where that is not `books/{book}`."""


def security(issuer: Issuer, **more: object) -> dict[str, object]:
    """Settings of a server that takes the tokens of an issuer."""
    settings = {"issuers": {issuer.name: issuer.url}, "audience": AUDIENCE, "leeway_s": 0, **more}
    return {f"security__{name}": value for name, value in settings.items()}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    keys = [SigningKey("ec"), SigningKey("rsa", "RS256"), SigningKey("ed", "EdDSA")]
    with Issuer(*keys) as made:
        yield made


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, issuer) -> Iterator[RunningServer]:
    """A server with one book, `acme`, that knows its callers."""
    settings = security(issuer, jwks_cooldown_s=3600)
    with RunningServer(tmp_path_factory.mktemp("ledger"), **settings) as running:
        with_admin = api_for(running.server.address, issuer.token("root", ["*:admin"]))
        with_admin.make_book("acme")
        with_admin.make_book("zeta")
        with_admin.close()
        yield running


@pytest.fixture
def connect(guarded):
    """Make stubs with a token, and metadata."""
    opened: list[Api] = []

    def make(token: str | None, *metadata: tuple[str, str]) -> Api:
        opened.append(api_for(guarded.server.address, token, *metadata))
        return opened[-1]

    yield make
    for api in opened:
        api.close()


def request_of(method: MethodDescriptor, book: str):
    """The least request of a method that names a book."""
    request = message_factory.GetMessageClass(method.input_type)()
    *path, field = RULES[method.name].field.split(".")
    if field:
        holder = request
        for step in path:
            holder = getattr(holder, step)
        setattr(holder, field, NAMES.get(method.name, "books/{}").format(book))
    if method.name in {"PostRecords", "MendRecords", "CorrectRecords"}:
        request.request_id = "123e4567-e89b-12d3-a456-426614174000"
    return request


def call(api: Api, name: str, book: str = "acme") -> grpc.RpcError | None:
    """Make a call to its end; how it failed."""
    method = METHODS[name]
    request = request_of(method, book)
    kind = f"{'stream' if method.client_streaming else 'unary'}_" + (
        "stream" if method.server_streaming else "unary"
    )
    make = getattr(api.channel, kind)(
        f"/{method.containing_service.full_name}/{name}",
        request_serializer=type(request).SerializeToString,
        response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
    )
    try:
        answer = make(iter([request]) if method.client_streaming else request, timeout=TIMEOUT_S)
        if method.server_streaming:
            list(answer)
    except grpc.RpcError as error:
        return error
    return None


def code_of(error: grpc.RpcError | None) -> grpc.StatusCode:
    return Code.OK if error is None else error.code()


def table_of_the_page() -> dict[str, set[str]]:
    """The rules as docs/security.md states them."""
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ([a-z, ]+) \|$", PAGE.read_text(), re.MULTILINE)
    return {
        name: {str(role) for role in Role}
        if roles.startswith("anybody")
        else set(roles.split(", "))
        for names, roles in rows
        for name in re.findall(r"`([A-Z]\w+)`", names)
    }


def test_every_call_has_its_rule_and_the_page_states_it():
    """The table of rules, the services' descriptors and the document name the same calls."""
    assert METHODS.keys() == RULES.keys()
    stated = table_of_the_page()
    assert stated == {name: set(rule.roles) for name, rule in RULES.items()}


def test_a_call_without_a_rule_stops_the_start(tmp_path, monkeypatch):
    """Whoever adds a call and forgets its rule meets it at once."""
    monkeypatch.delitem(RULES, "GetBook")
    server = RunningServer(tmp_path)
    with pytest.raises(DefectError, match="GetBook has no access rule"):
        server.call(server.server.start())
    server.abandon()


def test_rules_name_fields_of_the_requests():
    """Where a rule looks for the book, the request has a text."""
    for name, rule in RULES.items():
        descriptor = METHODS[name].input_type
        for step in filter(None, rule.field.split(".")):
            field = descriptor.fields_by_name[step]
            descriptor = field.message_type
        assert not rule.field or field.type == field.TYPE_STRING


@pytest.mark.parametrize("name", sorted(METHODS))
def test_each_role_may_what_the_page_says(connect, issuer, name):
    """With each role on the book: no denial where the page has the role, denial where not."""
    allowed = table_of_the_page()[name]
    for role in Role:
        error = call(connect(issuer.token(f"a-{role}", {"acme": [role]})), name)
        if role in allowed:
            assert code_of(error) not in {Code.PERMISSION_DENIED, Code.UNAUTHENTICATED}, role
            if error is not None:
                assert "incident" not in details_of(error)[0].metadata, error
        else:
            assert code_of(error) is Code.PERMISSION_DENIED, role
            info, _ = details_of(error)
            assert info.reason == "ROLE_MISSING"
            assert set(info.metadata["roles"].split(" or ")) == allowed


@pytest.mark.parametrize("roles", [[each] for each in Role] + [["producer", "reader"]])
def test_a_caller_is_told_what_it_may(connect, issuer, roles):
    """Who it is, its roles on the book, and the very calls that the page gives these."""
    api = connect(issuer.token("ann", {"acme": roles, "zeta": ["admin"]}))
    told = api.ledger.GetAccess(ledger_pb2.GetAccessRequest(name="books/acme"))
    assert (told.caller, list(told.roles)) == ("ann", sorted(roles))
    stated = table_of_the_page()
    assert list(told.calls) == sorted(name for name in stated if stated[name] & set(roles))


def test_where_callers_are_not_told_apart_nobody_has_a_name(tmp_path):
    """Everybody may everything, and the answer says so; of an unknown book it says nothing."""
    with RunningServer(tmp_path) as running, Client(running.server.address) as client:
        client.create_book("acme")
        told = client.get_access("acme")
        assert (told.caller, told.calls) == ("", frozenset(METHODS))
        with pytest.raises(BookUnknown):
            client.get_access("absent")


@pytest.mark.parametrize("name", sorted(METHODS))
def test_nobody_may_nothing(connect, name):
    """Without credentials every call is UNAUTHENTICATED, and its ErrorInfo says so."""
    error = call(connect(None), name)
    assert code_of(error) is Code.UNAUTHENTICATED
    assert details_of(error)[0].reason == "CREDENTIALS_MISSING"


@pytest.mark.parametrize("name", sorted(name for name, rule in RULES.items() if rule.field))
def test_a_foreign_book_looks_like_an_unknown_one(connect, issuer, name):
    """Code, words and details are the same whether the book of others exists or not."""
    api = connect(issuer.token("eve", {"zeta": ["admin"]}))
    told = []
    for book in ("acme", "nobody"):
        error = call(api, name, book)
        info, retry = details_of(error)
        assert retry is None
        told.append(
            str(
                (error.code(), error.details(), info.reason, sorted(info.metadata.items()))
            ).replace(book, "BOOK")
        )
    assert told[0] == told[1]
    expected = "PERMISSION_DENIED" if name == "CreateBook" else "NOT_FOUND"
    assert expected in told[0]


def test_an_unknown_book_is_the_same_to_those_who_may_see_all(connect, issuer):
    """The words of a foreign book are those of the ledger for a book that is not there."""
    eve = call(connect(issuer.token("eve", {"zeta": ["admin"]})), "GetBook", "acme")
    root = call(connect(issuer.token("root", ["*:admin"])), "GetBook", "nobody")
    assert eve.details() == root.details().replace("nobody", "acme")
    assert details_of(eve)[0].reason == details_of(root)[0].reason == "BOOK_UNKNOWN"


def test_books_are_listed_to_those_who_have_a_role(connect, issuer):
    """Own books alone, page by page; a role on a book that is not there lists nothing."""
    roles = {"acme": ["reader"], "zeta": ["producer"], "later": ["admin"], "NO BOOK": ["admin"]}
    api = connect(issuer.token("ann", roles))
    found, token = [], ""
    while True:
        page = api.ledger.ListBooks(ledger_pb2.ListBooksRequest(page_size=1, page_token=token))
        assert len(page.books) == 1
        found += [book.name for book in page.books]
        token = page.next_page_token
        if not token:
            break
    assert found == ["books/acme", "books/zeta"]
    eve = connect(issuer.token("eve", {"zeta": ["reader"]}))
    listed = eve.ledger.ListBooks(ledger_pb2.ListBooksRequest())
    assert [book.name for book in listed.books] == ["books/zeta"]
    nobody = connect(issuer.token("new"))
    assert not nobody.ledger.ListBooks(ledger_pb2.ListBooksRequest()).books


def test_what_is_shipped_is_open_to_whoever_is_known(connect, issuer):
    """Shipped editions, activities and estimates need a caller, and no role."""
    api = connect(issuer.token("new"))
    assert api.catalogue.ListEditions(catalogue_pb2.ListEditionsRequest()).editions
    request = catalogue_pb2.SearchActivitiesRequest(query="diesel")
    assert api.catalogue.SearchActivities(request).activities
    estimate = report_pb2.EstimateRequest(rows=ingest_pb2.Rows(records=[record(region="GB")]))
    assert list(api.report.Estimate(iter([estimate])))


def test_a_name_without_a_book_is_refused_as_such(connect, issuer):
    """A call that is about a book says so where the name begins otherwise."""
    api = connect(issuer.token("root", ["*:admin"]))
    for name in ("", "acme", "editions/own", "books", "books/", "books/A B"):
        with pytest.raises(grpc.RpcError) as refused:
            api.ledger.GetBook(ledger_pb2.GetBookRequest(name=name))
        assert details_of(refused.value)[0].reason == "NAME_INVALID", name


def test_a_stream_is_kept_to_the_book_it_began_with(connect, issuer, guarded):
    """Later messages cannot name the channel of another book."""
    api = connect(issuer.token("gateway", {"acme": ["producer"]}))
    producer = Producer.opened(api, "books/acme/channels/own")
    producer.send_rows(0, record(0))
    producer.until_durable(1)
    producer.send(channel="books/zeta/channels/own", offset=1)
    assert producer.until_error().error.reason == "BOOK_UNKNOWN"
    producer.half_close()
    assert list(producer.replies()) is not None
    assert guarded.value("tonne_auth_failures_total", reason="foreign_book") > 0


def _none(issuer: Issuer) -> str:
    """A token without a signature."""
    claims = issuer.claims("eve", ["*:admin"])
    return jwt.encode(claims, None, "none", {"kid": "ec"})


def _confused(issuer: Issuer) -> str:
    """HMAC under the public key: a verifier that lets the token choose would take it."""
    (key,) = [one for one in issuer.keys if one.key_id == "rsa"]
    head = {"alg": "HS256", "typ": "JWT", "kid": "rsa"}
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    parts = [head, issuer.claims("eve", ["*:admin"])]
    text = b".".join(_base64(json.dumps(part).encode()) for part in parts)
    return (text + b"." + _base64(algorithm.sign(text, key.public_pem))).decode()


def _base64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _cross_signed(issuer: Issuer) -> str:
    """A token of one good key that names another."""
    return issuer.token("eve", ["*:admin"], headers={"kid": "ed"})


def _altered(issuer: Issuer) -> str:
    """Claims of one token under the signature of another."""
    head, _, signature = issuer.token("eve").split(".")
    _, claims, _ = issuer.token("eve", ["*:admin"]).split(".")
    return f"{head}.{claims}.{signature}"


BAD_TOKENS = {
    "expired": lambda i: (i.token(life_s=-1), "expired"),
    "not yet valid": lambda i: (i.token(nbf=i.claims()["exp"] - 60), "not_yet_valid"),
    "issued in the future": lambda i: (i.token(iat=i.claims()["exp"] - 60), "not_yet_valid"),
    "foreign issuer": lambda i: (i.token(iss="https://evil.example"), "issuer"),
    "issuers": lambda i: (i.token(iss=[i.name]), "issuer"),
    "foreign audience": lambda i: (i.token(aud="other"), "audience"),
    "no audience": lambda i: (i.token(aud=None), "claims"),
    "no expiry": lambda i: (i.token(exp=None), "claims"),
    "no start": lambda i: (i.token(nbf=None), "claims"),
    "no time of issue": lambda i: (i.token(iat=None), "claims"),
    "no subject": lambda i: (i.token(sub=None), "claims"),
    "empty subject": lambda i: (i.token(sub=""), "claims"),
    "expiry that is no number": lambda i: (i.token(exp="soon"), "malformed"),
    "expiry without an end": lambda i: (i.token(exp=float("inf")), "malformed"),
    "no algorithm": lambda i: (_none(i), "algorithm"),
    "HMAC with the public key": lambda i: (_confused(i), "algorithm"),
    "the key of another": lambda i: (i.token(key=SigningKey("ec")), "signature"),
    "another good key": lambda i: (_cross_signed(i), "algorithm"),
    "altered claims": lambda i: (_altered(i), "signature"),
    "no key id": lambda i: (i.token(headers={"kid": ""}), "key_unknown"),
    "critical header": lambda i: (i.token(headers={"crit": ["x"], "x": 1}), "malformed"),
    "key in the token": lambda i: (
        i.token(key=(own := SigningKey("ec")), headers={"jwk": own.jwk}),
        "signature",
    ),
    "no token": lambda _: ("nonsense", "malformed"),
    "three parts of nothing": lambda _: ("..", "malformed"),
    "deep nesting": lambda _: (
        (_base64(b"[" * 4_000) + b"." + _base64(b"{}") + b".x").decode(),
        "malformed",
    ),
}


@pytest.mark.parametrize("case", BAD_TOKENS)
def test_bad_tokens_are_refused(connect, issuer, guarded, case):
    """Each is UNAUTHENTICATED on a call and on a stream, and counted under its reason."""
    token, reason = BAD_TOKENS[case](issuer)
    before = guarded.value("tonne_auth_failures_total", reason=reason)
    for name in ("ListBooks", "Append"):
        error = call(connect(token), name)
        assert code_of(error) is Code.UNAUTHENTICATED
        info, _ = details_of(error)
        assert (info.reason, info.metadata["rule"]) == ("CREDENTIALS_INVALID", reason)
        assert token not in error.details()
    assert guarded.value("tonne_auth_failures_total", reason=reason) == before + 2
    assert guarded.value("tonne_incidents_total") == 0


def test_a_stream_is_told_in_band_why_it_is_refused(connect, issuer):
    """The refusal is a message of the stream, as everything a producer must act on."""
    producer = Producer(connect(issuer.token(life_s=-1)))
    refusal = producer.until_error().error
    assert (refusal.code, refusal.reason) == (16, "CREDENTIALS_INVALID")
    producer.half_close()
    assert list(producer.replies()) == []
    assert producer.call.code() is Code.UNAUTHENTICATED


def test_good_tokens_of_each_algorithm_are_taken(connect, issuer):
    """RS256, ES256 and EdDSA, and an audience among several."""
    for key in issuer.keys:
        token = issuer.token("ann", {"acme": ["reader"]}, key=key, aud=["other", AUDIENCE])
        assert call(connect(token), "GetBook") is None


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "token"])
def test_other_schemes_are_refused(connect, header):
    """Metadata `authorization` that is no bearer token is malformed, not absent."""
    error = call(connect(None, ("authorization", header)), "ListBooks")
    assert details_of(error)[0].metadata["rule"] == "malformed"


def test_two_tokens_are_refused(connect, issuer):
    """Nobody chooses which of two identities counts."""
    token = issuer.token("ann", ["*:admin"])
    error = call(connect(token, ("authorization", f"Bearer {token}")), "ListBooks")
    assert details_of(error)[0].metadata["rule"] == "malformed"


def test_an_unknown_key_is_asked_for_once(connect, issuer):
    """Within the cooldown no reading follows, and the caller is told to come back."""
    assert call(connect(issuer.token("ann", {"acme": ["reader"]})), "GetBook") is None
    reads = issuer.reads
    for number in range(5):
        error = call(connect(issuer.token(key=SigningKey(f"invented-{number}"))), "ListBooks")
        assert code_of(error) is Code.UNAVAILABLE
        info, retry = details_of(error)
        assert info.reason == "KEYS_UNAVAILABLE"
        assert 0 < retry.retry_delay.ToTimedelta().total_seconds() <= 3600
    assert issuer.reads == reads


def test_reflection_is_off_and_health_is_not(connect):
    """Strangers learn that the server serves, not what."""
    api = connect(None)
    health = health_pb2_grpc.HealthStub(api.channel).Check(health_pb2.HealthCheckRequest())
    assert health.status == health_pb2.HealthCheckResponse.SERVING
    stub = reflection_pb2_grpc.ServerReflectionStub(api.channel)
    with pytest.raises(grpc.RpcError) as refused:
        list(stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest()])))
    assert refused.value.code() is Code.UNIMPLEMENTED


def test_authors_are_the_callers(connect, issuer):
    """A method or an import that names no author is its caller's; one that does keeps it."""
    api = connect(issuer.token("ann@acme", {"acme": ["accountant"]}))
    for given, expected, gwp_set in (("", "ann@acme", "AR6"), ("the board", "the board", "AR4")):
        method = ledger_pb2.Method(
            name="books/acme/methods/current",
            author=given,
            reason="r",
            editions=["books/acme/editions/own"],
            gwp_set=gwp_set,
        )
        request = ledger_pb2.UpdateMethodRequest(method=method)
        assert api.ledger.UpdateMethod(request).author == expected
    imported = catalogue_pb2.ImportEditionRequest(
        parent="books/acme", edition_id="later", csv=EDITION.encode()
    )
    api.catalogue.ImportEdition(imported)
    current = ledger_pb2.GetMethodRequest(name="books/acme/methods/current")
    assert api.ledger.GetMethod(current).author == "ann@acme"


def test_the_log_of_changes_has_the_caller(connect, issuer):
    """Who called stands beside who is said to have done it; the reason is the request's."""
    api = connect(issuer.token("ann@acme", {"acme": ["accountant"]}))
    request = ledger_pb2.ImportFacilitiesRequest(
        parent="books/acme", facilities=[ledger_pb2.Facility(id="dc-new")], reason="a lease"
    )
    api.ledger.ImportFacilities(request)
    asked = changes_pb2.ListChangesRequest(parent="books/acme", filter='object = "dc-new"')
    (change,) = api.change.ListChanges(asked).changes
    assert (change.author, change.caller, change.reason) == ("ann@acme", "ann@acme", "a lease")
    producer = connect(issuer.token("gateway", {"acme": ["producer", "reader"]}))
    with pytest.raises(grpc.RpcError) as refused:
        producer.change.ListChanges(asked)
    assert refused.value.code() is Code.PERMISSION_DENIED
    seal = periods_pb2.SealPeriodRequest(name="books/acme/periods/2025-01", reason="over")
    with pytest.raises(grpc.RpcError) as refused:
        api.period.SealPeriod(seal)  # an accountant closes, an admin seals
    assert refused.value.code() is Code.PERMISSION_DENIED


def test_the_audit_log_says_who_did_what(connect, issuer, caplog):
    """One line for a change and one for a refusal, none for a look; names and no contents."""
    caplog.set_level(logging.INFO, "tonne.audit")
    api = connect(issuer.token("ann", {"acme": ["accountant"]}), ("x-request-id", "call-7"))
    facility = ledger_pb2.Facility(id="dc-secret")
    api.ledger.ImportFacilities(
        ledger_pb2.ImportFacilitiesRequest(parent="books/acme", facilities=[facility])
    )
    api.ledger.GetBook(ledger_pb2.GetBookRequest(name="books/acme"))
    for name, book in (("OpenChannel", "acme"), ("GetBook", "zeta")):
        assert call(api, name, book) is not None
    assert call(connect(None), "GetBook") is not None
    lines = [one for one in caplog.records if one.name == "tonne.audit"]
    told = [
        (
            one.method,
            one.outcome,
            getattr(one, "reason", ""),
            getattr(one, "subject", ""),
            getattr(one, "resource", ""),
        )
        for one in lines
    ]
    assert told == [
        ("ImportFacilities", "OK", "", "ann", "books/acme"),
        ("OpenChannel", "ROLE_MISSING", "role", "ann", "books/acme/channels/meter"),
        ("GetBook", "BOOK_UNKNOWN", "foreign_book", "ann", "books/zeta"),
        ("GetBook", "CREDENTIALS_MISSING", "missing", "", ""),
    ]
    assert [one.authentication for one in lines] == ["token"] * 3 + ["failed"]
    assert {one.request_id for one in lines[:3]} == {"call-7"}
    assert lines[0].issuer == issuer.name
    assert all(one.peer for one in lines)
    assert "dc-secret" not in str([vars(one) for one in lines])


def test_a_stream_is_one_line_of_the_audit_log(connect, issuer, caplog):
    """It is told when it ends, with its channel."""
    caplog.set_level(logging.INFO, "tonne.audit")
    api = connect(issuer.token("gateway", {"acme": ["producer"]}))
    producer = Producer.opened(api, "books/acme/channels/audited")
    producer.finish()
    told = [(one.method, one.outcome, one.resource) for one in caplog.records]
    assert told == [
        ("OpenChannel", "OK", "books/acme/channels/audited"),
        ("Append", "OK", "books/acme/channels/audited"),
    ]


def test_without_authentication_there_is_no_audit_log(tmp_path, caplog):
    """Where nobody is told apart, nobody is written down."""
    caplog.set_level(logging.INFO, "tonne.audit")
    with RunningServer(tmp_path) as running:
        running.api.make_book("acme")
    assert not [one for one in caplog.records if one.name == "tonne.audit"]


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"issuers": {"https://a": "/no/such/file"}, "audience": "t"}, "security.issuers"),
        ({"issuers": {"https://a": "http://id.example/k"}, "audience": "t"}, "security.issuers"),
        ({"issuers": {"https://a": "ftp://id.example/k"}, "audience": "t"}, "security.issuers"),
        (
            {"issuers": {"https://a": "https://u:p@id.example/k"}, "audience": "t"},
            "security.issuers",
        ),
        ({"issuers": {"https://a": "https://id.example/k"}}, "security.audience"),
        ({"issuers": {"a#b": "https://id.example/k"}, "audience": "t"}, "security.issuers"),
        ({"roles": {"ann": "acme:king"}}, "security.roles"),
        ({"roles": {"ann": "producer"}}, "security.roles"),
        ({"roles": {"ann": ""}}, "security.roles"),
        ({"client_certificate": "required"}, "security.tls_certificate_file"),
        ({"tls_key_file": "key.pem"}, "security.tls_certificate_file"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(tmp_path, settings, key):
    """The error names the setting."""
    named = {f"security__{name}": value for name, value in settings.items()}
    server = RunningServer(tmp_path, **named)
    with pytest.raises(ConfigInvalid) as refused:
        server.call(server.server.start())
    server.abandon()
    assert refused.value.metadata["key"] == key
