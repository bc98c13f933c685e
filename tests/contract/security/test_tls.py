"""TLS of the gRPC ports: client certificates, rotation without a restart, no open server."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import grpc
import pytest

from tests.support.servers.api import Producer, RunningServer, details_of, record
from tests.support.servers.identities import AUDIENCE, Authority, Issuer, tls_api, write_pair
from tests.support.servers.server import ServerProcess
from tonne.client import Client, Credentials
from tonne.errors import ConfigInvalid
from tonne.v1 import ledger_pb2

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.servers.api import Api

LOOPBACK = "127.0.0.1"
GATEWAY = "spiffe://acme.example/gateway/7"
RELOADS = "tonne_tls_reloads_total"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def mounted(tmp_path, authority) -> Path:
    """A directory with a server's certificate, as Kubernetes mounts a Secret."""
    return mount(tmp_path / "tls", authority)


def mount(directory: Path, authority: Authority, ca: bytes | None = None) -> Path:
    """Put a fresh certificate behind the links of a mounted Secret, at once."""
    version = directory / f"..{len(list(directory.glob('..*')))}"
    pair = authority.issue("server", address=LOOPBACK)
    write_pair(version, pair, authority.certificate if ca is None else ca)
    link = directory / "..new"
    link.symlink_to(version.name)
    link.rename(directory / "..data")
    for name in ("tls.crt", "tls.key", "ca.crt"):
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(f"..data/{name}")
    return directory


def secured(directory: Path, **more: object) -> dict[str, object]:
    """Settings of a server with TLS."""
    settings = {
        "tls_certificate_file": str(directory / "tls.crt"),
        "tls_key_file": str(directory / "tls.key"),
        **more,
    }
    return {f"security__{name}": value for name, value in settings.items()}


def mutual(directory: Path, roles: dict[str, str]) -> dict[str, object]:
    """Settings of a server that requires certificates."""
    return secured(
        directory,
        tls_client_ca_file=str(directory / "ca.crt"),
        client_certificate="required",
        roles=roles,
    )


def books(api: Api) -> list[str]:
    """The books that a caller sees."""
    return [book.name for book in api.ledger.ListBooks(ledger_pb2.ListBooksRequest()).books]


def refusal(api: Api) -> grpc.RpcError:
    """How a call fails."""
    with pytest.raises(grpc.RpcError) as refused:
        books(api)
    return refused.value


def test_tls_alone_is_enough_on_loopback(tmp_path, mounted, authority):
    """Certificate and key make a server speak TLS; one who trusts another authority leaves."""
    with RunningServer(tmp_path / "ledger", **secured(mounted)) as running:
        assert running.value("tonne_tls_certificate_expiry_timestamp_seconds") > 1_700_000_000
        api = tls_api(running.server.address, authority.certificate)
        assert books(api) == []
        stranger = tls_api(running.server.address, Authority().certificate)
        assert refusal(stranger).code() is grpc.StatusCode.UNAVAILABLE
        assert refusal(running.api).code() is grpc.StatusCode.UNAVAILABLE  # plain text
        for each in (api, stranger):
            each.close()


def test_certificates_are_identities(tmp_path, mounted, authority):
    """A SPIFFE id or a subject has the roles of its line; others and strangers have none."""
    roles = {
        "spiffe://acme.example/gateway/*": "acme:producer",
        "CN=root": "*:admin",
        "CN=double": "*:admin",
    }
    with RunningServer(tmp_path / "ledger", **mutual(mounted, roles)) as running:

        def api(pair: tuple[bytes, bytes] | None) -> Api:
            opened.append(tls_api(running.server.address, authority.certificate, pair))
            return opened[-1]

        opened: list[Api] = []
        root = api(authority.issue("root"))
        root.make_book("acme")
        root.make_book("zeta")
        assert books(root) == ["books/acme", "books/zeta"]
        gateway = api(authority.issue("ignored", uris=(GATEWAY,)))
        assert books(gateway) == ["books/acme"]
        assert gateway.open("books/acme/channels/m").channel.epoch == 1
        assert books(api(authority.issue("", uris=("spiffe://evil.example/gateway/7",)))) == []
        assert books(api(authority.issue("", uris=(f"{GATEWAY}/below",)))) == []
        assert books(api(authority.issue("nobody"))) == []
        double = refusal(api(authority.issue("double", uris=(GATEWAY, "spiffe://b/c"))))
        assert double.code() is grpc.StatusCode.UNAUTHENTICATED
        assert details_of(double)[0].metadata["rule"] == "certificate"
        nameless = refusal(api(authority.issue("")))
        assert nameless.code() is grpc.StatusCode.UNAUTHENTICATED
        for pair in (None, Authority().issue("root")):
            assert refusal(api(pair)).code() is grpc.StatusCode.UNAVAILABLE
        assert running.value("tonne_auth_failures_total", reason="certificate") == 2
        for each in opened:
            each.close()


def test_a_second_port_is_for_those_with_certificates(tmp_path, mounted, authority):
    """Tokens on the first port, certificates on the second; a token goes before one."""
    with Issuer() as issuer:
        settings = secured(
            mounted,
            tls_client_ca_file=str(mounted / "ca.crt"),
            listen_mtls="127.0.0.1:0",
            issuers={issuer.name: issuer.url},
            audience=AUDIENCE,
            roles={GATEWAY: "acme:producer"},
        )
        with RunningServer(tmp_path / "ledger", **settings) as running:
            server, ca = running.server, authority.certificate
            assert server.mtls_address != server.address
            pair = authority.issue("", uris=(GATEWAY,))
            root = Credentials(token=issuer.token("root", ["*:admin"]), ca_file=mounted / "ca.crt")
            with Client(server.address, credentials=root) as client:
                client.create_book("acme")
            opened = [
                tls_api(server.mtls_address, ca, pair),
                tls_api(server.mtls_address, ca),
                tls_api(server.address, ca, pair),
            ]
            assert books(opened[0]) == ["books/acme"]
            assert refusal(opened[1]).code() is grpc.StatusCode.UNAVAILABLE
            assert refusal(opened[2]).code() is grpc.StatusCode.UNAUTHENTICATED
            bad = (("authorization", f"Bearer {issuer.token(life_s=-60)}"),)
            with pytest.raises(grpc.RpcError) as refused:
                opened[0].ledger.ListBooks(ledger_pb2.ListBooksRequest(), metadata=bad)
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
            for each in opened:
                each.close()


def test_a_rotated_certificate_is_taken_while_streams_run(tmp_path, mounted, authority):
    """New connections meet the new authority's certificate; a running stream loses nothing."""
    with RunningServer(tmp_path / "ledger", **secured(mounted)) as running:
        before = tls_api(running.server.address, authority.certificate)
        channel = before.make_book("acme") + "/channels/m"
        producer = Producer.opened(before, channel)
        producer.send_rows(0, record(0))
        producer.until_durable(1)
        other = Authority("other")
        mount(mounted, other)
        after = tls_api(running.server.address, other.certificate)
        assert books(after) == ["books/acme"]
        late = tls_api(running.server.address, authority.certificate)
        assert refusal(late).code() is grpc.StatusCode.UNAVAILABLE
        producer.send_rows(1, record(1))
        producer.until_durable(2)
        producer.finish()
        assert running.value(RELOADS, outcome="done") == 1
        assert after.committed(channel) == 2
        for each in (before, after, late):
            each.close()


def test_rotated_client_authorities_are_taken(tmp_path, mounted, authority):
    """Clients of a new authority come in, those of the old one no more."""
    roles = {"CN=root": "*:admin"}
    with RunningServer(tmp_path / "ledger", **mutual(mounted, roles)) as running:
        old, other = authority.issue("root"), Authority("other")
        first = tls_api(running.server.address, authority.certificate, old)
        assert books(first) == []
        mount(mounted, authority, ca=other.certificate)
        with_new = tls_api(running.server.address, authority.certificate, other.issue("root"))
        assert books(with_new) == []
        with_old = tls_api(running.server.address, authority.certificate, old)
        assert refusal(with_old).code() is grpc.StatusCode.UNAVAILABLE
        for each in (first, with_new, with_old):
            each.close()


@pytest.mark.parametrize("broken", ["key of another", "no PEM", "expired", "missing", "encrypted"])
def test_a_broken_pair_replaces_nothing(tmp_path, mounted, authority, broken, caplog):
    """The old certificate stays, the failure is logged and counted once, a good one mends it."""
    with RunningServer(tmp_path / "ledger", **secured(mounted)) as running:
        key = (mounted / "tls.key").resolve()
        certificate = (mounted / "tls.crt").resolve()
        if broken == "key of another":
            key.write_bytes(authority.issue("other")[1])
        elif broken == "no PEM":
            certificate.write_bytes(b"nonsense")
        elif broken == "expired":
            past = authority.issue("server", address=LOOPBACK, life=-dt.timedelta(seconds=1))
            write_pair(key.parent, past, authority.certificate)
        elif broken == "missing":
            key.unlink()
        else:
            key.write_bytes(
                b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                b"-----END ENCRYPTED PRIVATE KEY-----\n"
            )
        for _ in range(3):
            api = tls_api(running.server.address, authority.certificate)
            assert books(api) == []
            api.close()
        assert running.value(RELOADS, outcome="failed") == 1
        assert "PRIVATE KEY" not in caplog.text
        mount(mounted, authority)
        api = tls_api(running.server.address, authority.certificate)
        assert books(api) == []
        api.close()
        assert running.value(RELOADS, outcome="done") == 1


def test_the_client_follows_its_own_certificate(tmp_path, mounted, authority):
    """A rotated client certificate is shown with the next stream, on a connection of its own."""
    roles = {"CN=first": "*:admin", "CN=second": "acme:producer"}
    own = tmp_path / "own"
    write_pair(own, authority.issue("first"), authority.certificate)
    with RunningServer(tmp_path / "ledger", **mutual(mounted, roles)) as running:
        credentials = Credentials(
            ca_file=own / "ca.crt", certificate_file=own / "tls.crt", key_file=own / "tls.key"
        )
        with Client(running.server.address, credentials=credentials) as client:
            client.create_book("acme")
            with client.channel("acme", "m") as channel:
                channel.append([row(0)])
            write_pair(own, authority.issue("second"), authority.certificate)
            with client.channel("acme", "m") as channel:
                channel.append([row(1)])
                assert channel.committed_offset == 2
            # Admin alone may; the producer of the new certificate may not.
            with pytest.raises(Exception, match="needs the role admin"):
                client.create_book("other")


def row(number: int) -> dict[str, object]:
    """A record."""
    return {
        "record_id": f"r{number}",
        "facility": "dc-1",
        "activity": "electricity.grid",
        "quantity": "1",
        "unit": "kWh",
        "start": dt.datetime(2024, 3, 1, tzinfo=dt.UTC),
        "end": dt.datetime(2024, 3, 2, tzinfo=dt.UTC),
        "region": "DE",
    }


@pytest.mark.parametrize("part", ["nothing", "TLS", "authentication"])
def test_a_server_is_not_open_by_accident(tmp_path, mounted, part):
    """Beyond loopback both TLS and authentication are needed, or the flag; the error says so."""
    listen = {"server__listen": "0.0.0.0:0"}
    with Issuer() as issuer:
        known = {
            "security__issuers": {issuer.name: issuer.url},
            "security__audience": AUDIENCE,
        }
        given = {"nothing": {}, "TLS": secured(mounted), "authentication": known}[part]
        server = RunningServer(tmp_path / "ledger", **listen, **given)
        with pytest.raises(ConfigInvalid) as refused:
            server.call(server.server.start())
        server.abandon()
        assert "server.insecure = true (--insecure)" in refused.value.message
        assert ("TLS (" in refused.value.message) == (part != "TLS")
        assert ("authentication (" in refused.value.message) == (part != "authentication")
        for more in ({"server__insecure": True}, {**secured(mounted), **known}):
            with RunningServer(tmp_path / "ledger", **listen, **more) as running:
                assert running.server.is_ready


def test_the_command_refuses_and_has_its_flag(tmp_path):
    """`tonne serve --listen 0.0.0.0:...` ends with the reason; with --insecure it serves."""
    log = tmp_path / "log"
    refused = ServerProcess("--data", str(tmp_path / "a"), listen="0.0.0.0:0", log=log)
    assert refused.process.wait(timeout=60) == 1
    refused.stop()
    assert "--insecure" in log.read_text()
    with ServerProcess("--data", str(tmp_path / "b"), "--insecure", listen="0.0.0.0:0") as server:
        assert server.address
        assert server.terminate() == os.EX_OK


def test_the_command_shows_what_it_is_known_by(tmp_path, mounted):
    """Options before a command, or their variables; a token of a file or of TONNE_TOKEN."""
    with Issuer() as issuer:
        settings = secured(mounted, issuers={issuer.name: issuer.url}, audience=AUDIENCE)
        token = issuer.token("root", ["*:admin"])
        file = tmp_path / "token"
        file.write_text(token + "\n")
        with RunningServer(tmp_path / "ledger", **settings) as running:
            options = ["--ca-file", str(mounted / "ca.crt"), "--token-file", str(file)]
            variables = {"TONNE_CA_FILE": str(mounted / "ca.crt"), "TONNE_TOKEN": token}

            def tonne(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
                return subprocess.run(
                    [sys.executable, "-m", "tonne.cli.main", *arguments],
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=False,
                    env={**environment, "TONNE_SERVER": running.server.address},
                )

            assert tonne(*options, "book", "create", "acme").returncode == 0
            assert "acme" in tonne("book", "list", **variables).stdout
            del variables["TONNE_TOKEN"]
            refused = tonne("book", "list", **variables)
            assert refused.returncode == 1
            assert "the call has no credentials" in refused.stderr
