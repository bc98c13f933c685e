"""The command: where it listens, whose identity it has, and that it serves."""

from __future__ import annotations

import asyncio
import email
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from typer.testing import CliRunner

from tonne.cli.main import app
from tonne.console.application import HEADERS
from tonne.console.serving import listener_of
from tonne.errors import ConfigInvalid

COMMAND = [sys.executable, "-m", "tonne.cli.main"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--listen", "0.0.0.0:8090"], "--behind-proxy"),
        (["--listen", "[::]:8090"], "--behind-proxy"),
        (["--listen", "console.example:8090"], "--behind-proxy"),
        (["--listen", "8090"], "HOST:PORT"),
        (["--listen", "127.0.0.1:x"], "HOST:PORT"),
    ],
)
def test_an_address_beyond_loopback_needs_a_proxy(options, told):
    """Who could reach it would be who runs it."""
    result = CliRunner().invoke(app, ["console", *options])
    assert isinstance(result.exception, ConfigInvalid)
    assert told in result.exception.message


def test_a_console_of_many_has_no_identity_of_its_own():
    """Its token, or its certificate, would speak for everybody."""
    for option, value in (("TONNE_TOKEN", "a.b.c"), ("TONNE_CERTIFICATE_FILE", "tls.crt")):
        result = CliRunner().invoke(app, ["console", "--behind-proxy"], env={option: value})
        assert isinstance(result.exception, ConfigInvalid), option
        assert "give none" in result.exception.message


@pytest.fixture
def started(running):
    """Start the command; give its address."""
    processes = []

    def start(*options):
        process = subprocess.Popen(
            [
                *COMMAND,
                *("console", "--server", running.server.address, "--listen", "127.0.0.1:0"),
                *options,
            ],
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        processes.append(process)
        found = re.match(r"(http://\S+)/ shows", process.stdout.readline())
        return process, found[1]

    yield start
    for process in processes:
        process.kill()
        process.wait(30)
        process.stdout.close()


def get(address, **headers):
    """Ask for a page as a browser does."""
    request = urllib.request.Request(address, headers=headers)  # noqa: S310  # loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # loopback
        return answer.status, answer.read().decode(), answer.headers


def test_the_command_serves_until_it_is_told_to_stop(started, story):
    """A page, with the headers and without the server's name; then a clean end."""
    process, address = started()
    status, text, headers = get(f"{address}/books/{story}")
    assert status == 200
    assert "Story &amp; Sons" in text
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert headers["Server"] is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in {0, -signal.SIGTERM}


def test_what_is_no_http_is_refused_with_the_headers_of_every_answer(started):
    """The server answers it before the application sees it."""
    _, address = started()
    host, port = address.removeprefix("http://").split(":")
    for sent in (b"no http at all\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(sent)
            with connection.makefile("rb") as answer:
                assert answer.readline() == b"HTTP/1.1 400 Bad Request\r\n"
                headers = email.message_from_binary_file(answer)
        for name, value in HEADERS.items():
            assert headers.get_all(name) == [value]
        assert headers.get_payload() == "Invalid HTTP request received."
    assert get(f"{address}/healthz")[0] == 200


def test_what_comes_in_parts_is_sent_at_once():
    """Head and body of an answer are two: a browser acknowledges the first after 40 ms alone."""

    async def ask(listener):
        taken = asyncio.get_running_loop().create_future()

        async def take(_, writer):
            of_it = writer.get_extra_info("socket")
            taken.set_result(of_it.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(take, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            await reader.read()
            writer.close()
            return await taken

    with listener_of("127.0.0.1", 0) as listener:
        assert asyncio.run(ask(listener)) != 0


def test_ctrl_c_ends_it_quietly(started):
    """It is how people stop it: no error, and what runs around it goes on."""
    process, address = started()
    get(f"{address}/healthz")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def test_behind_a_proxy_the_token_is_the_requests(started, story):
    """Without a token nothing is told, with one the server is asked under it."""
    _, address = started("--behind-proxy")
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(f"{address}/books/{story}")
    assert refused.value.code == 401
    refused.value.close()
    # This server tells its callers not apart, so any token will do.
    status, _, _ = get(f"{address}/books/{story}", Authorization="Bearer a.b.c")
    assert status == 200
    assert get(f"{address}/healthz")[0] == 200
