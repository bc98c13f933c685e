"""Secrets are masked wherever they stand: in URLs, options, running texts, and as themselves."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.text.masking import MASK, mask, mask_option, mask_url, remember, secrets_of_url

S = "S3CRETPASS"

URLS = [
    f"postgresql+psycopg://u:{S}@db/tonne",
    f"postgresql+psycopg://u@/tonne?host=/run&password={S}",
    f"postgresql+psycopg://u@/tonne?PASSWORD={S}",
    f"postgresql+psycopg://u@/tonne?pass%77ord={S}",
    f"postgresql+psycopg://u@db/t?passfile=/x/{S}",
    f"postgresql+psycopg://u@db/t?sslpassword={S}&sslmode=require",
    f"postgresql+psycopg://u@db/t?options=-c%20x%3D{S}",
    f"postgresql+psycopg://u@db/t?service={S}",
    f"postgresql+psycopg://u:p/{S}@db/t",
    f"postgresql+psycopg://u:p?{S}@db/t",
    f"postgresql+psycopg://u:p#{S}@db/t",
    f"postgresql+psycopg://u:p@{S}@db/t",
    f"postgresql+psycopg://u@db/t?password=a@{S}",
    f"postgresql+psycopg://u@db/t?user=a@{S}",
    f"postgresql+psycopg://u@db/t#{S}",
    f"postgresql+psycopg://u@db/t?{S}",
    f"http://{S}@proxy:3128",
    f"http://u:{S}@proxy",
    f"https://id.example/jwks?sig={S}",
    f"https://c.blob.core.windows.net/x?sv=1&sig={S}&se=2",
    f"host=db password={S} user=u",
    f"user:{S}@db/tonne",
]
OPTIONS = [
    "aws_secret_access_key",
    "AWS_SECRET_ACCESS_KEY",
    "secret_access_key",
    "Secret_Access_Key",
    "access_key_id",
    "aws_access_key_id",
    "aws_session_token",
    "token",
    "aws_token",
    "sse_customer_key_base64",
    "azure_storage_account_key",
    "azure_storage_sas_key",
    "azure_storage_sas_token",
    "AZURE_STORAGE_CLIENT_SECRET",
    "account_key",
    "azure_client_secret",
    "sas_key",
    "bearer_token",
    "google_service_account",
    "google_service_account_key",
    "service_account_key",
    "default_headers",
    "container_authorization_token_file",
    "what_nobody_knows",
]
TEXTS = [
    f'connection to server at "db" failed: password={S} host=db',
    f"invalid dsn: missing '=' after: passfile={S}",
    f"sslpassword = '{S} with words'",
    f'{{"client_secret": "{S}"}}',
    f"{{'aws_secret_access_key': '{S}'}}",
    f"Authorization: Bearer {S}",
    f"authorization: Basic {S}",
    f"headers: Bearer {S}{S}",
    f"GET https://b.s3.amazonaws.com/x?X-Amz-Signature={S}&X-Amz-Credential={S}",
    f"could not reach http://u:{S}@proxy:3128/: refused",
    f"token={S}; sas_key={S}",
    f"SharedAccessSignature=sv=1&sig={S}",
    f"AccountKey={S};EndpointSuffix=core.windows.net",
    f"-----BEGIN PRIVATE KEY-----\n{S}\n-----END PRIVATE KEY-----",
    f"-----BEGIN RSA PRIVATE KEY-----\n{S}",
    f"jwt eyJhbGciOiJSUzI1NiJ9.{S}.{S}",
]


@pytest.mark.parametrize("url", URLS)
def test_no_form_of_a_url_shows_a_secret(url):
    """What is in the user's part, or under a name that is not known as harmless, is masked."""
    assert S not in mask_url(url)
    assert S not in mask(f"the manifest at {url} is away") or "://" not in url
    assert any(S in each for each in secrets_of_url(url))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://u:p@db:5432/tonne", "postgresql+psycopg://u:***@db:5432/tonne"),
        ("postgresql+psycopg://u@/t?host=%2Frun", "postgresql+psycopg://u@/t?host=%2Frun"),
        ("postgresql+psycopg://u@[::1]:5432/t", "postgresql+psycopg://u@[::1]:5432/t"),
        ("postgresql+psycopg://u@/t?host=a:1&sslmode=require", None),
        ("sqlite:////var/lib/tonne/manifest.db", None),
        ("file:///var/lib/tonne/objects", None),
        ("s3://bucket/prefix", None),
        ("http://minio:9000", None),
        ("http://otel-collector:4317", None),
        ("/etc/tonne/jwks.json", None),
        ("", None),
    ],
)
def test_what_is_harmless_is_shown(url, shown):
    """An operator sees where the store is."""
    assert mask_url(url) == (url if shown is None else shown)


@pytest.mark.parametrize("name", OPTIONS)
def test_no_option_shows_a_secret(name):
    """Options that are not known as harmless are masked, in every spelling."""
    assert mask_option(name, S) == MASK


def test_harmless_options_are_shown():
    """What an operator needs to see where objects go is there, without a user's part."""
    assert mask_option("AWS_REGION", "eu") == "eu"
    assert mask_option("aws_allow_http", "true") == "true"
    assert mask_option("endpoint", "http://minio:9000") == "http://minio:9000"
    assert mask_option("proxy_url", f"http://u:{S}@proxy:1") == "http://***@proxy:1"
    assert mask_option("region", f"eu?password={S}") == MASK


@pytest.mark.parametrize("text", TEXTS)
def test_no_running_text_shows_a_secret(text):
    """What has the form of a secret is masked in messages of drivers and libraries."""
    assert S not in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "channels/meter at offset 12: the token expired during the call",
        "expected books/{book}; got 'books/acme/token'",
        "key: expected a text; author: nobody",
        "a page token goes with the call that gave it out: leave it empty",
    ],
)
def test_what_holds_no_secret_is_left(text):
    """Words are no secrets."""
    assert mask(text) == text


def test_what_was_a_secret_is_one_everywhere():
    """A value of the configuration is masked as itself, whoever quotes it, in any encoding."""
    remember(["f00/bar baz!+", json.dumps({"private_key": "line-of-a-key-0123\nsecond"})])
    for quoted in ("f00/bar baz!+", "f00%2Fbar%20baz%21%2B", "f00/bar%20baz%21%2B"):
        assert mask(f"near {quoted!r}: syntax error") == f"near {MASK!r}: syntax error"


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=6, max_size=30),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_a_remembered_value_never_comes_through(secret, before, after):
    """Whatever stands around it."""
    remember([secret])
    assert secret not in mask(before + secret + after)


PIECES = [
    *("password", "a://", "x=", "Bearer ", "eyJaaaaaaaa.", "-eyJaaaaaaaa", "-----BEGIN ", "'\\"),
    *("password='", "a.", "http://a:", "token = ", "-----BEGIN PRIVATE KEY-----", "@?", 'x":'),
]


@pytest.mark.alone
def test_masking_a_long_text_takes_no_time():
    """A text that nearly is a secret, a thousand times over, is no work (ReDoS)."""
    start_s = time.process_time()
    for piece in PIECES:
        assert mask(piece * 10_000)
    assert time.process_time() - start_s < 10
