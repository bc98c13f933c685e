"""A secret planted in any place of the configuration is in nothing that anybody can read."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
from urllib.parse import quote

import grpc
import pytest

from tests.support.servers.api import Api, Producer, RunningServer, record
from tonne.cli import main
from tonne.cli.terminal.output import Column, Format, print_rows
from tonne.config import Config, load
from tonne.errors import TonneError
from tonne.server import Server
from tonne.telemetry.logs import JsonFormatter
from tonne.v1 import ledger_pb2

SECRET = "S3CR/ET+pass word"  # noqa: S105  # of nothing
FORMS = (SECRET, quote(SECRET, safe=""), quote(SECRET), "S3CR", "ET+pass", "ET%2Bpass")
Q = quote(SECRET, safe="")
PG = "TONNE_STORE_MANIFEST_URL"
OBJECTS = "TONNE_STORE_OBJECTS_URL"
OPTIONS = "TONNE_STORE_OBJECTS_OPTIONS"
ISSUERS = "TONNE_SECURITY_ISSUERS"
S3 = {"endpoint": "http://127.0.0.1:1", "allow_http": "true", "region": "eu"}


def _options(**given: str) -> dict[str, str]:
    return {OBJECTS: "s3://bucket/prefix", OPTIONS: json.dumps({**S3, **given})}


PLANTED = {
    "password of a URL": {PG: f"postgresql+psycopg://u:{Q}@127.0.0.1:1/t"},
    "password in the query": {PG: f"postgresql+psycopg://u@/t?host=127.0.0.1&port=1&password={Q}"},
    "in capitals": {PG: f"postgresql+psycopg://u@127.0.0.1:1/t?PASSWORD={Q}"},
    "encoded name": {PG: f"postgresql+psycopg://u@127.0.0.1:1/t?pass%77ord={Q}"},
    "passfile": {PG: f"postgresql+psycopg://u@127.0.0.1:1/t?passfile={Q}"},
    "sslpassword": {PG: f"postgresql+psycopg://u@127.0.0.1:1/t?sslpassword={Q}"},
    "options": {PG: f"postgresql+psycopg://u@127.0.0.1:1/t?options=-c%20a%3D{Q}"},
    "no parameter": {PG: f"postgresql+psycopg://u@127.0.0.1:1/t?sslmode={Q}x&password={Q}"},
    "another kind": {PG: f"mysql://u:{Q}@127.0.0.1:1/t"},
    "a connection string": {PG: f"host=127.0.0.1 port=1 password='{SECRET}'"},
    "user of the objects": {OBJECTS: f"s3://{Q}@bucket/prefix", OPTIONS: json.dumps(S3)},
    "query of the objects": {OBJECTS: f"s3://bucket/prefix?token={Q}", OPTIONS: json.dumps(S3)},
    "objects of another kind": {OBJECTS: f"ftp://u:{Q}@host/x"},
    "secret key": _options(aws_access_key_id="k", aws_secret_access_key=SECRET),
    "secret key in capitals": _options(AWS_ACCESS_KEY_ID="k", AWS_SECRET_ACCESS_KEY=SECRET),
    "access key": _options(access_key_id=SECRET, secret_access_key="s"),  # noqa: S106  # of nothing
    "session token": _options(AWS_SESSION_TOKEN=SECRET),
    "proxy": _options(proxy_url=f"http://u:{Q}@127.0.0.1:1"),
    "proxy with a prefix": _options(AWS_PROXY_URL=f"http://{Q}@127.0.0.1:1"),
    "proxy that is none": _options(proxy_url=f"http://u:{SECRET}@ ho st"),
    "endpoint": _options(endpoint=f"http://u:{Q}@127.0.0.1:1"),
    "headers": _options(default_headers=json.dumps({"Authorization": f"Bearer {SECRET}"})),
    "headers that are none": _options(default_headers=f"Authorization: Bearer {SECRET}"),
    "an option of nobody": _options(colour=SECRET),
    "a switch": _options(allow_http=SECRET),
    "a time": _options(timeout=SECRET),
    "no table": {OBJECTS: "s3://bucket", OPTIONS: f"aws_secret_access_key={SECRET}"},
    "account key": {OBJECTS: "az://c/p", OPTIONS: json.dumps({"account_key": SECRET})},
    "account key of an account": {
        OBJECTS: "az://c/p",
        OPTIONS: json.dumps({"azure_storage_account_name": "a", "account_key": SECRET}),
    },
    "SAS": {OBJECTS: "az://c", OPTIONS: json.dumps({"account_name": "a", "sas_token": SECRET})},
    "service account": {
        OBJECTS: "gs://b",
        OPTIONS: json.dumps({"service_account_key": json.dumps({"private_key": SECRET})}),
    },
    "issuer's user": {ISSUERS: json.dumps({"i": f"https://u:{Q}@127.0.0.1:1/jwks"})},
    "issuer's query": {ISSUERS: json.dumps({"i": f"https://127.0.0.1:1/jwks?sig={Q}"})},
    "issuer's name": {ISSUERS: json.dumps({f"https://u:{Q}@i": "/dev/null/x"})},
    "issuers that are none": {ISSUERS: f"https://u:{SECRET}@i"},
    "collector": {"TONNE_SERVER_TRACES_ENDPOINT": f"http://u:{Q}@127.0.0.1:1"},
    "an address": {"TONNE_SECURITY_LISTEN_MTLS": f"http://u:{Q}@127.0.0.1:1"},
}


def _leaks(texts: list[str]) -> list[str]:
    return [text[-500:] for text in texts for form in FORMS if form in text]


def _run(*arguments: str, env: dict[str, str]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tonne.cli.main", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"COLUMNS": "400", "PATH": "/usr/bin:/bin", **env},
    )
    return [done.stdout, done.stderr]


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_a_planted_secret_is_nowhere(tmp_path, planted, capsys):
    """In what `tonne config` shows, and in all that a start says: logs, error, traceback."""
    env = {
        PG: f"sqlite:///{tmp_path}/manifest.db",
        OBJECTS: (tmp_path / "objects").as_uri(),
        "TONNE_SERVER_LISTEN": "127.0.0.1:0",
        "TONNE_SERVER_ADMIN": "127.0.0.1:0",
        "TONNE_SECURITY_AUDIENCE": "tonne",
        **planted,
    }
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    wants = main.WANTS_TRACEBACK.set(True)
    try:
        config = load(environ=env)
        rows = [{"value": each.text} for each in config.items()]
        print_rows([Column("value")], rows, Format.CSV)
        asyncio.run(_start_and_stop(config))
    except TonneError as error:
        main._tell(error)
        logging.getLogger("test").warning("failed", exc_info=True)
        assert "Traceback" in log.getvalue()
    finally:
        main.WANTS_TRACEBACK.reset(wants)
        logging.getLogger().removeHandler(handler)
    said = capsys.readouterr()
    assert _leaks([said.out, said.err, log.getvalue()]) == []
    assert said.out or said.err


async def _start_and_stop(config: Config) -> None:
    server = Server(config)
    await server.start()
    await server.stop()


@pytest.mark.parametrize("token", [SECRET, f"{SECRET}\nx: y", f"Bearer {SECRET}"])
def test_a_token_of_the_command_is_nowhere(token):
    """Not in the error of a server that is away, nor of a token that no metadata can hold."""
    arguments = ("--insecure", "--debug", "channel", "list", "--book", "a")
    said = _run(*arguments, "--server", "127.0.0.1:1", env={"TONNE_TOKEN": token})
    assert _leaks(said) == []
    assert said[1]


def test_a_caller_learns_that_the_store_is_away_and_no_more(tmp_path, postgres_server, caplog):
    """Neither host nor user, URL or words of the driver, in calls or in-band; the log has them."""
    with postgres_server.database() as name:
        url = postgres_server.url(name) + f"&password={Q}"
        with RunningServer(tmp_path, store__manifest_url=url) as running:
            api = running.api
            book = api.make_book("acme")
            producer = Producer.opened(api, f"{book}/channels/m")
            with postgres_server.connect() as connection:
                connection.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    [name],
                )
                told = _told(api, book)
                connection.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
            producer.half_close()
            list(producer.replies())
            told.append(running.get("/metrics")[1])
    hidden = (*FORMS, postgres_server.socket_dir, name, "postgresql", "psycopg", "postgres@")
    assert [(each, text) for text in told for each in hidden if each in text] == []
    assert any("the manifest" in text for text in told)
    assert postgres_server.socket_dir in caplog.text or "%2F" in caplog.text


def _told(api: Api, book: str) -> list[str]:
    told = []
    for call in (
        lambda: api.ledger.ListBooks(ledger_pb2.ListBooksRequest(), timeout=20),
        lambda: api.ledger.GetBook(ledger_pb2.GetBookRequest(name=book), timeout=20),
        lambda: api.open(f"{book}/channels/n"),
    ):
        with pytest.raises(grpc.RpcError) as refused:
            call()
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        told.append(f"{refused.value.details()} {refused.value.trailing_metadata()!r}")
    producer = Producer(api)
    producer.send(channel=f"{book}/channels/m", epoch=1)
    producer.send_rows(0, record(0))
    producer.half_close()
    told += [str(reply) for reply in producer.replies()]
    told.append(f"{producer.call.details()} {producer.call.trailing_metadata()!r}")
    return told
