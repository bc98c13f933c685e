"""Mends in the manifest: each record in quarantine is superseded once."""

from __future__ import annotations

import threading

import pytest

from tests.support.stores.store import create_book, make_commit
from tonne import model
from tonne.store import Manifest, MendRow, MendsKnown, RequestClaim


def mend(offset: int, request_id: str, *, index: int = 0) -> MendRow:
    """The first mend of a record of the channel `c`."""
    return MendRow("c", offset, "c", offset, 1, request_id, index)


def mending(request_id: str, *mends: MendRow):
    """A commit of a request that mends."""
    claim = RequestClaim(request_id, "aa", model.ControlTotals(record_count=len(mends)))
    return make_commit("acme", requests=(claim,), mends=mends)


def test_a_record_is_mended_once(manifest):
    """A second mend of it is refused by its request, and nothing of its commit happens."""
    create_book(manifest)
    first = mending("r1", mend(3, "r1"), mend(7, "r1", index=1))
    manifest.commit(first)
    manifest.commit(first)  # a caller that does not know tries again
    with pytest.raises(MendsKnown) as caught:
        manifest.commit(mending("r2", mend(2, "r2"), mend(7, "r2", index=1)))
    assert caught.value.request_ids == {"r2"}
    assert manifest.get_request("acme", "r2") is None
    assert manifest.mends_of("acme", "c", 0, 10) == [mend(3, "r1"), mend(7, "r1", index=1)]
    assert manifest.mends_of("acme", "c", 4, 7) == []
    assert manifest.mended("acme", ["c", "d"]) == {("c", 3), ("c", 7)}
    again = MendRow("requests/r1", 1, "c", 7, 2, "r3", 0)
    manifest.commit(mending("r3", again))
    assert manifest.mends_of("acme", "c", 7, 8) == [mend(7, "r1", index=1), again]


def test_of_two_requests_in_one_commit_one_mends(manifest):
    """The second is refused by its name, as if it had come later."""
    create_book(manifest)
    claims = tuple(RequestClaim(name, "aa", model.ControlTotals()) for name in ("r1", "r2"))
    both = make_commit("acme", requests=claims, mends=(mend(3, "r1"), mend(3, "r2")))
    with pytest.raises(MendsKnown) as caught:
        manifest.commit(both)
    assert caught.value.request_ids == {"r2"}
    assert manifest.mends_of("acme", "c", 0, 9) == []


def test_of_many_mends_of_one_record_one_wins(manifest_url):
    """Through several servers at once, in opposite orders."""
    servers = [Manifest.open(manifest_url) for _ in range(2)]
    create_book(servers[0])
    won, lost = [], []

    def write(number: int) -> None:
        name = f"r{number}"
        offsets = (1, 2, 3) if number % 2 else (3, 2, 1)
        try:
            servers[number % 2].commit(mending(name, *(mend(offset, name) for offset in offsets)))
        except MendsKnown as error:
            lost.append(error.request_ids)
        else:
            won.append(name)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = won
    assert {each.request_id for each in servers[0].mends_of("acme", "c", 0, 9)} == {winner}
    assert len(lost) == 7
    for server in servers:
        server.close()
