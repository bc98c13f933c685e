"""The keys of an issuer: when they are read, and which of them count."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.support.servers.identities import Issuer, SigningKey
from tonne.config import SecurityConfig
from tonne.edge.access.jwks import KeySet
from tonne.errors import KeysUnavailable
from tonne.telemetry import Telemetry

LIFETIME_S, COOLDOWN_S = 300.0, 30.0


@dataclass
class Clock:
    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def issuer():
    with Issuer() as made:
        yield made


def key_set(source: str, clock: Clock) -> KeySet:
    settings = SecurityConfig(jwks_lifetime_s=LIFETIME_S, jwks_cooldown_s=COOLDOWN_S)
    return KeySet(source, settings, Telemetry(), clock)


def test_keys_are_read_when_they_are_needed_and_when_they_are_old(issuer, clock):
    """Not at the start, once for many, again after the lifetime."""
    keys = key_set(issuer.url, clock)
    assert issuer.reads == 0
    for _ in range(3):
        assert keys.find("first") is not None
    assert issuer.reads == 1
    clock.now_s += LIFETIME_S - 1
    keys.find("first")
    assert issuer.reads == 1
    clock.now_s += 1
    keys.find("first")
    assert issuer.reads == 2


def test_an_unknown_key_is_looked_for_once_in_a_cooldown(issuer, clock):
    """A rotated key is found at once after it; before, nobody can tell yet."""
    keys = key_set(issuer.url, clock)
    keys.find("first")
    issuer.keys.append(SigningKey("second"))
    clock.now_s += COOLDOWN_S - 10
    with pytest.raises(KeysUnavailable) as refused:
        keys.find("second")
    assert refused.value.retry_delay_s == 10
    assert issuer.reads == 1
    clock.now_s += 10
    assert keys.find("second") is not None
    clock.now_s += COOLDOWN_S
    assert keys.find("third") is None
    assert issuer.reads == 3


def test_a_withdrawn_key_ends_with_the_lifetime(issuer, clock):
    """What the issuer lists no more verifies nothing after the next reading."""
    keys = key_set(issuer.url, clock)
    keys.find("first")
    issuer.keys[:] = [SigningKey("second")]
    assert keys.find("first") is not None
    clock.now_s += LIFETIME_S
    assert keys.find("first") is None


def test_known_keys_outlast_an_issuer_that_is_away(issuer, clock):
    """They stay while it cannot be read, which is tried no more often than the cooldown allows."""
    keys = key_set(issuer.url, clock)
    keys.find("first")
    issuer.fails = True
    clock.now_s += LIFETIME_S
    for _ in range(3):
        assert keys.find("first") is not None
    assert issuer.reads == 2
    with pytest.raises(KeysUnavailable):
        keys.find("second")
    assert issuer.reads == 2
    clock.now_s += COOLDOWN_S
    assert keys.find("first") is not None
    assert issuer.reads == 3


def test_threads_share_one_reading(issuer, clock):
    """However many tokens come at once, the issuer is asked once."""
    keys = key_set(issuer.url, clock)
    found = []
    threads = [threading.Thread(target=lambda: found.append(keys.find("first"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 8
    assert None not in found
    assert issuer.reads == 1


def test_a_slow_issuer_holds_up_no_known_key(issuer, clock):
    """While one thread waits for it, the others go on, and tell unknown keys to come back."""
    keys = key_set(issuer.url, clock)
    keys.find("first")
    issuer.asked.acquire()
    issuer.may_answer.clear()
    clock.now_s += LIFETIME_S
    waiting = threading.Thread(target=keys.find, args=("first",))
    waiting.start()
    assert issuer.asked.acquire(timeout=30)
    assert keys.find("first") is not None
    with pytest.raises(KeysUnavailable, match="is reading the keys"):
        keys.find("second")
    issuer.may_answer.set()
    waiting.join(30)
    assert issuer.reads == 2


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"keys": 7}', "nonsense"])
def test_what_is_no_jwks_is_no_answer(tmp_path, clock, content):
    """A file that cannot be read as one counts as an issuer that is away."""
    file = tmp_path / "jwks.json"
    file.write_text(content)
    with pytest.raises(KeysUnavailable):
        key_set(str(file), clock).find("first")


def test_keys_that_sign_no_token_are_left_out(tmp_path, clock):
    """Shared secrets, encryption keys, private keys, short keys, other curves, nameless ones."""
    good = SigningKey("good").jwk
    short = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505  # to be refused
    private = RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048), as_dict=True)
    wrong = {
        "secret": {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"},
        "secret as RSA": {"kty": "oct", "k": "c2VjcmV0", "alg": "RS256"},
        "encryption": {**good, "use": "enc"},
        "private": {**private, "alg": "RS256"},
        "short": {**RSAAlgorithm.to_jwk(short, as_dict=True), "alg": "RS256"},
        "none": {**good, "alg": "none"},
        "other": {**good, "alg": "ES512"},
        "half": {"kty": "EC", "crv": "P-256", "x": good["x"]},
    }
    listed = [
        *({**key, "kid": name} for name, key in wrong.items()),
        {name: value for name, value in good.items() if name != "kid"},
        {**good, "kid": 7},
        "no object",
        good,
    ]
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": listed}))
    clock.now_s = 1.0
    keys = key_set(str(file), clock)
    assert keys.find("good") is not None
    assert set(keys._keys) == {"good"}
