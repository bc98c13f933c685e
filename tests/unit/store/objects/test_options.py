"""Options of the object storage: every documented spelling works, or is refused in one line."""

from __future__ import annotations

import pytest

from tonne.errors import ConfigInvalid
from tonne.store.objects.objects import open_objects
from tonne.store.objects.options import read_options

SPELLINGS = {
    "allow_http": "allow_http",
    "ALLOW_HTTP": "allow_http",
    "aws_allow_http": "allow_http",
    "AWS_ALLOW_HTTP": "allow_http",
    "Aws_Allow_Http": "allow_http",
    "aws_timeout": "timeout",
    "AWS_CONNECT_TIMEOUT": "connect_timeout",
    "aws_proxy_url": "proxy_url",
    "PROXY_URL": "proxy_url",
    "aws_user_agent": "user_agent",
    "pool_max_idle_per_host": "pool_max_idle_per_host",
    "aws_http2_only": "http2_only",
}
VALUES = {
    "allow_http": "true",
    "timeout": "30s",
    "connect_timeout": "500ms",
    "proxy_url": "http://127.0.0.1:3128",
    "user_agent": "tonne",
    "pool_max_idle_per_host": "7",
    "http2_only": "false",
}
STORE = {
    "s3": [
        "access_key_id",
        "AWS_ACCESS_KEY_ID",
        "aws_endpoint_url",
        "AWS_ENDPOINT_URL_S3",
        "endpoint",
        "aws_region",
        "AWS_DEFAULT_REGION",
        "virtual_hosted_style_request",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
        "aws_skip_signature",
        "aws_unsigned_payload",
        "aws_session_token",
    ],
    "gs": ["google_skip_signature", "GOOGLE_SERVICE_ACCOUNT", "service_account_path"],
    "az": [
        "azure_storage_account_name",
        "AZURE_STORAGE_ACCOUNT_KEY",
        "account_name",
        "azure_skip_signature",
        "azure_storage_use_emulator",
        "sas_token",
    ],
}
SWITCHES = [("true", True), ("True", True), ("1", True), ("yes", True), ("on", True)]
SWITCHES += [("false", False), ("FALSE", False), ("0", False), ("no", False), ("off", False)]
S3 = {"region": "us-east-1", "access_key_id": "k", "secret_access_key": "s"}
WRONG = {
    "a switch": ({"aws_allow_http": "perhaps"}, "aws_allow_http", '"true" or "false"'),
    "a switch of the store": ({"SKIP_SIGNATURE": "maybe"}, "SKIP_SIGNATURE", '"true" or "false"'),
    "a time without a unit": ({"AWS_TIMEOUT": "30"}, "AWS_TIMEOUT", '"30s"'),
    "a time that is none": ({"connect_timeout": "soon"}, "connect_timeout", '"30s"'),
    "a count": ({"pool_max_idle_per_host": "many"}, "pool_max_idle_per_host", "whole number"),
    "headers": ({"default_headers": "a: b"}, "default_headers", "JSON object"),
    "retries": ({"max_retries": "9"}, "max_retries", "leave it out"),
    "retries in capitals": ({"AWS_RETRY_TIMEOUT": "9s"}, "AWS_RETRY_TIMEOUT", "leave it out"),
    "given twice": ({"region": "a", "AWS_REGION": "b"}, "AWS_REGION", "leave one out"),
    "plain text by chance": ({"endpoint": "http://minio:9000"}, "endpoint", "allow_http"),
    "a certificate": ({"root_certificate": "x"}, "root_certificate", ""),
    "unknown": ({"colour": "red"}, "colour", "leave it out"),
    "half of a pair": ({"secret_access_key": "s"}, "", "AccessKeyId"),
}


@pytest.mark.parametrize("given", SPELLINGS)
def test_options_of_the_client_work_in_every_spelling(given):
    """With and without the cloud's prefix, in any case; obstore panics on some of them."""
    name = SPELLINGS[given]
    read = read_options("s3", {given: VALUES[name]})
    assert list(read.client) == [name]
    open_objects("s3://bucket/prefix", {**S3, given: VALUES[name]})


@pytest.mark.parametrize(("text", "value"), SWITCHES)
def test_switches_take_what_people_write(text, value):
    """As obstore does for its own."""
    assert read_options("s3", {"aws_allow_http": text}).client == {"allow_http": value}
    read = read_options("s3", {"virtual_hosted_style_request": text})
    assert read.store == {"virtual_hosted_style_request": str(value).lower()}
    assert read_options("s3", {"allow_http": text}).flat() == {"allow_http": str(value).lower()}


@pytest.mark.parametrize(
    ("scheme", "given"), [(scheme, given) for scheme in STORE for given in STORE[scheme]]
)
def test_options_of_a_store_work_in_every_spelling(scheme, given):
    """Whatever is handed on to obstore has the plain name that it knows."""
    (name,) = read_options(scheme, {given: "true"}).store
    assert name == name.lower()
    assert not name.startswith(("aws_", "azure_", "google_"))


@pytest.mark.parametrize(("options", "named", "remedy"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_in_one_line(options, named, remedy, capfd):
    """The option, and what to write instead; nothing else is printed."""
    with pytest.raises(ConfigInvalid) as wrong:
        open_objects("s3://bucket", {"region": "us-east-1", **options})
    said = str(wrong.value)
    assert said.startswith("store.objects_options: ")
    assert named in said
    assert remedy in said
    assert "\n" not in said
    assert capfd.readouterr() == ("", "")


def test_a_bucket_takes_the_options_of_minio(s3_bucket):
    """An endpoint in plain text, the names of the environment, and buckets in the path."""
    objects = open_objects(
        s3_bucket.url,
        {
            "AWS_ENDPOINT_URL": s3_bucket.endpoint,
            "AWS_ALLOW_HTTP": "True",
            "AWS_ACCESS_KEY_ID": "minio",
            "AWS_SECRET_ACCESS_KEY": "minio-secret",
            "AWS_REGION": "us-east-1",
            "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
            "default_headers": '{"x-team": "carbon"}',
            "timeout": "20s",
        },
    )
    objects.probe()
    objects.put("a/x", b"1")
    assert objects.get("a/x") == b"1"
