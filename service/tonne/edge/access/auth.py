"""Who calls: from the token of the call, or from the certificate of the connection."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from tonne.edge.access.jwks import KeySet
from tonne.edge.access.roles import EVERYTHING, Grants, RoleTable, read_claim
from tonne.errors import ConfigInvalid, CredentialsInvalid, CredentialsMissing, KeysUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import jwt

    from tonne.config import SecurityConfig
    from tonne.telemetry import Telemetry

TOKEN_KEY: Final = "authorization"  # noqa: S105  # the name, no token
"""Metadata that carries `Bearer TOKEN`."""

SUBJECT_CHARS_MAX = 255
"""Longest subject. Source: OpenID Connect Core 1.0, section 2, `sub`."""

TOKENS_KEPT_MAX = 4_096
"""Verified tokens that are remembered, by their hash."""

VERIFY_THREADS = 2
"""Threads that verify tokens and read keys."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller.

    Attributes
    ----------
    kind : str
        `token`, `certificate`, or `none` where callers are not told apart.
    subject : str
        Who it is: the token's `sub`, a SPIFFE id, or a certificate's subject.
    issuer : str
        Who vouches for a token's subject.
    grants : Grants
        What it may.
    expiry_s : float, optional
        When a token expires, in Unix time.
    """

    kind: str
    subject: str
    issuer: str
    grants: Grants
    expiry_s: float | None = None


ANYBODY = Caller("none", "", "", EVERYTHING)
"""Every caller of a server that tells none apart."""


class Authenticator:
    """Finds out who calls. Used on the event loop; tokens are verified in threads.

    A token goes before a certificate: it names who acts, the certificate may be that of the
    machine. A bad token is refused, whatever the certificate.

    Parameters
    ----------
    clock : callable
        Unix time in s.

    Attributes
    ----------
    leeway_s : float
        So long after its end a token still counts.

    Raises
    ------
    ConfigInvalid
        The settings contradict each other.
    """

    def __init__(
        self,
        security: SecurityConfig,
        telemetry: Telemetry,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._is_on = security.authenticates
        self._takes_certificates = security.takes_certificates
        self._table = RoleTable.read(security.roles)
        self._tokens = (
            TokenVerifier(security, self._table, telemetry) if security.issuers else None
        )
        self._certificates: OrderedDict[bytes, Caller] = OrderedDict()
        self._verified: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._kept_s = security.jwks_lifetime_s
        self.leeway_s = security.leeway_s
        self._clock = clock
        self._pool = ThreadPoolExecutor(VERIFY_THREADS, "verify")

    @property
    def is_on(self) -> bool:
        """Whether callers are told apart."""
        return self._is_on

    async def identify(self, headers: Sequence[str], certificate: bytes | None) -> Caller:
        """Say who calls.

        Parameters
        ----------
        headers : Sequence[str]
            What the call's metadata has under `authorization`.
        certificate : bytes, optional
            PEM of the client's certificate, which TLS has verified.

        Raises
        ------
        CredentialsMissing, CredentialsInvalid, KeysUnavailable
        """
        if not self._is_on:
            return ANYBODY
        if headers and self._tokens is not None:
            if len(headers) != 1:
                raise _bad(
                    "malformed", "a call must have one metadata entry `authorization`; got several"
                )
            return await self._of_token(self._tokens, headers[0])
        if certificate is not None and self._takes_certificates:
            return self._of_certificate(certificate)
        expected = [
            text
            for is_taken, text in (
                (self._tokens, "a token (metadata `authorization: Bearer TOKEN`)"),
                (self._takes_certificates, "a client certificate"),
            )
            if is_taken
        ]
        raise CredentialsMissing(f"the call has no credentials: send {' or '.join(expected)}")

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False)

    async def _of_token(self, tokens: TokenVerifier, header: str) -> Caller:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _bad("malformed", "metadata `authorization`: expected `Bearer TOKEN`")
        token = token.strip()
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        now_s = self._clock()
        kept = self._verified.get(digest)
        if kept is not None:
            until_s, identity = kept
            if now_s < until_s:
                self._verified.move_to_end(digest)
                return identity
            del self._verified[digest]
        loop = asyncio.get_running_loop()
        identity = await loop.run_in_executor(self._pool, tokens.verify, token)
        # Not for ever: a key that its issuer has withdrawn verifies nothing more.
        until_s = now_s + self._kept_s
        if identity.expiry_s is not None:
            until_s = min(until_s, identity.expiry_s + self.leeway_s)
        self._verified[digest] = (until_s, identity)
        if len(self._verified) > TOKENS_KEPT_MAX:
            self._verified.popitem(last=False)
        return identity

    def _of_certificate(self, certificate: bytes) -> Caller:
        digest = hashlib.sha256(certificate).digest()
        identity = self._certificates.get(digest)
        if identity is None:
            subject = read_subject(certificate)
            identity = Caller("certificate", subject, "", self._table.find(subject))
            self._certificates[digest] = identity
            if len(self._certificates) > TOKENS_KEPT_MAX:
                self._certificates.popitem(last=False)
        return identity


class TokenVerifier:
    """Verifies tokens by the settings: issuers, audience, algorithms, claims. Blocks."""

    def __init__(self, security: SecurityConfig, table: RoleTable, telemetry: Telemetry) -> None:
        if not security.audience:
            raise ConfigInvalid(
                "security.issuers needs security.audience: set it to the `aud` of the tokens "
                "for this service",
                metadata={"key": "security.audience"},
            )
        for issuer in security.issuers:
            if not issuer or "#" in issuer:
                raise ConfigInvalid(
                    f"security.issuers: expected the `iss` of tokens, without '#'; got {issuer!r}",
                    metadata={"key": "security.issuers", "value": issuer},
                )
        self._keys = {
            issuer: KeySet(source, security, telemetry)
            for issuer, source in security.issuers.items()
        }
        self._audience = security.audience
        self._algorithms = frozenset(security.algorithms.split())
        self._required = security.required_claims.split()
        self._leeway_s = security.leeway_s
        self._roles_claim = security.roles_claim
        self._table = table

    def verify(self, token: str) -> Caller:
        """Say who holds a token.

        Raises
        ------
        CredentialsInvalid
            What is wrong is told; nothing of the token is.
        KeysUnavailable
        """
        import jwt  # noqa: PLC0415  # 10 MiB, for callers with tokens or certificates alone

        try:
            return self._verify(token)
        except (CredentialsInvalid, KeysUnavailable):
            raise
        except jwt.MissingRequiredClaimError as error:
            text = (
                f"the token has no claim `{error.claim}`, which security.required_claims asks for"
            )
            raise _bad("claims", text) from None
        except jwt.PyJWTError as error:
            for kind, reason, text in _rules():
                if isinstance(error, kind):
                    raise _bad(reason, f"the token {text}") from None
            raise _bad("malformed", "the token is not a signed JWT") from None
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise _bad("malformed", "the token is not a signed JWT") from None

    def _verify(self, token: str) -> Caller:
        import jwt  # noqa: PLC0415  # 10 MiB, for callers with tokens or certificates alone

        header = jwt.get_unverified_header(token)
        if header.get("alg") not in self._algorithms:
            text = (
                f"the token must be signed by one of {', '.join(sorted(self._algorithms))} "
                "(security.algorithms)"
            )
            raise _bad("algorithm", text)
        if "crit" in header or header.get("b64") is False:
            raise _bad(
                "malformed",
                (
                    "the token has a critical header (`crit` or `b64`), which the server does not "
                    "support"
                ),
            )
        unverified = jwt.decode(token, options={"verify_signature": False})
        issuer = unverified.get("iss")
        keys = self._keys.get(issuer) if isinstance(issuer, str) else None
        if keys is None:
            raise _bad("issuer", "the issuer of the token (`iss`) is not in security.issuers")
        key_id = header.get("kid")
        if not isinstance(key_id, str) or not key_id:
            raise _bad("key_unknown", "the header of the token names no key (`kid`)")
        key = keys.find(key_id)
        if key is None:
            raise _bad(
                "key_unknown", "the issuer of the token has no key with the `kid` of the token"
            )
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm_name],
            audience=self._audience,
            issuer=issuer,
            leeway=self._leeway_s,
            options={"require": self._required},
        )
        return self._identity(str(issuer), claims)

    def _identity(self, issuer: str, claims: Mapping[str, object]) -> Caller:
        subject, expiry = claims["sub"], claims["exp"]
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARS_MAX:
            raise _bad(
                "claims",
                (
                    f"the claim `sub` of a token must be a text of 1 to {SUBJECT_CHARS_MAX} "
                    "characters"
                ),
            )
        if isinstance(expiry, bool) or not isinstance(expiry, int | float):
            raise _bad("claims", "the claim `exp` of a token must be a number")
        grants = self._table.find(f"{issuer}#{subject}")
        if self._roles_claim:
            grants |= read_claim(claims.get(self._roles_claim))
        return Caller("token", subject, issuer, grants, float(expiry))


@cache
def _rules() -> tuple[tuple[type[jwt.PyJWTError], str, str], ...]:
    """Give what the library finds wrong: the reason that is counted, and what callers are told."""
    import jwt  # noqa: PLC0415  # 10 MiB, for callers with tokens or certificates alone
    from jwt.exceptions import InvalidSubjectError  # noqa: PLC0415  # 10 MiB, for callers with tokens or certificates alone

    return (
        (jwt.ExpiredSignatureError, "expired", "has expired: call again with a fresh one"),
        (
            jwt.ImmatureSignatureError,
            "not_yet_valid",
            "is not valid yet: check the clocks of its issuer and of this server",
        ),
        (jwt.InvalidIssuedAtError, "claims", "has a claim `iat` that is not a time"),
        (jwt.InvalidAudienceError, "audience", "is for another audience than security.audience"),
        (jwt.InvalidIssuerError, "issuer", "is from another issuer"),
        (jwt.InvalidAlgorithmError, "algorithm", "uses another algorithm than its key allows"),
        (jwt.InvalidSignatureError, "signature", "has a wrong signature"),
        (InvalidSubjectError, "claims", "has a claim `sub` that is not a text"),
    )


def read_subject(certificate: bytes) -> str:
    """Say whose a certificate is: its SPIFFE id, or else its subject (RFC 4514).

    Raises
    ------
    CredentialsInvalid
        It names nobody, or several. Source: SPIFFE X.509-SVID, section 2: exactly one URI.
    """
    from cryptography import x509  # noqa: PLC0415  # 10 MiB, for callers with tokens or certificates alone

    try:
        parsed = x509.load_pem_x509_certificate(certificate)
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    except x509.ExtensionNotFound:
        uris = []
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise _bad("certificate", "the client's certificate cannot be read") from None
    if any(uri.startswith("spiffe://") for uri in uris):
        if len(uris) != 1:
            raise _bad(
                "certificate",
                (
                    "the client's certificate has a SPIFFE id and other URIs; a SPIFFE id must be "
                    "the only URI"
                ),
            )
        return uris[0]
    subject = parsed.subject.rfc4514_string()
    if not subject:
        raise _bad("certificate", "the client's certificate has no SPIFFE id and no subject")
    return subject


def _bad(reason: str, text: str) -> CredentialsInvalid:
    return CredentialsInvalid.by(reason, text)
