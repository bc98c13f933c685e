"""A COMMIT whose reply is lost: what happened is found out, never guessed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.network.proxy import PostgresProxy
from tests.support.stores.store import create_book, make_commit, make_file, make_move
from tonne.errors import StoreUnavailable
from tonne.store import Manifest, OutcomeUnknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.stores.postgres import PostgresServer
    from tonne import model


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[str]:
    with postgres_server.database() as name:
        yield name


@pytest.fixture
def proxy(postgres_server: PostgresServer) -> Iterator[PostgresProxy]:
    with PostgresProxy(postgres_server.socket_path) as opened:
        yield opened


@pytest.fixture
def server(proxy: PostgresProxy, database: str) -> Iterator[Manifest]:
    """A manifest behind the faulty proxy."""
    opened = Manifest.open(proxy.url(database))
    yield opened
    opened.close()


@pytest.fixture
def witness(postgres_server: PostgresServer, database: str) -> Iterator[Manifest]:
    """A manifest on the same database, not through the proxy."""
    opened = Manifest.open(postgres_server.url(database))
    yield opened
    opened.close()


@pytest.fixture
def channel(witness: Manifest) -> model.Channel:
    create_book(witness)
    return witness.open_channel("acme", "meter")


def test_a_commit_whose_reply_is_lost_is_a_success(server, witness, proxy, channel):
    """The server committed, the answer was lost: commit returns as if nothing had been."""
    proxy.lose("lose_reply")
    server.commit(make_commit("acme", make_move(channel, 5)))
    assert proxy.struck.wait(10)
    assert witness.get_channel("acme", "meter").committed_offset == 5


def test_a_commit_that_never_arrived_did_not_happen(server, witness, proxy, channel):
    """COMMIT was lost on the way: StoreUnavailable, nothing happened, and it may be repeated."""
    commit = make_commit("acme", make_move(channel, 5))
    proxy.lose("lose_request")
    with pytest.raises(StoreUnavailable, match="did not happen"):
        server.commit(commit)
    assert proxy.struck.wait(10)
    assert witness.get_channel("acme", "meter").committed_offset == 0
    server.commit(commit)
    assert witness.get_channel("acme", "meter").committed_offset == 5


def test_a_commit_that_arrives_late_is_waited_for(
    server, proxy, channel, postgres_server, database
):
    """While a lost COMMIT may still arrive, its absence is not taken for an answer."""
    proxy.lose("hold_request")
    outcome: list[BaseException | None] = []

    def run() -> None:
        try:
            server.commit(make_commit("acme", make_move(channel, 5)))
        except BaseException as error:  # noqa: BLE001  looked at below
            outcome.append(error)
        else:
            outcome.append(None)

    thread = threading.Thread(target=run)
    thread.start()
    assert proxy.struck.wait(10)
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
    )
    with postgres_server.connect() as connection:
        while connection.execute(waiting, (database,)).fetchone() == (0,):
            assert thread.is_alive()  # it settles by waiting for the old transaction's lock
    proxy.deliver()
    thread.join()
    assert outcome == [None]
    assert server.get_channel("acme", "meter").committed_offset == 5


def test_an_outcome_that_cannot_be_read_is_unknown(server, witness, proxy, channel):
    """With the server out of reach after COMMIT nothing is claimed; trying again settles it."""
    commit = make_commit("acme", make_move(channel, 5))
    proxy.lose("lose_reply", then_refuse=True)
    with pytest.raises(OutcomeUnknown) as caught:
        server.commit(commit)
    assert caught.value.__cause__ is not None
    assert caught.value.retryable
    assert witness.get_channel("acme", "meter").committed_offset == 5
    witness.commit(commit)
    assert witness.get_channel("acme", "meter").committed_offset == 5


def test_a_write_without_a_way_to_settle_is_unknown(server, proxy, channel):
    """An opening whose reply was lost says so; opening again is harmless."""
    proxy.lose("lose_reply")
    with pytest.raises(OutcomeUnknown):
        server.open_channel("acme", "meter")
    assert server.open_channel("acme", "meter").epoch == channel.epoch + 2


def test_a_merge_whose_reply_is_lost_is_a_success(server, witness, proxy, channel):
    """The merge committed, the answer was lost: it is found by the new file."""
    witness.commit(make_commit("acme", make_move(channel)))
    old = [file.id for file in witness.live_postings("acme")]
    new = make_file("acme", "postings", "")
    proxy.lose("lose_reply")
    assert server.replace_postings("acme", old, new)
    assert [file.id for file in witness.live_postings("acme")] == [new.id]


def test_a_merge_that_never_arrived_did_not_happen(server, witness, proxy, channel):
    """COMMIT of a merge was lost on the way: nothing happened."""
    witness.commit(make_commit("acme", make_move(channel)))
    old = [file.id for file in witness.live_postings("acme")]
    proxy.lose("lose_request")
    with pytest.raises(StoreUnavailable):
        server.replace_postings("acme", old, make_file("acme", "postings", ""))
    assert [file.id for file in witness.live_postings("acme")] == old


def test_a_backend_that_is_terminated_inside_the_transaction_did_nothing(
    server, witness, channel, postgres_server, database
):
    """A connection killed before COMMIT rolls back and is StoreUnavailable; the next one works."""
    real = server._open_periods
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = %s AND state = 'idle in transaction'"
    )

    def strike(connection, commit) -> None:
        with postgres_server.connect() as other:
            assert other.execute(kill, (database,)).fetchall() == [(True,)]
        real(connection, commit)

    server._open_periods = strike
    commit = make_commit("acme", make_move(channel, 5))
    with pytest.raises(StoreUnavailable):
        server.commit(commit)
    assert witness.get_channel("acme", "meter").committed_offset == 0
    server._open_periods = real
    server.commit(commit)
    assert witness.get_channel("acme", "meter").committed_offset == 5
