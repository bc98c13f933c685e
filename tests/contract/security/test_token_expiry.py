"""Streams and tokens: an in-band close before the expiry, a fresh token, nothing lost."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.servers.api import TIMEOUT_S, Producer, RunningServer, record
from tests.support.servers.identities import AUDIENCE, Issuer, SigningKey, api_for
from tonne.client import Client, Credentials, RetryPolicy
from tonne.errors import CredentialsInvalid, KeysUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tonne.errors import TonneError

PRODUCER = {"acme": ["producer"]}
ENDS = "tonne_stream_ends_total"


def known(issuer: Issuer, **more: object) -> dict[str, object]:
    """Settings of a server that takes the tokens of an issuer."""
    settings = {"issuers": {issuer.name: issuer.url}, "audience": AUDIENCE, "leeway_s": 0, **more}
    return {f"security__{name}": value for name, value in settings.items()}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as made:
        yield made


@pytest.fixture
def running(tmp_path, issuer) -> Iterator[RunningServer]:
    with RunningServer(tmp_path, **known(issuer, jwks_cooldown_s=0)) as server:
        root = api_for(server.server.address, issuer.token("root", ["*:admin"]))
        root.make_book("acme")
        root.close()
        yield server


def rows() -> Iterator[dict[str, object]]:
    """Records without an end, one at a time."""
    number = 0
    while True:
        start = dt.datetime(2024, 3, 1, tzinfo=dt.UTC) + number * dt.timedelta(minutes=15)
        yield {
            "record_id": f"r{number}",
            "facility": "dc-1",
            "activity": "electricity.grid",
            "quantity": "1",
            "unit": "kWh",
            "start": start,
            "end": start + dt.timedelta(minutes=15),
            "region": "DE",
        }
        number += 1


def appended_until(
    running: RunningServer, credentials: Credentials, holds: Callable[[], bool]
) -> tuple[int, list[TonneError]]:
    """Append record by record until something holds: how many, and what was waited out."""
    waits: list[TonneError] = []
    policy = RetryPolicy(budget_s=20, on_wait=waits.append)
    produced = rows()
    count = 0
    with (
        Client(running.server.address, retry=policy, credentials=credentials) as client,
        client.channel("acme", "m") as channel,
    ):
        while not holds():
            channel.append([next(produced)])
            count += 1
            assert channel.committed_offset == count
    return count, waits


def ids_of(running: RunningServer, issuer: Issuer) -> list[str]:
    """Ids of all records of the book."""
    api = api_for(running.server.address, issuer.token("ann", {"acme": ["reader"]}))
    found = [one.record.record_id for one in api.records("books/acme")]
    api.close()
    return found


@pytest.mark.alone
def test_a_stream_is_asked_to_close_before_its_token_expires(running, issuer):
    """The signal says why; what was taken is acknowledged; the end is OK and before the expiry."""
    expiry_s = int(time.time()) + 5
    api = api_for(running.server.address, issuer.token("gateway", PRODUCER, exp=expiry_s))
    producer = Producer.opened(api, "books/acme/channels/m")
    producer.send_rows(0, record(0))
    producer.until_durable(1)
    while not (reply := producer.receive()).HasField("close_signal"):
        pass
    assert time.time() < expiry_s
    assert reply.close_signal.reason == "token_expiry"
    assert 0 < reply.close_signal.grace.ToTimedelta().total_seconds() <= 2.5
    producer.send_rows(1, record(1))  # within the grace
    replies = producer.finish()
    assert replies[-1].durable_up_to_offset == 2
    assert running.value(ENDS, reason="token_expiry") == 1
    api.close()


@pytest.mark.alone
def test_a_stream_that_ignores_the_signal_ends_with_its_token(running, issuer):
    """At the expiry nothing more is taken, and the stream ends with OK."""
    expiry_s = int(time.time()) + 2
    api = api_for(running.server.address, issuer.token("gateway", PRODUCER, exp=expiry_s))
    producer = Producer.opened(api, "books/acme/channels/m")
    producer.send_rows(0, record(0))
    replies = list(producer.replies())
    assert time.time() < expiry_s + TIMEOUT_S
    assert max(reply.durable_up_to_offset for reply in replies) == 1
    assert running.value(ENDS, reason="token_expiry") == 1
    api.close()


def test_the_client_renews_its_token_and_goes_on(running, issuer):
    """Several tokens long, every record once, and no wait: such a close is no failure."""
    tokens = []

    def provide() -> str:
        tokens.append(issuer.token("gateway", PRODUCER, life_s=4))
        return tokens[-1]

    count, waits = appended_until(
        running,
        Credentials(token=provide),
        lambda: running.value(ENDS, reason="token_expiry") >= 3,
    )
    assert waits == []
    assert len(tokens) >= 3
    assert ids_of(running, issuer) == [f"r{number}" for number in range(count)]


def test_a_token_that_is_not_renewed_ends_the_append(running, issuer):
    """What was acknowledged stays; the error is that of the credentials."""
    token = issuer.token("gateway", PRODUCER, life_s=2)
    with pytest.raises(CredentialsInvalid, match="expired"):
        appended_until(running, Credentials(token=token), lambda: False)
    found = ids_of(running, issuer)
    assert found == [f"r{number}" for number in range(len(found))]


def test_keys_are_rotated_while_streams_run(running, issuer):
    """Old key and new one, then the new one alone: streams go on and lose no record."""
    rotated = threading.Event()

    def provide() -> str:
        return issuer.token("gateway", PRODUCER, life_s=2, key=issuer.keys[-1])

    def holds() -> bool:
        ends = running.value(ENDS, reason="token_expiry")
        if ends >= 1 and not rotated.is_set():
            issuer.keys.append(SigningKey("second", "EdDSA"))
            rotated.set()
        if ends >= 2 and len(issuer.keys) == 2:
            del issuer.keys[0]
        return ends >= 3

    count, _ = appended_until(running, Credentials(token=provide), holds)
    assert [key.key_id for key in issuer.keys] == ["second"]
    assert ids_of(running, issuer) == [f"r{number}" for number in range(count)]


def test_a_refused_token_is_renewed_once(running, issuer):
    """A call that is refused asks the provider again and is made again; no more than once."""
    given = []

    def provide() -> str:
        good = issuer.token("ann", {"acme": ["reader"]})
        given.append(good if given else issuer.token("ann", aud="other"))
        return given[-1]

    with Client(running.server.address, credentials=Credentials(token=provide)) as client:
        assert [book.id for book in client.list_books()] == ["acme"]
    assert len(given) == 2
    with (
        Client(
            running.server.address,
            credentials=Credentials(token=lambda: issuer.token("ann", aud="other")),
        ) as client,
        pytest.raises(CredentialsInvalid, match="audience"),
    ):
        list(client.list_books())


def test_while_the_issuer_is_away_known_keys_stay(tmp_path, issuer):
    """Tokens of known keys are taken, those of unknown ones may come back later."""
    with RunningServer(tmp_path, **known(issuer, jwks_cooldown_s=0)) as running:
        address = running.server.address

        def books(key: SigningKey) -> list[str]:
            token = issuer.token("ann", {"acme": ["reader"]}, key=key)
            with Client(address, credentials=Credentials(token=token)) as client:
                return [book.id for book in client.list_books()]

        assert books(issuer.keys[0]) == []
        issuer.fails = True
        assert books(issuer.keys[0]) == []
        second = SigningKey("second")
        issuer.keys.append(second)
        with pytest.raises(KeysUnavailable):
            books(second)
        assert running.value("tonne_jwks_reads_total", outcome="failed") > 0
        issuer.fails = False
        assert books(second) == []
