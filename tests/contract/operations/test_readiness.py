"""A server is ready while its objects can be reached, and says it when they cannot."""

from __future__ import annotations

import boto3
import pytest

from tests.support.servers.api import Producer, RunningServer, record
from tests.support.servers.server import ServerProcess
from tests.support.stores.s3 import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from tests.support.timing.patience import until


@pytest.fixture
def s3_client(s3_bucket):
    client = boto3.client(
        "s3",
        endpoint_url=s3_bucket.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
    )
    yield client
    client.close()


def _is_ready(running: RunningServer) -> bool:
    return running.get("/readyz")[0] == 200


def _take_all(s3_client, bucket: str) -> dict[str, bytes]:
    """Read the objects of a bucket and delete them."""
    taken = {}
    for each in s3_client.list_objects_v2(Bucket=bucket).get("Contents", ()):
        key = each["Key"]
        taken[key] = s3_client.get_object(Bucket=bucket, Key=key)["Body"].read()
        s3_client.delete_object(Bucket=bucket, Key=key)
    return taken


def test_a_server_without_its_bucket_is_not_ready(tmp_path, s3_bucket, s3_client):
    """No commit is needed to notice it; when bucket and objects are back, so is the server."""
    with RunningServer(
        tmp_path,
        store__objects_url=s3_bucket.url,
        store__objects_options=s3_bucket.options,
        store__probe_interval_s=0.05,
    ) as running:
        assert _is_ready(running)
        name = s3_bucket.url.removeprefix("s3://")
        objects = _take_all(s3_client, name)  # those that say whose they are
        assert objects
        s3_client.delete_bucket(Bucket=name)
        until(lambda: not _is_ready(running), "not ready")
        assert running.value("tonne_store_reachable") == 0
        assert running.get("/livez")[0] == 200
        s3_client.create_bucket(Bucket=name)
        for key, body in objects.items():
            s3_client.put_object(Bucket=name, Key=key, Body=body)
        until(lambda: _is_ready(running), "ready")
        assert running.value("tonne_ready") == 1


def test_a_server_without_its_directory_is_not_ready(tmp_path):
    """A lost mount is noticed, and not made anew as an empty directory."""
    with RunningServer(tmp_path, store__probe_interval_s=0.05) as running:
        (tmp_path / "objects").rename(tmp_path / "lost")
        until(lambda: not _is_ready(running), "not ready")
        (tmp_path / "lost").rename(tmp_path / "objects")
        until(lambda: _is_ready(running), "ready")
        producer = Producer.opened(running.api, running.api.make_book("acme") + "/channels/m")
        producer.send_rows(0, record())
        assert producer.finish()[-1].durable_up_to_offset == 1


BROKEN = {
    "no bucket": (
        "s3://nobody-made-this/prefix",
        {},
        (
            "the bucket of the objects (store.objects_url) does not exist",
            "s3://nobody-made-this/prefix",
        ),
    ),
    "an option of nobody": (
        "",
        {"TONNE_STORE_OBJECTS_OPTIONS": '{"AWS_ALLOW_HTTP": "perhaps"}'},
        ("store.objects_options: AWS_ALLOW_HTTP",),
    ),
    "no option at all": (
        "s3://bucket",
        {"TONNE_STORE_OBJECTS_OPTIONS": "allow_http"},
        ("store.objects_options must be a table of texts",),
    ),
    "a manifest of another kind": (
        "",
        {"TONNE_STORE_MANIFEST_URL": "mysql://u:pa55w0rd@db/t"},
        ("store.manifest_url", "mysql://***@db/t"),
    ),
    "a manifest that is away": (
        "",
        {"TONNE_STORE_MANIFEST_URL": "postgresql+psycopg://u:pa55w0rd@127.0.0.1:1/t"},
        ("the manifest cannot be used now", "u:***@127.0.0.1:1/t"),
    ),
    "a directory that is none": ("file:///dev/null/x", {}, ("/dev/null/x",)),
}


@pytest.mark.parametrize(("url", "environ", "said"), BROKEN.values(), ids=BROKEN)
def test_a_start_that_fails_is_one_line(tmp_path, s3_bucket, url, environ, said):
    """What is wrong, where, and no traceback."""
    options = "".join(f'{name} = "{text}"\n' for name, text in s3_bucket.options.items())
    file, log = tmp_path / "tonne.toml", tmp_path / "log"
    file.write_text(
        f'[store]\nmanifest_url = "sqlite:///{tmp_path}/manifest.db"\n'
        f'objects_url = "{url or s3_bucket.url}"\n'
        + ("" if url.startswith("file") else f"[store.objects_options]\n{options}")
    )
    file.chmod(0o600)
    server = ServerProcess("--config", str(file), log=log, env=environ)
    assert server.process.wait(timeout=60) == 1
    server.stop()
    lines = [line for line in log.read_text().splitlines() if not line.startswith("{")]
    assert len(lines) == 1
    assert lines[0].startswith("tonne: ")
    assert all(each in lines[0] for each in said)
    assert "pa55w0rd" not in log.read_text()
