"""Page tokens: nobody can make one, and each is good for what gave it out alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.errors import PageTokenInvalid
from tonne.ledger.pages import TOKEN_CHARS_MAX, PageTokens
from tonne.store.manifest.manifest import Manifest

KEY = bytes(range(32))
QUERY = ("channels", "acme")
TOKENS = PageTokens(lambda: KEY)


def _forged(place: object, query: tuple[str, ...] = QUERY, key: bytes = KEY) -> str:
    text = json.dumps(place, separators=(",", ":")).encode()
    signature = hmac.digest(key, json.dumps(query).encode() + b"\n" + text, "sha256")[:16]
    return base64.urlsafe_b64encode(text + signature).decode().rstrip("=")


@given(st.integers(0, (1 << 63) - 1) | st.text(max_size=256), st.integers(0, (1 << 63) - 1))
def test_a_token_reads_back(position, part):
    """By every server that has the key; NUL and lone surrogates are in no id."""
    start = type(position)()
    token = TOKENS.write(QUERY, position, part)
    assert len(token) <= TOKEN_CHARS_MAX
    is_text = isinstance(position, str)
    if is_text and ("\0" in position or any("\ud800" <= each <= "\udfff" for each in position)):
        with pytest.raises(PageTokenInvalid):
            TOKENS.read(token, QUERY, start)
    else:
        assert PageTokens(lambda: KEY).read(token, QUERY, start) == (position, part)


@pytest.mark.parametrize(
    "query", [("channels", "other"), ("records", "acme"), ("channels", "acme", ""), ("channels",)]
)
def test_a_token_is_good_for_its_query_alone(query):
    """Not for another book, another call or other arguments."""
    with pytest.raises(PageTokenInvalid):
        TOKENS.read(TOKENS.write(QUERY, "m"), query, "")


FORGED = {
    "without a key": base64.urlsafe_b64encode(
        json.dumps([hashlib.sha256(json.dumps(QUERY).encode()).hexdigest()[:16], "m", 0]).encode()
    ).decode(),
    "with another key": _forged(["m", 0], key=bytes(32)),
    "of another kind": _forged([1, 0]),
    "a boolean": _forged([True, 0]),
    "before the beginning": _forged(["m", -1]),
    "beyond the end": _forged(["m", 1 << 63]),
    "a part that is none": _forged(["m", "0"]),
    "a surrogate": _forged(["\ud800", 0]),
    "NUL": _forged(["a\0", 0]),
    "no base64": "%%%",
    "nothing inside": base64.urlsafe_b64encode(bytes(16)).decode(),
    "too short": "AAAA",
    "no ASCII": "\u00e9\u00e9\u00e9\u00e9",
    "very long": "A" * (TOKEN_CHARS_MAX + 4),
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_input_that_is_wrong(token):
    """Also one that is signed and holds what no server gave out; none is quoted at length."""
    with pytest.raises(PageTokenInvalid) as wrong:
        TOKENS.read(token, QUERY, "")
    assert len(wrong.value.message) < 300


def test_a_changed_token_is_refused():
    """Each character counts."""
    token = TOKENS.write(QUERY, "meter", 7)
    for at in range(len(token) - 1):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(PageTokenInvalid):
            TOKENS.read(changed, QUERY, "")


def test_all_servers_of_a_ledger_have_one_key(tmp_path):
    """The key is in the manifest, random, and of no other ledger."""
    keys = []
    for name in ("a", "a", "b"):
        manifest = Manifest.open(f"sqlite:///{tmp_path / name}.db")
        keys.append(manifest.page_token_key())
        manifest.close()
    assert keys[0] == keys[1] != keys[2]
    assert len(keys[0]) == 32
