"""Tokens and certificates of the client."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

import pytest

from tonne.client import (
    Client,
    Credentials,
    CredentialsUnusable,
    TokenUnavailable,
    read_token_file,
)
from tonne.client.wire.credentials import TokenSource


@dataclass
class Clock:
    now_s: float = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def token(number: int, expiry_s: float | None) -> str:
    """What looks like a token."""
    claims = {"n": number} if expiry_s is None else {"n": number, "exp": expiry_s}
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.x"


class Provider:
    """Counts what it gives."""

    def __init__(self, clock: Clock, life_s: float | None) -> None:
        self.clock, self.life_s, self.count = clock, life_s, 0
        self.fails = False

    def __call__(self) -> str:
        if self.fails:
            raise OSError("s3cret")
        self.count += 1
        return token(self.count, None if self.life_s is None else self.clock.now_s + self.life_s)


def test_a_token_is_renewed_ahead_of_its_expiry():
    """Half a minute before, or in the last quarter of a short life."""
    clock = Clock()
    for life_s, renewed_s in ((600.0, 570.0), (40.0, 30.0)):
        provider = Provider(clock, life_s)
        source = TokenSource(provider, clock)
        first, begun_s = source.get(), clock.now_s
        clock.now_s = begun_s + renewed_s - 0.5
        assert source.get() == first
        clock.now_s = begun_s + renewed_s
        assert source.get() != first
        assert provider.count == 2


def test_a_token_without_an_expiry_is_kept():
    """Until it is refused, or a stream is closed for it."""
    provider = Provider(Clock(), None)
    source = TokenSource(provider)
    assert source.get() == source.get()
    source.expire()
    source.get()
    assert provider.count == 2
    assert source.renew(source.get())
    assert provider.count == 3


def test_a_refused_token_is_asked_for_anew_by_the_first_alone():
    """Others that were refused with the same one find the fresh one."""
    provider = Provider(Clock(), 600.0)
    source = TokenSource(provider, provider.clock)
    old = source.get()
    assert source.renew(old)
    assert source.renew(old)
    assert provider.count == 2
    assert not TokenSource("fixed").renew("fixed")


def test_a_provider_that_fails_is_told_without_its_words():
    """It may come back: the error is one to wait out, the cause is kept."""
    provider = Provider(Clock(), 600.0)
    provider.fails = True
    with pytest.raises(TokenUnavailable) as refused:
        TokenSource(provider).get()
    assert refused.value.retryable
    assert "s3cret" not in refused.value.message
    assert isinstance(refused.value.__cause__, OSError)


def test_a_file_is_read_again(tmp_path):
    """Somebody else keeps it fresh."""
    file = tmp_path / "token"
    file.write_text("one\n")
    source = TokenSource(read_token_file(file))
    assert source.get() == "one"
    file.write_text("two\n")
    assert source.renew("one")
    assert source.get() == "two"


@pytest.mark.parametrize(
    ("target", "more", "good"),
    [
        ("127.0.0.1:1", {}, True),
        ("localhost:1", {}, True),
        ("[::1]:1", {}, True),
        ("dns:///127.0.0.1:1", {}, True),
        ("unix:/run/tonne", {}, True),
        ("tonne.example:1", {}, False),
        ("dns:///tonne.example:1", {}, False),
        ("127.0.0.1.evil.example:1", {}, False),
        ("tonne.example:1", {"tls": True}, True),
        ("tonne.example:1", {"insecure": True}, True),
    ],
)
def test_a_token_is_not_sent_in_plain_text(target, more, good):
    """Beyond loopback it needs TLS, or somebody who says that a mesh encrypts."""
    credentials = Credentials(token="t0ken", **more)  # noqa: S106  # of nothing
    if good:
        Client(target, credentials=credentials).close()
    else:
        with pytest.raises(CredentialsUnusable) as refused:
            Client(target, credentials=credentials)
        assert "t0ken" not in refused.value.message
    assert "t0ken" not in repr(credentials)


def test_files_that_cannot_be_used_are_named(tmp_path):
    """A missing file, and a certificate without its key."""
    with pytest.raises(CredentialsUnusable, match="cannot be read"):
        Client(credentials=Credentials(ca_file=tmp_path / "missing.pem"))
    with pytest.raises(CredentialsUnusable, match="together"):
        Client(credentials=Credentials(certificate_file=tmp_path / "own.pem"))
