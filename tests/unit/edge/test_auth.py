"""Who callers are: subjects of certificates, tokens that are remembered."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.servers.identities import AUDIENCE, Authority, Issuer
from tonne.config import SecurityConfig
from tonne.edge.access.auth import TOKENS_KEPT_MAX, Authenticator, read_subject
from tonne.errors import CredentialsInvalid, KeysUnavailable
from tonne.telemetry import Telemetry


def subject(common_name: str, *uris: str) -> str:
    certificate, _ = Authority().issue(common_name, uris=uris, address="127.0.0.1")
    return read_subject(certificate)


def test_a_certificate_is_its_spiffe_id_or_its_subject():
    """The one SPIFFE id goes first; another URI is no identity."""
    assert subject("gw", "spiffe://acme.example/gw") == "spiffe://acme.example/gw"
    assert subject("gw") == "CN=gw"
    assert subject("gw", "https://acme.example") == "CN=gw"
    assert subject("a,O=Acme") == "CN=a\\,O=Acme"


@pytest.mark.parametrize(
    ("common_name", "uris"),
    [
        ("gw", ("spiffe://a/b", "spiffe://c/d")),
        ("gw", ("https://a", "spiffe://a/b")),
        ("", ()),
        ("", ("https://a",)),
    ],
)
def test_a_certificate_of_nobody_or_of_several_is_refused(common_name, uris):
    """Exactly one name counts."""
    with pytest.raises(CredentialsInvalid):
        subject(common_name, *uris)


def test_what_is_no_certificate_is_refused():
    """Whatever TLS hands over."""
    with pytest.raises(CredentialsInvalid):
        read_subject(b"nonsense")


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_verified_token_is_remembered_for_a_while():
    """Not verified again before the keys' lifetime, and never beyond its expiry."""
    with Issuer() as issuer:
        settings = SecurityConfig(
            issuers={issuer.name: issuer.url},
            audience=AUDIENCE,
            jwks_lifetime_s=300,
            jwks_cooldown_s=0,
            leeway_s=0,
        )
        clock = Clock()
        authenticator = Authenticator(settings, Telemetry(), clock)
        claims = issuer.claims("ann", life_s=400)
        clock.now_s = float(claims["iat"])
        header = [f"Bearer {issuer.token('ann', life_s=400)}"]

        def identify() -> str:
            return asyncio.run(authenticator.identify(header, None)).subject

        assert identify() == "ann"
        # Without any key left, what is not remembered fails.
        issuer.fails = True
        authenticator._tokens._keys[issuer.name]._keys.clear()
        assert identify() == "ann"
        clock.now_s += 299
        assert identify() == "ann"
        clock.now_s += 1
        with pytest.raises(KeysUnavailable):
            identify()
        authenticator.close()


def test_remembered_tokens_are_bounded():
    """One who holds many tokens does not fill the memory."""
    with Issuer() as issuer:
        settings = SecurityConfig(issuers={issuer.name: issuer.url}, audience=AUDIENCE)
        authenticator = Authenticator(settings, Telemetry())
        for number in range(TOKENS_KEPT_MAX):
            authenticator._verified[str(number).encode()] = (0.0, None)
        header = [f"Bearer {issuer.token('ann')}"]
        asyncio.run(authenticator.identify(header, None))
        assert len(authenticator._verified) == TOKENS_KEPT_MAX
        authenticator.close()
