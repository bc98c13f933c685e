"""Secrets stay where they are: not in logs, errors, metrics, the audit log or the settings."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import grpc
import pytest

from tests.support.servers.api import TIMEOUT_S, Producer
from tests.support.servers.identities import (
    AUDIENCE,
    Authority,
    Issuer,
    SigningKey,
    api_for,
    write_pair,
)
from tests.support.servers.server import ServerProcess
from tonne.v1 import ledger_pb2

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "pa55w0rd-of-the-manifest"  # noqa: S105  # of nothing
STORE_KEY = "k3y-of-the-store"


def _configuration(directory: Path, issuer: Issuer) -> Path:
    write_pair(directory / "tls", Authority().issue("server", address="127.0.0.1"))
    file = directory / "tonne.toml"
    file.write_text(
        f'[server]\nlog_level = "debug"\n'
        f'[security]\naudience = "{AUDIENCE}"\nroles_claim = "tonne_roles"\n'
        f'[security.issuers]\n"{issuer.name}" = "{issuer.url}"\n'
    )
    return file


def _answers(address: str, token: str) -> list[str]:
    """All that a caller with a token is told by a call and by a stream."""
    api = api_for(address, token)
    told = []
    with pytest.raises(grpc.RpcError) as refused:
        api.ledger.CreateBook(ledger_pb2.CreateBookRequest(book_id="acme"))
    told.append(f"{refused.value.details()} {refused.value.trailing_metadata()!r}")
    producer = Producer(api)
    producer.send(channel="books/acme/channels/m", epoch=1)
    told.append(str(producer.until_error()))
    producer.half_close()
    list(producer.replies())
    told.append(f"{producer.call.details()} {producer.call.trailing_metadata()!r}")
    api.close()
    return told


def _parts(token: str) -> list[str]:
    """A token, and what of it alone would be too much."""
    return [token, *(part for part in token.split(".") if len(part) > 20)]


def test_failing_authentication_gives_nothing_away(tmp_path):
    """A server at its most talkative prints, answers and exports no token, key or password."""
    log = tmp_path / "log"
    with Issuer(SigningKey("first", "RS256")) as issuer:
        good = issuer.token("ann", {"acme": ["reader"]})
        tokens = [
            good,
            issuer.token(life_s=-60),
            issuer.token(aud="other"),
            issuer.token(iss="https://evil.example"),
            issuer.token(key=SigningKey("first", "ES256")),
            issuer.token(key=SigningKey("invented")),
            issuer.token()[:-8],
            "s3cret-that-is-no-token-at-all",
        ]
        file = _configuration(tmp_path, issuer)
        arguments = ("--config", str(file), "--data", str(tmp_path / "ledger"))
        with ServerProcess(*arguments, log=log) as server:
            told = [text for token in tokens for text in _answers(server.address, token)]
            with urllib.request.urlopen(
                f"http://{server.admin}/metrics", timeout=TIMEOUT_S
            ) as answer:
                told.append(answer.read().decode())
            assert server.terminate() == 0
        shown = subprocess.run(
            [sys.executable, "-m", "tonne.cli.main", "config", "--config", str(file)],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={
                "COLUMNS": "400",
                "TONNE_STORE_MANIFEST_URL": f"postgresql+psycopg://tonne:{PASSWORD}@db/tonne",
                "TONNE_STORE_OBJECTS_URL": "s3://tonne/ledger",
                "TONNE_STORE_OBJECTS_OPTIONS": f'{{"aws_secret_access_key": "{STORE_KEY}"}}',
            },
        )
        told += [shown.stdout, shown.stderr, log.read_text()]
    everything = "\n".join(told)
    assert len(re.findall(r'"logger": "tonne.audit"', everything)) == 2 * len(tokens)
    secrets = [PASSWORD, STORE_KEY, *(part for token in tokens for part in _parts(token))]
    assert [secret for secret in secrets if secret in everything] == []
    assert issuer.name in shown.stdout


def test_a_private_key_is_in_no_error(tmp_path):
    """A server that cannot use its key says which file it is, and nothing of what is in it."""
    directory = tmp_path / "tls"
    write_pair(directory, Authority().issue("server"))
    key = (directory / "tls.key").read_text()
    (directory / "tls.key").write_text(key.replace("PRIVATE", "PRIVATE ", 1))
    log = tmp_path / "log"
    server = ServerProcess(
        "--data",
        str(tmp_path / "ledger"),
        env={
            "TONNE_SECURITY_TLS_CERTIFICATE_FILE": str(directory / "tls.crt"),
            "TONNE_SECURITY_TLS_KEY_FILE": str(directory / "tls.key"),
        },
        log=log,
    )
    assert server.process.wait(timeout=60) == 1
    server.stop()
    said = log.read_text()
    assert str(directory / "tls.key") in said
    assert [line for line in key.splitlines() if len(line) > 20 and line in said] == []
