"""The public keys of one issuer of tokens: read from its JWKS, kept, read again."""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from tonne.errors import ConfigInvalid, KeysUnavailable
from tonne.permissions import fault_of_writers

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPMessage
    from typing import IO

    import jwt

    from tonne.config import SecurityConfig
    from tonne.telemetry import Telemetry

logger = logging.getLogger(__name__)

JWKS_BYTES_MAX = 1 << 20
"""Largest set of keys that is read."""

RSA_BITS_MIN = 2048
"""Shortest RSA key that is taken. Source: NIST SP 800-131A Rev. 2, table 2."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class KeySet:
    """The keys of an issuer by key id. Blocks while it reads; used from several threads.

    The set is read again when it is old, and when a key id is unknown, but never more often
    than the cooldown allows: tokens with invented key ids cause no load at the issuer. While it
    cannot be read, the keys known so far stay.

    Parameters
    ----------
    source : str
        `https://...` (plain `http` on loopback alone), or a file.
    """

    def __init__(
        self,
        source: str,
        security: SecurityConfig,
        telemetry: Telemetry,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = _check_source(source)
        self._algorithms = frozenset(security.algorithms.split())
        self._lifetime_s = security.jwks_lifetime_s
        self._cooldown_s = security.jwks_cooldown_s
        self._timeout_s = security.jwks_timeout_s
        self._telemetry = telemetry
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_s: float | None = None
        self._tried_s: float | None = None

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """Give the key of this id, None where the issuer has none.

        Raises
        ------
        KeysUnavailable
            It is unknown here and cannot be asked for now.
        """
        key = self._keys.get(key_id)
        is_old = self._read_s is None or self._clock() - self._read_s >= self._lifetime_s
        if key is not None and not is_old:
            return key
        # While one thread reads, the others go on with what they have: a slow issuer holds up
        # tokens of unknown keys alone. Only before the first reading there is nothing to go on.
        if self._lock.acquire(blocking=not self._keys):
            try:
                if key is None or self._wait_s() <= 0.0:
                    return self._find_anew(key_id)
            finally:
                self._lock.release()
        if key is None:
            raise KeysUnavailable(
                "the server is reading the keys of the token's issuer: try again"
            )
        return key

    def _find_anew(self, key_id: str) -> jwt.PyJWK | None:
        known = self._keys.get(key_id)
        wait_s = self._wait_s()
        if wait_s > 0.0:
            if known is not None:
                return known
            raise KeysUnavailable(
                "the key of the token is not known yet. The server reads the keys of its issuer "
                f"again in {wait_s:.0f} s: try again then",
                retry_delay_s=wait_s,
            )
        self._tried_s = self._clock()
        try:
            self._keys = self._load()
        except (OSError, ValueError) as error:
            self._telemetry.add("tonne_jwks_reads_total", 1, "failed")
            logger.error(  # noqa: TRY400  # the words are enough
                "the server cannot read the keys of an issuer from %s: %s",
                _without_user(self._source),
                error,
            )
            if known is not None:
                return known
            raise KeysUnavailable(
                "the server cannot read the keys of the token's issuer now: try again later",
                retry_delay_s=max(self._cooldown_s, 1.0),
            ) from None
        self._read_s = self._clock()
        self._telemetry.add("tonne_jwks_reads_total", 1, "done")
        return self._keys.get(key_id)

    def _wait_s(self) -> float:
        """How long until the set may be read again."""
        if self._tried_s is None:
            return 0.0
        return self._tried_s + self._cooldown_s - self._clock()

    def _load(self) -> dict[str, jwt.PyJWK]:
        document = json.loads(self._fetch())
        listed = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(listed, list):
            raise ValueError("expected a JWKS: an object with a list of keys")  # noqa: TRY004  # of JSON
        return {
            key.key_id: key
            for key in map(self._usable, listed)
            if key is not None and key.key_id is not None
        }

    def _fetch(self) -> bytes:
        if "://" not in self._source:
            return Path(self._source).read_bytes()
        request = urllib.request.Request(  # noqa: S310  # the scheme was checked
            self._source, headers={"Accept": "application/json"}
        )
        try:
            with _OPENER.open(request, timeout=self._timeout_s) as response:
                body: bytes = response.read(JWKS_BYTES_MAX + 1)
        except urllib.error.HTTPError as error:
            with error:
                raise OSError(f"the issuer answered HTTP {error.code}") from None
        if len(body) > JWKS_BYTES_MAX:
            raise ValueError("the JWKS is larger than 1 MiB")
        return body

    def _usable(self, listed: object) -> jwt.PyJWK | None:
        """Make a key of a listed one; None for one that signs no token that is taken.

        Each key is bound to one algorithm: a token cannot choose another one for it.
        """
        if not isinstance(listed, dict) or listed.get("use", "sig") != "sig":
            return None
        import jwt  # noqa: PLC0415  # 10 MiB, for callers with tokens or certificates alone

        try:
            key = jwt.PyJWK(listed)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, NotImplementedError):
            return None
        is_named = isinstance(key.key_id, str) and key.algorithm_name in self._algorithms
        return key if is_named and _fits(key.key, key.algorithm_name) else None


def _fits(key: object, algorithm: str) -> bool:
    """Tell whether a key is public, of the algorithm's kind, and strong enough."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415  # 10 MiB, for callers with tokens or certificates alone

    if algorithm == "RS256":
        return isinstance(key, rsa.RSAPublicKey) and key.key_size >= RSA_BITS_MIN
    if algorithm == "ES256":
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        return isinstance(key.curve, ec.SECP256R1)
    return algorithm == "EdDSA" and isinstance(key, ed25519.Ed25519PublicKey)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys come from where the settings say, and from nowhere else."""

    def redirect_request(  # noqa: PLR0917  # the signature of the library
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow no redirection."""


_OPENER = urllib.request.build_opener(_NoRedirect)


def _check_source(source: str) -> str:
    """Return a source of keys, or raise `ConfigInvalid`."""
    if "://" not in source:
        if source and Path(source).is_file():
            fault = fault_of_writers(Path(source))
            if fault:
                raise ConfigInvalid(
                    f"security.issuers: {source} {fault}", metadata={"key": "security.issuers"}
                )
            return source
    else:
        url = urllib.parse.urlsplit(source)
        is_safe = url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK)
        if url.hostname and is_safe and "@" not in url.netloc:
            return source
    raise ConfigInvalid(
        "security.issuers: expected a file, or https://... without a password (the keys are "
        f"public); got {_without_user(source)!r}",
        metadata={"key": "security.issuers"},
    )


def _without_user(source: str) -> str:
    scheme, mark, rest = source.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"
