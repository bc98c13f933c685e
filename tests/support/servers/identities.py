"""Real keys, tokens and certificates, made for a test, and a JWKS served on loopback."""

from __future__ import annotations

import datetime as dt
import http.server
import ipaddress
import json
import threading
import time
from typing import TYPE_CHECKING, Self

import grpc
import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from tests.support.servers.api import Api

if TYPE_CHECKING:
    from pathlib import Path

ISSUER = "https://id.example"
AUDIENCE = "tonne"
HOUR = dt.timedelta(hours=1)

_ALGORITHMS = {
    "RS256": (jwt.algorithms.RSAAlgorithm, lambda: rsa.generate_private_key(65537, 2048)),
    "ES256": (jwt.algorithms.ECAlgorithm, lambda: ec.generate_private_key(ec.SECP256R1())),
    "EdDSA": (jwt.algorithms.OKPAlgorithm, ed25519.Ed25519PrivateKey.generate),
}


class SigningKey:
    """A key of an issuer."""

    def __init__(self, key_id: str, algorithm: str = "ES256") -> None:
        kind, make = _ALGORITHMS[algorithm]
        self.key_id = key_id
        self.algorithm = algorithm
        self.private = make()
        public = kind.to_jwk(self.private.public_key(), as_dict=True)
        self.jwk = {**public, "kid": key_id, "alg": algorithm, "use": "sig"}

    @property
    def public_pem(self) -> bytes:
        """The public key as anybody may have it."""
        public = self.private.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class Issuer:
    """Signs tokens, and publishes its keys over HTTP on loopback."""

    def __init__(self, *keys: SigningKey, name: str = ISSUER) -> None:
        self.name = name
        self.keys = list(keys) or [SigningKey("first")]
        self.reads = 0
        self.fails = False
        self.asked = threading.Semaphore(0)
        self.may_answer = threading.Event()
        self.may_answer.set()
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.reads += 1
                issuer.asked.release()
                issuer.may_answer.wait(30)
                self.send_response(503 if issuer.fails else 200)
                self.end_headers()
                self.wfile.write(issuer.document())

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"

    def document(self) -> bytes:
        """The JWKS."""
        return json.dumps({"keys": [key.jwk for key in self.keys]}).encode()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(30)
        self._server.server_close()

    def claims(self, subject: str = "ann", roles: object = None, life_s: int = 600) -> dict:
        """Good claims."""
        now = int(time.time())
        return {
            "iss": self.name,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now,
            "nbf": now,
            "exp": now + life_s,
            "tonne_roles": {} if roles is None else roles,
        }

    def token(
        self,
        subject: str = "ann",
        roles: object = None,
        *,
        life_s: int = 600,
        key: SigningKey | None = None,
        headers: dict | None = None,
        **changes: object,
    ) -> str:
        """Sign a token; a claim that is given as None is left out."""
        key = key or self.keys[0]
        claims = {**self.claims(subject, roles, life_s), **changes}
        given = {name: value for name, value in claims.items() if value is not None}
        return jwt.api_jws.encode(  # which signs what no good issuer would
            json.dumps(given).encode(),
            key.private,
            key.algorithm,
            {"kid": key.key_id, **(headers or {})},
        )


class Authority:
    """A certificate authority."""

    def __init__(self, name: str = "authority") -> None:
        self._name = _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign(self._name, self._key, HOUR, is_authority=True)

    def issue(
        self,
        common_name: str = "",
        *,
        uris: tuple[str, ...] = (),
        address: str = "",
        life: dt.timedelta = HOUR,
    ) -> tuple[bytes, bytes]:
        """Issue a certificate: its PEM and that of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri) for uri in uris]
        if address:
            names.append(x509.IPAddress(ipaddress.ip_address(address)))
        pem = self._sign(_name(common_name), key, life, names)
        return pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        life: dt.timedelta,
        names: list[x509.GeneralName] | None = None,
        *,
        is_authority: bool = False,
    ) -> bytes:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * HOUR)
            .not_valid_after(now + life)
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _name(common_name: str) -> x509.Name:
    named = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    return x509.Name(named)


def write_pair(directory: Path, pair: tuple[bytes, bytes], ca: bytes = b"") -> None:
    """Write a certificate, its key and an authority's certificate as Kubernetes names them."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in (("tls.crt", pair[0]), ("tls.key", pair[1]), ("ca.crt", ca)):
        (directory / name).write_bytes(content)


class _Headers(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Adds metadata to each call."""

    def __init__(self, *metadata: tuple[str, str]) -> None:
        self._metadata = metadata

    def _with(self, continuation: object, details: object, request: object) -> object:
        class Details(grpc.ClientCallDetails):
            method = details.method
            timeout = details.timeout
            metadata = self._metadata
            credentials = details.credentials

        return continuation(Details(), request)

    intercept_unary_unary = intercept_unary_stream = intercept_stream_stream = _with


def api_for(address: str, token: str | None = None, *metadata: tuple[str, str]) -> Api:
    """Stubs that send a token, in plain text."""
    bearer = () if token is None else (("authorization", f"Bearer {token}"),)
    channel = grpc.insecure_channel(address)
    return Api(address, grpc.intercept_channel(channel, _Headers(*bearer, *metadata)))


def tls_api(address: str, ca: bytes, pair: tuple[bytes, bytes] | None = None) -> Api:
    """Stubs over TLS on a connection of their own, maybe with a client certificate."""
    certificate, key = pair or (None, None)
    credentials = grpc.ssl_channel_credentials(ca, key, certificate)
    options = [("grpc.use_local_subchannel_pool", 1)]
    return Api(address, grpc.secure_channel(address, credentials, options))
