"""How a client shows who it is, and knows the server: tokens, certificates, authorities."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from tonne.client.errors import CredentialsUnusable, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

RENEW_AHEAD_S = 30.0
"""A token is renewed so long before it expires, or in the last quarter of its life."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of a client, and the authorities by which it knows its server.

    Files are read again when they change: a rotated certificate is shown with the next stream.

    Attributes
    ----------
    token : str or callable, optional
        A JWT, or what gives one: it is called when the one before is about to expire, or was
        refused. `read_token_file` makes one of a file.
    tls : bool
        Whether to speak TLS; any of the files below implies it.
    ca_file : Path, optional
        PEM file of the authorities that vouch for the server; else those that gRPC knows.
    certificate_file, key_file : Path, optional
        PEM files of the client's own certificate and key.
    insecure : bool
        Send the token without TLS beyond loopback, too: where a mesh encrypts.
    """

    token: str | Callable[[], str] | None = None
    tls: bool = False
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    insecure: bool = False

    def __repr__(self) -> str:
        """Tell whether there is a token, and never which."""
        token = "..." if self.token else "none"
        return f"Credentials(token={token}, tls={self.uses_tls})"

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.tls or any((self.ca_file, self.certificate_file, self.key_file))

    def check(self, target: str) -> None:
        """Refuse what cannot work or would give the token away. Raises `CredentialsUnusable`."""
        if bool(self.certificate_file) != bool(self.key_file):
            raise CredentialsUnusable(
                "a certificate and its key go together; got only one: give both"
            )
        if self.token and not (self.uses_tls or self.insecure or _is_loopback(target)):
            raise CredentialsUnusable(
                f"a token needs TLS, because {target} would get it in plain text: turn TLS on "
                "(--tls, --ca-file), or set insecure (--insecure) if a mesh encrypts",
                metadata={"target": target},
            )

    def sign(self) -> tuple[tuple[int, int, int], ...]:
        """Give what changes when a file is replaced or written to."""
        found = []
        for path in (self.ca_file, self.certificate_file, self.key_file):
            if path is not None and path.exists():
                state = path.stat()
                found.append((state.st_ino, state.st_mtime_ns, state.st_size))
        return tuple(found)

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Read the files. Raises `CredentialsUnusable`."""
        try:
            ca, key, certificate = (
                path.read_bytes() if path else None
                for path in (self.ca_file, self.key_file, self.certificate_file)
            )
        except OSError as error:
            raise CredentialsUnusable(
                f"{error.filename} cannot be read: {error.strerror}",
                metadata={"path": str(error.filename)},
            ) from error
        return grpc.ssl_channel_credentials(ca, key, certificate)


def read_token_file(path: Path) -> Callable[[], str]:
    """Make a token provider of a file that somebody else keeps fresh."""
    return lambda: path.read_text(encoding="ascii").strip()


class TokenSource:
    """The token in use. From any thread.

    Parameters
    ----------
    token : str or callable
        As in `Credentials`.
    clock : callable
        Unix time in s.
    """

    def __init__(
        self, token: str | Callable[[], str], clock: Callable[[], float] = time.time
    ) -> None:
        self._provide = token if callable(token) else lambda: token
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._renew_s = 0.0

    def get(self) -> str:
        """Give the token, a fresh one where it is about to expire. Raises `TokenUnavailable`."""
        with self._lock:
            if not self._token or self._clock() >= self._renew_s:
                self._take()
            return self._token

    def expire(self) -> None:
        """Have the next `get` ask for a fresh token: the server says that this one ends."""
        with self._lock:
            self._renew_s = 0.0

    def renew(self, refused: str = "") -> bool:
        """Ask for a token in place of one that was refused; whether there is another one.

        Raises
        ------
        TokenUnavailable
        """
        with self._lock:
            before = refused or self._token
            if self._token in ("", before):
                self._take()
            return self._token != before

    def _take(self) -> None:
        try:
            token = self._provide()
        except Exception as error:
            raise TokenUnavailable(
                f"the token provider failed: {type(error).__name__}", retry_delay_s=1.0
            ) from error
        now_s = self._clock()
        self._token = token
        self._renew_s = float("inf")
        expiry_s = _expiry_s(token)
        if expiry_s is not None:
            self._renew_s = expiry_s - min(RENEW_AHEAD_S, max(expiry_s - now_s, 0.0) / 4)


class TokenInterceptor(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[misc]  # grpc is not typed
    grpc.UnaryStreamClientInterceptor,  # type: ignore[misc]  # nor is this
    grpc.StreamStreamClientInterceptor,  # type: ignore[misc]  # nor is this
):
    """Puts the token into each call. A single call that is refused for it is made again once."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        """Make a call with one request and one answer."""
        token = self._source.get()
        call = continuation(_with_token(details, token), request)
        if call.code() is grpc.StatusCode.UNAUTHENTICATED and self._source.renew(token):
            return continuation(_with_token(details, self._source.get()), request)
        return call

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        """Make a call that is answered with a stream."""
        return continuation(_with_token(details, self._source.get()), request)

    def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        """Make a call of two streams."""
        return continuation(_with_token(details, self._source.get()), requests)


class _CallDetails(grpc.ClientCallDetails):  # type: ignore[misc]  # grpc is not typed
    """The details of a call, with other metadata."""

    def __init__(self, details: Any, metadata: Sequence[tuple[str, str]]) -> None:
        self.method = details.method
        self.timeout = details.timeout
        self.metadata = metadata
        self.credentials = details.credentials
        self.wait_for_ready = getattr(details, "wait_for_ready", None)
        self.compression = getattr(details, "compression", None)


def _with_token(details: Any, token: str) -> _CallDetails:
    metadata = [*(details.metadata or ()), ("authorization", f"Bearer {token}")]
    return _CallDetails(details, metadata)


def _expiry_s(token: str) -> float | None:
    """Read when a token expires; None where it does not say. It is not verified here."""
    try:
        part = token.split(".")[1]
        payload = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return float(payload["exp"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error, OverflowError):
        return None


def _is_loopback(target: str) -> bool:
    host = target.rpartition("/")[2].rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or target.startswith(("unix:", "unix-abstract:"))
