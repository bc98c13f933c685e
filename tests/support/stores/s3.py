"""Object storage over HTTP for tests: one moto server for the session, a bucket per test."""

from __future__ import annotations

import contextlib
import logging
import re
import subprocess
import sys
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105  the moto server takes any
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class S3Bucket:
    """An empty bucket: `url` and `options` as the configuration of Tonne takes them."""

    url: str
    endpoint: str
    options: dict[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def run_s3() -> Iterator[str]:
    """Start the server on a free port; hand out its endpoint, like `http://127.0.0.1:4321`."""
    try:
        from moto.server import ThreadedMotoServer  # noqa: PLC0415  may fail, with a remedy
    except ImportError as error:
        pytest.fail(f"S3 is missing: `pip install --group dev` installs moto ({error})")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextlib.contextmanager
def run_s3_apart() -> Iterator[str]:
    """Start the server in a process of its own; hand out its endpoint.

    For clients that hold the interpreter's lock while they wait for the answer.
    """
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            told = (re.search(r"Running on (http://\S+)", line) for line in process.stderr)
            found = next((one for one in told if one), None)
            assert found is not None, "moto ended: `pip install --group dev` installs it"
            # What it logs later is read, so that it never waits for a full pipe.
            reader = threading.Thread(target=process.stderr.read, daemon=True)
            reader.start()
            yield found[1]
        finally:
            process.kill()
            process.wait()
            reader.join()


def make_bucket(endpoint: str) -> S3Bucket:
    """Make an empty bucket on the server at `endpoint`."""
    import boto3  # noqa: PLC0415  slow to import, and only tests with a bucket need it

    name = f"t{uuid.uuid4().hex}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
    )
    try:
        client.create_bucket(Bucket=name)
    finally:
        client.close()
    return S3Bucket(
        url=f"s3://{name}",
        endpoint=endpoint,
        options={
            "endpoint": endpoint,
            "access_key_id": ACCESS_KEY_ID,
            "secret_access_key": SECRET_ACCESS_KEY,
            "region": REGION,
            "allow_http": "true",
        },
    )
