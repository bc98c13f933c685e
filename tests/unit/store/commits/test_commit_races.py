"""Commits at the same time, from several servers: each has its own connections."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.stores.store import create_book, make_commit, make_file, make_move
from tests.support.timing.races import run_all
from tonne import model
from tonne.store import Commit, Manifest, PositionLost, RequestClaim, RequestKnown

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITERS_COUNT = 6


@pytest.fixture
def servers(manifest_url: str) -> Iterator[list[Manifest]]:
    """Two manifests on the same database, as two servers open it."""
    opened = [Manifest.open(manifest_url, pool_size=WRITERS_COUNT) for _ in range(2)]
    yield opened
    for each in opened:
        each.close()


def test_of_many_writers_of_one_step_one_wins(servers):
    """Writers with one epoch that take the same step at once: each step is taken exactly once."""
    create_book(servers[0])
    servers[0].open_channel("acme", "meter")
    step_count = 10
    won: Counter[int] = Counter()
    lost: list[frozenset[str]] = []
    barrier = threading.Barrier(WRITERS_COUNT, timeout=60)  # one that fails frees the others

    def write(manifest: Manifest) -> None:
        for step in range(step_count):
            barrier.wait()
            channel = manifest.get_channel("acme", "meter")
            assert channel.committed_offset == step
            barrier.wait()
            try:
                manifest.commit(make_commit("acme", make_move(channel, 1, 2**70)))
            except PositionLost as error:
                lost.append(error.channels)
            else:
                won[step] += 1

    run_all(*(lambda m=servers[n % 2]: write(m) for n in range(WRITERS_COUNT)))
    assert won == dict.fromkeys(range(step_count), 1)
    assert lost == [{"meter"}] * (step_count * (WRITERS_COUNT - 1))
    channel = servers[1].get_channel("acme", "meter")
    assert channel.totals == model.ControlTotals(step_count, step_count, 0, 0, step_count << 70)
    ranges = servers[0].segment_ranges("acme", "meter", 0, step_count)
    assert [(r.first_offset, r.stop_offset) for r in ranges] == [
        (step, step + 1) for step in range(step_count)
    ]


def test_writers_of_their_own_channels_all_get_through(servers):
    """Writers on their own channels never lose a step to each other, and each one finishes."""
    create_book(servers[0])
    step_count = 15

    def write(manifest: Manifest, name: str) -> None:
        channel = manifest.open_channel("acme", name)
        for _ in range(step_count):
            manifest.commit(make_commit("acme", make_move(channel)))
            channel = manifest.get_channel("acme", name)

    run_all(*(lambda n=n: write(servers[n % 2], f"meter-{n}") for n in range(WRITERS_COUNT)))
    offsets = [c.committed_offset for c in servers[0].list_channels("acme", "", 100)]
    assert offsets == [step_count] * WRITERS_COUNT
    seqs = [file.seq for file in servers[0].segments("acme", limit=1000)]
    assert seqs == list(range(1, 2 * step_count * WRITERS_COUNT, 2))


def test_commits_that_meet_on_many_channels_queue(servers):
    """Commits of the same channels in opposite orders never lock each other out."""
    create_book(servers[0])
    names = [f"meter-{n}" for n in range(20)]
    opened = [servers[0].open_channel("acme", name) for name in names]
    won: list[int] = []
    lost: list[frozenset[str]] = []

    def write(number: int) -> None:
        moves = [make_move(each) for each in (opened if number % 2 else reversed(opened))]
        try:
            servers[number % 2].commit(make_commit("acme", *moves))
        except PositionLost as error:
            lost.append(error.channels)
        else:
            won.append(number)

    run_all(*(lambda n=n: write(n) for n in range(WRITERS_COUNT)))
    assert len(won) == 1
    assert lost == [set(names)] * (WRITERS_COUNT - 1)


def test_of_many_posts_of_one_request_one_wins(servers):
    """A request id posted through several servers at once is posted exactly once."""
    create_book(servers[0])
    winners: list[str] = []
    known: list[frozenset[str]] = []

    def post(number: int) -> None:
        claims = tuple(
            RequestClaim(name, str(number), model.ControlTotals(record_count=number))
            for name in (("a", "b") if number % 2 else ("b", "a"))
        )
        try:
            servers[number % 2].commit(make_commit("acme", requests=claims))
        except RequestKnown as error:
            known.append(error.request_ids)
        else:
            winners.append(str(number))

    run_all(*(lambda n=n: post(n) for n in range(WRITERS_COUNT)))
    (winner,) = winners
    assert known == [{"a", "b"}] * (WRITERS_COUNT - 1)
    for name in ("a", "b"):
        request = servers[0].get_request("acme", name)
        assert request is not None
        assert request.content_sha256 == winner


def test_an_opening_during_commits_returns_the_final_offset(servers):
    """What an opening returns is where the older owner's commits end, whatever was under way."""
    create_book(servers[0])
    stops: list[int] = []
    channel = servers[0].open_channel("acme", "meter")
    started = threading.Event()

    def write() -> None:
        offset = 0
        while True:
            held = model.Channel(
                **{f: getattr(channel, f) for f in channel.__slots__}
                | {"committed_offset": offset}
            )
            try:
                servers[0].commit(make_commit("acme", make_move(held)))
            except PositionLost:
                stops.append(offset)
                return
            offset += 1
            if offset == 3:
                started.set()

    def fence() -> None:
        assert started.wait(60)
        stops.append(servers[1].open_channel("acme", "meter").committed_offset)

    run_all(write, fence)
    assert stops[0] == stops[1] >= 3
    assert servers[1].get_channel("acme", "meter").committed_offset == stops[0]


def test_a_pager_never_skips_a_commit(servers):
    """A reader that pages by seq while writers commit sees every segment, once, in order."""
    create_book(servers[0])
    step_count = 12
    done = threading.Event()
    seen: list[int] = []
    left = [WRITERS_COUNT]
    lock = threading.Lock()

    def write(manifest: Manifest, name: str) -> None:
        channel = manifest.open_channel("acme", name)
        try:
            for _ in range(step_count):
                manifest.commit(make_commit("acme", make_move(channel)))
                channel = manifest.get_channel("acme", name)
        finally:
            with lock:
                left[0] -= 1
                if not left[0]:
                    done.set()

    def read() -> None:
        last = 0
        while True:
            final = done.is_set()
            page = servers[1].segments("acme", after_seq=last, limit=3)
            seen.extend(file.seq for file in page)
            if page:
                last = page[-1].seq
            elif final:
                return

    writers = [lambda n=n: write(servers[n % 2], f"m-{n}") for n in range(WRITERS_COUNT)]
    run_all(read, *writers)
    assert seen == [file.seq for file in servers[0].segments("acme", limit=10_000)]
    assert len(seen) == step_count * WRITERS_COUNT


def test_of_overlapping_merges_one_wins(servers):
    """Merges of overlapping files at once: one replaces them, the others change nothing."""
    create_book(servers[0])
    for _ in range(6):
        servers[0].commit(make_commit("acme"))
    live = [file.id for file in servers[0].live_postings("acme")]
    outcomes: list[bool] = []

    def merge(number: int) -> None:
        old = live if number % 2 else live[::-1][:4]
        new = make_file("acme", "postings", "")
        outcomes.append(servers[number % 2].replace_postings("acme", old, new))

    run_all(*(lambda n=n: merge(n) for n in range(WRITERS_COUNT)))
    assert sorted(outcomes) == [False] * (WRITERS_COUNT - 1) + [True]
    assert len(servers[0].live_postings("acme")) in (1, 3)


def test_merges_and_commits_go_on_beside_each_other(servers):
    """Whatever merges and commits interleave, the live postings stand for every commit."""
    create_book(servers[0])
    commit_count = 20

    def write() -> None:
        for _ in range(commit_count):
            commit: Commit = make_commit("acme")
            servers[0].commit(commit)

    def merge() -> None:
        for _ in range(commit_count):
            live = servers[1].live_postings("acme")
            new = make_file("acme", "postings", "", row_count=sum(f.row_count for f in live))
            if live:
                assert servers[1].replace_postings("acme", [f.id for f in live], new)

    run_all(write, merge)
    assert sum(file.row_count for file in servers[0].live_postings("acme")) == commit_count
